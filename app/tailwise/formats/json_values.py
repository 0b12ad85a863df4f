"""Members of JSON records that nobody vouches for: each as the type that is wanted, or what stands for "not there"."""

from __future__ import annotations

from typing import Any, cast

from tailwise.formats.geometry import MAX_COORDINATE_PX, MAX_SIDE_PX
from tailwise.formats.json_text import printable

Record = dict[str, Any]


def as_record(value: object) -> Record:
    """Return an object, empty for anything else."""
    return cast("Record", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Return a list, empty for anything else."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def records_in(value: object) -> list[Record]:
    """Return the objects of a list, empty for anything else."""
    return [cast("Record", part) for part in as_list(value) if isinstance(part, dict)]


def as_text(value: object) -> str:
    """Return a text that can be stored, without white space around it; numbers are written out.

    >>> as_text(" a "), as_text(7), as_text(1.5), as_text(True), as_text(None)
    ('a', '7', '1.5', '', '')
    """
    if isinstance(value, float):
        return f"{value:g}"
    return printable(str(value)).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def as_texts(value: object) -> list[str]:
    """Return the texts of a list, without empty ones."""
    return [text for part in as_list(value) if (text := as_text(part))]


def as_number(value: object) -> float | None:
    """Return a number that can be a coordinate in pixels, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MAX_COORDINATE_PX:
        return None
    return float(value)


def as_numbers(record: Record, *names: str) -> list[float]:
    """Return the members of these names as numbers.

    Raises:
        ValueError: one of them is missing or can be no coordinate.
    """
    numbers = [as_number(record.get(name)) for name in names]
    if None in numbers:
        raise ValueError(names[numbers.index(None)])
    return cast("list[float]", numbers)


def as_side(value: object) -> int:
    """Return the side of an image in pixels, 0 for anything that can be none."""
    number = as_number(value)
    return int(number) if number is not None and 1 <= number <= MAX_SIDE_PX else 0


def as_share(value: object) -> float | None:
    """Return a number between 0 and 1, else None."""
    number = as_number(value)
    return number if number is not None and 0 <= number <= 1 else None
