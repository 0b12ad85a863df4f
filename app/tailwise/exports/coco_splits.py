"""One COCO file per split: the source filtered where it is COCO, else built from the boxes we know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.domain.exports import Audience, SplitSource
from tailwise.domain.records import AnnotationFlag, LabelState
from tailwise.exports.coco_document import id_text, open_document, reference
from tailwise.exports.coco_filter import CocoFilterJob, CocoInput, clashes, elements_of, filter_coco
from tailwise.exports.texts import slug, writable
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tailwise.domain.exports import SplitExport
    from tailwise.exports.package import Package
    from tailwise.ops.progress import Progress

FOLDER = "splits/coco/annotations"
_FORMATS = frozenset({"coco", "lvis"})


def write_coco_splits(data: SplitExport, package: Package, progress: Progress) -> None:
    """Write `splits/coco/annotations/instances_<split>.json` for every split.

    Raises:
        RequestError: nothing in the splits was labelled, or there are no boxes to build from.
        UnreadableSourceError: a source file changed since its import, or cannot be read.
    """
    names = set(data.split_names)
    chosen = [i for i, item in enumerate(data.items) if item.split in names and _is_looked_at(item.state)]
    unlabelled = sum(item.split in names and not _is_looked_at(item.state) for item in data.items)
    if not chosen:
        raise RequestError("No item of these splits was labelled", "Import labels, or split labelled items")
    package.warn(
        "EX-06", "items nobody has labelled, left out: a COCO file would say that nothing is on them", unlabelled
    )
    inputs = _inputs(data, chosen)
    plan_id = package.info.plan_id
    notes = tuple(f"{name} of split {plan_id}" if plan_id else name for name in data.split_names)
    if inputs is None:
        _warn_about_shapes(data, chosen, package)
        _write_built(data, chosen, notes, package, progress)
        return
    reason = clashes(inputs, progress) if len(inputs) > 1 else ""
    if reason:
        package.warn("EX-21", f"source files written one by one, because {reason}", len(inputs))
        taken: set[str] = set()
        for source in inputs:
            _write_filtered(
                (source,), data.split_names, notes, "." + slug(source.path.stem, taken), (package, progress)
            )
    else:
        _write_filtered(inputs, data.split_names, notes, "", (package, progress))


def _is_looked_at(state: LabelState) -> bool:
    return state in {LabelState.LABELLED, LabelState.EMPTY}


def _inputs(data: SplitExport, chosen: list[int]) -> tuple[CocoInput, ...] | None:
    """Return the source files with the split of each image, or None when not every item comes from one of them."""
    sources = {source.name: source for source in data.sources}
    number = {name: i for i, name in enumerate(data.split_names)}
    output_of: dict[tuple[str, int], dict[str, int]] = {}
    for position in chosen:
        item = data.items[position]
        source = sources.get(item.source)
        if source is None or not item.ext_id or not _has_file(source, item.file):
            return None
        output_of.setdefault((item.source, item.file), {})[item.ext_id] = number[item.split]
    ordered = sorted(output_of, key=lambda key: (list(sources).index(key[0]), key[1]))
    return tuple(
        CocoInput(sources[name].files[file].path, sources[name].files[file].size_bytes, output_of[name, file])
        for name, file in ordered
    )


def _has_file(source: SplitSource, file: int) -> bool:
    if not source.names_classes_as_project:
        return False
    return source.format in _FORMATS and 0 <= file < len(source.files) and source.files[file].path.is_file()


def _output_path(split_slug: str, suffix: str) -> str:
    return f"{FOLDER}/instances_{split_slug}{suffix}.json"


def _paths(names: tuple[str, ...], suffix: str) -> list[str]:
    taken: set[str] = set()
    return [_output_path(slug(name, taken), suffix) for name in names]


def _write_filtered(
    inputs: tuple[CocoInput, ...],
    names: tuple[str, ...],
    notes: tuple[str, ...],
    suffix: str,
    into: tuple[Package, Progress],
) -> None:
    package, progress = into
    paths = _paths(names, suffix)
    job = CocoFilterJob(inputs, tuple(package.place(path) for path in paths), notes)
    report = filter_coco(job, progress)
    for path, part in zip(paths, report.parts, strict=True):
        package.add(path, part.annotations, "coco", Audience.TRAINING, _verifier(part.images))
    package.warn("CO-04", "annotations whose image is nowhere in the file, left out", report.orphans)
    package.warn("EX-04", "a class has the id 0; some programs before 2026 drop it", int(report.zero_category))
    package.add_to_check("coco_images", sum(part.images for part in report.parts))
    package.add_to_check("coco_annotations", sum(part.annotations for part in report.parts))
    package.add_to_check("coco_images_left_out", report.left_out_images)
    package.add_to_check("coco_annotations_left_out", report.left_out_annotations)


def _verifier(images: int) -> Callable[[Path, Progress], int]:
    """Return a function that reads a COCO file back: right number of images, no annotation without its image."""

    def verify(path: Path, progress: Progress) -> int:
        with open_document(path, progress) as document:
            sizes = [document.size(k) for k in ("images", "annotations") if k in document.keys]
            progress.stage("Reading back what was written", sum(sizes))
            ids = [id_text(reference(e).id) for e in elements_of(document, "images", progress)]
            known = set(ids)
            rows = 0
            for element in elements_of(document, "annotations", progress):
                rows += 1
                if id_text(reference(element).image_id) not in known:
                    return -1
        return rows if len(ids) == images else -1

    return verify


def _warn_about_shapes(data: SplitExport, chosen: list[int], package: Package) -> None:
    formats = {source.name: source.format for source in data.sources}
    coco = sum(formats.get(data.items[position].source) in _FORMATS for position in chosen)
    package.warn(
        "EX-22", "items of a COCO source written with boxes only, because not every source file can be filtered", coco
    )


@dataclass(slots=True)
class _Boxes:
    """Boxes that can be written, grouped: those of item `p` are rows `starts[p]` to `starts[p + 1]`."""

    starts: list[int]
    rows: list[tuple[int, float, float, float, float, float, int]] = field(
        default_factory=list[tuple[int, float, float, float, float, float, int]]
    )
    no_box: int = 0
    degenerate: int = 0

    def of(self, position: int) -> list[tuple[int, float, float, float, float, float, int]]:
        return self.rows[self.starts[position] : self.starts[position + 1]]


def _grouped_boxes(data: SplitExport, chosen: list[int]) -> _Boxes:
    boxes = data.boxes
    if boxes is None or len(boxes) == 0:
        return _Boxes([0] * (len(data.items) + 1))
    item = np.frombuffer(boxes.item, dtype=np.int32)
    columns = np.stack([np.frombuffer(c, dtype=np.float64) for c in (boxes.x, boxes.y, boxes.width, boxes.height)])
    wanted = np.zeros(len(data.items), dtype=bool)
    wanted[chosen] = True
    wanted = wanted[item]
    has_box = ~np.isnan(columns).any(axis=0)
    sized = (columns[2] > 0) & (columns[3] > 0)
    good = np.flatnonzero(wanted & has_box & sized)
    good = good[np.argsort(item[good], kind="stable")]
    area = np.frombuffer(boxes.area, dtype=np.float64)[good]
    x, y, w, h = columns[:, good]
    area = np.where(np.isfinite(area) & (area > 0), area, w * h)
    category = np.frombuffer(boxes.category, dtype=np.int32)[good]
    crowd = (np.frombuffer(boxes.flags, dtype=np.uint16)[good] & AnnotationFlag.CROWD) != 0
    lists = [c.tolist() for c in (category, x.round(2), y.round(2), w.round(2), h.round(2), area.round(2))]
    result = _Boxes(np.searchsorted(item[good], np.arange(len(data.items) + 1)).tolist())
    result.rows = list(zip(*lists, crowd.astype(int).tolist(), strict=True))
    result.no_box = int((wanted & ~has_box).sum())
    result.degenerate = int((wanted & has_box & ~sized).sum())
    return result


def _write_built(
    data: SplitExport, chosen: list[int], notes: tuple[str, ...], package: Package, progress: Progress
) -> None:
    boxes = _grouped_boxes(data, chosen)
    if not boxes.rows:
        raise RequestError(
            "There are no boxes in this split to write as COCO",
            "Use the split manifest, whose splits_classes.csv holds the classes of each item",
        )
    blank = [p for p in chosen if data.items[p].state is LabelState.LABELLED and boxes.starts[p] == boxes.starts[p + 1]]
    gone = set(blank)
    by_split: dict[str, list[int]] = {name: [] for name in data.split_names}
    for position in sorted(set(chosen) - gone, key=lambda p: data.items[p].item_id):
        by_split[data.items[position].split].append(position)
    names_source = len({data.items[p].source for p in chosen}) > 1
    next_id = 1
    for path, name, note in zip(_paths(data.split_names, ""), data.split_names, notes, strict=True):
        progress.stage(f"Writing {name}", len(by_split[name]))
        builder = _Builder(data, boxes, note, names_source=names_source, next_id=next_id)
        written = builder.write(by_split[name], package, path, progress)
        package.add(path, written, "coco", Audience.TRAINING, _verifier(len(by_split[name])))
        next_id += written
    package.check("coco_images", sum(map(len, by_split.values())))
    package.check("coco_annotations", next_id - 1)
    examples = [data.items[p].file_name for p in blank]
    package.warn("EX-12", "labelled items without a box, left out: they would be read as empty", len(blank), examples)
    package.warn("EX-17", "boxes without area left out", boxes.degenerate)
    package.warn("EX-19", "annotations without a box left out", boxes.no_box)


@dataclass(slots=True)
class _Builder:
    """Writes the detection preset: boxes with two decimals, no shapes, annotations in the order of their images."""

    data: SplitExport
    boxes: _Boxes
    note: str
    names_source: bool
    next_id: int

    def write(self, positions: list[int], package: Package, path: str, progress: Progress) -> int:
        """Write one file and return how many annotations it holds."""
        count = 0
        with package.text_file(path) as file:
            file.write('{"info": ' + _json({"description": self.note}) + ',\n"licenses": [],\n"images": [')
            for row, position in enumerate(positions):
                file.write(("," if row else "") + "\n" + _json(self._image(position)))
            file.write('\n],\n"annotations": [')
            for position in track(positions, progress):
                for row in self.boxes.of(position):
                    file.write(("," if count else "") + "\n" + _json(self._annotation(position, row, count)))
                    count += 1
            file.write('\n],\n"categories": [')
            for row, name in enumerate(self.data.classes):
                file.write(("," if row else "") + "\n" + _json({"id": row + 1, "name": name, "supercategory": ""}))
            file.write("\n]}\n")
        return count

    def _image(self, position: int) -> dict[str, Any]:
        item = self.data.items[position]
        image: dict[str, Any] = {"id": item.item_id, "file_name": item.file_name}
        if item.width > 0 and item.height > 0:
            image |= {"width": item.width, "height": item.height}
        if self.names_source:
            image["source"] = item.source
        return image

    def _annotation(
        self, position: int, row: tuple[int, float, float, float, float, float, int], count: int
    ) -> dict[str, Any]:
        category, x, y, width, height, area, crowd = row
        return {
            "id": self.next_id + count,
            "image_id": self.data.items[position].item_id,
            "category_id": category + 1,
            "bbox": [x, y, width, height],
            "area": area,
            "iscrowd": crowd,
            "segmentation": [],
        }


def _json(value: dict[str, Any]) -> str:
    cleaned = {k: writable(v) if isinstance(v, str) else v for k, v in value.items()}
    return msgspec.json.encode(cleaned).decode()
