"""Labels of a table: boxes or classes per row, one class per item, several in one field, or one column per class."""

from __future__ import annotations

import json
import re
from array import array
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.domain.findings import Severity
from tailwise.domain.records import AnnotationKind, CategoryRecord, LabelState
from tailwise.formats.csv_boxes import box_flags, read_boxes
from tailwise.formats.csv_roles import class_columns
from tailwise.formats.csv_votes import report_settled, report_votes, settle, votes_of_columns, votes_of_rows
from tailwise.formats.positions import counted_pairs, used
from tailwise.formats.sizes import read_headers
from tailwise.formats.table_files import span_classes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import SourceData
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.csv_roles import Roles
    from tailwise.formats.csv_rows import Rows
    from tailwise.formats.csv_table import Column, Table
    from tailwise.ops.progress import Progress

_MARKS = frozenset({"1", "1.0", "true", "yes", "x"})
NULL_KEY, SEPARATOR_KEY = "null_labels", "separator"
NULL_WORDS = frozenset({"na", "n/a", "none", "null", "nan", "-"})
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905
_DATE_LIKE = re.compile(rf"\d{{1,2}}[-. ](?:{'|'.join(_MONTHS)})|(?:{'|'.join(_MONTHS)})[-. ]\d{{1,2}}", re.IGNORECASE)


def add_labels(
    data: SourceData, table: Table, roles: Roles, rows: Rows, request: ReadRequest, context: tuple[FindingLog, Progress]
) -> None:
    """Add classes and annotations, and give every item its label state."""
    log, progress = context
    if roles.box and (roles.labels or roles.one_hot):
        raise RequestError("A box has one class, but the table was told to hold several", "Answer label=COLUMN instead")
    item, code, names = _labels(table, roles, rows, request)
    if roles.box:
        _add_boxes(data, table, roles, (rows.item, code, names), request, (log, progress))
        return
    code, names = _without_null(code, names, request, log)
    if roles.annotator or roles.votes:
        item, code = _settle_votes(data, table, roles, (item, code, names), log)
    category = _add_categories(data, code, names)
    has = (code >= 0) & (item >= 0)
    if roles.spans:
        _extend_labels(data, item[has].astype(np.int64), category[code[has]], AnnotationKind.SPAN)
        _set_states(data, rows.item[rows.item >= 0], LabelState.EMPTY)
        _set_states(data, item[has], LabelState.LABELLED)
        return
    items, codes, _ = counted_pairs(item[has], code[has], len(names))
    _report_grain(items, int(has.sum()), len(table), log)
    _extend_labels(data, items, category[codes])
    _set_states(data, items, LabelState.LABELLED)


def _labels(
    table: Table, roles: Roles, rows: Rows, request: ReadRequest
) -> tuple[NDArray[np.int32], NDArray[np.int32], list[str]]:
    """Return item, position of the class name and the names; -1 where a row has no class."""
    if roles.one_hot:
        return _one_hot(table, roles.one_hot, rows)
    if roles.votes:
        return rows.item, np.full(len(table), -1, np.int32), list(roles.votes)
    if roles.spans:
        return _listed(
            [span_classes(value) for value in table.columns[roles.spans].values], table.columns[roles.spans], rows
        )
    if roles.labels:
        return _several(table.columns[roles.labels], rows, request)
    if not roles.label:
        return rows.item, np.full(len(table), -1, np.int32), []
    column = table.columns[roles.label].changed(lambda name: " ".join(name.split()))
    codes = column.codes
    if "" in column.values:
        codes = np.where(codes == column.values.index(""), -1, codes).astype(np.int32)
    return rows.item, codes, column.values


