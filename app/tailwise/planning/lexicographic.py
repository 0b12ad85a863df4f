"""Goals in order: each stage is minimised, then kept while the next one is. No weights, nothing is traded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tailwise.planning.solver import RELATIVE_GAP, Limits, Programme, reachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress

KEPT_WITHIN = 1e-6
"""How much of a stage's optimum later stages may give back: the tolerance the solver itself has."""
NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Stage:
    """One goal: minimise `costs`.

    Attributes:
        scale: what a gap is relative to when the value is smaller: all that was asked for, for a shortfall.
        tolerance: distance to the bound that is as good as none: one whole item a week more or less.
        is_shortfall: never below 0, and 0 when the quotas are met.
    """

    name: str
    costs: NDArray[np.float64]
    scale: float
    tolerance: float
    is_shortfall: bool

    def gap(self, value: float, bound: float) -> float:
        """Return the relative distance of a value to its bound, 0 within what earlier stages may give back."""
        distance = value - bound
        return distance / max(abs(value), self.scale) if distance > 10 * KEPT_WITHIN else 0.0

    def is_closed(self, value: float, bound: float) -> bool:
        """Whether nothing worth having lies between value and bound."""
        return value - bound <= max(self.tolerance, RELATIVE_GAP * max(abs(value), self.scale))


@dataclass(frozen=True, slots=True)
class Ordered:
    """Columns that are best in order of stages.

    Attributes:
        programme: the programme with one more row per stage that keeps what it reached.
        bounds: proven bound per stage; minus infinity for stages a limit cut off.
    """

    columns: NDArray[np.float64]
    programme: Programme
    bounds: tuple[float, ...]


def lexicographic(
    programme: Programme,
    stages: Sequence[Stage],
    limits: Limits,
    progress: Progress,
    good_enough: Sequence[float] | None = None,
) -> Ordered | None:
    """Minimise the stages in order; None when not even the first one found anything.

    When all shortfalls can be 0 at once, one call settles all their stages. A stage that is already at its value of
    `good_enough` is not solved again.
    """
    bounds: list[float] = []
    columns: NDArray[np.float64] | None = None
    short = [s for s in stages if s.is_shortfall]
    if len(short) > 1:
        together = np.sum([s.costs for s in short], axis=0)
        # Only whether 0 can be reached matters here: a bound above half the value proves that it cannot.
        coarse = limits if good_enough is not None else replace(limits, relative_gap=0.5)
        solution = reachable(programme, together, coarse)
        progress.advance()
        if solution is None:
            return None
        columns = solution.columns
        if solution.value <= NOTHING:
            bounds = [0.0] * len(short)
            programme = replace(programme, rows=programme.rows.with_limit(together, NOTHING))
    for stage in stages[len(bounds) :]:
        at = len(bounds)
        is_good = columns is not None and good_enough is not None and stage.costs @ columns <= good_enough[at]
        solution = None if is_good else reachable(programme, stage.costs, limits)
        progress.advance()
        bounds.append(-np.inf if solution is None else solution.bound)
        if solution is not None:
            columns = solution.columns
        if columns is None:
            return None
        kept = float(stage.costs @ columns) + KEPT_WITHIN
        programme = replace(programme, rows=programme.rows.with_limit(stage.costs, kept))
    return None if columns is None else Ordered(columns, programme, tuple(bounds))
