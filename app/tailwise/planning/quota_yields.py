"""Expected objects per labelled item, known or estimated from what was labelled so far.

An estimate is a Beta (at most one object per item) or a Gamma distribution (counts above one) with the same mean,
(prior + found) / (prior items + labelled). The prior is the rate of the other streams of the source, worth 10 labelled
items; where there are none it is Jeffreys' (0.5 found in 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import RequestError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.domain.plan import PlanRequest, Stream, StreamYield

PRIOR_ITEMS = 10.0
JEFFREYS_FOUND = 0.5
JEFFREYS_ITEMS = 1.0


@dataclass(frozen=True, slots=True)
class YieldTable:
    """Yields of every stream (rows) for every class (columns), both in stable order.

    Attributes:
        mean: expected objects per item, shape (streams, classes).
        found: shape parameter: objects found including the prior; 0 where the rate is known.
        items: labelled items including the prior; 0 where the rate is known.
    """

    classes: tuple[str, ...]
    mean: NDArray[np.float64]
    found: NDArray[np.float64]
    items: NDArray[np.float64]


def pooled_rate(found: float, labelled: float) -> float:
    """Return objects per item over several streams, never exactly 0: nothing found yet is not proof of nothing.

    >>> round(pooled_rate(0, 100), 6)
    0.00495
    """
    return (found + JEFFREYS_FOUND) / (labelled + JEFFREYS_ITEMS)


def posterior(stream_yield: StreamYield, prior: float | None) -> tuple[float, float]:
    """Return (found, items) including the prior; their ratio is the expected yield.

    >>> from tailwise.domain.plan import StreamYield
    >>> found, items = posterior(StreamYield("Wheelchair", labelled=100, found=2), None)
    >>> round(found / items, 6)
    0.024752
    """
    if prior is None:
        return stream_yield.found + JEFFREYS_FOUND, stream_yield.labelled + JEFFREYS_ITEMS
    return stream_yield.found + prior * PRIOR_ITEMS, stream_yield.labelled + PRIOR_ITEMS


def yield_table(request: PlanRequest) -> YieldTable:
    """Return the yields of a request in stable order.

    Raises:
        RequestError: a yield is to be estimated and there is nothing to estimate it from.
    """
    names = {c.name for c in request.classes} | {y.class_name for s in request.streams for y in s.yields}
    classes = tuple(sorted(names))
    column = {name: k for k, name in enumerate(classes)}
    shape = (len(request.streams), len(classes))
    mean, found, items = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    counts = _source_counts(request)
    for j, stream in enumerate(request.streams):
        for entry in stream.yields:
            k = column[entry.class_name]
            if entry.rate is not None:
                mean[j, k] = entry.rate
                continue
            found[j, k], items[j, k] = posterior(entry, _prior(stream, entry, counts))
            mean[j, k] = found[j, k] / items[j, k]
    return YieldTable(classes, mean, found, items)


def _source_counts(request: PlanRequest) -> dict[tuple[str | None, str], tuple[float, int]]:
    counts: dict[tuple[str | None, str], tuple[float, int]] = {}
    for stream in request.streams:
        for entry in stream.yields:
            if entry.rate is None:
                found, labelled = counts.get((stream.source, entry.class_name), (0.0, 0))
                counts[stream.source, entry.class_name] = (found + entry.found, labelled + entry.labelled)
    return counts


def _prior(stream: Stream, entry: StreamYield, counts: dict[tuple[str | None, str], tuple[float, int]]) -> float | None:
    if entry.prior is not None:
        return entry.prior
    if stream.source is not None:
        found, labelled = counts[stream.source, entry.class_name]
        if labelled > entry.labelled:
            return pooled_rate(found - entry.found, labelled - entry.labelled)
    if entry.labelled == 0:
        raise RequestError(
            f"stream {stream.name!r}: nothing was labelled there or elsewhere in its source, so the yield of "
            f"{entry.class_name!r} cannot be estimated",
            "Give a rate, or a prior beside labelled and found",
        )
    return None
