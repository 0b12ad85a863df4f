"""Items of a table: the images its rows name, found on disk, and images no row names."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.findings import Severity
from tailwise.domain.records import LabelState, MediaState
from tailwise.formats.csv_roles import ROW_NUMBER
from tailwise.formats.csv_rows import Rows
from tailwise.formats.csv_table import Column
from tailwise.formats.matching import stem_of
from tailwise.formats.paths import clean, last_part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import ItemColumns, SourceData
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.csv_roles import Roles
    from tailwise.formats.csv_table import Table
    from tailwise.formats.listing import Listing
    from tailwise.formats.matching import ImageMatcher, Match
    from tailwise.ops.progress import Progress

EXTRA_KEY = "extra_images"
_SPECIAL = re.compile(r"[/\\:~\0]").search
_DOTS = frozenset({".", ".."})
_MISSING = "kept as items whose image is missing"
_SAMPLE = 200
_MAX_FOLDERS = 16


def add_items(
    data: SourceData,
    table: Table,
    roles: Roles,
    request: ReadRequest,
    context: tuple[ImageMatcher, FindingLog, Progress],
) -> Rows:
    """Add one item per distinct image, in the order of the table, then the images on disk that no row names."""
    matcher, log, progress = context
    if roles.file_name == ROW_NUMBER:
        names = [f"row {number}" for number in range(1, len(table) + 1)]
        codes = np.arange(len(table), dtype=np.int32)
    else:
        column = table.columns[roles.file_name].changed(str.strip)
        names, codes = column.values, column.codes
    progress.advance()
    folders = _image_folders(names, matcher)
    matches = {} if matcher.is_empty else matcher.find_all((name for name in names if name), folders)
    if roles.file_name != ROW_NUMBER:
        _report_matches(matches, table.name, log)
        if matcher.is_empty:
            _report_missing(names, table.name, log)
    if "" in names:
        empty = int((codes == names.index("")).sum())
        log.add("CS-25", Severity.SKIPPED, "rows without the name of an image", "left out", table.name, empty)
    progress.advance()
    item_of_name = _fill_items(data, names, matches)
    progress.advance()
    if not data.items:
        raise UnreadableSourceError(
            f"No row of {table.name} names an image", "Answer file_name=COLUMN with the column that does"
        )
    _report_leading_zeros(matches, request.listing, log)
    _add_extra_images(data, request, log)
    return Rows(item_of_name[codes], np.zeros(len(table), np.int64))


def _image_folders(names: list[str], matcher: ImageMatcher) -> list[str]:
    """Return the folders the images of the table lie in, so that nearly all are found at the first look."""
    step = max(1, len(names) // _SAMPLE)
    found: Counter[str] = Counter()
    for name in names[::step]:
        path = matcher.find(name).path
        if path is not None and path.endswith(f"/{name}"):
            found[path[: -len(name) - 1]] += 1
    return [folder for folder, _ in found.most_common(_MAX_FOLDERS)]


def _fill_items(data: SourceData, names: list[str], matches: dict[str, Match]) -> NDArray[np.int32]:
    """Fill the item columns at once and return the item of every name, -1 for the empty one."""
    kept = [name for name in names if name] if "" in names else names
    paths = [match.path for match in map(matches.__getitem__, kept)] if matches else [None] * len(kept)
    items = data.items
    if not any(paths) and _SPECIAL("\n".join(kept)) is None and _DOTS.isdisjoint(kept):
        items.file_name, items.ext_id = kept, list(kept)
        _fill_rest(items, np.full(len(kept), MediaState.MISSING, np.int8))
        return _spread(names, kept, np.arange(len(kept), dtype=np.int32))
    places = [path or clean(name.replace("\\", "/")) for name, path in zip(kept, paths, strict=True)]
    # A name that leads out may be private to another computer; only its last part is kept.
    shown = [place or last_part(name) or "unnamed" for name, place in zip(kept, places, strict=True)]
    column = Column.of(shown)
    first = np.zeros(len(column.values), np.int64)
    first[column.codes[::-1]] = np.arange(len(shown))[::-1]
    items.file_name = column.values
    items.ext_id = [kept[row] if places[row] else shown[row] for row in first.tolist()]
    is_present = [paths[row] is not None for row in first.tolist()]
    _fill_rest(items, np.where(is_present, MediaState.PRESENT, MediaState.MISSING).astype(np.int8))
    return _spread(names, kept, column.codes)


def _fill_rest(items: ItemColumns, media: NDArray[np.int8]) -> None:
    """Fill the columns that a table says nothing of."""
    count = len(media)
    items.media = array("b", media.tobytes())
    items.width, items.height = array("i", bytes(4 * count)), array("i", bytes(4 * count))
    items.state, items.file = array("b", bytes(count)), array("h", bytes(2 * count))


def _spread(names: list[str], kept: list[str], item: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the item of every name, -1 for the empty one, from those of the names that were kept."""
    if kept is names:
        return item
    item_of_name = np.full(len(names), -1, np.int32)
    item_of_name[[bool(name) for name in names]] = item
    return item_of_name


