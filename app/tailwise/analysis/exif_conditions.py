"""Conditions from what cameras wrote: camera, time of day, season, month, flash, and the light outdoors.

Works on facts it is given, one per item; positions are used to work out the height of the sun and forgotten.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from tailwise.analysis.capture_order import shots_of_cameras
from tailwise.analysis.sun import light_of, sun_elevation
from tailwise.domain.findings import Finding, FindingLog, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tailwise.domain.capture import ExifFacts

FIRST_YEAR: Final = 1990
MOST_MISSING: Final = 0.95
"""A condition that fewer items than one in twenty have is not made: it would be a column of unknowns."""
MOST_IN_ONE_MINUTE: Final = 0.2
UNCERTAIN: Final = "uncertain"
CAMERA, TIME_OF_DAY, SEASON, MONTH, FLASH, LIGHT, SUN = (
    "camera", "time of day", "season", "month", "flash", "light level", "outdoor light, assumed",
)  # fmt: skip
AXES: Final[tuple[str, ...]] = (CAMERA, TIME_OF_DAY, SEASON, MONTH, FLASH, LIGHT, SUN)
_STAMP = re.compile(r"([0-9]{4})[:-]([0-9]{2})[:-]([0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})")
_ZONE = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})")
_BANDS = ((6, "night 0-6 h"), (12, "morning 6-12 h"), (18, "afternoon 12-18 h"), (24, "evening 18-24 h"))
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_SEASONS = ("winter", "spring", "summer", "autumn")


@dataclass(frozen=True, slots=True)
class ExifConditions:
    """One text per item and axis (empty: unknown), the axes left out with the share that lacks them, and findings."""

    values: Mapping[str, tuple[str, ...]]
    left_out: Mapping[str, float]
    findings: tuple[Finding, ...]


def capture_time(text: str, now: datetime | None = None) -> datetime | None:
    """Return a camera's time without zone, or None where no clock could have said it.

    >>> capture_time("2024:06:01 13:05:09"), capture_time("0000:00:00 00:00:00"), capture_time("2024:06:01 24:00:00")
    (datetime.datetime(2024, 6, 1, 13, 5, 9), None, None)
    """
    match = _STAMP.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups())
    try:
        when = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  cameras know no zone
    except ValueError:
        return None
    latest = (now or datetime.now(UTC)).replace(tzinfo=None) + timedelta(days=1)
    return when if when.year >= FIRST_YEAR and when <= latest else None


def conditions_from_exif(facts: Sequence[ExifFacts | None], names: Sequence[str]) -> ExifConditions:
    """Derive every condition that enough items have.

    Args:
        facts: per item, None where the file has none.
        names: file names for the examples of findings.
    """
    log = FindingLog()
    columns: dict[str, list[str]] = {n: [] for n in AXES}
    minutes: Counter[datetime] = Counter()
    for one, name in zip(facts, names, strict=True):
        taken = capture_time(one.taken) if one is not None else None
        if one is not None and one.taken and taken is None:
            log.add("XF-01", Severity.WARNING, "capture times no clock can show", "taken for missing", name)
        if taken is not None:
            minutes[taken.replace(second=0)] += 1
        for axis, value in _values(one, taken, name, log).items():
            columns[axis].append(value)
    _check_clock(minutes, log)
    values: dict[str, tuple[str, ...]] = {}
    left_out: dict[str, float] = {}
    for axis, texts in columns.items():
        missing = texts.count("") / max(1, len(texts))
        if missing < MOST_MISSING and len(set(texts) - {""}) > 0:
            values[axis] = tuple(texts)
        else:
            left_out[axis] = missing
            message = "conditions that nearly no image file tells"
            log.add("XF-04", Severity.NOTE, message, "not made", f"{axis}: {missing:.0%} of the items lack it")
    return ExifConditions(values, left_out, tuple(log.findings()))


def bursts(
    facts: Sequence[ExifFacts | None], names: Sequence[str], gap_seconds: float
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the burst of each item, empty for items that stand alone, and the names of the bursts in order of time.

    Items of one camera (and, where no camera is told, of one folder) belong to one burst while each comes at most
    `gap_seconds` after the one before. `names` are file names.
    """
    times = [None if one is None else capture_time(one.taken) for one in facts]
    cameras = ["" if one is None else one.camera for one in facts]
    found = [""] * len(facts)
    order: list[str] = []
    for camera, shots in shots_of_cameras(cameras, times, names):
        run: list[int] = []
        for number, (when, position) in enumerate(shots):
            run.append(position)
            is_last = number + 1 == len(shots)
            if is_last or (shots[number + 1][0] - when).total_seconds() > gap_seconds:
                if len(run) > 1:
                    first = times[run[0]]
                    order.append(f"{camera or 'unknown camera'} {first:%Y-%m-%d %H:%M:%S}")
                    for member in run:
                        found[member] = order[-1]
                run = []
    return tuple(found), tuple(order)


