"""How good a finished split is, counted from the assignment alone and not from how it was made.

Works for splits made elsewhere too: published ones, imported ones, those of another tool.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.split import (
    ClassShare,
    ScarceClass,
    SplitChecks,
    SplitMeasures,
    SplitRequest,
    SplitResult,
    SplitSize,
)
from tailwise.planning.split_bounds import integrality_bound
from tailwise.planning.split_groups import count_cut, cut_between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy import sparse

    from tailwise.planning.split_features import SplitItems
    from tailwise.planning.splits import SplitSolution


@dataclass(frozen=True, slots=True)
class SplitTable:
    """Items per split, and items with each class per split.

    Attributes:
        sizes: items per split. `present`: splits × classes.
        shares: ratio of each split.
    """

    sizes: NDArray[np.int64]
    present: NDArray[np.int64]
    shares: NDArray[np.float64]

    @property
    def asked(self) -> NDArray[np.float64]:
        """Splits × classes: share times the total of the class."""
        return self.shares[:, None] * self.present.sum(axis=0)[None, :]


def split_table(labels: sparse.csr_array, assignment: NDArray[np.integer], shares: Sequence[float]) -> SplitTable:
    """Count items and classes per split.

    Args:
        labels: items × classes, positive where the item has the class.
        assignment: split of each item; items with a negative one are not counted.
        shares: ratio of each split.
    """
    n_splits, n_labels = len(shares), labels.shape[1]
    is_in = assignment >= 0
    row = np.repeat(assignment, np.diff(labels.indptr))
    entries = (row >= 0) & (labels.data > 0)
    code = row[entries].astype(np.int64) * n_labels + labels.indices[entries]
    present = np.bincount(code, minlength=n_splits * n_labels).reshape(n_splits, n_labels)
    return SplitTable(np.bincount(assignment[is_in], minlength=n_splits), present, np.asarray(shares))


def imbalance(
    held: NDArray[np.floating | np.integer], shares: NDArray[np.float64], weight: NDArray[np.float64] | None = None
) -> float:
    """Return the imbalance score of columns that are not empty: 1 is what dealing items at random gives, 0 perfect."""
    total = held.sum(axis=0)
    used = total > 0
    if not used.any():
        return 0.0
    weights = np.ones(total.size) if weight is None else weight
    asked = shares[:, None] * total[used][None, :]
    per_column = ((held[:, used] - asked) ** 2 / asked).sum(axis=0)
    return float(weights[used] @ per_column / ((shares.size - 1) * weights[used].sum()))


def label_distribution(table: SplitTable) -> float:
    """Return LD of Sechidis, Tsoumakas, Vlahavas 2011: mean over classes and splits of the difference of odds.

    Odds are items with the class over items without it; where every item has the class, the items without count as
    one, so that the measure stays finite. Empty classes and empty splits are left out.
    """
    present = table.present[:, table.present.sum(axis=0) > 0]
    if not present.size:
        return 0.0
    filled = table.sizes > 0
    odds = present[filled] / np.maximum(table.sizes[filled, None] - present[filled], 1)
    whole = present.sum(axis=0) / np.maximum(table.sizes.sum() - present.sum(axis=0), 1)
    return float(np.abs(odds - whole).mean())


def label_pair_distribution(labels: sparse.csr_array, assignment: NDArray[np.integer], n_splits: int) -> float:
    """Return LPD of Szymański and Kajdanowicz 2017: LD over pairs of classes that occur together."""
    ones = labels.copy()
    ones.data = (ones.data > 0).astype(np.int64)
    splits: list[NDArray[np.int64]] = []
    whole = (ones[np.flatnonzero(assignment >= 0)].T @ ones[np.flatnonzero(assignment >= 0)]).tocoo()
    upper = whole.row < whole.col
    rows, columns = whole.row[upper], whole.col[upper]
    if not rows.size:
        return 0.0
    for split in range(n_splits):
        part = ones[np.flatnonzero(assignment == split)]
        splits.append(np.asarray((part.T @ part).tocsr()[rows, columns]).ravel())
    sizes = np.bincount(assignment[assignment >= 0], minlength=n_splits)
    present = np.stack(splits) if splits else np.zeros((0, 0), dtype=np.int64)
    return label_distribution(SplitTable(sizes, present, np.full(n_splits, 1.0 / n_splits)))


def jensen_shannon(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Return the Jensen-Shannon divergence in bits of two vectors of counts or shares; 0 when one of them is empty."""
    if not first.sum() or not second.sum():
        return 0.0
    p, q = first / first.sum(), second / second.sum()
    middle = (p + q) / 2
    return float(max(0.0, (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2))


def _relative_entropy(p: NDArray[np.floating], q: NDArray[np.floating]) -> float:
    used = p > 0
    return float((p[used] * np.log2(p[used] / q[used])).sum())


def describe(
    items: SplitItems,
    request: SplitRequest,
    solution: SplitSolution,
    class_names: Sequence[str],
    duplicates: NDArray[np.integer] | None = None,
) -> SplitResult:
    """Put a solution into words and numbers.

    Args:
        items: as given to `split_items`.
        request: likewise.
        solution: what it returned.
        class_names: one per class of `items.labels`.
        duplicates: near-duplicate cluster of each item, negative for none; counted as leaks where cut.
    """
    labels = items.labels.matrix(items.count)
    table = split_table(labels, solution.assignment, request.shares)
    present = np.flatnonzero(table.present.sum(axis=0) > 0)
    groups = _groups_of_classes(labels, items.groups, solution.assignment)
    return SplitResult(
        request=request,
        items=int(table.sizes.sum()),
        groups=int(np.unique(items.groups[solution.assignment >= 0]).size),
        sizes=_sizes(items, request, solution, table),
        classes=tuple(
            ClassShare(class_names[c], name, float(table.asked[s, c]), int(table.present[s, c]))
            for c in present.tolist()
            for s, name in enumerate(request.names)
        ),
        scarce=tuple(
            ScarceClass(
                class_names[c],
                int(groups[c]),
                tuple(name for s, name in enumerate(request.names) if not table.present[s, c]),
            )
            for c in present.tolist()
            if groups[c] < len(request.names)
        ),
        checks=SplitChecks(
            cut_groups=count_cut(items.groups, solution.assignment),
            leaked_duplicates=0 if duplicates is None else count_cut(duplicates, solution.assignment),
            empty_cells=int((table.present[:, present] == 0).sum()),
            unavoidable_empty_cells=int(np.maximum(0, len(request.names) - groups[present]).sum()),
        ),
        measures=replace(
            measure(request, solution, table, class_names),
            label_pair_distribution=label_pair_distribution(labels, solution.assignment, len(request.names)),
        ),
        quarantined=int(solution.conflicts.quarantined.sum()),
        conflicts=int(solution.conflicts.groups.size),
        is_proven=solution.is_proven,
        stopped_early=solution.stopped_early,
        leaks=_leaks(request, solution, duplicates),
        notes=solution.notes,
    )


def _leaks(
    request: SplitRequest, solution: SplitSolution, duplicates: NDArray[np.integer] | None
) -> tuple[tuple[str, str, int], ...]:
    """Count the clusters that lie in both splits, for every pair of splits."""
    names = request.names
    if duplicates is None:
        return ()
    both = cut_between(duplicates, solution.assignment, len(names))
    return tuple((names[a], names[b], int(both[a, b])) for a, b in combinations(range(len(names)), 2))


def _sizes(
    items: SplitItems, request: SplitRequest, solution: SplitSolution, table: SplitTable
) -> tuple[SplitSize, ...]:
    n_splits = len(request.names)
    used = solution.assignment >= 0
    pairs = np.unique(items.groups[used] * n_splits + solution.assignment[used])
    groups = np.bincount(pairs % n_splits, minlength=n_splits)
    locked = np.bincount(items.locks[items.locks >= 0], minlength=n_splits)
    total = int(table.sizes.sum())
    return tuple(
        SplitSize(name, share * total, int(table.sizes[s]), int(groups[s]), int(locked[s]))
        for s, (name, share) in enumerate(request.ratios)
    )


def _groups_of_classes(
    labels: sparse.csr_array, groups: NDArray[np.int64], assignment: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Count groups per class; the parts of a group that locks hold in different splits count one each."""
    row = np.repeat(np.arange(labels.shape[0]), np.diff(labels.indptr))
    entries = assignment[row] >= 0
    width = int(assignment.max(initial=0)) + 1
    part = groups[row[entries]] * width + assignment[row[entries]]
    pairs = np.unique(part * labels.shape[1] + labels.indices[entries])
    return np.bincount(pairs % labels.shape[1], minlength=labels.shape[1])


def measure(
    request: SplitRequest, solution: SplitSolution, table: SplitTable, class_names: Sequence[str]
) -> SplitMeasures:
    """Return every measure of a solution."""
    balanced = solution.table
    shares = table.shares / table.shares.sum()
    weighted = shares[:, None] * solution.held.sum(axis=0)[None, :]
    bound = balanced.weight @ integrality_bound(weighted, solution.locked)
    present = table.present.sum(axis=0) > 0
    asked, held = table.asked[:, present], table.present[:, present]
    is_label = np.flatnonzero(balanced.label >= 0)
    label_bound = integrality_bound(weighted[:, is_label], solution.locked[:, is_label]).sum()
    freedom = len(request.names) - 1
    deviation = np.abs(held - asked) / np.maximum(asked, 1.0)
    pairs = tuple(
        (request.names[a], request.names[b], jensen_shannon(held[a], held[b]))
        for a, b in combinations(range(len(request.names)), 2)
    )
    worst = np.unravel_index(int(np.argmax(deviation)), deviation.shape) if deviation.size else None
    return SplitMeasures(
        score=imbalance(solution.held, shares, balanced.weight),
        lower_bound=float(bound / (freedom * balanced.weight.sum())),
        label_score=imbalance(table.present, shares),
        label_lower_bound=float(label_bound / (freedom * max(1, is_label.size))),
        label_distribution=label_distribution(table),
        size_deviation=float(np.abs(table.sizes - shares * table.sizes.sum()).mean()),
        js_bits=max((value for _, _, value in pairs), default=0.0),
        js_pairs=pairs,
        max_deviation=float(deviation.max(initial=0.0)),
        max_deviation_at=None
        if worst is None
        else (class_names[int(np.flatnonzero(present)[worst[1]])], request.names[int(worst[0])]),
    )
