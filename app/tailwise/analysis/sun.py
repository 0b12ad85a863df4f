"""How high the sun stands: day, twilight or night from place and time, without any table.

Method: the low-precision solar coordinates of the Astronomical Almanac as NOAA's solar calculator uses them, good to
about 0.02 degrees between 1950 and 2050; refraction is left out, because bands are six degrees wide.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
_DAYS_PER_CENTURY = 36525.0
TWILIGHT_DEGREES = -6.0
"""Lower edge of civil twilight: below it lamps are needed outdoors."""


def sun_elevation(when: datetime, latitude: float, longitude: float) -> float:
    """Return how many degrees the middle of the sun stands above the horizon; negative below.

    Args:
        when: a time with a zone.
        latitude: degrees, north positive.
        longitude: degrees, east positive.

    >>> london_noon_in_june = sun_elevation(datetime(2020, 6, 21, 12, tzinfo=UTC), 51.5, 0.0)
    >>> round(london_noon_in_june)
    62
    """
    days = (when.astimezone(UTC) - _J2000).total_seconds() / 86400
    century = days / _DAYS_PER_CENTURY
    mean_longitude = math.radians((280.46646 + century * (36000.76983 + 0.0003032 * century)) % 360)
    anomaly = math.radians((357.52911 + century * (35999.05029 - 0.0001537 * century)) % 360)
    # The orbit is an ellipse: the sun runs ahead of its mean place or behind it by up to two degrees.
    centre = math.radians(
        (1.914602 - 0.004817 * century) * math.sin(anomaly)
        + 0.019993 * math.sin(2 * anomaly)
        + 0.000289 * math.sin(3 * anomaly)
    )
    node = math.radians(125.04 - 1934.136 * century)
    ecliptic = mean_longitude + centre - math.radians(0.00569 + 0.00478 * math.sin(node))
    obliquity = math.radians(23.439291 - 0.0130042 * century + 0.00256 * math.cos(node))
    declination = math.asin(math.sin(obliquity) * math.sin(ecliptic))
    ascension = math.atan2(math.cos(obliquity) * math.sin(ecliptic), math.cos(ecliptic))
    sidereal = math.radians((280.46061837 + 360.98564736629 * days) % 360)
    hour_angle = sidereal + math.radians(longitude) - ascension
    north = math.radians(latitude)
    height = math.sin(north) * math.sin(declination) + math.cos(north) * math.cos(declination) * math.cos(hour_angle)
    return math.degrees(math.asin(max(-1.0, min(1.0, height))))


def light_of(elevation: float) -> str:
    """Return the band of a sun elevation in degrees.

    >>> [light_of(e) for e in (12.0, -3.0, -20.0)]
    ['day', 'twilight', 'night']
    """
    if elevation > 0:
        return "day"
    return "twilight" if elevation >= TWILIGHT_DEGREES else "night"
