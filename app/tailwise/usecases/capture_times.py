"""Cameras and times of capture of the indexed images: read once per file, and who follows whom in a scene."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tailwise.analysis.capture_order import followers
from tailwise.analysis.exif_conditions import capture_time
from tailwise.analysis.near_duplicates import series_pairs
from tailwise.imaging.exif import read_exif
from tailwise.ops.progress import track
from tailwise.storage.capture_tables import CaptureRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailwise.ops.progress import Progress

IN_SERIES = -1.0
"""Instead of seconds: neighbours by number, whose times nobody knows."""


def read_captures(paths: Mapping[int, str], progress: Progress) -> list[CaptureRow]:
    """Read camera and time from the headers of files, by item id; a time no clock can show is none."""
    progress.stage("Reading times of capture", len(paths))
    rows: list[CaptureRow] = []
    for item, path in track(paths.items(), progress, 32):
        facts = read_exif(Path(path)).facts
        has_time = facts is not None and capture_time(facts.taken) is not None
        rows.append(CaptureRow(item, facts.camera, facts.taken) if facts and has_time else CaptureRow(item, "", ""))
    return rows


def neighbours(
    item_ids: Sequence[int], names: Sequence[str], captures: Sequence[CaptureRow]
) -> dict[tuple[int, int], float]:
    """Return the pairs of items, smaller id first, that follow each other, with the seconds between them.

    By camera and time where the time is known; the others by the last number in their names, with `IN_SERIES` for the
    seconds. `names` are full names with source and folder.
    """
    known = {row.item_id: row for row in captures}
    shots = [known.get(item) for item in item_ids]
    times = [None if shot is None else capture_time(shot.taken) for shot in shots]
    cameras = ["" if shot is None else shot.camera for shot in shots]
    found: dict[tuple[int, int], float] = {}
    timeless = [row for row, when in enumerate(times) if when is None]
    first, second = series_pairs([names[row] for row in timeless])
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        found[_pair(item_ids[timeless[a]], item_ids[timeless[b]])] = IN_SERIES
    for a, b, seconds in followers(cameras, times, names):
        found[_pair(item_ids[a], item_ids[b])] = seconds
    return found


def _pair(a: int, b: int) -> tuple[int, int]:
    return min(a, b), max(a, b)
