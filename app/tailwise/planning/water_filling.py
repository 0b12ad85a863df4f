"""Water-filled targets: the fairest class totals under caps, exact (algorithms reference, section 2).

Each class gets `clip(level * share, lowest, highest)` and one level is found so that the totals sum to what was asked.
With equal shares this answer is at once best for the smallest class, for entropy, for the imbalance ratio and for least
squares (it is majorised by every other feasible answer), so nothing is left to tune.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.planning.largest_remainder import largest_remainder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

TEMPERATURES = {"uniform": 0.0, "sqrt": 0.5, "natural": 1.0}
"""Named targets: shares are proportional to count to this power."""


@dataclass(frozen=True, slots=True)
class WaterFilling:
    """Class totals and how they were found.

    Attributes:
        asked: the total asked for.
        total: the total that `whole` sums to: `asked`, or the nearest feasible one.
        lowest, highest: the least and the most that floors and caps allow.
        exact: totals before rounding; `whole`: after.
        multipliers: `exact / count`, how often an item of the class is used on average; NaN for an empty class.
        level: the common level of the classes between their bounds, in units of share; NaN if there is none.
        is_capped, is_floored: classes held at a bound.
        cap_needed: the smallest uniform cap that would reach `asked`, rounded up to 4 decimals; None if not short.
    """

    asked: int
    total: int
    lowest: float
    highest: float
    exact: NDArray[np.float64]
    whole: NDArray[np.int64]
    multipliers: NDArray[np.float64]
    level: float
    is_capped: NDArray[np.bool_]
    is_floored: NDArray[np.bool_]
    cap_needed: float | None

    @property
    def is_feasible(self) -> bool:
        """Whether the total asked for can be reached."""
        return self.total == self.asked

    @property
    def short_by(self) -> int:
        """Units by which even the caps are too few; 0 if they suffice."""
        return max(0, self.asked - self.total)

    @property
    def over_by(self) -> int:
        """Units by which even the floors are too many; 0 if they fit."""
        return max(0, self.total - self.asked)

    @property
    def advice(self) -> str:
        """What to change, with numbers; empty when feasible."""
        if self.short_by:
            return f"short by {self.short_by:,}: needs cap {self.cap_needed:.4f}, or a total of {self.total:,}"
        if self.over_by:
            return f"over by {self.over_by:,}: the floors alone need {self.total:,}"
        return ""


def water_fill(
    counts: Sequence[int] | NDArray[np.int64],
    total: int,
    *,
    cap: ArrayLike = 5.0,
    floor: ArrayLike = 0.0,
    target: str | float | ArrayLike = "uniform",
) -> WaterFilling:
    """Find the class totals nearest to the target shares that sum to `total`.

    Args:
        counts: items per class, one entry per class in the order of class ids.
        total: items wanted in all.
        cap: at most this many times its count per class; one number or one per class.
        floor: at least this many times its count, likewise.
        target: `uniform`, `sqrt`, `natural`, a temperature (shares go with count to that power), or shares per class.

    Returns:
        The totals; infeasible requests answer with the nearest feasible total, what is missing and the cap needed.
        Whole numbers keep to caps and floors unless only parts of units are free; then a class misses by less than 1.

    Raises:
        RequestError: negative counts, caps below floors, shares that are no shares.
    """
    n = np.asarray(counts, dtype=np.float64)
    high = np.broadcast_to(np.asarray(cap, dtype=np.float64), n.shape) * n
    low = np.broadcast_to(np.asarray(floor, dtype=np.float64), n.shape) * n
    _check(n, low, high, total)
    share = np.where(high > 0, _shares(n, target), 0.0)
    low = np.where(share > 0, low, np.minimum(low, high))
    high = np.where(share > 0, high, low)
    lowest, highest = float(low.sum()), float(high.sum())
    reached = int(min(max(total, np.ceil(round(lowest, 6))), np.floor(round(highest, 6))))
    level, exact = _fill(share, low, high, float(min(max(reached, lowest), highest)))
    whole = largest_remainder(
        exact, reached, priority=n, least=np.ceil(np.round(low, 6)), most=np.floor(np.round(high, 6))
    )
    with np.errstate(invalid="ignore"):
        multipliers = np.where(n > 0, exact / np.where(n > 0, n, 1), np.nan)
    return WaterFilling(
        asked=total,
        total=reached,
        lowest=lowest,
        highest=highest,
        exact=exact,
        whole=whole,
        multipliers=multipliers,
        level=level,
        is_capped=(exact >= high) & (share > 0),
        is_floored=(exact <= low) & (low > 0) & (exact < high),
        cap_needed=float(np.ceil(round(total / n.sum() * 1e4, 6)) / 1e4) if total > reached and n.sum() else None,
    )


def _check(n: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], total: int) -> None:
    if n.size == 0 or not n.any():
        raise RequestError("There is no class with items to plan for", "Import labelled items first")
    if (n < 0).any() or (low < 0).any() or not (np.isfinite(low) & np.isfinite(high)).all():
        raise RequestError("Counts, caps and floors must be finite and not negative", "Check the request")
    if (low > high).any():
        raise RequestError(
            f"The floor of class {int(np.argmax(low > high)) + 1} is above its cap", "Lower the floor or raise the cap"
        )
    if total < 0:
        raise RequestError(f"The total is {total}", "Ask for 0 items or more")


def _shares(n: NDArray[np.float64], target: str | float | ArrayLike) -> NDArray[np.float64]:
    if isinstance(target, str):
        if target not in TEMPERATURES:
            raise RequestError(f"There is no target {target!r}", f"Choose one of: {', '.join(TEMPERATURES)}")
        target = TEMPERATURES[target]
    given = np.asarray(target, dtype=np.float64)
    if given.ndim == 0:
        return np.where(n > 0, np.power(np.where(n > 0, n, 1.0), float(given)), 0.0)
    if given.shape != n.shape or not np.isfinite(given).all() or (given < 0).any() or not given.any():
        raise RequestError("Target shares must be one number per class, not negative", "Check the shares")
    return given


def _fill(
    share: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], total: float
) -> tuple[float, NDArray[np.float64]]:
    """Solve `sum clip(level * share, low, high) = total` on the sorted breakpoints; exact, O(K log K)."""
    free = np.flatnonzero((share > 0) & (high > low))
    fixed = float(low.sum() - low[free].sum())
    if not free.size:
        return float("nan"), low.copy()
    # At a class's first breakpoint its floor is replaced by a slope, at its second the slope by its cap.
    points = np.concatenate([low[free] / share[free], high[free] / share[free]])
    slopes = np.concatenate([share[free], -share[free]])
    steps = np.concatenate([-low[free], high[free]])
    order = np.argsort(points, kind="stable")
    points, slope = points[order], np.cumsum(slopes[order])
    base = fixed + low[free].sum() + np.cumsum(steps[order])
    reached = base + np.maximum(slope, 0.0) * points
    segment = int(np.searchsorted(np.maximum.accumulate(reached), total, side="left"))
    if segment in (0, points.size):
        level = float(points[segment - 1 if segment else 0])
    else:
        # Between two breakpoints nothing may grow; then the slope is 0 or what is left of it by rounding.
        slant = max(float(slope[segment - 1]), 1e-300)
        level = float(np.clip((total - base[segment - 1]) / slant, points[segment - 1], points[segment]))
    exact = np.clip(level * share, low, high)
    exact = np.where((share > 0) & (high > low), exact, low)
    return level, exact
