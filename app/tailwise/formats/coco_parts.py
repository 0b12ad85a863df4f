"""One COCO file, read as a whole into its sections."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tailwise.domain.errors import UnreadableSourceError
from tailwise.formats.coco_annotations import AnnotationReader
from tailwise.formats.coco_codes import report, report_all
from tailwise.formats.coco_ids import IdCodes
from tailwise.formats.coco_images import CategoryReader, ImageReader, NameReader, SceneReader
from tailwise.formats.coco_layout import CocoFile, Kind
from tailwise.formats.json_records import read_records
from tailwise.formats.json_sections import WHOLE_DOCUMENT, Section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailwise.domain.findings import FindingLog
    from tailwise.formats.coco_annotations import BoxReading
    from tailwise.formats.coco_images import RecordReader
    from tailwise.formats.contract import KnownSource
    from tailwise.formats.listing import Listing
    from tailwise.ops.progress import Progress


@dataclass(frozen=True, slots=True)
class FileParts:
    """The sections of one file. Ids are codes of `ids`, which all of them share."""

    ids: IdCodes
    images: ImageReader
    categories: CategoryReader
    annotations: AnnotationReader
    licences: NameReader
    videos: NameReader
    scene_names: NameReader
    scenes: SceneReader

    @property
    def records(self) -> int:
        """How many images and annotations there were, including those left out."""
        return self.images.count + self.annotations.count + self.left_out

    @property
    def left_out(self) -> int:
        """How many images and annotations could not be understood at all."""
        return self.images.unreadable + self.annotations.unreadable

    @property
    def is_lvis(self) -> bool:
        """Whether a class may be in an image although nothing of it is annotated there."""
        return self.images.is_federated or any(category.frequency for category in self.categories.categories)

    def tables(self) -> tuple[RecordReader, ...]:
        """Return the sections beside the annotations, whose findings hold whatever the annotations are."""
        return self.images, self.categories, self.licences, self.videos, self.scene_names, self.scenes


@dataclass(frozen=True, slots=True)
class FileReader:
    """Reads COCO files of one listing. What is wrong with their text as such goes to `log`."""

    listing: Listing
    encoding: str
    reading: BoxReading
    log: FindingLog
    progress: Progress

    def read(self, file: CocoFile) -> FileParts:
        """Read one file of instances.

        Raises:
            UnreadableSourceError: the file is no JSON, holds nothing of COCO, or captions only.
            QuestionError: its encoding is not known; key `encoding`.
        """
        parts = self._parts(file, IdCodes())
        kinds = self._read(file, parts, {**_tables(parts), "annotations": parts.annotations.section()})
        _refuse_others(file, parts, kinds)
        return parts

    def read_names(self, file: CocoFile) -> FileParts:
        """Read what a file says about images and classes, passing over its annotations."""
        parts = self._parts(file, IdCodes())
        self._read(file, parts, _tables(parts))
        return parts

    def names_of(self, source: KnownSource) -> FileParts:
        """Return what another source of the project says about images and classes, as if a file did."""
        parts = self._parts(CocoFile(source.name, 0, Kind.IMAGES), IdCodes())
        parts.images.take(
            [
                {"id": _number_or_text(ext_id), "file_name": name, "width": width or None, "height": height or None}
                for ext_id, name, width, height in source.images
            ]
        )
        parts.categories.take([{"id": _number_or_text(ext_id), "name": name} for ext_id, name in source.classes])
        return parts

    def read_results(self, file: CocoFile, named: FileParts) -> FileParts:
        """Read a list of results whose ids are those of the file that `named` comes from."""
        results = AnnotationReader(_short(file), named.ids, self.reading)
        parts = replace(named, annotations=results)
        self._read(file, parts, {WHOLE_DOCUMENT: results.section()})
        return parts

    def _parts(self, file: CocoFile, ids: IdCodes) -> FileParts:
        name = _short(file)
        return FileParts(
            ids=ids,
            images=ImageReader(name, ids),
            categories=CategoryReader(name, ids),
            annotations=AnnotationReader(name, ids, self.reading),
            licences=NameReader(name, "licence", ids),
            videos=NameReader(name, "video", ids),
            scene_names=NameReader(name, "scene category", ids),
            scenes=SceneReader(name, ids),
        )

    def _read(self, file: CocoFile, parts: FileParts, sections: Mapping[str, Section[Any]]) -> Mapping[str, str]:
        before = parts.ids.written_as_text
        path = self.listing.absolute(file.path)
        outline = read_records(path, file.path, sections, self.progress, self.encoding)
        if outline.encoding:
            report(self.log, "JSON-02", f"{file.path}: {outline.encoding}")
        report_all(self.log, "JSON-01", outline.not_numbers, [file.path])
        as_text = parts.ids.written_as_text - before
        report_all(self.log, "CO-05", as_text, [f"{file.path}: {as_text:,} ids"])
        return outline.kinds


def _tables(parts: FileParts) -> dict[str, Section[Any]]:
    return {
        "images": parts.images.section(),
        "categories": parts.categories.section(),
        "licenses": parts.licences.section(),
        "videos": parts.videos.section(),
        "scene_categories": parts.scene_names.section(),
        "scene_annotations": parts.scenes.section(),
    }


def _number_or_text(ext_id: str) -> int | str:
    return int(ext_id) if ext_id.isdecimal() and len(ext_id) < 19 else ext_id


def _short(file: CocoFile) -> str:
    return file.path.rpartition("/")[2]


def _refuse_others(file: CocoFile, parts: FileParts, kinds: Mapping[str, str]) -> None:
    """Refuse a file in which there is nothing to plan with."""
    hint = "Choose another format, or export the file as COCO instances"
    for section in ("images", "annotations", "categories"):
        if kinds.get(section, "array") not in {"array", "word"}:
            raise UnreadableSourceError(f"{file.path}: “{section}” is not a list but {kinds[section]}", hint)
    if parts.annotations.count and parts.annotations.captions == parts.annotations.count:
        raise UnreadableSourceError(
            f"{file.path} holds captions: sentences about images, without classes and boxes",
            "Open the file of instances instead",
        )
    if not parts.images.count and not parts.annotations.count:
        raise UnreadableSourceError(f"{file.path} is JSON but lists neither images nor annotations", hint)