def _values(one: ExifFacts | None, taken: datetime | None, name: str, log: FindingLog) -> dict[str, str]:
    found: dict[str, str] = dict.fromkeys(AXES, "")
    if one is None:
        return found
    found[CAMERA] = one.camera
    found[FLASH] = "" if one.flash is None else "fired" if one.flash else "off"
    found[LIGHT] = _light_level(one)
    place = _place(one, name, log)
    if taken is not None:
        found[TIME_OF_DAY] = next(text for until, text in _BANDS if taken.hour < until)
        south = place is not None and place[0] < 0
        found[SEASON] = _SEASONS[(taken.month % 12 // 3 + 2 * south) % 4]
        found[MONTH] = f"{taken.month:02d} {_MONTHS[taken.month - 1]}"
    if place is not None:
        found[SUN] = _sun(one, taken, place, name, log)
    return found


def _light_level(one: ExifFacts) -> str:
    """Return bands of the exposure value at ISO 100: how bright the scene was for the camera."""
    aperture, seconds, iso = one.f_number, one.exposure_seconds, one.iso
    if not aperture or not seconds or not iso or min(aperture, seconds, iso) <= 0:
        return ""
    level = math.log2(aperture**2 / seconds) - math.log2(iso / 100)
    return next((text for edge, text in ((3, "dark"), (7, "dim"), (11, "indoor or dull")) if level < edge), "bright")


def _place(one: ExifFacts, name: str, log: FindingLog) -> tuple[float, float] | None:
    if one.latitude is None or one.longitude is None:
        return None
    if one.latitude == 0 and one.longitude == 0:
        log.add("XF-02", Severity.WARNING, "positions at 0, 0", "taken for missing", name)
        return None
    return one.latitude, one.longitude


def _sun(one: ExifFacts, taken: datetime | None, place: tuple[float, float], name: str, log: FindingLog) -> str:
    """Return the band of the sun: from the position's own time, else the zone, else the zone its longitude suggests."""
    by_satellite = capture_time(one.gps_utc)
    zone = _ZONE.match(one.offset)
    if by_satellite is not None:
        return light_of(sun_elevation(by_satellite.replace(tzinfo=UTC), *place))
    if taken is None:
        return ""
    if zone is not None:
        sign = -1 if zone[1] == "-" else 1
        minutes = sign * (60 * int(zone[2]) + int(zone[3]))
        if abs(minutes) < 24 * 60:
            local = taken.replace(tzinfo=timezone(timedelta(minutes=minutes)))
            return light_of(sun_elevation(local, *place))
    message = "capture times without a zone"
    log.add("XF-03", Severity.NOTE, message, "zone taken from the longitude, an hour either way allowed for", name)
    guess = taken.replace(tzinfo=timezone(timedelta(hours=round(place[1] / 15))))
    bands = {light_of(sun_elevation(guess + timedelta(hours=h), *place)) for h in (-1, 0, 1)}
    return bands.pop() if len(bands) == 1 else UNCERTAIN


def _check_clock(minutes: Counter[datetime], log: FindingLog) -> None:
    total = minutes.total()
    if total < 10:
        return
    ((minute, count),) = minutes.most_common(1)
    if count > MOST_IN_ONE_MINUTE * total:
        message, action = "capture times that share one minute", "kept; the clock of the camera may never have been set"
        log.add("XF-06", Severity.WARNING, message, action, f"{minute:%Y-%m-%d %H:%M}", count)


def with_broken(findings: Iterable[Finding], broken: Sequence[str]) -> tuple[Finding, ...]:
    """Return the findings with one more for the files whose block does not hold together."""
    if not broken:
        return tuple(findings)
    log = FindingLog()
    for name in broken:
        log.add(
            "XF-07", Severity.WARNING, "EXIF blocks that are cut short or damaged", "read as far as they hold", name
        )
    return tuple(sorted((*findings, *log.findings()), key=lambda f: f.code))
