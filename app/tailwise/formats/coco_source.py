"""Put the COCO files of one source together: classes meet by their names, images by their paths, ids stay apart."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tailwise.domain.errors import Choice, Question, QuestionError
from tailwise.domain.records import CategoryRecord, LabelState, Role, SourceFile
from tailwise.formats.coco_annotations import FileColumns
from tailwise.formats.coco_codes import report, report_all
from tailwise.formats.coco_ids import IdIndex, repeated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import SourceData
    from tailwise.formats.coco_layout import CocoFile
    from tailwise.formats.coco_parts import FileParts
    from tailwise.formats.geometry import Bools, Ints

SKIPPED_SHARE = 0.2
"""Above this share of records left out, a source is hardly what it claims to be."""

FILE_KEY, ALL_FILES = "file", "all"

_UNKNOWN = "unknown:"
_VERSION_IMAGES = 10  # fewer images in common can be chance


class SourceJoiner:
    """Joins the files of a source into `data`, one after the other.

    After `finish`, `columns` holds the annotations of all files, `image` and `category` being positions in `data`.
    `skipped` of `records` were left out.
    """

    def __init__(self, data: SourceData, log: FindingLog) -> None:
        self._data = data
        self._log = log
        self._class_of: dict[str, int] = {}
        self._chunks: list[FileColumns] = []
        self._states: list[tuple[Ints, bool]] = []
        self._classes: list[set[int]] = []
        self._sizes: list[int] = []
        self.images: list[IdIndex] = []
        self.columns = FileColumns()
        self.records = self.skipped = 0

    def add_file(self, file: CocoFile, parts: FileParts, items: Ints) -> None:
        """Add one file, whose images are the items at the positions `items`."""
        self._data.files.append(SourceFile(file.path, file.size, file.split))
        if file.split:
            split = self._data.splits.setdefault(file.split, array("i"))
            known = set(split)
            split.extend(item for item in dict.fromkeys(items.tolist()) if item not in known)
        codes = parts.images.codes()
        self.images.append(IdIndex(codes, items))
        columns = parts.annotations.columns()
        self.records += parts.records
        self.skipped += parts.left_out + len(columns.id)
        self._report_repeated(file, parts, columns)
        ambiguous = self._ambiguous_ids(file, parts, codes, items)
        columns.keep(~np.isin(columns.image, ambiguous))
        positions = self.images[-1].find(columns.image)
        self._report_lost(file, parts, columns, positions < 0)
        columns.keep(positions >= 0)
        self.skipped -= len(columns.id)
        columns.image = positions[positions >= 0]
        columns.category = self._categories(file, parts, columns)
        columns.id = np.where(columns.id > -(1 << 61), columns.id, -1)
        self._chunks.append(columns)
        self._sizes.append(len(columns.id))
        self._classes.append(set(np.unique(columns.category).tolist()))
        self._states.append((items[~np.isin(codes, ambiguous)], parts.annotations.count > 0))
        if not parts.annotations.count and self._data.role is Role.LABELS:
            report(self._log, "CO-16", f"{file.path}: {len(items):,} images", len(items))

    def finish(
        self, answers: Mapping[str, str], shared: Mapping[tuple[int, int], list[int]], *, federated: bool
    ) -> None:
        """Join the annotations, tell what files have in common, and settle the label state of every item.

        Raises:
            QuestionError: two files describe the same images and classes; key `file`.
        """
        self.columns = FileColumns.joined(self._chunks)
        self._chunks = []
        names, files = self._data.items.file_name, self._data.files
        for (one, other), items in shared.items():
            # Files may share the work by classes; then both are needed and nothing is said twice.
            if not self._classes[one].isdisjoint(self._classes[other]):
                if FILE_KEY not in answers and self._are_versions(one, other, len(items)):
                    self._ask_version(one, other)
                both = f"{files[one].path} and {files[other].path}"
                report_all(self._log, "CO-13b", len(items), (f"{names[item]} in {both}" for item in items))
        self._drop_placeholder(is_dropped=answers.get("placeholder_class") == "drop")
        self._settle_states(answers.get("no_annotations"), federated=federated)

    # Images

    def _ambiguous_ids(self, file: CocoFile, parts: FileParts, codes: Ints, items: Ints) -> Ints:
        """Return the ids that stand for different images."""
        doubtful = repeated(codes)
        if not len(doubtful):
            return doubtful
        found: dict[int, set[int]] = {}
        for row in np.flatnonzero(np.isin(codes, doubtful)).tolist():
            found.setdefault(int(codes[row]), set()).add(int(items[row]))
        ambiguous = np.array([code for code, places in found.items() if len(places) > 1], np.int64)
        examples = (f"{file.path}: image id {parts.ids.text(code)}" for code in ambiguous.tolist())
        report_all(self._log, "CO-06b", len(ambiguous), examples)
        return ambiguous

    def _report_repeated(self, file: CocoFile, parts: FileParts, columns: FileColumns) -> None:
        same = repeated(columns.id)
        examples = (f"{file.path}: annotation {parts.ids.text(code)}" for code in same.tolist())
        report_all(self._log, "CO-06", len(same), examples)

    def _report_lost(self, file: CocoFile, parts: FileParts, columns: FileColumns, lost: Bools) -> None:
        rows = np.flatnonzero(lost).tolist()
        examples = (
            f"{file.path}: annotation {parts.ids.text(int(columns.id[row])) or 'without id'}"
            f" of image {parts.ids.text(int(columns.image[row])) or 'without id'}"
            for row in rows
        )
        report_all(self._log, "CO-04", len(rows), examples)

    def _settle_states(self, answer: str | None, *, federated: bool) -> None:
        data = self._data
        state = np.full(len(data.items), LabelState.UNLABELLED, np.int8)
        takes_empty = data.role is Role.LABELS and not federated and answer != "unlabelled"
        for items, has_annotations in self._states:
            if has_annotations and takes_empty:
                state[items] = LabelState.EMPTY
        state[self.columns.image] = LabelState.LABELLED
        data.items.state = array("b", state.tobytes())
        empty = np.flatnonzero(state == LabelState.EMPTY).tolist()
        if answer is None:
            report_all(self._log, "CO-14", len(empty), (data.items.file_name[item] for item in empty))

    def _are_versions(self, one: int, other: int, shared: int) -> bool:
        """Tell whether two files are versions of the same labels: most images in common, and no split to tell apart."""
        fewest = min(len(self._states[one][0]), len(self._states[other][0]))
        same_split = self._data.files[one].split == self._data.files[other].split
        return same_split and shared >= max(_VERSION_IMAGES, fewest / 2)

    def _ask_version(self, one: int, other: int) -> NoReturn:
        choices = [
            Choice(
                self._data.files[file].path, f"{len(self._states[file][0]):,} images, {self._sizes[file]:,} annotations"
            )
            for file in (one, other)
        ]
        choices.append(Choice(ALL_FILES, "all of them; objects in both count twice"))
        text = "Two files list the same images and classes: which of them is to be read?"
        raise QuestionError([Question(FILE_KEY, text, tuple(choices))])

    # Classes

    def _categories(self, file: CocoFile, parts: FileParts, columns: FileColumns) -> Ints:
        """Return the class of every annotation, adding the classes of the file and those it only mentions."""
        names: dict[int, str] = {}
        id_of: dict[str, int] = {}
        for category in parts.categories.categories:
            text = parts.ids.text(category.code)
            if names.setdefault(category.code, category.name) != category.name:
                report(self._log, "CO-02b", f"{file.path}: id {text}: {names[category.code]}, {category.name}")
            elif id_of.setdefault(category.name, category.code) != category.code:
                first = parts.ids.text(id_of[category.name])
                report(self._log, "CO-02b", f"{file.path}: {category.name}: ids {first} and {text}")
            if category.code == 0:
                report(self._log, "CO-01", f"{file.path}: {category.name}")
            self._class(category.name, text, category.supercategory)
        for code, count in zip(*(c.tolist() for c in np.unique(columns.category, return_counts=True)), strict=True):
            if code not in names:
                text = parts.ids.text(code)
                names[code] = f"{_UNKNOWN}{text or 'missing'}"
                self._class(names[code], text, "")
                report(
                    self._log, "CO-03", f"{file.path}: category id {text or 'missing'}: {count:,} annotations", count
                )
        codes = np.array(list(names), np.int64)
        places = np.array([self._class_of[name] for name in names.values()], np.int64)
        return IdIndex(codes, places).find_all(columns.category)

    def _class(self, name: str, ext_id: str, supercategory: str) -> None:
        if name not in self._class_of:
            self._class_of[name] = len(self._data.categories)
            self._data.categories.append(CategoryRecord(name, ext_id, supercategory))

    def _drop_placeholder(self, *, is_dropped: bool) -> None:
        """Find the class that only serves as the root of the others (Roboflow), and drop it when the user wants."""
        categories = self._data.categories
        used = np.bincount(self.columns.category, minlength=len(categories))
        for place, category in enumerate(categories):
            others = [c for c in categories if c is not category]
            if others and not used[place] and all(c.supercategory == category.name for c in others):
                report(self._log, "CO-02", f"{category.name} (id {category.ext_id})")
                if is_dropped:
                    del categories[place]
                    self.columns.category -= self.columns.category > place
                return


def extend(column: array[Any], values: np.ndarray[Any, Any]) -> None:
    """Append a numpy column to a column of records; the number types must be the same."""
    column.frombytes(np.ascontiguousarray(values).tobytes())
