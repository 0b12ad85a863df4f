"""A table of conditions joined to the items of a source by image name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import Choice, Question, QuestionError, RequestError, UnreadableSourceError
from tailwise.domain.findings import Severity
from tailwise.formats.csv_roles import answered_columns, column_called
from tailwise.formats.csv_table import read_table
from tailwise.formats.matching import NameMatcher
from tailwise.formats.table_axes import add_column_axes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import SourceData
    from tailwise.formats.csv_table import Table
    from tailwise.ops.progress import Progress

PREFIX = "conditions."
CONDITIONS_KEY = "conditions.key"
_SAMPLE = 300
_SURE_SHARE = 0.5


def join_conditions(
    data: SourceData, path: Path, answers: Mapping[str, str], log: FindingLog, progress: Progress
) -> None:
    """Add the columns of a table as axes of the items its rows name.

    Answers for the table carry the prefix `conditions.`: `key`, `group`, `condition`, `ignore`, `delimiter` and
    `encoding`.

    Raises:
        UnreadableSourceError: the table cannot be read.
        QuestionError: no column clearly names the items; key `conditions.key`.
    """
    own = {key.removeprefix(PREFIX): value for key, value in answers.items() if key.startswith(PREFIX)}
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableSourceError(f"{path.name} cannot be read: {error.strerror}", "Check the path") from error
    table = read_table(content, path.name, own, log, progress)
    if not len(table):
        raise UnreadableSourceError(f"{path.name} holds no rows below its header", "Check the export")
    progress.stage("Joining conditions", len(table))
    items = _Items(data)
    key = column_called(table, own["key"], CONDITIONS_KEY) if "key" in own else _find_key(table, items)
    column = table.columns[key].changed(str.strip)
    names = column.values
    item_of_name = items.find_all(names)
    item_of_row = np.array([item_of_name[name] for name in names], np.int32)[column.codes]
    _report_unmatched(data, table, (names, item_of_row), log)
    left_out = {key, *answered_columns(table, own, "ignore")}
    columns = {name: column for name, column in table.columns.items() if name not in left_out}
    choice = answered_columns(table, own, "group"), answered_columns(table, own, "condition")
    add_column_axes(data, columns, item_of_row, choice, log)


class _Items:
    """Finds items by the source's own id or by any form of their name."""

    def __init__(self, data: SourceData) -> None:
        self._by_path = {name: item for item, name in enumerate(data.items.file_name)}
        self._matcher = NameMatcher(self._by_path)
        self._by_id: dict[str, int] = {}
        for item, ext_id in enumerate(data.items.ext_id):
            if ext_id:
                self._by_id[ext_id] = -1 if ext_id in self._by_id else item  # an id of two files names nothing

    def find_all(self, names: Sequence[str]) -> dict[str, int]:
        """Return the item of every name, -1 where there is none."""
        matches = self._matcher.find_all(name for name in names if name)
        found = {name: self._by_path[m.path] for name, m in matches.items() if m.path is not None}
        return {name: found.get(name, self._by_id.get(name, -1)) for name in names}


def _find_key(table: Table, items: _Items) -> str:
    shares: dict[str, float] = {}
    for name, column in table.columns.items():
        step = max(1, len(column.values) // _SAMPLE)
        sample = [value for value in dict.fromkeys(map(str.strip, column.values[::step])) if value]
        found = items.find_all(sample)
        # A column of few values that happen to be ids (0, 1, 2) names no items.
        is_distinct = len(column.values) > 0.5 * len(column)
        shares[name] = sum(item >= 0 for item in found.values()) / len(found) if found and is_distinct else 0.0
    best = max(shares, key=lambda name: shares[name])
    if shares[best] >= _SURE_SHARE:
        return best
    choices = tuple(Choice(name, f"{name}: {share:.0%} of its values name items") for name, share in shares.items())
    raise QuestionError([Question(CONDITIONS_KEY, f"Which column of {table.name} names the images?", choices)])


def _report_unmatched(data: SourceData, table: Table, rows: tuple[Sequence[str], np.ndarray], log: FindingLog) -> None:
    names, item_of_row = rows
    unmatched = np.flatnonzero(item_of_row < 0)
    if len(unmatched) == len(table):
        raise RequestError(
            f"No row of {table.name} names an item of this source, for instance {names[0]!r}",
            "Answer conditions.key=COLUMN with the column of the image names",
        )
    if len(unmatched):
        message = f"rows of {table.name} that name no item of this source"
        log.add("AX-03", Severity.WARNING, message, "left out", f"row {unmatched[0] + 2:,}", len(unmatched))
    without = sorted(set(range(len(data.items))) - set(item_of_row.tolist()))
    if without:
        message = f"items that no row of {table.name} names"
        action = "these items have no value of its conditions"
        log.add("AX-04", Severity.WARNING, message, action, data.items.file_name[without[0]], len(without))
    repeated = int((np.bincount(item_of_row[item_of_row >= 0]) > 1).sum())
    if repeated:
        message = f"items that several rows of {table.name} name"
        log.add("AX-05", Severity.WARNING, message, "they have the values of all these rows", count=repeated)
