"""Hugging Face image folders: `metadata.jsonl`, `.csv` or `.parquet` beside images, with classes and boxes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from tailwise.domain.errors import UnreadableSourceError
from tailwise.domain.records import AnnotationKind, AxisKind
from tailwise.formats.contract import Evidence
from tailwise.formats.gathering import WHOLE_ITEM, Gathering, Shape
from tailwise.formats.geometry import MAX_COORDINATE_PX
from tailwise.formats.hf_codes import CODES, RULES
from tailwise.formats.image_lists import path_split
from tailwise.formats.table_files import header_of, read_any_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailwise.domain.records import SourceData
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.csv_table import Table
    from tailwise.formats.geometry import Box
    from tailwise.formats.listing import Entry, Listing
    from tailwise.ops.progress import Progress

_NAMES = ("metadata.jsonl", "metadata.parquet", "metadata.csv")
_FILE_COLUMN = "file_name"
_LABELS = ("label", "labels", "class", "category")
_CLASSES_OF_OBJECTS = ("objects.categories", "objects.category", "objects.label", "objects.labels")
_README_NAME = re.compile(r"^\s*['\"]?(\d{1,5})['\"]?\s*:\s*(.+?)\s*$")
_MAX_README = 1_000_000


class HuggingFaceReader:
    """Reads one class, several, or boxes per image; other columns become conditions."""

    key = "huggingface"
    title = "Hugging Face image folder"

    def probe(self, listing: Listing) -> Evidence:
        """Look for metadata files with a column `file_name`."""
        files = _metadata(listing)
        if not files:
            return Evidence(0, (), ("metadata.jsonl, metadata.csv or metadata.parquet",))
        fitting = [entry for entry in files[:20] if _FILE_COLUMN in header_of(entry, listing, {})]
        if not fitting:
            return Evidence(0, (), ("a column file_name in the metadata",))
        found = (f"{fitting[0].path} has the column file_name",)
        return Evidence(100, found, () if listing.images() else ("images",))

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read every metadata file.

        Raises:
            UnreadableSourceError: no row names an image.
            QuestionError: the text is not UTF-8; key `encoding`.
        """
        listing = request.listing
        gathering = Gathering(request, self.key, RULES, CODES)
        chosen, doubled = _one_per_folder(_metadata(listing))
        gathering.report_all("HF-02", len(doubled), doubled)
        scripts = [entry.path for entry in listing.entries if entry.suffix == ".py"]
        gathering.report_all("HF-08", len(scripts), scripts)
        names = _names_of_readme(listing)
        headers: set[tuple[str, ...]] = set()
        for entry in chosen:
            table = read_any_table(listing, entry, request.answers, gathering.log, progress)
            headers.add(tuple(table.columns))
            gathering.file(entry, path_split(entry.folder) or "")
            _add_rows(gathering, entry, table, names)
        if not gathering.data.items:
            raise UnreadableSourceError(
                f"No row of the metadata in {request.path.name} names an image",
                "Hugging Face folders have metadata with a column file_name; check the file",
            )
        if len(headers) > 1:
            gathering.report("HF-03", chosen[0].path)
        if len(gathering.data.splits) > 1 and any(not entry.folder for entry in chosen):
            gathering.report("HF-01", chosen[0].path)
        gathering.finish(progress)
        return gathering.data


def _metadata(listing: Listing) -> list[Entry]:
    found = [entry for entry in listing.entries if entry.name.lower() in _NAMES and entry.size]
    return found if listing.dropped is None else [entry for entry in found if entry.path == listing.dropped]


def _one_per_folder(files: list[Entry]) -> tuple[list[Entry], list[str]]:
    """Return one file per folder, in the order of preference, and the others by path."""
    best: dict[str, Entry] = {}
    doubled: list[str] = []
    for entry in sorted(files, key=lambda one: _NAMES.index(one.name.lower())):
        if entry.folder in best:
            doubled.append(entry.path)
        best.setdefault(entry.folder, entry)
    return [entry for entry in files if best[entry.folder] is entry], doubled


