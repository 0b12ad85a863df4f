"""One call to HiGHS: a linear or mixed-integer programme with a gap, a node limit and an outer time fence.

HiGHS is deterministic: the same arrays give the same answer, whatever the machine's load, as long as only the gap or
the node limit ends the search. The time fence is there for models nobody foresaw; reaching it is reported.
`scipy.optimize.milp` cannot be interrupted; long requests belong in a child process, which can.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from tailwise.planning.quiet_stdout import stdout_to_stderr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.planning.quota_rows import Rows

RELATIVE_GAP = 1e-4


@dataclass(frozen=True, slots=True)
class Limits:
    """When a search ends: at a relative gap, after so many nodes, and after seconds as the outer fence."""

    nodes: int = 20_000
    seconds: float = 60.0
    relative_gap: float = RELATIVE_GAP


@dataclass(frozen=True, slots=True)
class Programme:
    """Minimise over columns within bounds and rows; `whole` marks columns that take whole numbers only."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    whole: NDArray[np.bool_]
    rows: Rows


@dataclass(frozen=True, slots=True)
class Solution:
    """Columns found, the value of the objective there, and a proven bound of the best value."""

    columns: NDArray[np.float64]
    value: float
    bound: float


def reachable(programme: Programme, costs: NDArray[np.float64], limits: Limits) -> Solution | None:
    """Minimise `costs`, or return None when nothing feasible was found within the limits."""
    whole, rows = programme.whole, programme.rows
    with stdout_to_stderr():
        result = milp(
            costs,
            integrality=whole.astype(np.int8),
            bounds=Bounds(programme.low, programme.high),
            constraints=LinearConstraint(rows.matrix, rows.low, rows.high),
            options={"mip_rel_gap": limits.relative_gap, "node_limit": limits.nodes, "time_limit": limits.seconds},
        )
    if result.x is None:
        return None
    columns = np.asarray(result.x, dtype=np.float64)
    columns[whole] = np.round(columns[whole])
    columns = np.clip(columns, programme.low, programme.high)
    bound = result.mip_dual_bound if whole.any() else result.fun
    return Solution(columns, float(result.fun), float(bound))