def _report_matches(matches: dict[str, Match], table: str, log: FindingLog) -> None:
    levels = Counter(match.level for match in matches.values())
    first = {
        level: last_part(next(name for name, match in matches.items() if match.level == level)) for level in levels
    }
    for level, meaning in (
        ("nfc", "but for the form of their accents"),
        ("case", "but for letter case"),
        ("basename", "by the last parts of their path"),
        ("stem", "without or with another suffix"),
    ):
        if levels[level]:
            message, example = "images that were not found by their exact name", f"{first[level]}: {meaning}"
            log.add("CS-10", Severity.REPAIRED, message, "matched", example, levels[level])
    for level, code, message in (
        ("ambiguous", "CS-26", "names that fit several images"),
        ("unsafe", "CS-27", "names that lead out of the dataset"),
        ("missing", "CS-28", f"images named in {table} that are not in the opened folder"),
    ):
        if levels[level]:
            severity = Severity.NOTE if level == "missing" else Severity.WARNING
            log.add(code, severity, message, _MISSING, first[level], levels[level])


def _report_missing(names: list[str], table: str, log: FindingLog) -> None:
    """Report names of images where no image is at all."""
    first = next(filter(None, names), None)
    if first is not None:
        message = f"images named in {table} that are not in the opened folder"
        log.add("CS-28", Severity.NOTE, message, _MISSING, last_part(first), len(names) - names.count(""))


def _report_leading_zeros(matches: dict[str, Match], listing: Listing, log: FindingLog) -> None:
    """Tell when names would fit with leading zeros that a spreadsheet took away."""
    padded = {stem.lstrip("0"): stem for e in listing.entries if e.is_image and (stem := e.stem).isdecimal()}
    if not padded:
        return
    missing = (name for name, match in matches.items() if match.level == "missing")
    lost = [name for name in missing if (stem := stem_of(name)).isdecimal() and stem.lstrip("0") in padded]
    if lost:
        example = f"{lost[0]} for {padded[stem_of(lost[0]).lstrip('0')]}"
        message = "names that lost leading zeros, as spreadsheets take them away"
        action = "not matched; export the table again with that column as text"
        log.add("CS-02", Severity.WARNING, message, action, example, len(lost))


def _add_extra_images(data: SourceData, request: ReadRequest, log: FindingLog) -> None:
    # Whoever opens one file means what it lists; whoever opens a folder means all that is in it.
    default = "pool" if request.listing.dropped is None else "ignore"
    answer = request.answers.get(EXTRA_KEY, default)
    if answer not in {"pool", "ignore"}:
        raise RequestError(f"extra_images={answer} is not known", "Answer pool or ignore")
    known = set(data.items.file_name)
    extra = [entry.path for entry in request.listing.images() if entry.path not in known]
    if not extra:
        return
    for path in extra if answer == "pool" else []:
        data.items.append(path, state=LabelState.UNLABELLED, media=MediaState.PRESENT)
    actions = {
        "pool": "added without a label; answer extra_images=ignore to leave them out",
        "ignore": "left out; answer extra_images=pool to add them without a label",
    }
    log.add(
        "CS-12",
        Severity.QUESTION,
        "images that no row of the table names",
        actions[answer],
        extra[0],
        count=len(extra),
    )
