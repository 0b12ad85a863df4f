"""Items of a table: the images its rows name, found on disk, and images no row names."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.findings import Severity
from tailwise.domain.records import LabelState, MediaState
from tailwise.formats.csv_roles import ROW_NUMBER
from tailwise.formats.matching import stem_of
from tailwise.formats.paths import clean, last_part
from tailwise.formats.table_axes import coded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import SourceData
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.csv_roles import Roles
    from tailwise.formats.csv_table import Table
    from tailwise.formats.listing import Listing
    from tailwise.formats.matching import ImageMatcher, Match

EXTRA_KEY = "extra_images"
_SAMPLE = 200
_MAX_FOLDERS = 16


@dataclass(slots=True)
class Rows:
    """For every row of the table the item it is about (-1 for none) and the table it came from."""

    item: NDArray[np.int32]
    file: NDArray[np.int64]


def add_items(
    data: SourceData, table: Table, roles: Roles, request: ReadRequest, context: tuple[ImageMatcher, FindingLog]
) -> Rows:
    """Add one item per distinct image, in the order of the table, then the images on disk that no row names."""
    matcher, log = context
    if roles.file_name == ROW_NUMBER:
        names = [f"row {number}" for number in range(1, len(table) + 1)]
        codes = np.arange(len(table), dtype=np.int32)
    else:
        names, codes = coded(table.columns[roles.file_name])
    folders = _image_folders(names, matcher)
    matches = matcher.find_all((name for name in names if name), folders)
    if roles.file_name != ROW_NUMBER:
        _report_matches(matches, table.name, log)
    if "" in names:
        empty = int((codes == names.index("")).sum())
        log.add("CS-25", Severity.SKIPPED, "rows without the name of an image", "left out", table.name, empty)
    item_of_name = _fill_items(data, names, matches)
    if not data.items:
        raise UnreadableSourceError(
            f"No row of {table.name} names an image", "Answer file_name=COLUMN with the column that does"
        )
    _report_leading_zeros(matches, request.listing, log)
    _add_extra_images(data, request, log)
    return Rows(np.array(item_of_name, np.int32)[codes], np.zeros(len(table), np.int64))


def _image_folders(names: list[str], matcher: ImageMatcher) -> list[str]:
    """Return the folders the images of the table lie in, so that nearly all are found at the first look."""
    step = max(1, len(names) // _SAMPLE)
    found: Counter[str] = Counter()
    for name in names[::step]:
        path = matcher.find(name).path
        if path is not None and path.endswith(f"/{name}"):
            found[path[: -len(name) - 1]] += 1
    return [folder for folder, _ in found.most_common(_MAX_FOLDERS)]


def _fill_items(data: SourceData, names: list[str], matches: dict[str, Match]) -> list[int]:
    """Fill the item columns at once and return the item of every name, -1 for the empty one."""
    item_of_path: dict[str, int] = {}
    item_of_name: list[int] = []
    items = data.items
    for name in names:
        if not name:
            item_of_name.append(-1)
            continue
        path = matches[name].path
        shown = path if path is not None else clean(name.replace("\\", "/")) or last_part(name) or name
        item = item_of_path.setdefault(shown, len(item_of_path))
        item_of_name.append(item)
        if item == len(items.file_name):
            items.file_name.append(shown)
            items.ext_id.append(name if path is not None or clean(name.replace("\\", "/")) else last_part(name))
            items.media.append(MediaState.MISSING if path is None else MediaState.PRESENT)
    count = len(items.file_name)
    items.width = array("i", bytes(4 * count))
    items.height = array("i", bytes(4 * count))
    items.state = array("b", bytes(count))
    items.file = array("h", bytes(2 * count))
    return item_of_name


def _report_matches(matches: dict[str, Match], table: str, log: FindingLog) -> None:
    levels = Counter(match.level for match in matches.values())
    first = {match.level: last_part(name) for name, match in reversed(matches.items())}
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
            log.add(code, severity, message, "kept as items whose image is missing", first[level], levels[level])


def _report_leading_zeros(matches: dict[str, Match], listing: Listing, log: FindingLog) -> None:
    """Tell when names would fit with leading zeros that a spreadsheet took away."""
    missing = [name for name, match in matches.items() if match.level == "missing" and stem_of(name).isdecimal()]
    if not missing:
        return
    padded = {stem.lstrip("0"): stem for e in listing.entries if e.is_image and (stem := e.stem).isdecimal()}
    lost = [name for name in missing if stem_of(name).lstrip("0") in padded]
    if lost:
        example = f"{lost[0]} for {padded[stem_of(lost[0]).lstrip('0')]}"
        message = "names that lost leading zeros, as spreadsheets take them away"
        action = "not matched; export the table again with that column as text"
        log.add("CS-02", Severity.WARNING, message, action, example, len(lost))


def _add_extra_images(data: SourceData, request: ReadRequest, log: FindingLog) -> None:
    answer = request.answers.get(EXTRA_KEY, "pool")
    if answer not in {"pool", "ignore"}:
        raise RequestError(f"extra_images={answer} is not known", "Answer pool or ignore")
    known = set(data.items.file_name)
    extra = [entry.path for entry in request.listing.images() if entry.path not in known]
    if not extra:
        return
    for path in extra if answer == "pool" else []:
        data.items.append(path, state=LabelState.UNLABELLED, media=MediaState.PRESENT)
    action = "added without a label; answer extra_images=ignore to leave them out"
    log.add(
        "CS-12",
        Severity.QUESTION,
        "images that no row of the table names",
        action if answer == "pool" else "left out, as answered",
        extra[0],
        count=len(extra),
    )
