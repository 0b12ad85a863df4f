"""Which item each row of a table is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(slots=True)
class Rows:
    """For every row of the table the item it is about (-1 for none) and the table it came from."""

    item: NDArray[np.int32]
    file: NDArray[np.int64]
