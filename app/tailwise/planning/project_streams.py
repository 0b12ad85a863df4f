"""The streams of a project: what lies unlabelled per source and condition, and what to expect of it.

Pure arithmetic on rows the caller has counted: it opens no project and knows no items.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tailwise.domain.plan import DEFAULT_SECONDS_PER_ITEM, Route, Stream, StreamYield
from tailwise.planning.quota_yields import pooled_rate, posterior

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SAFETY = 1.1
"""Planned time per item over the measured median: half of all items take longer than the median."""
PRIOR_DIGITS = 6
SEPARATOR = ", "
RANDOM_NAME = "random"


@dataclass(frozen=True, slots=True)
class PoolCell:
    """One source at one combination of the chosen conditions.

    Attributes:
        where: the value of each chosen condition as (axis, value), axes in one order for all cells; empty when none
            was chosen.
        pool: unlabelled items, near-duplicates counted once.
        labelled: labelled items there (also those found to be empty).
        found: objects per class in them, in the unit of the request.
        median_seconds: measured time to label one item there, or None.
        route: None for the usual one: targeted where conditions choose the items, else random.
    """

    source: str
    where: tuple[tuple[str, str], ...] = ()
    pool: int = 0
    labelled: int = 0
    found: tuple[tuple[str, float], ...] = ()
    median_seconds: float | None = None
    route: Route | None = None

    @property
    def stream_route(self) -> Route:
        """The route of the stream this cell becomes."""
        return self.route or (Route.TARGETED if self.where else Route.RANDOM)

    @property
    def name(self) -> str:
        """The name of the stream this cell becomes: `drive, lighting = night`."""
        conditions = (f"{axis} = {value}" for axis, value in self.where)
        suffix = () if self.route is None else (self.route.value,)
        return SEPARATOR.join((self.source, *conditions, *suffix))


def random_name(source: str) -> str:
    """Return the name of the stream that draws at random from everything of a source."""
    return SEPARATOR.join((source, RANDOM_NAME))


def stream_where(stream: Stream, axes: Sequence[str]) -> tuple[str, ...] | None:
    """Return the values of the conditions a stream of the project stands for, or None where it stands for none.

    >>> stream_where(Stream("drive, light = night, sky = rain, hail", 5, source="drive"), ("light", "sky"))
    ('night', 'rain, hail')
    """
    rest = stream.name.removeprefix(f"{stream.source}{SEPARATOR}")
    values: list[str] = []
    for place, axis in enumerate(axes):
        start = f"{axis} = "
        if not rest.startswith(start):
            return None
        rest = rest.removeprefix(start)
        value, _, rest = rest.partition(f"{SEPARATOR}{axes[place + 1]} = ") if place + 1 < len(axes) else (rest, "", "")
        values.append(value)
        rest = f"{axes[place + 1]} = {rest}" if place + 1 < len(axes) else rest
    return tuple(values) or None


def kept_for_random(pool: int, discovery: float) -> int:
    """Return how many of the items of a cell go to the random stream of its source."""
    return min(pool, math.ceil(round(pool * discovery, 9)))


def project_streams(cells: Iterable[PoolCell], discovery: float = 0.0) -> tuple[Stream, ...]:
    """Return one stream per cell with a pool, in order of name, for a request that names no streams itself.

    The yield of a cell is estimated from what was labelled there, with a prior worth 10 labelled items: the rate of the
    whole source; if nothing of the source is labelled, that of the same conditions in other sources; else that of the
    project. A class nobody has found yet has no yield. Time per item is 1.1 x the measured median, else
    `DEFAULT_SECONDS_PER_ITEM`.

    Args:
        cells: the order does not matter; cells without a pool still count as evidence.
        discovery: share of each source's pool to keep for a stream of its own that is picked at random whatever the
            conditions, so that a discovery reserve can be met. No item is offered twice.
    """
    cells = sorted(cells, key=lambda c: (c.name, c.pool, c.labelled))
    rates = _Rates(cells)
    streams: list[Stream] = []
    by_source: dict[str, list[PoolCell]] = defaultdict(list)
    for cell in cells:
        if cell.pool > 0 and cell.stream_route is Route.TARGETED:
            by_source[cell.source].append(cell)
    for cell in cells:
        if cell.pool > 0:
            kept = kept_for_random(cell.pool, discovery) if cell.stream_route is Route.TARGETED else 0
            streams.append(_stream(cell, cell.pool - kept, rates.yields(cell)))
    if discovery > 0:
        streams += [_random_stream(source, members, rates, discovery) for source, members in by_source.items()]
    return _with_unique_names(s for s in streams if s.available > 0)


class _Rates:
    """Yields of cells with their priors."""

    def __init__(self, cells: Sequence[PoolCell]) -> None:
        self._classes = sorted({name for c in cells for name, count in c.found if count > 0})
        self._source = _pooled(cells, lambda c: c.source)
        self._where = _pooled(cells, lambda c: c.where)
        self._project = _pooled(cells, lambda _: None)

    def yields(self, cell: PoolCell) -> tuple[StreamYield, ...]:
        """Return the yields of a cell; none when nothing is labelled anywhere."""
        found = dict(cell.found)
        answer: list[StreamYield] = []
        for name in self._classes:
            prior = self._prior(cell, name)
            answer.append(StreamYield(name, labelled=cell.labelled, found=found.get(name, 0.0), prior=prior))
        return tuple(answer)

    def _prior(self, cell: PoolCell, name: str) -> float:
        counts = self._project[None]
        for nearer in (self._source[cell.source], self._where[cell.where]):
            if nearer.labelled > 0:
                counts = nearer
                break
        return round(pooled_rate(counts.found.get(name, 0.0), counts.labelled), PRIOR_DIGITS)


@dataclass(slots=True)
class _Counts:
    labelled: int
    found: dict[str, float]


def _pooled(cells: Sequence[PoolCell], key: Callable[[PoolCell], object]) -> dict[object, _Counts]:
    pooled: dict[object, _Counts] = {}
    for cell in cells:
        counts = pooled.setdefault(key(cell), _Counts(0, {}))
        counts.labelled += cell.labelled
        for name, found in cell.found:
            counts.found[name] = counts.found.get(name, 0.0) + found
    return pooled


def _stream(cell: PoolCell, available: int, yields: tuple[StreamYield, ...]) -> Stream:
    return Stream(
        name=cell.name,
        available=available,
        source=cell.source,
        route=cell.stream_route,
        seconds_per_item=_seconds(cell),
        yields=yields,
    )


def _seconds(cell: PoolCell) -> float:
    return DEFAULT_SECONDS_PER_ITEM if cell.median_seconds is None else round(cell.median_seconds * SAFETY, 3)


def _random_stream(source: str, cells: Sequence[PoolCell], rates: _Rates, discovery: float) -> Stream:
    """Return the stream picked at random over all conditions of a source: a mixture of its cells by their pools."""
    kept = [kept_for_random(cell.pool, discovery) for cell in cells]
    total = sum(kept)
    labelled = sum(cell.labelled for cell in cells)
    mixture: dict[str, float] = defaultdict(float)
    for cell, part in zip(cells, kept, strict=True):
        for entry in rates.yields(cell):
            found, items = posterior(entry, entry.prior)
            mixture[entry.class_name] += part / total * found / items
    rounded = {name: round(rate, PRIOR_DIGITS) for name, rate in mixture.items()}
    return Stream(
        name=random_name(source),
        available=total,
        source=source,
        route=Route.RANDOM,
        seconds_per_item=round(sum(_seconds(c) * part for c, part in zip(cells, kept, strict=True)) / total, 3),
        yields=tuple(
            StreamYield(name, labelled=labelled, found=round(rate * labelled, PRIOR_DIGITS), prior=rate)
            for name, rate in rounded.items()
        ),
    )


def _with_unique_names(streams: Iterable[Stream]) -> tuple[Stream, ...]:
    """Number streams whose sources and conditions happen to spell the same name."""
    seen: dict[str, int] = defaultdict(int)
    answer: list[Stream] = []
    for stream in sorted(streams, key=lambda s: (s.name, s.available, s.route)):
        seen[stream.name] += 1
        count = seen[stream.name]
        answer.append(stream if count == 1 else replace(stream, name=f"{stream.name} ({count})"))
    return tuple(answer)
