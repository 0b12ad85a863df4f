"""The images, categories and small tables of one COCO file, and what its images say about the scene they show."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec
import numpy as np

from tailwise.formats.coco_axes import Facts, fact_text
from tailwise.formats.coco_codes import Tally
from tailwise.formats.coco_ids import NO_ID
from tailwise.formats.geometry import MAX_SIDE_PX
from tailwise.formats.json_sections import Section
from tailwise.formats.json_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tailwise.formats.coco_ids import IdCodes
    from tailwise.formats.geometry import Ints

Record = dict[str, Any]

_MANY = msgspec.json.Decoder(list[Record])
_ONE = msgspec.json.Decoder(Record)
_NEGATIVE, _OPEN = "neg_category_ids", "not_exhaustive_category_ids"
_LVIS_MEMBERS = frozenset({_NEGATIVE, _OPEN})
_NOT_CONDITIONS = frozenset(
    # Known to COCO, or what tools keep for themselves; none of it describes a scene.
    (  # noqa: SIM905
        "id file_name width height license coco_url flickr_url flickr_640_url date_captured url path filename name "
        "attributes dataset_id annotated annotating num_annotations deleted milliseconds regenerate_thumbnail is_new "
        "frame frame_id frame_index frame_num frame_number prev_image_id next_image_id index image_id checksum "
        "neg_category_ids not_exhaustive_category_ids"
    ).split()
)


class RecordReader:
    """Takes the records of one section of the file called `name`; what they are is for subclasses to say."""

    def __init__(self, name: str, what: str) -> None:
        self._where = f"{name}: {what}"
        self.restart()

    def restart(self) -> None:
        """Forget what was taken."""
        self.tally = Tally()
        self.count = 0
        self.unreadable = 0

    def section(self) -> Section[Record]:
        """Return how the records are to be decoded."""
        return Section(_MANY, _ONE, self.restart, self.take, self.take_loose)

    def take(self, records: list[Record]) -> None:
        """Take records."""
        self.count += len(records)

    def take_loose(self, records: list[object]) -> None:
        """Take those records that are objects after all, and count the others."""
        fine = [cast("Record", record) for record in records if isinstance(record, dict)]
        if len(fine) < len(records):
            self.leave_out(len(records) - len(fine))
        if fine:
            self.take(fine)

    def leave_out(self, count: int) -> None:
        """Count records that cannot be used."""
        self.unreadable += count
        self.tally.add("CO-19", count, [f"{self._where} number {self.count + self.unreadable:,}"])

    def _clean_all(self, texts: list[str]) -> list[str]:
        joined = "".join(texts)
        return texts if joined.isascii() and "\0" not in joined else [self.clean(text) for text in texts]

    def clean(self, text: str) -> str:
        """Return a text that can be stored."""
        cleaned = printable(text)
        if cleaned != text:
            self.tally.add("JSON-03", 1, [f"{self._where} {cleaned}"])
        return cleaned


class Pairs:
    """Pairs of an image (its row) and a class (the code of its id), as LVIS lists them in its images."""

    def __init__(self) -> None:
        self._rows, self._codes = array("q"), array("q")

    def add(self, row: int, codes: Iterable[int]) -> None:
        """Add the classes of one image."""
        for code in codes:
            self._rows.append(row)
            self._codes.append(code)

    def columns(self) -> tuple[Ints, Ints]:
        """Return the rows and the codes."""
        return np.array(self._rows, np.int64), np.array(self._codes, np.int64)


class ImageReader(RecordReader):
    """Takes `images`. Rows are in the order of the file; a width or height of 0 is unknown.

    Of LVIS, `absent` holds the classes that were looked for and not found, `partial` those not marked everywhere.
    """

    def __init__(self, name: str, ids: IdCodes) -> None:
        self._ids = ids
        super().__init__(name, "image")

    def restart(self) -> None:
        """Forget what was taken."""
        super().restart()
        self._codes: list[Ints] = [np.zeros(0, np.int64)]
        self.names: list[str] = []
        self.width, self.height = array("i"), array("i")
        self.licences: list[object] = []
        self.facts = Facts()
        self.is_federated = False
        self.absent, self.partial = Pairs(), Pairs()

    def take(self, records: list[Record]) -> None:
        """Take image records; those without an id are left out, as nothing can refer to them."""
        codes = self._ids.column([_scalar(record.get("id")) for record in records])
        if codes.min() == NO_ID:
            lost = codes == NO_ID
            self.leave_out(int(lost.sum()))
            records = [record for record, is_lost in zip(records, lost.tolist(), strict=True) if not is_lost]
            codes = codes[~lost]
        first = self.count
        super().take(records)
        self._codes.append(codes)
        self.names.extend(self._clean_all([_image_name(record) for record in records]))
        self.width.extend(_sides([record.get("width") for record in records]))
        self.height.extend(_sides([record.get("height") for record in records]))
        self.licences.extend(record.get("license") for record in records)
        members = set[str]().union(*records)
        if not _LVIS_MEMBERS.isdisjoint(members):
            self._take_lvis(records, first)
        if members - _NOT_CONDITIONS:
            for row, record in enumerate(records, first):
                self.facts.add(row, {name: record[name] for name in record.keys() - _NOT_CONDITIONS})
        if "attributes" in members:
            for row, record in enumerate(records, first):
                attributes = record.get("attributes")
                if isinstance(attributes, dict):
                    self.facts.add(row, cast("Record", attributes))

    def _take_lvis(self, records: list[Record], first: int) -> None:
        self.is_federated = True
        for row, record in enumerate(records, first):
            for member, pairs in ((_NEGATIVE, self.absent), (_OPEN, self.partial)):
                listed = record.get(member)
                if listed and isinstance(listed, list):
                    pairs.add(row, self._ids.column([_scalar(one) for one in cast("list[object]", listed)]).tolist())

    def codes(self) -> Ints:
        """Return the id of every row as a code."""
        return np.concatenate(self._codes)


class Category(NamedTuple):
    """One category as written: the code of its id, its name and supercategory; of LVIS, frequency and word sense."""

    code: int
    name: str
    supercategory: str
    frequency: str = ""
    synset: str = ""


class CategoryReader(RecordReader):
    """Takes `categories`."""

    def __init__(self, name: str, ids: IdCodes) -> None:
        self._ids = ids
        super().__init__(name, "category")

    def restart(self) -> None:
        """Forget what was taken."""
        super().restart()
        self.categories: list[Category] = []

    def take(self, records: list[Record]) -> None:
        """Take category records; one without a name is called by its id."""
        super().take(records)
        for record in records:
            code = self._ids.code(_scalar(record.get("id")))
            name = self.clean(_label(record.get("name"))) or f"unnamed:{self._ids.text(code)}"
            above = self.clean(_label(record.get("supercategory")))
            frequency, synset = (_label(record.get(member)) for member in ("frequency", "synset"))
            self.categories.append(Category(code, name, above, frequency, synset))


class NameReader(RecordReader):
    """Takes a table of ids and names: licences, videos, scene categories. `names` are by the code of the id."""

    def __init__(self, name: str, what: str, ids: IdCodes) -> None:
        self._ids = ids
        super().__init__(name, what)

    def restart(self) -> None:
        """Forget what was taken."""
        super().restart()
        self.names: dict[int, str] = {}

    def take(self, records: list[Record]) -> None:
        """Take records with an id and a name; others name nothing."""
        super().take(records)
        for record in records:
            name = self.clean(_label(record.get("name")))
            if name:
                self.names.setdefault(self._ids.code(_scalar(record.get("id"))), name)


class SceneReader(RecordReader):
    """Takes `scene_annotations` as TACO has them: pairs of an image and a scene, one per mention."""

    def __init__(self, name: str, ids: IdCodes) -> None:
        self._ids = ids
        super().__init__(name, "scene record")

    def restart(self) -> None:
        """Forget what was taken."""
        super().restart()
        self._images: list[object] = []
        self._scenes: list[object] = []

    def take(self, records: list[Record]) -> None:
        """Take records of an image id and the ids of what is behind the objects."""
        super().take(records)
        for record in records:
            found = record.get("background_ids")
            scenes = cast("list[object]", found) if isinstance(found, list) else [found]
            for scene in scenes:
                self._images.append(_scalar(record.get("image_id")))
                self._scenes.append(_scalar(scene))

    def pairs(self) -> tuple[Ints, Ints]:
        """Return the codes of images and scenes, one entry per mention."""
        return self._ids.column(self._images), self._ids.column(self._scenes)


def _scalar(value: object) -> object:
    """Return what can be an id; True would pass for 1."""
    return None if isinstance(value, bool) else value


def _label(value: object) -> str:
    return value.strip() if isinstance(value, str) else fact_text(value) or ""


def _image_name(record: Record) -> str:
    """Return the file name; without one the end of the address, as LVIS has it, which is never opened."""
    name = record.get("file_name")
    if isinstance(name, str) and name.strip():
        return name
    address = record.get("coco_url")
    if isinstance(address, str) and "/" in address:
        return "/".join(_without_host(address)[-2:])
    return next((v for key in ("path", "filename", "name") if isinstance(v := record.get(key), str) and v.strip()), "")


def _without_host(address: str) -> Sequence[str]:
    path = address.partition("?")[0].partition("://")[2] or address
    return [part for part in path.split("/")[1:] if part not in {"", ".", ".."}]


def _sides(values: list[object]) -> array[int]:
    try:
        sides = array("i", cast("list[int]", values))
    except (TypeError, OverflowError):
        return array("i", [_side(value) for value in values])
    in_range = not sides or (min(sides) >= 0 and max(sides) <= MAX_SIDE_PX)
    return sides if in_range else array("i", [_side(value) for value in values])


def _side(value: object) -> int:
    if isinstance(value, str):
        value = int(value) if value.strip().isdigit() and len(value) < 10 else 0
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if 0 < value <= MAX_SIDE_PX else 0
