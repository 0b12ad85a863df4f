"""From fractions to whole items in large requests: week by week, each week solved given all the others.

Rounding each number on its own would break shares and hours; here every week is a small whole-number programme of the
same stages, with the weeks before it final and the weeks after it still fractions. Hard rules hold throughout.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tailwise.planning.lexicographic import lexicographic
from tailwise.planning.quota_rows import Rows
from tailwise.planning.solver import RELATIVE_GAP, Limits, Programme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress
    from tailwise.planning.lexicographic import Stage
    from tailwise.planning.quota_model import QuotaModel

WEEK_LIMITS = Limits(nodes=1, seconds=10.0, relative_gap=1e-3)
"""The root alone: 200 nodes took three times as long and saved nothing on 12 weeks x 60 streams x 30 classes."""
REACH = 9
"""How far from its fraction an item count may move; 2 lost up to 0.3 % in hours."""
SLACK = 1e-7
NOTHING = 1e-6


class _Weeks:
    """Re-solves single weeks of a plan with all other weeks as they are."""

    def __init__(
        self, model: QuotaModel, stages: Sequence[Stage], bounds: Sequence[float], columns: NDArray[np.float64]
    ) -> None:
        self._model = model
        self._stages = stages
        self._bounds = bounds
        self._by_column = sparse.csc_array(model.rows.matrix)
        self.columns = columns.copy()

    def solve(self, week: int, progress: Progress) -> None:
        """Make the items of a week whole and best in order of stages."""
        model, columns = self._model, self._model.columns
        items = slice(columns.item(week, 0), columns.item(week + 1, 0))
        free = np.ones(columns.count, dtype=np.bool_)
        free[: columns.items] = False
        free[columns.gate : columns.gate + columns.weeks] = False
        free[items] = True
        free[columns.gate + week] = True
        low, high = model.low.copy(), model.high.copy()
        now = self.columns[items]
        low[items] = np.maximum(low[items], np.floor(now) - REACH)
        high[items] = np.where(now > NOTHING, np.minimum(high[items], np.ceil(now) + REACH), 0.0)
        found = lexicographic(
            self._slice(free, low, high),
            [replace(stage, costs=stage.costs[free]) for stage in self._stages],
            WEEK_LIMITS,
            progress,
            self._good_enough(free, week),
        )
        if found is None:  # never seen; labelling nothing that week is always allowed
            self.columns[items] = 0.0
        else:
            self.columns[free] = found.columns

    def _good_enough(self, free: NDArray[np.bool_], week: int) -> list[float]:
        """Return per stage the value of the free columns at which the whole plan is as good as it can be.

        What a plan may stay above its bound is spent evenly over the weeks.
        """
        spent = (week + 1) / self._model.columns.weeks / 2
        answer: list[float] = []
        for stage, bound in zip(self._stages, self._bounds, strict=True):
            tolerance = max(stage.tolerance, RELATIVE_GAP * max(abs(bound), stage.scale))
            fixed = float(stage.costs[~free] @ self.columns[~free])
            answer.append(bound + spent * tolerance - fixed)
        return answer

    def _slice(self, free: NDArray[np.bool_], low: NDArray[np.float64], high: NDArray[np.float64]) -> Programme:
        """Return the programme of the free columns; rows keep the slack that rounding noise of the others needs."""
        rows = self._model.rows
        activity = self._by_column[:, ~free] @ self.columns[~free]
        matrix = sparse.csr_array(self._by_column[:, free])
        used = np.flatnonzero(np.diff(matrix.indptr))
        return Programme(
            low[free],
            high[free],
            self._model.whole[free],
            Rows(
                sparse.csr_array(matrix[used]),
                (rows.low - activity)[used] - SLACK,
                (rows.high - activity)[used] + SLACK,
                rows.rule[used],
            ),
        )


def round_by_weeks(
    model: QuotaModel,
    stages: Sequence[Stage],
    bounds: Sequence[float],
    columns: NDArray[np.float64],
    progress: Progress,
) -> NDArray[np.float64]:
    """Return whole items, shape (weeks * streams,), close to the fractions in `columns`.

    `bounds` are the proven bounds of the stages, from the relaxation.
    """
    weeks = _Weeks(model, stages, bounds, columns)
    progress.stage("Rounding to whole items", model.columns.weeks)
    for t in range(model.columns.weeks):
        weeks.solve(t, _Quiet(progress))
        progress.advance()
    return weeks.columns[: model.columns.items]


class _Quiet:
    """Passes on cancellation, but not the steps of the small solves inside."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def stage(self, label: str, total: int = 0) -> None:
        del label, total

    def advance(self, steps: int = 1) -> None:
        del steps
        self._progress.advance(0)
