"""Images somebody excluded on the Duplicates page: never offered to label, never repeated in training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.duplicates import DUPLICATE_MARK_AXIS
from tailwise.domain.index import ItemMark

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.usecases.slices import ProjectCube


def excluded_rows(sliced: ProjectCube) -> NDArray[np.bool_]:
    """Return the rows that are marked to be excluded."""
    found = np.zeros(sliced.cube.n_items, dtype=np.bool_)
    axis = sliced.cube.axes.get(DUPLICATE_MARK_AXIS)
    if axis is not None and ItemMark.EXCLUDE.value in axis.values:
        found[axis.rows[axis.codes == axis.values.index(ItemMark.EXCLUDE.value)]] = True
    return found
