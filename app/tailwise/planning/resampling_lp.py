"""How often to use each kind of item so that class totals come nearest to their targets (algorithms reference, 2).

Over kinds `i` (m_i items, a_ic samples of class c) with repeats `r_i`:

    minimise  sum_c (short_c + w over_c) / t_c  +  eps sum_i (m_i / N) |r_i - base_i|
    subject to  sum_i m_i a_ic r_i + short_c - over_c = t_c,   sum_i m_i r_i = E,   low_i <= r_i <= high_i

`base` is the natural epoch: one use per scene. Where every item holds one class and nothing has to be kept, the answer
is water-filling.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tailwise.domain.errors import RequestError
from tailwise.planning.quiet_stdout import stdout_to_stderr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.planning.resampling_items import Kinds

NATURAL_PULL = 1e-3
"""`eps`: between equally good answers the one nearest to the natural epoch is taken."""
_TOLERANCE = 1e-7


@dataclass(frozen=True, slots=True)
class TargetProblem:
    """One program: targets per class (0 means none is sought), bounds per kind, items per epoch."""

    kinds: Kinds
    target: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    total: float
    over_weight: float


@dataclass(frozen=True, slots=True)
class TargetSolution:
    """Repeats per kind, and what one more wanted sample of each class would cost (the dual value; negative: over)."""

    repeats: NDArray[np.float64]
    price: NDArray[np.float64]


def solve_targets(problem: TargetProblem) -> TargetSolution:
    """Solve the program with HiGHS; its bounds and total must be feasible."""
    from scipy.optimize import linprog

    kinds = problem.kinds
    copies = kinds.copies.astype(np.float64)
    base = np.clip(1.0 / kinds.scene_size, problem.low, problem.high)
    used = np.flatnonzero(problem.target > 0)
    more, fewer = problem.high - base, base - problem.low
    can_fall = np.flatnonzero(fewer > 0)
    amounts = sparse.csr_array(kinds.counts[:, used].multiply(copies[:, None])).T
    eye = sparse.eye_array(used.size, format="csr")
    # Columns: uses above the base, uses below it (where that is allowed), shortages, surpluses.
    class_rows = sparse.hstack([amounts, -amounts.tocsc()[:, can_fall], eye, -eye], format="csr")
    total_row = np.concatenate([copies, -copies[can_fall], np.zeros(2 * used.size)])
    weight = 1.0 / problem.target[used]
    pull = NATURAL_PULL * copies / copies.sum()
    cost = np.concatenate([pull, pull[can_fall], weight, problem.over_weight * weight])
    upper = np.concatenate([more, fewer[can_fall], np.full(2 * used.size, np.inf)])
    rows = sparse.vstack([class_rows, sparse.csr_array(total_row[None, :])], format="csr")
    with stdout_to_stderr():
        found = linprog(  # pyright: ignore[reportCallIssue]
            cost,
            A_eq=rows,  # pyright: ignore[reportArgumentType]  sparse matrices are taken, the stubs do not say so
            b_eq=np.concatenate([problem.target[used] - amounts @ base, [problem.total - float(copies @ base)]]),
            bounds=[(0.0, highest) for highest in upper.tolist()],
            method="highs",
        )
    if found.x is None:  # feasible by construction: only numbers beyond all reason get here
        raise RequestError(f"The solver found no repeats ({found.message})", "Choose a smaller cap or a smaller total")
    repeats = base + found.x[: kinds.size]
    repeats[can_fall] -= found.x[kinds.size : kinds.size + can_fall.size]
    price = np.zeros(problem.target.size)
    price[used] = found.eqlin.marginals[: used.size]
    return TargetSolution(_snapped(repeats, problem), price)


def _snapped(repeats: NDArray[np.float64], problem: TargetProblem) -> NDArray[np.float64]:
    """Take the solver's tolerance off the bounds and put what it amounts to back where there is room."""
    near = _TOLERANCE * np.maximum(1.0, problem.high)
    repeats = np.where(repeats <= problem.low + near, problem.low, repeats)
    repeats = np.where(repeats >= problem.high - near, problem.high, repeats)
    free = np.flatnonzero((repeats > problem.low) & (repeats < problem.high))
    copies = problem.kinds.copies
    missing = problem.total - float(repeats @ copies)
    for kind in free.tolist():
        if abs(missing) < 1e-12 * max(1.0, problem.total):
            break
        moved = float(np.clip(repeats[kind] + missing / copies[kind], problem.low[kind], problem.high[kind]))
        missing -= (moved - repeats[kind]) * copies[kind]
        repeats[kind] = moved
    return repeats
