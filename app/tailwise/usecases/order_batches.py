"""The batches of a work order: which items of the pool, in which week, spread evenly over the labellers' batches."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from tailwise.domain.orders import CostLine, HeldBack, WorkBatch, WorkItem
from tailwise.domain.plan import Route
from tailwise.exports.acceptance import sampling_plan
from tailwise.planning.batches import spread
from tailwise.planning.project_streams import kept_for_random
from tailwise.usecases.order_caps import Conditions, rooms, streams_for_rare
from tailwise.usecases.order_history import item_ref
from tailwise.usecases.plan_pool import clusters_of
from tailwise.usecases.plan_streams import stream_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tailwise.domain.plan import PlanRequest, Stream
    from tailwise.domain.plan_outcome import PlanLine
    from tailwise.usecases.slices import ProjectCube

GOOD_SHARE, BAD_SHARE = 0.01, 0.05
"""A lot with 1 % defects should pass, one with 5 % should not."""
SECONDS_PER_HOUR = 3600.0
MOST_OF_RARE = 2
"""Of a cluster in one order, for a rare class and under different conditions; otherwise one."""


@dataclass(frozen=True, slots=True)
class OrderBatches:
    """The batches of a plan with their items and costs, and what near-duplicates are not among them."""

    batches: tuple[WorkBatch, ...]
    items: tuple[WorkItem, ...]
    costs: tuple[CostLine, ...]
    held_back: HeldBack


@dataclass(frozen=True, slots=True)
class OrderPool:
    """What items are chosen from.

    Attributes:
        sliced: the project's items.
        names: file name of each row.
        ordered: rows that other orders listed lately; they come last.
    """

    sliced: ProjectCube
    names: Sequence[str]
    ordered: NDArray[np.bool_]


def order_batches(pool: OrderPool, request: PlanRequest, lines: Sequence[PlanLine]) -> OrderBatches:
    """Return the batches of a plan with their items and costs.

    Args:
        pool: what items are chosen from.
        request: the plan's, with the streams it was solved with.
        lines: what to label when.
    """
    chooser = _Chooser(pool, request)
    streams = {stream.name: stream for stream in request.streams}
    batches: list[WorkBatch] = []
    items: list[WorkItem] = []
    costs: list[CostLine] = []
    for week in sorted({line.week for line in lines}):
        mine = [line for line in lines if line.week == week and round(line.items) > 0]
        chosen = [chooser.take(line.stream, round(line.items)) for line in mine]
        plan_id = _sample_plan(sum(round(line.items) for line in mine))
        for number, shares in enumerate(spread([round(line.items) for line in mine]), 1):
            batch_id = f"W{week:02d}-B{number:03d}"
            parts = [(line, share) for line, share in zip(mine, shares, strict=True) if share]
            batches.append(_batch(batch_id, parts, plan_id))
            costs.append(_cost(batch_id, [(streams[line.stream], share) for line, share in parts]))
            for queue, share in zip(chosen, shares, strict=True):
                items += [chooser.item(batch_id, row) for row in queue[:share]]
                del queue[:share]
    return OrderBatches(tuple(batches), tuple(items), tuple(costs), chooser.held_back())


class _Chooser:
    """Takes items from streams in a seeded order that does not depend on rows; of near-duplicates what the cap allows.

    One of each cluster is taken. Where a stream for a rare class has no more of them, a second one may follow.
    """

    def __init__(self, pool: OrderPool, request: PlanRequest) -> None:
        sliced = pool.sliced
        self._columns = sliced.columns
        self._names, self._ordered_before = pool.names, pool.ordered
        self._clusters: NDArray[np.int64] = clusters_of(sliced)
        self._rooms = rooms(self._clusters, pool.ordered)
        self._seed = request.seed
        self._first: dict[int, int] = {}
        self._taken: list[int] = []
        rows_of = stream_rows(sliced, request)
        self._rows = sorted(set[int]().union(*rows_of.values()))
        self._queues = self._all_queues(request, rows_of)
        self._add_seconds(rows_of, sorted(streams_for_rare(sliced, request) & rows_of.keys()), Conditions(sliced))

    def take(self, stream: str, count: int) -> list[int]:
        """Take up to `count` rows of a stream; none is ever given twice."""
        queue = self._queues.get(stream, [])
        taken, queue[:count] = queue[:count], []
        self._taken += taken
        return taken

    def held_back(self) -> HeldBack:
        """Count what is not taken because of near-duplicates that are."""
        taken = set(self._taken)
        clusters = {int(self._clusters[row]) for row in taken}
        rest = [row for row in self._rows if row not in taken]
        return HeldBack(
            in_order=sum(1 for row in rest if int(self._clusters[row]) in clusters),
            in_quarter=sum(1 for row in rest if not self._rooms[row]),
            second=len(taken) - len(clusters),
        )

    def item(self, batch_id: str, row: int) -> WorkItem:
        """Return a row as an item of a batch."""
        return WorkItem(
            batch_id=batch_id,
            item_ref=item_ref(int(self._columns.item_ids[row])),
            file_name=self._names[row],
            width=int(self._columns.width[row]),
            height=int(self._columns.height[row]),
        )

    def _all_queues(self, request: PlanRequest, rows_of: Mapping[str, list[int]]) -> dict[str, list[int]]:
        """Return the rows of each stream in the order they are taken; no cluster is in two of them.

        A random stream draws from every other stream of its source in proportion, as the plan counted them.
        """
        known = sorted((s for s in request.streams if s.name in rows_of), key=lambda s: s.name)
        chosen = [s for s in known if s.route is not Route.RANDOM]
        queues = {s.name: self._queue(s.name, rows_of[s.name]) for s in chosen}
        for stream in (s for s in known if s.route is Route.RANDOM):
            drawn: list[int] = []
            for other in (s for s in chosen if s.source == stream.source):
                queue = self._ordered(stream.name, queues[other.name])
                kept = set(queue[: kept_for_random(len(queue), request.reserve.discovery)])
                drawn += kept
                queues[other.name] = [row for row in queues[other.name] if row not in kept]
            rest = self._queue(stream.name, rows_of[stream.name])
            queues[stream.name] = self._ordered(stream.name, [*drawn, *rest])
        return queues

    def _queue(self, name: str, rows: Iterable[int]) -> list[int]:
        """Return one row of each cluster that no stream has yet."""
        answer: list[int] = []
        for row in self._ordered(name, rows):
            cluster = int(self._clusters[row])
            if cluster not in self._first and self._rooms[row]:
                self._first[cluster] = row
                answer.append(row)
        return answer

    def _add_seconds(self, rows_of: Mapping[str, list[int]], streams: Iterable[str], conditions: Conditions) -> None:
        """Let a second item of a cluster follow where it shows the scene under another condition than the first."""
        has_second: set[int] = set()
        for name in streams:
            behind = [row for row in rows_of[name] if self._rooms[row] >= MOST_OF_RARE and self._first_of(row) != row]
            for row in self._ordered(name, behind):
                cluster = int(self._clusters[row])
                if cluster not in has_second and conditions.differ(row, self._first_of(row)):
                    has_second.add(cluster)
                    self._queues[name].append(row)

    def _first_of(self, row: int) -> int:
        return self._first[int(self._clusters[row])]

    def _ordered(self, name: str, rows: Iterable[int]) -> list[int]:
        def key(row: int) -> tuple[bool, bytes]:
            return bool(self._ordered_before[row]), _draw(f"{self._seed}\0{name}\0{self._names[row]}")

        return sorted(rows, key=key)


def _batch(batch_id: str, parts: Sequence[tuple[PlanLine, int]], plan_id: str) -> WorkBatch:
    line = parts[0][0]
    return WorkBatch(
        batch_id=batch_id,
        n_items=sum(share for _, share in parts),
        week=line.week,
        pool="; ".join(line.stream for line, _ in parts),
        start=line.start,
        due=line.start + dt.timedelta(days=6) if line.start else None,
        sample_plan=plan_id,
    )


def _sample_plan(lot: int) -> str:
    return "/".join(str(n) for n in sampling_plan(max(1, lot), GOOD_SHARE, BAD_SHARE))


def _cost(batch_id: str, parts: Sequence[tuple[Stream, int]]) -> CostLine:
    items = sum(share for _, share in parts)
    label = sum(stream.seconds_per_item * share for stream, share in parts)
    review = sum(stream.review_seconds_per_item * share for stream, share in parts)
    return CostLine(
        batch_id=batch_id,
        items=items,
        seconds_p50=label / items,
        hours=(label + review) / SECONDS_PER_HOUR,
        review_factor=review / label if label else None,
    )


def _draw(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
