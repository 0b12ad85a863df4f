"""Short and fixed forms of numbers for cells, axes and tables; sentences use `gui.texts`."""

from __future__ import annotations

from typing import Final

from tailwise.gui.texts import number

MOST_EXACT: Final = 999_999
NOTHING: Final = "–"
_SUFFIXES: Final = ((1e12, "T"), (1e9, "G"), (1e6, "M"))
_SINGULAR: Final = {"images": "image", "objects": "object", "pixels": "pixel", "texts": "text", "items": "item"}


def short(count: int) -> str:
    """Return a whole number in full up to six digits, beyond that in short.

    >>> short(412_805), short(12_345_678)
    ('412,805', '12.3 M')
    """
    if abs(count) <= MOST_EXACT:
        return number(count)
    scale, suffix = next((scale, suffix) for scale, suffix in _SUFFIXES if abs(count) >= scale)
    return f"{number(count / scale, 1)} {suffix}"


def trimmed(value: float, decimals: int = 1) -> str:
    """Return a number without decimals that say nothing.

    >>> trimmed(24.3), trimmed(24.0), trimmed(0.123, 2)
    ('24.3', '24', '0.12')
    """
    rounded = round(value, decimals)
    return number(int(rounded)) if rounded == int(rounded) else number(rounded, decimals)


def expected(value: float) -> str:
    """Return an expected count: decimals only where they matter."""
    return short(round(value)) if abs(value) >= 1000 else number(float(value), 1)


def measure(value: float | None, decimals: int = 2) -> str:
    """Return a measure with fixed decimals, and a dash for an undefined one."""
    return NOTHING if value is None else number(float(value), decimals)


def percent(share: float, decimals: int = 0) -> str:
    """Return a share of 0..1 as a percentage.

    >>> percent(0.385, 1)
    '38.5 %'
    """
    return f"{trimmed(share * 100, decimals)} %"


def hours(amount: float) -> str:
    """Return hours with one decimal and their unit."""
    return f"{number(float(amount), 1)} h"


def singular(unit: str) -> str:
    """Return the name of one of a unit; a unit we do not know stays as it is."""
    return _SINGULAR.get(unit, unit)


def with_unit(count: int, unit: str) -> str:
    """Return a count with its unit.

    >>> with_unit(1, "images"), with_unit(24, "objects"), with_unit(7_200_000, "pixels")
    ('1 image', '24 objects', '7.2 M pixels')
    """
    return f"{short(count)} {singular(unit) if count == 1 else unit}"
