"""What differs between two images of a cluster, to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise.imaging.picture_difference import Difference, difference
from tailwise.usecases.items import item_picture

if TYPE_CHECKING:
    from tailwise.domain.coverage import ItemRow

SIDE = 640


def items_difference(first: ItemRow, second: ItemRow) -> Difference | None:
    """Lay the second image over the first; None where one has no picture or they share nothing.

    Touches neither project nor dataset.
    """
    a, b = item_picture(first, SIDE), item_picture(second, SIDE)
    return None if a is None or b is None else difference(a, b)
