"""What differs between two images of a cluster, to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.imaging.picture_difference import Difference, difference
from tailwise.usecases.items import item_picture

if TYPE_CHECKING:
    from tailwise.domain.coverage import ItemRow
    from tailwise.imaging.thumbnails import Picture

SIDE = 640


@dataclass(frozen=True, slots=True)
class ComparedItems:
    """Two pictures, None where there is none, and what differs, None where they share nothing."""

    first: Picture | None
    second: Picture | None
    difference: Difference | None


def compare_items(first: ItemRow, second: ItemRow) -> ComparedItems:
    """Lay the second image over the first; touches neither project nor dataset."""
    a, b = item_picture(first, SIDE), item_picture(second, SIDE)
    return ComparedItems(a, b, None if a is None or b is None else difference(a, b))
