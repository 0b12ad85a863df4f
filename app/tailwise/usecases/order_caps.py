"""How many near-duplicates are labelled: one of a cluster in an order, two for a rare class, three in 13 weeks.

The rule is that of the algorithms reference, §5. Which class an unlabelled item holds nobody knows; it is chosen for a
rare class when its stream is one where such a class is expected at least as often as in the streams on average.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.coverage import TailGroup
from tailwise.domain.duplicates import DUPLICATE_MARK_AXIS
from tailwise.domain.plan import DISCOVERY_ROUTES, Tier
from tailwise.domain.records import IDENTICAL_AXIS, AxisKind
from tailwise.planning.quota_yields import posterior
from tailwise.planning.split_groups import connected_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.domain.plan import PlanRequest, StreamYield
    from tailwise.usecases.slices import ProjectCube

MOST_IN_QUARTER = 3
"""Of a cluster, over the orders of 13 weeks."""


def rooms(clusters: NDArray[np.int64], ordered: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many more of the cluster of each row may be ordered; `ordered` were listed in the last 13 weeks."""
    listed = np.bincount(clusters[ordered], minlength=int(clusters.max(initial=-1)) + 1)
    return np.maximum(0, MOST_IN_QUARTER - listed)[clusters]


def streams_for_rare(sliced: ProjectCube, request: PlanRequest) -> frozenset[str]:
    """Return the streams that are chosen for a rare class of the plan.

    Rare is what must not be missed, or what at most 10 labelled images hold (the rule of LVIS). Streams that discover
    are chosen for no class.
    """
    tails = {row.name for row in sliced.labelled_rows if row.tail in {TailGroup.TAIL, TailGroup.NONE}}
    rare = {quota.name for quota in request.classes if quota.tier is Tier.MUST_NOT_MISS or quota.name in tails}
    streams = [stream for stream in request.streams if stream.route not in DISCOVERY_ROUTES]
    found: set[str] = set()
    for name in sorted(rare):
        rates = {s.name: sum(_rate(y) for y in s.yields if y.class_name == name) for s in streams}
        average = sum(rates.values()) / max(1, len(rates))
        found |= {stream for stream, rate in rates.items() if rate > 0 and rate >= average}
    return frozenset(found)


def _rate(entry: StreamYield) -> float:
    if entry.rate is not None:
        return entry.rate
    found, items = posterior(entry, entry.prior)
    return found / items


class Conditions:
    """Tells whether two near-duplicates show their scene under different conditions."""

    def __init__(self, sliced: ProjectCube) -> None:
        names = {axis.name for axis in sliced.columns.axes if axis.kind == AxisKind.CONDITION} - {DUPLICATE_MARK_AXIS}
        self._axes = [axis for name, axis in sliced.cube.axes.items() if name in names]
        identical = sliced.group_columns([IDENTICAL_AXIS] if IDENTICAL_AXIS in sliced.cube.axes else [])
        self._files = connected_groups(len(sliced.counted), *identical)

    def differ(self, row: int, other: int) -> bool:
        """Whether two rows are not the same file and differ in a condition that is known of both."""
        if self._files[row] == self._files[other]:
            return False
        return any(a and b and a != b for a, b in zip(self._values(row), self._values(other), strict=True))

    def _values(self, row: int) -> list[frozenset[int]]:
        spans = ((axis, np.searchsorted(axis.rows, [row, row + 1])) for axis in self._axes)
        return [frozenset(axis.codes[start:end].tolist()) for axis, (start, end) in spans]