def _names_of_readme(listing: Listing) -> dict[int, str]:
    """Return class names from the head of README.md: lines such as `'0': cat` below `names:`."""
    for entry in listing.entries:
        if entry.path.lower() != "readme.md":
            continue
        lines = listing.peek(entry.path, _MAX_README).decode("utf-8", "replace").splitlines()
        found: dict[int, str] = {}
        is_below = False
        for line in lines:
            match = _README_NAME.match(line)
            if is_below and match:
                found.setdefault(int(match[1]), match[2].strip("'\""))
            elif line.strip() in {"names:", "class_label:"}:
                is_below = True
            elif found:
                break
        return found
    return {}


def _add_rows(gathering: Gathering, entry: Entry, table: Table, names: dict[int, str]) -> None:
    columns = table.columns
    label = next((name for name in columns if name.lower() in _LABELS), "")
    classes = next((name for name in _CLASSES_OF_OBJECTS if name in columns), "")
    used = {_FILE_COLUMN, label, classes, "width", "height"}
    others = [name for name in columns if name not in used and not name.startswith("objects.")]
    folder = f"{entry.folder}/" if entry.folder else ""
    for number, row in enumerate(_rows(table), 2):
        gathering.records += 1
        written = row.get(_FILE_COLUMN, "").strip()
        if not written:
            gathering.skip("HF-09", f"{entry.path} row {number:,}")
            continue
        size = (_whole(row.get("width", "")), _whole(row.get("height", "")))
        item = gathering.item(
            f"{folder}{written}", size=size if all(size) else (0, 0), file=len(gathering.data.files) - 1
        )
        if split := path_split(f"{folder}{written}".rpartition("/")[0]):
            gathering.split(split, item)
        for name in _list(row.get(label, "")) if label else []:
            gathering.annotate(item, gathering.category(_class_name(gathering, name, names, entry)), WHOLE_ITEM)
        if classes:
            _add_objects(gathering, item, (row, classes, f"{entry.path} row {number:,}"), names, entry)
        for name in others:
            gathering.axis(name, AxisKind.CONDITION, f"column {name}").put(item, row[name])


def _add_objects(
    gathering: Gathering, item: int, place: tuple[dict[str, str], str, str], names: dict[int, str], entry: Entry
) -> None:
    row, classes, where = place
    found = _list(row[classes])
    boxes = _boxes(row.get("objects.bbox", ""))
    if len(boxes) != len(found) or None in boxes:
        gathering.report("HF-10", where)
    for position, name in enumerate(found):
        box = boxes[position] if position < len(boxes) else None
        area = float("nan") if box is None else max(0.0, box[2]) * max(0.0, box[3])
        category = gathering.category(_class_name(gathering, name, names, entry))
        gathering.annotate(item, category, Shape(AnnotationKind.BOX, box, area))


def _class_name(gathering: Gathering, name: str, names: dict[int, str], entry: Entry) -> str:
    """Return the name of a class, which may be given as a number that README.md names."""
    if not name.isdecimal():
        return name
    known = names.get(int(name[:9]))
    if known is None:
        gathering.report("HF-05", f"{entry.path}: {name}")
        return f"class_{name}"
    return known


def _rows(table: Table) -> Iterator[dict[str, str]]:
    columns = {name: (column.values, column.codes.tolist()) for name, column in table.columns.items()}
    for row in range(len(table)):
        yield {name: values[codes[row]] for name, (values, codes) in columns.items()}


def _list(cell: str) -> list[str]:
    """Return the texts of a JSON list, or the one text that a cell is; nothing of an empty one."""
    text = cell.strip()
    if text.startswith("["):
        try:
            values: Any = json.loads(text)
        except (ValueError, RecursionError):
            return [text]
        return [str(value).strip() for value in cast("list[Any]", values) if str(value).strip()]
    return [text] if text else []


def _boxes(cell: str) -> list[Box | None]:
    try:
        values: Any = json.loads(cell) if cell.strip() else []
    except (ValueError, RecursionError):
        return []
    found: list[Box | None] = []
    for value in cast("list[Any]", values) if isinstance(values, list) else []:
        numbers = cast("list[Any]", value) if isinstance(value, list) else []
        is_box = len(numbers) == 4 and all(type(n) in {int, float} and abs(n) <= MAX_COORDINATE_PX for n in numbers)
        found.append((float(numbers[0]), float(numbers[1]), float(numbers[2]), float(numbers[3])) if is_box else None)
    return found


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0
