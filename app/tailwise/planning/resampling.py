"""Capped over- and undersampling of training items: water-filling for one class per item, a target program for several.

Single-label sets have one exact answer (`water_filling`). Where items hold several classes, repeating one class repeats
its neighbours too; then the repeats of kinds of items are found by a linear program (`resampling_lp`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.domain.resampling import TEMPERATURES, Method, TargetShape
from tailwise.planning.resampling_epochs import EpochPlan
from tailwise.planning.resampling_lp import TargetProblem, solve_targets
from tailwise.planning.resampling_rfs import item_shares, joint_shares, repeat_factors
from tailwise.planning.water_filling import water_fill

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.domain.resampling import ResamplingRequest
    from tailwise.planning.resampling_items import Kinds, TrainingItems

NO_DRIVER = -1
_NEAR = 1e-9


@dataclass(frozen=True)
class ResamplingSolution:
    """How often each training item is used.

    Attributes:
        asked, total: items per epoch wanted and reached. floor: the floor that was used.
        lowest, highest: the fewest and most items per epoch that floor and cap allow.
        cap_needed: the cap that would reach `asked`, None where the cap is not in the way.
        target: (k,) class totals aimed at; the last one is that of items without a class, for single-label sets.
        part, part_totals: parts that are dealt from alike, and uses per epoch of each.
        driver: (n,) class an item is repeated for or held back by, `NO_DRIVER` for neither.
        is_capped: (n,) used as often as the cap allows.
        is_reduced: there were too many kinds of items, so that only their rarest classes told them apart.
    """

    items: TrainingItems
    request: ResamplingRequest
    method: Method
    asked: int
    total: int
    floor: float
    lowest: int
    highest: int
    cap_needed: float | None
    target: NDArray[np.float64]
    part: NDArray[np.int64]
    part_totals: NDArray[np.float64]
    driver: NDArray[np.int64]
    is_capped: NDArray[np.bool_]
    is_reduced: bool = False

    @cached_property
    def epochs(self) -> EpochPlan:
        """The epochs of this plan."""
        items, seed = self.items, self.request.seed
        return EpochPlan(self.part, self.part_totals, items.scene, items.keys, seed, per_scene=self.request.per_scene)

    @cached_property
    def factor(self) -> NDArray[np.float64]:
        """(n,) mean uses of each item per epoch."""
        return self.epochs.mean()

    @cached_property
    def effective(self) -> NDArray[np.float64]:
        """(k,) mean samples of each class per epoch, aligned with `target`."""
        return effective_counts(self.items, self.factor, self.target.size)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a published method makes of the same total and cap."""

    method: Method
    factor: NDArray[np.float64]
    effective: NDArray[np.float64]
    threshold: float


def solve_resampling(
    items: TrainingItems, request: ResamplingRequest, tier_weights: NDArray[np.float64]
) -> ResamplingSolution:
    """Find how often to use each item.

    Args:
        items: the training items; validation and test items must not be among them.
        request: what is asked. A total out of reach gives the nearest one, with what it would take in the answer.
        tier_weights: (classes,) shares of the target `tiers`.

    Raises:
        RequestError: there is nothing to train on.
    """
    if not items.n_items or not items.class_counts.any():
        raise RequestError("No training item has a class", "Import labels, or make a split with a training part")
    return _by_class(items, request, tier_weights) if items.is_single else _by_kind(items, request, tier_weights)