def _settle_votes(
    data: SourceData,
    table: Table,
    roles: Roles,
    rows: tuple[NDArray[np.int32], NDArray[np.int32], list[str]],
    log: FindingLog,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return one entry per item with the class that most votes are for, and add the agreement as a condition."""
    item, code, names = rows
    count = len(data.items)
    if roles.votes:
        votes = votes_of_columns(table, roles.votes, item, count)
    else:
        votes = votes_of_rows(item, code, (count, max(1, len(names))))
    winner, agreement = settle(votes)
    report_votes(data, agreement, log)
    if roles.votes:
        row_class = np.where(item >= 0, winner[item], -1).astype(np.int32)
        roles.ignore += report_settled(table, row_class, class_columns(table, roles), log)
    return np.arange(count, dtype=np.int32), winner


def _one_hot(
    table: Table, columns: Sequence[str], rows: Rows
) -> tuple[NDArray[np.int32], NDArray[np.int32], list[str]]:
    items: list[NDArray[np.int32]] = []
    codes: list[NDArray[np.int32]] = []
    for index, name in enumerate(columns):
        column = table.columns[name]
        marked = np.array([value.strip().lower() in _MARKS for value in column.values], bool)[column.codes]
        items.append(rows.item[marked])
        codes.append(np.full(int(marked.sum()), index, np.int32))
    return np.concatenate(items), np.concatenate(codes), list(columns)


def _several(
    column: Column, rows: Rows, request: ReadRequest
) -> tuple[NDArray[np.int32], NDArray[np.int32], list[str]]:
    separator = request.answers.get(SEPARATOR_KEY, "")
    return _listed([_parts(value, separator) for value in column.values], column, rows)


def _listed(
    parts: list[list[str]], column: Column, rows: Rows
) -> tuple[NDArray[np.int32], NDArray[np.int32], list[str]]:
    """Return items and classes given the classes that each value of a column stands for."""
    position = {name: index for index, name in enumerate(dict.fromkeys(name for names in parts for name in names))}
    counts = np.array([len(names) for names in parts], np.int64)
    flat = np.array([position[name] for names in parts for name in names], np.int32)
    first = np.cumsum(counts) - counts
    repeats = counts[column.codes]
    within = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    return np.repeat(rows.item, repeats), flat[np.repeat(first[column.codes], repeats) + within], list(position)


def _parts(cell: str, separator: str) -> list[str]:
    """Cut a field into class names: a JSON list, or text between separators."""
    if cell.lstrip().startswith("["):
        try:
            return [str(part).strip() for part in json.loads(cell)]
        except (ValueError, RecursionError):
            cell = cell.strip(" []").replace("'", "").replace('"', "")
    marks = separator or next((mark for mark in "|;," if mark in cell), ",")
    return [part.strip() for part in cell.split(marks) if part.strip()]


def _without_null(
    code: NDArray[np.int32], names: list[str], request: ReadRequest, log: FindingLog
) -> tuple[NDArray[np.int32], list[str]]:
    answer = request.answers.get(NULL_KEY, "class")
    if answer not in {"class", "unlabelled"}:
        raise RequestError(f"null_labels={answer} is not known", "Answer class or unlabelled")
    for index, name in enumerate(names):
        if name.lower() in NULL_WORDS:
            count = int((code == index).sum())
            action = "kept as a class; answer null_labels=unlabelled if they mean that there is none"
            action = action if answer == "class" else "taken for no label, as answered"
            log.add("CS-01", Severity.QUESTION, "class names that may mean “no class”", action, name, count)
            if answer == "unlabelled":
                code = np.where(code == index, -1, code).astype(np.int32)
        elif _DATE_LIKE.fullmatch(name):
            message = "class names that look like dates, as spreadsheets make them of 1-2"
            log.add("CS-08", Severity.WARNING, message, "kept as they are", name)
    return code, names


def _add_categories(data: SourceData, code: NDArray[np.int32], names: list[str]) -> NDArray[np.int32]:
    """Add the classes in use in text order; return the category of every name."""
    present = sorted(used(code).tolist(), key=lambda index: names[index])
    category = np.full(max(1, len(names)), -1, np.int32)
    for position, index in enumerate(present):
        category[index] = position
        data.categories.append(CategoryRecord(names[index], ext_id=names[index]))
    return category


def _report_grain(items: NDArray[np.int64], labelled_rows: int, rows: int, log: FindingLog) -> None:
    """Tell what one row is when there are more rows than items."""
    distinct = len(used(items))
    if labelled_rows > distinct:
        message = f"several rows per item: {rows:,} rows, {distinct:,} items, {len(items):,} pairs of item and class"
        action = "every class of an item was counted once"
        log.add("CS-13", Severity.NOTE, message, action, count=labelled_rows - distinct)


def _set_states(data: SourceData, items: NDArray[np.integer], state: LabelState) -> None:
    states = np.frombuffer(data.items.state, np.int8).copy()
    states[items] = state
    data.items.state = array("b", states.tobytes())


def _extend_labels(
    data: SourceData,
    items: NDArray[np.int64],
    categories: NDArray[np.int32],
    kind: AnnotationKind = AnnotationKind.LABEL,
) -> None:
    count = len(items)
    columns = data.annotations
    columns.item = array("i", items.astype(np.int32).tobytes())
    columns.category = array("i", categories.tobytes())
    columns.kind = array("b", np.full(count, kind, np.int8).tobytes())
    columns.flags = array("H", bytes(2 * count))
    nothing = np.full(count, np.nan).tobytes()
    for name in ("x", "y", "width", "height", "area"):
        setattr(columns, name, array("d", nothing))
    columns.ext_id = array("q", np.full(count, -1, np.int64).tobytes())


def _add_boxes(
    data: SourceData,
    table: Table,
    roles: Roles,
    rows: tuple[NDArray[np.int32], NDArray[np.int32], list[str]],
    request: ReadRequest,
    context: tuple[FindingLog, Progress],
) -> None:
    item, code, names = rows
    log, progress = context
    boxes = read_boxes(table, roles, log)
    if not names:  # boxes of one kind only
        code, names = np.where(boxes.is_empty, -1, 0).astype(np.int32), ["object"]
        log.add("CS-29", Severity.QUESTION, "boxes without a column of classes", "called “object”; answer label=COLUMN")
    code, names = _without_null(code, names, request, log)
    _set_sizes(data, table, roles, item, request, progress)
    sides = [np.frombuffer(column, np.int32).astype(np.float64) for column in (data.items.width, data.items.height)]
    width, height = (np.where(side > 0, side, np.nan)[item] for side in sides)
    keep = (code >= 0) & (item >= 0) & ~np.isnan(boxes.values).any(axis=0)
    _report_half_rows(code, item, boxes.is_empty, log)
    category = _add_categories(data, np.where(keep, code, -1).astype(np.int32), names)
    pixels, width, height = boxes.in_pixels(width, height)[:, keep], width[keep], height[keep]
    columns = data.annotations
    columns.item = array("i", item[keep].astype(np.int32).tobytes())
    columns.category = array("i", category[code[keep]].astype(np.int32).tobytes())
    columns.kind = array("b", np.full(int(keep.sum()), AnnotationKind.BOX, np.int8).tobytes())
    columns.flags = array("H", box_flags(pixels, width, height, log).astype(np.uint16).tobytes())
    for name, values in zip(("x", "y", "width", "height"), pixels, strict=True):
        setattr(columns, name, array("d", values.tobytes()))
    columns.area = array("d", np.maximum(0.0, pixels[2] * pixels[3]).tobytes())
    columns.ext_id = array("q", np.full(int(keep.sum()), -1, np.int64).tobytes())
    if roles.score:
        columns.score = array("f", _scores(table.columns[roles.score])[keep].astype(np.float32).tobytes())
    _set_states(data, item[item >= 0], LabelState.EMPTY)
    _set_states(data, item[keep], LabelState.LABELLED)


def _report_half_rows(
    code: NDArray[np.int32], item: NDArray[np.int32], is_empty: NDArray[np.bool_], log: FindingLog
) -> None:
    empty = int((is_empty & (item >= 0)).sum())
    if empty:
        message = "rows that name an image but no box"
        log.add("CS-30", Severity.NOTE, message, "their images are empty unless another row has a box", count=empty)
    nameless = int((~is_empty & (code < 0) & (item >= 0)).sum())
    if nameless:
        log.add("CS-31", Severity.SKIPPED, "boxes without a class", "left out", count=nameless)


def _set_sizes(
    data: SourceData,
    table: Table,
    roles: Roles,
    item: NDArray[np.int32],
    request: ReadRequest,
    progress: Progress,
) -> None:
    """Take image sizes from their columns, else from the headers of the images."""
    if roles.width and roles.height:
        width, height = (_sides(table.columns[name]) for name in (roles.width, roles.height))
        for row in np.flatnonzero((item >= 0) & (width > 0) & (height > 0)).tolist():
            data.items.width[item[row]], data.items.height[item[row]] = int(width[row]), int(height[row])
    wanted = {
        name: index
        for index, name in enumerate(data.items.file_name)
        if data.items.media[index] and not data.items.width[index]
    }
    headers = read_headers(request.listing, wanted, request.read_header, progress)
    for name, index in wanted.items():
        header = headers[name]
        if header is not None:
            data.items.width[index], data.items.height[index] = header.upright


def _sides(column: Column) -> NDArray[np.int32]:
    """Return sizes in whole pixels, 0 where a cell is none."""
    plain = [value.strip() for value in column.values]
    return np.array([int(v) if v.isdecimal() and len(v) < 7 else 0 for v in plain], np.int32)[column.codes]


def _scores(column: Column) -> NDArray[np.float64]:
    def score(cell: str) -> float:
        try:
            return float(cell.replace(",", "."))
        except ValueError:
            return float("nan")

    return np.array([score(value) for value in column.values], np.float64)[column.codes]
