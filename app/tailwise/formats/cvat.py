"""CVAT for images 1.1 and for video 1.1: one XML file per task, job or project, read element by element."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationFlag, AxisKind, LabelState, Role
from tailwise.formats.contract import Evidence
from tailwise.formats.cvat_codes import CODES, RULES
from tailwise.formats.cvat_meta import CvatMeta, read_meta, whole_number
from tailwise.formats.cvat_shapes import UnusableShapeError, read_shape
from tailwise.formats.gathering import Gathering
from tailwise.formats.image_lists import folder_split
from tailwise.formats.json_text import printable
from tailwise.formats.xml_stream import children_of_root
from tailwise.formats.xml_text import XmlRefusedError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from tailwise.domain.records import SourceData
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.listing import Entry, Listing
    from tailwise.ops.progress import Progress

ROOT = "annotations"
_ROOT = re.compile(rb"<annotations[\s>]")
_VERSION = re.compile(rb"<version>\s*1\.[01]\s*</version>")
_LOST_NAME = re.compile(r"(?:.*/)?frame_\d{6}(?:\.\w+)?", re.ASCII)
_PROBED = 40
_ANSWERS = {"no_annotations": ("unlabelled", "empty")}


class CvatReader:
    """Reads shapes, tags and attributes with subsets, tasks and jobs; frames of a video are items of one group."""

    key = "cvat"
    title = "CVAT for images"

    def probe(self, listing: Listing) -> Evidence:
        """Look for XML files rooted `<annotations>` with the version of CVAT."""
        files = listing.with_suffix(".xml")
        heads = {entry.path: listing.peek(entry.path) for entry in files[:: max(1, len(files) // _PROBED)][:_PROBED]}
        fitting = [path for path, head in heads.items() if _ROOT.search(head)]
        if not fitting:
            return Evidence(0, (), ("an XML file that begins with <annotations>",))
        found, missing, score = [f"{fitting[0]} begins with <annotations>"], list[str](), 60
        if any(_VERSION.search(heads[path]) for path in fitting):
            found.append("it has the version 1.1 of CVAT")
            score += 30
        else:
            missing.append("<version>1.1</version>")
        (found if listing.images() else missing).append("images beside it")
        return Evidence(score + (5 if listing.images() else 0), tuple(found), tuple(missing))

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read every file of CVAT below the root.

        Raises:
            UnreadableSourceError: there is none, or not one of them can be read.
            RequestError: an answer is not known.
        """
        for key, allowed in _ANSWERS.items():
            if request.answers.get(key, allowed[0]) not in allowed:
                raise RequestError(f"{key}={request.answers[key]} is not known", f"Answer {' or '.join(allowed)}")
        listing = request.listing
        files = [entry for entry in listing.with_suffix(".xml") if _ROOT.search(listing.peek(entry.path))]
        frames = {entry.stem: entry.path for entry in listing.images() if _LOST_NAME.fullmatch(entry.name)}
        reading = _Reading(Gathering(request, self.key, RULES, CODES), frames=frames)
        for entry in files:
            reading.read(entry, progress)
        if not len(reading.gathering.data.items):
            example = f", for instance {reading.refused[0]}" if reading.refused else ""
            raise UnreadableSourceError(
                f"No file of CVAT in {request.path.name} has an image that can be read{example}",
                "Export “CVAT for images 1.1” again, or choose another format",
                "\n".join(reading.refused[:20]),
            )
        reading.settle_states()
        reading.gathering.finish(progress, _image_folders(listing, files))
        return reading.gathering.data


