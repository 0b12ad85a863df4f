"""LVIS: per image the classes that are there, that are not, and that are not marked everywhere; the rest is unknown."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.records import AxisColumns, AxisKind
from tailwise.formats.coco_codes import report, report_all
from tailwise.formats.coco_ids import IdIndex
from tailwise.formats.positions import used

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import SourceData
    from tailwise.formats.coco_annotations import FileColumns
    from tailwise.formats.coco_images import Category, Pairs
    from tailwise.formats.coco_layout import CocoFile
    from tailwise.formats.coco_parts import FileParts
    from tailwise.formats.geometry import Ints

RARITY_AXIS, PARTIAL_AXIS = "rarest class (LVIS)", "not exhaustive"
_RARITIES = {"r": "rare", "c": "common", "f": "frequent"}
_RARE_IMAGES, _COMMON_IMAGES = 10, 100


class LvisJoiner:
    """Joins what the files of a source say about classes that are absent or not marked everywhere."""

    def __init__(self, data: SourceData, log: FindingLog) -> None:
        self._data = data
        self._log = log
        self._absent: list[Ints] = []
        self._partial: list[Ints] = []
        self._frequency: dict[str, str] = {}
        self._senses: dict[str, tuple[str, str, str]] = {}

    def add_file(self, file: CocoFile, parts: FileParts, items: Ints) -> None:
        """Add one file, whose images are the items at the positions `items`; its classes are in the source."""
        categories = parts.categories.categories
        if not parts.images.is_federated:
            if any(category.frequency for category in categories):
                report(self._log, "LV-01", f"{file.path}: {len(items):,} images", len(items))
            return
        for category in categories:
            self._frequency.setdefault(category.name, category.frequency)
            if category.synset:
                self._compare_sense(file, parts, category)
        nameless = [row for row, name in enumerate(parts.images.names) if not name]
        codes = parts.images.codes()
        report_all(
            self._log, "LV-06", len(nameless), (f"{file.path}: image {parts.ids.text(int(codes[r]))}" for r in nameless)
        )
        self._absent.append(self._pairs(parts.images.absent, items, categories))
        self._partial.append(self._pairs(parts.images.partial, items, categories))

    def finish(self, columns: FileColumns) -> None:
        """Compare with the annotations of all files, and add the findings and axes."""
        if not self._absent:
            return
        # A pair as one number: the position of the item times the number of classes plus that of the class.
        classes = max(1, len(self._data.categories))
        present = np.unique(columns.image * classes + columns.category)
        absent, partial = (
            np.unique(pairs[:, 0] * classes + pairs[:, 1])
            for pairs in (np.concatenate(self._absent), np.concatenate(self._partial))
        )
        both = np.intersect1d(present, absent)
        for code, keys in (("LV-04", both), ("LV-09", absent), ("LV-10", partial)):
            report_all(self._log, code, len(keys), (self._text(key) for key in keys[:20].tolist()))
        pairs = max(1, len(self._data.items) * classes)
        unknown = 100 * (1 - len(np.union1d(present, absent)) / pairs)
        report(
            self._log,
            "LV-02",
            f"{len(present):,} pairs of image and class present, {len(absent):,} absent, {len(partial):,} not "
            f"exhaustive; unknown for {unknown:.1f} % of all pairs",
        )
        self._add_axis(PARTIAL_AXIS, ["yes"], used(partial // classes), np.zeros(0, np.int64))
        self._add_rarities(present, classes)

    def _compare_sense(self, file: CocoFile, parts: FileParts, category: Category) -> None:
        ext_id = parts.ids.text(category.code)
        path, first_id, first_name = self._senses.setdefault(category.synset, (file.path, ext_id, category.name))
        if path != file.path and (first_id, first_name) != (ext_id, category.name):
            here, there = f"{file.path}: {ext_id} {category.name}", f"{path}: {first_id} {first_name}"
            report(self._log, "LV-03", f"{category.synset}: {there}; {here}")

    def _pairs(self, pairs: Pairs, items: Ints, categories: Sequence[Category]) -> Ints:
        """Return the positions of item and class, one row for every pair whose class the file defines."""
        place = {category.name: number for number, category in enumerate(self._data.categories)}
        rows, codes = pairs.columns()
        own = IdIndex(
            np.array([category.code for category in categories], np.int64),
            np.array([place[category.name] for category in categories], np.int64),
        )
        found = own.find(codes)
        is_known = found >= 0
        return np.stack([items[rows[is_known]], found[is_known]], axis=1)

    def _text(self, key: int) -> str:
        item, category = divmod(key, len(self._data.categories))
        return f"{self._data.items.file_name[item]}: {self._data.categories[category].name}"

    def _add_rarities(self, present: Ints, classes: int) -> None:
        """Add the axis of the rarest class an image has, by the letter of the file or counted here."""
        images = np.bincount(present % classes, minlength=classes)
        rank = np.zeros(classes, np.int64)
        counted: list[str] = []
        for number, category in enumerate(self._data.categories):
            letter = self._frequency.get(category.name, "")
            if letter not in _RARITIES:
                counted.append(category.name)
                count = int(images[number])
                letter = "r" if count <= _RARE_IMAGES else "c" if count <= _COMMON_IMAGES else "f"
            rank[number] = "rcf".index(letter)
        report_all(self._log, "LV-05", len(counted), counted)
        rarest = np.full(len(self._data.items), 3, np.int64)
        np.minimum.at(rarest, present // classes, rank[present % classes])
        rows = np.flatnonzero(rarest < 3)
        self._add_axis(RARITY_AXIS, list(_RARITIES.values()), rows, rarest[rows])

    def _add_axis(self, name: str, values: list[str], rows: Ints, codes: Ints) -> None:
        if not len(rows):
            return
        axis = AxisColumns(name, AxisKind.CONDITION, "LVIS", values)
        axis.item = array("i", rows.astype(np.int32).tobytes())
        axis.value = array("i", (codes if len(codes) else np.zeros(len(rows), np.int64)).astype(np.int32).tobytes())
        axis.records = array("i", np.ones(len(rows), np.int32).tobytes())
        self._data.axes.append(axis)
