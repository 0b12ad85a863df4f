"""Sort numbers into ranges with readable edges."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MAX_RANGES = 50


def equal_edges(numbers: NDArray[np.float64], ranges: int) -> tuple[float, ...]:
    """Return the inner edges that part numbers into ranges of about equal size, rounded as far as they stay apart.

    >>> equal_edges(np.arange(1000.0), 4)
    (250.0, 500.0, 750.0)
    """
    if not 2 <= ranges <= MAX_RANGES:
        raise RequestError(f"{ranges} ranges are not possible", f"Take 2 to {MAX_RANGES}")
    known = numbers[np.isfinite(numbers)]
    above = known[known > known.min()] if len(known) else known
    if not len(above):
        return ()
    # Where the smallest number fills a whole range, the range ends right above it.
    exact = np.unique(np.maximum(np.quantile(known, np.arange(1, ranges) / ranges), above.min()))
    for digits in range(1, 7):
        rounded = np.array([float(f"{edge:.{digits}g}") for edge in exact.tolist()])
        # Rounding must neither join two ranges nor move more than a tenth of a range across an edge.
        if len(np.unique(rounded)) == len(exact) and _moved(known, exact, rounded) <= 0.1 / ranges:
            return tuple(rounded.tolist())
    return tuple(exact.tolist())


def sort_into(numbers: NDArray[np.float64], edges: Sequence[float]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Return the names of the ranges, in order, and the range of each number; -1 where it is no number.

    A number on an edge belongs to the range above it.

    >>> sort_into(np.array([1.0, 5.0, np.nan]), [5.0])
    (('below 5', '5 and above'), array([ 0,  1, -1], dtype=int32))
    """
    if not edges or list(edges) != sorted(set(edges)) or not all(np.isfinite(edges)):
        raise RequestError("The edges of ranges must rise", "Write them like 10,20,50")
    shown = [_text(edge) for edge in edges]
    names = (
        f"below {shown[0]}",
        *(f"{low} to {high}" for low, high in itertools.pairwise(shown)),
        f"{shown[-1]} and above",
    )
    codes = np.searchsorted(np.asarray(edges, dtype=np.float64), numbers, side="right").astype(np.int32)
    codes[~np.isfinite(numbers)] = -1
    return names, codes


def numbers_of(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return texts as numbers, NaN where they are none; a single comma is a decimal one.

    >>> numbers_of(["1.5", "2,5", "x"]).tolist()
    [1.5, 2.5, nan]
    """
    found = np.full(len(texts), np.nan)
    for position, text in enumerate(texts):
        try:
            found[position] = float(text.replace(",", ".") if text.count(",") == 1 else text)
        except ValueError:
            continue
    return np.where(np.isfinite(found), found, np.nan)


def _text(edge: float) -> str:
    return f"{edge:.6g}"


def _moved(known: NDArray[np.float64], exact: NDArray[np.float64], rounded: NDArray[np.float64]) -> float:
    ordered = np.sort(known)
    shift = np.abs(np.searchsorted(ordered, exact) - np.searchsorted(ordered, rounded))
    return float(shift.max(initial=0)) / len(known)
