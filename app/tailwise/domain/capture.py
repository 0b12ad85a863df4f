"""What a camera wrote beside a picture, as plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExifFacts:
    """What the block says, as it says it; empty texts and None where it says nothing usable.

    Attributes:
        camera: maker and model, one line.
        taken: DateTimeOriginal; the time of editing is no time of capture. `offset`: its zone, `+02:00`.
        gps_utc: date and time of the position, `YYYY:MM:DD HH:MM:SS` in UTC.
        flash: whether the flash fired.
        exposure_seconds, f_number, iso: how much light was let in.
        latitude, longitude: degrees, north and east positive. Never stored: only what is derived from them.
    """

    camera: str = ""
    taken: str = ""
    offset: str = ""
    gps_utc: str = ""
    flash: bool | None = None
    exposure_seconds: float | None = None
    f_number: float | None = None
    iso: float | None = None
    latitude: float | None = None
    longitude: float | None = None