def effective_counts(items: TrainingItems, factor: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Return the mean samples of each class per epoch; a further entry counts items without a class."""
    found: NDArray[np.float64] = np.asarray(items.matrix.T @ factor, dtype=np.float64)
    if width > items.n_classes:
        without = np.diff(items.matrix.indptr) == 0
        found = np.append(found, factor[without].sum())
    return found


def baselines(solution: ResamplingSolution) -> tuple[Baseline, ...]:
    """Return RFS and IRFS at the same items per epoch and the same cap; none where items have to be thinned out."""
    items = solution.items
    if solution.total <= items.n_items or solution.request.cap < 1:
        return ()
    found: list[Baseline] = []
    for method, share in ((Method.RFS, item_shares(items)), (Method.IRFS, joint_shares(items))):
        repeats = repeat_factors(items, share, solution.total, solution.request.cap)
        counts = effective_counts(items, repeats.repeats, solution.target.size)
        found.append(Baseline(method, repeats.repeats, counts, repeats.threshold))
    return tuple(found)


def _by_class(
    items: TrainingItems, request: ResamplingRequest, tier_weights: NDArray[np.float64]
) -> ResamplingSolution:
    """Fill the classes one by one; items without a class are one more."""
    part = items.single_class
    width = items.n_classes + int((part == items.n_classes).any())
    counts = np.bincount(part, minlength=width)
    if request.per_scene:
        pairs = np.unique(items.scene * (items.n_classes + 1) + part)
        counts = np.bincount(pairs % (items.n_classes + 1), minlength=width)
    asked = items.n_items if request.total is None else request.total
    floor = min(request.floor or 0.0, request.cap)
    weights = np.append(tier_weights, 1.0)[:width]
    filled = water_fill(counts, asked, cap=request.cap, floor=floor, target=_target(request, counts, weights))
    used = counts > 0
    multiplier = np.where(used, filled.exact / np.maximum(counts, 1), 0.0)
    driver = np.where(np.abs(multiplier - 1) > _NEAR, np.arange(width), NO_DRIVER)
    return ResamplingSolution(
        items=items,
        request=request,
        method=Method.WATER_FILLING,
        asked=asked,
        total=filled.total,
        floor=floor,
        lowest=int(np.ceil(round(filled.lowest, 6))),
        highest=int(np.floor(round(filled.highest, 6))),
        cap_needed=filled.cap_needed,
        target=filled.exact,
        part=part,
        part_totals=filled.whole.astype(np.float64),
        driver=driver[part],
        is_capped=filled.is_capped[part],
    )


def _by_kind(items: TrainingItems, request: ResamplingRequest, tier_weights: NDArray[np.float64]) -> ResamplingSolution:
    """Repeat kinds of items so that class totals come nearest to their targets."""
    kinds = items.kinds(per_scene=request.per_scene)
    asked = items.n_items if request.total is None else request.total
    scenes = float((kinds.copies / kinds.scene_size).sum())
    floor = _floor(request, asked, scenes)
    low, high = floor / kinds.scene_size, request.cap / kinds.scene_size
    lowest = int(np.ceil(round(floor * scenes, 6)))
    highest = int(np.floor(round(request.cap * scenes, 6)))
    total = min(max(asked, lowest), highest)
    target = _class_targets(items, kinds, request, total, tier_weights)
    bounded = float(np.clip(total, floor * scenes, request.cap * scenes))
    solved = solve_targets(TargetProblem(kinds, target, low, high, bounded, request.over_weight))
    order = _part_order(items, kinds)
    place = np.empty(kinds.size, dtype=np.int64)
    place[order] = np.arange(kinds.size)
    is_capped = solved.repeats >= high - _NEAR
    return ResamplingSolution(
        items=items,
        request=request,
        method=Method.TARGET_LP,
        asked=asked,
        total=total,
        floor=floor,
        lowest=lowest,
        highest=highest,
        cap_needed=float(np.ceil(round(asked / scenes * 1e4, 6)) / 1e4) if asked > total else None,
        target=target,
        part=place[kinds.of_item],
        part_totals=(kinds.copies * solved.repeats)[order],
        driver=_drivers(kinds, solved.repeats, solved.price)[kinds.of_item],
        is_capped=is_capped[kinds.of_item],
        is_reduced=kinds.is_reduced,
    )


def _floor(request: ResamplingRequest, asked: int, scenes: float) -> float:
    """Return the floor asked for; by default every scene stays, unless that is more than the total."""
    if request.floor is not None:
        return request.floor
    return min(1.0, request.cap) if asked >= scenes else 0.0


def _target(
    request: ResamplingRequest, counts: NDArray[np.int64], weights: NDArray[np.float64]
) -> float | NDArray[np.float64]:
    if request.temperature is not None:
        return request.temperature
    if request.target is TargetShape.TIERS:
        return np.where(counts > 0, weights, 0.0)
    return TEMPERATURES[request.target]


def _class_targets(
    items: TrainingItems,
    kinds: Kinds,
    request: ResamplingRequest,
    total: int,
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Fill the classes as if each could be repeated by itself, with as many samples per item as there are now."""
    counts = items.class_counts
    reachable = kinds.counts.T @ (kinds.copies * request.cap / kinds.scene_size)
    cap = np.where(counts > 0, reachable / np.maximum(counts, 1), 0.0)
    wanted = round(total * float(counts.sum()) / items.n_items)
    return water_fill(counts, wanted, cap=cap, target=_target(request, counts, weights)).exact


def _part_order(items: TrainingItems, kinds: Kinds) -> NDArray[np.int64]:
    """Put kinds with the same rarest class side by side: what rounding takes from one it gives to a like one."""
    rank = np.empty(items.n_classes, dtype=np.int64)
    rank[np.lexsort((np.arange(items.n_classes), items.class_counts))] = np.arange(items.n_classes)
    rows = np.repeat(np.arange(kinds.size), np.diff(kinds.counts.indptr))
    rarest = np.full(kinds.size, items.n_classes, dtype=np.int64)
    np.minimum.at(rarest, rows, rank[kinds.counts.indices])
    return np.lexsort((np.arange(kinds.size), rarest))


def _drivers(kinds: Kinds, repeats: NDArray[np.float64], price: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the class whose price moved each kind most: up where it is repeated, down where it is held back."""
    rows = np.repeat(np.arange(kinds.size), np.diff(kinds.counts.indptr))
    base = 1.0 / kinds.scene_size
    way = np.sign(np.where(np.abs(repeats - base) > _NEAR, repeats - base, 0.0))
    pull = kinds.counts.data * price[kinds.counts.indices] * way[rows]
    order = np.lexsort((kinds.counts.indices, -np.round(pull, 12), rows))
    first = np.ones(order.size, dtype=np.bool_)
    first[1:] = np.diff(rows[order]) != 0
    best = order[first]
    driver = np.full(kinds.size, NO_DRIVER, dtype=np.int64)
    counts = pull[best] > 0
    driver[rows[best][counts]] = kinds.counts.indices[best][counts]
    return driver