@dataclass(slots=True)
class _Reading:
    """What is gathered while the files are read.

    `home` tells which task and file each item came from, `frames` how frames on disk are called by their stem, and
    `in_video` which items are frames of a video.
    """

    gathering: Gathering
    refused: list[str] = field(default_factory=list[str])
    home: dict[int, tuple[str, str]] = field(default_factory=dict[int, tuple[str, str]])
    frames: dict[str, str] = field(default_factory=dict[str, str])
    in_video: set[int] = field(default_factory=set[int])
    without_shapes: list[int] = field(default_factory=list[int])
    meta: CvatMeta = field(default_factory=CvatMeta)

    def read(self, entry: Entry, progress: Progress) -> None:
        """Read one file as far as it can be read."""
        gathering = self.gathering
        self.meta = CvatMeta()
        file = gathering.file(entry)
        path = gathering.request.listing.absolute(entry.path)
        try:
            for element in children_of_root(path, entry.path, ROOT, progress):
                if element.tag == "meta":
                    self._take_meta(element, entry)
                elif element.tag == "image":
                    self._add_image(element, entry, file)
                elif element.tag == "track":
                    self._add_track(element, entry, file)
        except XmlRefusedError as error:
            self.refused.append(f"{entry.path}: {error}")
            gathering.report("CV-12", self.refused[-1])
        except OSError as error:
            self.refused.append(f"{entry.path}: {error.strerror or 'the system refused'}")
            gathering.report("CV-12", self.refused[-1])

    def settle_states(self) -> None:
        """Decide what images without shapes are, and report names that were lost."""
        gathering = self.gathering
        items, answers = gathering.data.items, gathering.request.answers
        empty = [item for item in dict.fromkeys(self.without_shapes) if items.state[item] == LabelState.UNLABELLED]
        if gathering.data.role is Role.LABELS:
            if answers.get("no_annotations") == "empty":
                for item in empty:
                    gathering.raise_state(item, LabelState.EMPTY)
            elif "no_annotations" not in answers:
                gathering.report_all("CV-06", len(empty), (items.file_name[item] for item in empty))
        names = enumerate(items.file_name)
        lost = [name for item, name in names if item not in self.in_video and _LOST_NAME.fullmatch(name)]
        gathering.report_all("CV-02", len(lost), lost)

    def _take_meta(self, element: Element, entry: Entry) -> None:
        self.meta = read_meta(element)
        for name in self.meta.labels:
            self.gathering.category(name)
        if self.meta.has_people:
            self.gathering.report("CV-14", entry.path)

    def _add_image(self, element: Element, entry: Entry, file: int) -> None:
        gathering = self.gathering
        name, subset = printable(element.get("name", "")), printable(element.get("subset", ""))
        gathering.records += 1
        if not name:
            gathering.skip("CV-15", f"{entry.path}: image {element.get('id', '')} has no name")
            return
        home = entry.path, element.get("task_id", "")
        name = self._full_name(name, subset, home[1])
        is_known = gathering.has_item(name)
        size = whole_number(element.get("width", "")), whole_number(element.get("height", ""))
        item = gathering.item(name, size=size, ext_id=element.get("id", ""), file=file)
        if is_known and self.home[item] != home:
            gathering.report("CV-11", f"{entry.path}: {name}")
            return
        self.home[item] = home
        self._add_place(item, subset, element)
        drawn = [self._add_shape(item, shape, f"{entry.path}: {name}") for shape in element]
        if not any(drawn):
            self.without_shapes.append(item)

    def _full_name(self, name: str, subset: str, task: str) -> str:
        """Return the name below the folder of its subset where images lie so, or another subset has that name."""
        listing = self.gathering.request.listing
        if not subset or name.startswith(f"{subset}/"):
            return name
        is_folder = any(folder.rpartition("/")[2] == subset for folder in listing.folders)
        is_taken = len(self.meta.tasks) > 1 and bool(task)
        return f"{subset}/{name}" if is_folder or is_taken else name

    def _add_place(self, item: int, subset: str, element: Element) -> None:
        gathering = self.gathering
        if subset:
            gathering.split(folder_split(subset) or subset, item)
        task = element.get("task_id", "")
        if len(self.meta.tasks) > 1 and task:
            gathering.axis("task", AxisKind.GROUP, "CVAT task").put(item, self.meta.tasks.get(task, task))
        if job := self.meta.job_of(element.get("id", "")):
            gathering.axis("job", AxisKind.GROUP, "CVAT job").put(item, job)

    def _add_shape(self, item: int, element: Element, where: str, label: str = "") -> bool:
        """Add one shape or tag with its attributes; tell whether there was one."""
        gathering = self.gathering
        label = label or printable(element.get("label", "")).strip()
        try:
            found = read_shape(element)
        except UnusableShapeError as error:
            gathering.records += 1
            gathering.skip("CV-15", f"{where}: {element.tag} {label}: {error}")
            return True
        if found is None:
            return False
        gathering.records += 1
        if not label:
            gathering.skip("CV-15", f"{where}: {element.tag} without a label")
            return True
        shape, code = found
        if code:
            gathering.report(code, f"{where}: {label}")
        if shape.flags & AnnotationFlag.AUTOMATIC:
            gathering.report("CV-13", f"{where}: {label}")
        if self.meta.labels and label not in self.meta.labels:
            gathering.report("CV-04", f"{where}: {label}")
        gathering.annotate(item, gathering.category(label), shape)
        for attribute in element.iterfind("attribute"):
            name = printable(attribute.get("name", ""))
            if name.strip():
                origin = f"CVAT attribute of {label}"
                gathering.axis(name, AxisKind.CONDITION, origin).put(item, printable(attribute.text or ""))
        return True

    def _add_track(self, element: Element, entry: Entry, file: int) -> None:
        """Add the frames of a track that were written and in which the object is seen."""
        gathering = self.gathering
        label, track = printable(element.get("label", "")).strip(), element.get("id", "")
        video = self.meta.title or entry.stem
        gathering.report("CV-16", f"{entry.path}: track {track} {label}")
        for shape in element:
            frame = shape.get("frame", "")
            if not frame.isdecimal():
                continue
            stem = f"frame_{int(frame[:18]):06d}"
            item = gathering.item(self.frames.get(stem, stem), size=self.meta.size, ext_id=frame, file=file)
            self.home[item] = entry.path, element.get("task_id", "")
            self.in_video.add(item)
            gathering.axis("video", AxisKind.GROUP, "CVAT task").put(item, video)
            if shape.get("outside") == "1":
                self.without_shapes.append(item)
                continue
            gathering.axis("track", AxisKind.GROUP, "CVAT track").put(item, f"{video} {track}")
            self._add_shape(item, shape, f"{entry.path}: track {track} frame {frame}", label)


def _image_folders(listing: Listing, files: list[Entry]) -> list[str]:
    """Return where the images of annotation files are looked for first: in `images` beside them, or beside them."""
    folders: list[str] = []
    for entry in files:
        prefix = f"{entry.folder}/" if entry.folder else ""
        folders += [f"{prefix}{name}" for name in ("images", "data", "obj_train_data")]
        folders.append(entry.folder)
    known = {"", *listing.folders}
    return [folder for folder in dict.fromkeys(folders) if folder in known]
