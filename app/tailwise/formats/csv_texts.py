"""Items of a table that are texts: their names, which stay the same when rows move, and the texts themselves."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import UnreadableSourceError
from tailwise.domain.findings import Severity
from tailwise.domain.records import MediaState
from tailwise.formats.csv_rows import Rows
from tailwise.formats.csv_table import plain_name
from tailwise.formats.json_text import printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import SourceData
    from tailwise.formats.csv_roles import Roles
    from tailwise.formats.csv_table import Column, Table

MAX_TEXT = 1_000_000  # characters of one text; what is longer is cut where it is shown
_HEADERS = frozenset("text tweet sentence content comment review message body document utterance post title".split())  # noqa: SIM905
_IDS = frozenset("id uid uuid index rowid textid tweetid docid sentenceid itemid column1".split())  # noqa: SIM905
_SAMPLE = 400
_LEAST_LENGTH = 15


def looks_like_texts(header: list[str]) -> bool:
    """Tell whether a table has a column that is called like one of texts."""
    return any(plain_name(name) in _HEADERS for name in header)


def find_text_column(table: Table, taken: set[str]) -> str:
    """Return the column that holds the texts: called so, else the only one of mostly different sentences."""
    free = [name for name in table.columns if name not in taken]
    called = [name for name in free if plain_name(name) in _HEADERS and _are_sentences(table.columns[name], 2, 0.0)]
    if len(called) == 1:
        return called[0]
    found = [name for name in free if _are_sentences(table.columns[name], _LEAST_LENGTH, 0.5)]
    return found[0] if len(found) == 1 else ""


def find_id_column(table: Table, taken: set[str], *, is_repeated: bool) -> str:
    """Return the column that gives every row an id of its own, or every text where rows repeat them; empty for none."""
    for name, column in table.columns.items():
        is_called = plain_name(name) in _IDS
        is_own = len(column.values) == len(table) or is_repeated
        if is_called and name not in taken and is_own and all(column.values):
            return name
    return ""


def add_text_items(data: SourceData, table: Table, roles: Roles, log: FindingLog) -> Rows:
    """Add one item per row that holds a text; rows of one id are one item.

    Without a column of ids an item is called by its content, so that it keeps its identity when rows are added.
    """
    texts = table.columns[roles.text]
    tidy = [printable(text) for text in texts.values]
    is_blank = np.array([not text.strip() for text in tidy], bool)[texts.codes]
    if is_blank.any():
        row = int(np.flatnonzero(is_blank)[0])
        message, action = "texts that are empty or white space only", "left out"
        log.add("TX-04", Severity.SKIPPED, message, action, f"{table.name} row {row + 2:,}", int(is_blank.sum()))
    long = [text for text in tidy if len(text) > MAX_TEXT]
    if long:
        message, action = f"texts of more than {MAX_TEXT:,} characters", "kept, but only their beginning is shown"
        log.add("TX-09", Severity.WARNING, message, action, f"“{long[0][:40]}…”", len(long))
    names = _names(table, roles, tidy, is_blank.tolist())
    place = {name: item for item, name in enumerate(dict.fromkeys(name for name in names if name))}
    if not place:
        raise UnreadableSourceError(
            f"No row of {table.name} holds a text", "Answer text=COLUMN with the column that does"
        )
    item = np.array([place[name] if name else -1 for name in names], np.int32)
    _fill(data, list(place), item, [tidy[code] for code in texts.codes.tolist()])
    return Rows(item, np.zeros(len(table), np.int64))


def report_contradictions(data: SourceData, log: FindingLog) -> None:
    """Tell of identical texts that have different classes."""
    classes: dict[int, set[int]] = {}
    for item, category in zip(data.annotations.item, data.annotations.category, strict=True):
        classes.setdefault(item, set()).add(category)
    by_text: dict[str, list[int]] = {}
    for item, text in enumerate(data.items.text):
        by_text.setdefault(" ".join(text.split()), []).append(item)
    for text, items in by_text.items():
        labels = {frozenset(classes.get(item, ())) for item in items if item in classes}
        if len(labels) > 1:
            shown = " and ".join(sorted({data.categories[c].name for label in labels for c in label})[:4])
            message, action = "identical texts with different classes", "kept; decide which class is right"
            log.add("TX-03", Severity.WARNING, message, action, f"“{text[:60]}”: {shown}", len(items))


def _names(table: Table, roles: Roles, texts: list[str], is_blank: list[bool]) -> list[str]:
    """Return the name of the item of every row, empty for rows without a text."""
    if roles.item_id:
        column = table.columns[roles.item_id].changed(str.strip)
        ids = [column.values[code] for code in column.codes.tolist()]
        return [
            "" if blank else name or f"row {row}"
            for row, (name, blank) in enumerate(zip(ids, is_blank, strict=True), 2)
        ]
    digests = [hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest() for text in texts]
    seen: Counter[str] = Counter()
    names: list[str] = []
    for code, blank in zip(table.columns[roles.text].codes.tolist(), is_blank, strict=True):
        name = f"text {digests[code]}"
        seen[name] += not blank
        names.append("" if blank else name if seen[name] == 1 or roles.annotator else f"{name} ({seen[name]})")
    return names


def _fill(data: SourceData, names: list[str], item: NDArray[np.int32], texts: list[str]) -> None:
    items, count = data.items, len(names)
    first = np.zeros(count, np.int64)
    rows = np.flatnonzero(item >= 0)[::-1]
    first[item[rows]] = rows
    items.file_name = names
    items.ext_id = [f"row {row + 2}" for row in first.tolist()]
    items.text = [texts[row] for row in first.tolist()]
    items.media = array("b", np.full(count, MediaState.NONE, np.int8).tobytes())
    items.width, items.height = array("i", bytes(4 * count)), array("i", bytes(4 * count))
    items.state, items.file = array("b", bytes(count)), array("h", bytes(2 * count))


def _are_sentences(column: Column, least: int, distinct: float) -> bool:
    """Tell whether a column holds words: different in a share of rows, with spaces in most of them, and long enough."""
    sample = [value for value in column.values[:: max(1, len(column.values) // _SAMPLE)] if value.strip()]
    if not sample or len(column.values) < distinct * len(column):
        return False
    spaced = sum(" " in value.strip() for value in sample)
    return spaced >= 0.5 * len(sample) and sum(map(len, sample)) >= least * len(sample)
