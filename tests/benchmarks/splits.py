"""Measure splits: quality and processor time beside scikit-learn, a million items, and sets shaped like mulan's.

    python tests/benchmarks/splits.py [--million]

Scores are imbalance over the classes: 1.0 is what dealing items at random gives, 0 perfect. The bound is what whole
items allow at best. Times are processor seconds of this process, so that a busy machine matters less.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

sys.path.insert(0, str(Path(__file__).parents[1]))

from planning.split_builders import THREE, a_request, by_class, clustered_items, some_items
from tailwise.domain.split import Floors
from tailwise.ops.progress import SILENT
from tailwise.planning.split_features import Pairs, SplitItems
from tailwise.planning.split_groups import connected_groups, stable_keys
from tailwise.planning.split_quality import describe, imbalance
from tailwise.planning.splits import split_items

SHARES = np.array([share for _, share in THREE])
MILLION_SECONDS = 30.0
MULAN = {  # items, classes, mean classes per item
    "scene": (2407, 6, 1.074),
    "emotions": (593, 6, 1.868),
    "yeast": (2417, 14, 4.237),
    "genbase": (662, 27, 1.252),
    "medical": (978, 45, 1.245),
    "enron": (1702, 53, 3.378),
    "cal500": (502, 174, 26.044),
    "bibtex": (7395, 159, 2.402),
    "delicious": (16_105, 983, 19.017),
}


def shaped_like(items, classes, mean, seed):
    """Return items whose classes follow a Zipf law and cluster by topic."""
    random = np.random.default_rng(seed)
    prior = 1 / np.arange(1, classes + 1) ** 0.8
    topics = max(3, classes // 3)
    affinity = random.gamma(0.4, 1, (topics, classes))[random.integers(0, topics, items)] * prior
    drawn = random.gumbel(size=(items, classes)) + np.log(affinity + 1e-12)
    ranked = np.argsort(-drawn, axis=1)
    sizes = np.clip(1 + random.poisson(mean - 1, items), 1, classes)
    return some_items([ranked[i, :size].tolist() for i, size in enumerate(sizes)], classes=classes)


def million(seed=0):
    """Return a million items in 150,000 groups with 30 classes and 8 values of a condition."""
    random = np.random.default_rng(seed)
    count, groups = 1_000_000, 150_000
    weight = random.gamma(1.2, 1, groups)
    more = random.choice(groups, count - groups, p=weight / weight.sum())
    group = np.sort(np.concatenate([np.arange(groups), more]))
    items, values = [], []
    for code in range(30):
        rate = np.minimum(0.95, 0.6 * np.exp(-code / 5) * random.gamma(0.5, 2, groups))
        has = np.flatnonzero(random.random(count) < rate[group])
        items.append(has)
        values.append(np.full(has.size, code))
    light = random.integers(0, 8, groups)[group]
    return SplitItems(
        keys=stable_keys(map(str, range(count))),
        groups=connected_groups(count, group),
        labels=Pairs(np.concatenate(items), np.concatenate(values), 30),
        conditions=(Pairs(np.arange(count), light, 8),),
    )


def timed(function):
    """Return what a function returns, and its processor seconds."""
    began = time.process_time()
    return function(), time.process_time() - began


def rival_score(items, assignment):
    """Return the imbalance over the classes of somebody else's split."""
    return imbalance(by_class(items, assignment, 3), SHARES)


def against_scikit_learn():
    """Print 60,000 grouped items beside StratifiedGroupKFold with 20 folds merged to 14 + 3 + 3; return what failed."""
    missed = []
    for groups, classes in ((1500, 10), (6000, 10), (20_000, 30)):
        items = clustered_items(1, 60_000, groups, classes=classes)
        solution, ours = timed(lambda items=items: split_items(items, a_request(floors=Floors.STANDARD), SILENT))
        folds = np.empty(items.count, dtype=np.int64)
        merge = StratifiedGroupKFold(20, shuffle=True, random_state=0)
        parts, theirs = timed(lambda i=items, m=merge: list(m.split(i.labels.item, i.labels.value, i.groups)))
        for fold, (_, test) in enumerate(parts):
            folds[test] = fold
        rival = np.where(folds < 14, 0, np.where(folds < 17, 1, 2))
        found, other = (rival_score(items, split) for split in (solution.assignment, rival))
        print(f"60,000 items, {groups:>6,} groups, {classes} classes: score {found:.6f} in {ours:.2f} s; ", end="")
        print(f"scikit-learn {other:.6f} in {theirs:.2f} s ({theirs / ours:.0f} times as long)")
        if found > other or theirs < 5 * ours:
            missed.append(f"{groups:,} groups beside scikit-learn")
    return missed


def iterative(matrix):
    """Split 70/15/15 in two steps with iterative-stratification; None where it is not installed."""
    try:
        from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit
    except ImportError:
        return None
    first = MultilabelStratifiedShuffleSplit(n_splits=1, test_size=0.3, random_state=0)
    train, rest = next(first.split(matrix, matrix))
    second = MultilabelStratifiedShuffleSplit(n_splits=1, test_size=0.5, random_state=0)
    val, test = next(second.split(rest, matrix[rest]))
    assignment = np.zeros(len(matrix), dtype=np.int64)
    assignment[train], assignment[rest[val]], assignment[rest[test]] = 0, 1, 2
    return assignment


def skmultilearn(matrix, order):
    """Split 70/15/15 with scikit-multilearn; None where it is not installed or takes minutes."""
    if matrix.shape[1] * len(matrix) > 500_000 or (order > 1 and matrix.shape[1] > 60):
        return None
    try:
        from skmultilearn.model_selection import IterativeStratification
    except ImportError:
        return None
    np.random.seed(0)  # noqa: NPY002  the library draws from the global generator
    maker = IterativeStratification(n_splits=3, order=order, sample_distribution_per_fold=[0.15, 0.15, 0.7])
    assignment = np.zeros(len(matrix), dtype=np.int64)
    for fold, (_, part) in enumerate(maker.split(np.arange(len(matrix))[:, None], matrix)):
        assignment[part] = (2, 1, 0)[fold]
    return assignment


def shaped_like_mulan():
    """Print the nine sets side by side: bound, ours, and every rival that is installed; return where ours is worse."""
    missed = []
    print(f"{'set':10} {'bound':>9} {'ours':>9} {'seconds':>8} {'iterstrat':>10} {'skml 1':>9} {'skml 2':>9}")
    for seed, (name, shape) in enumerate(MULAN.items()):
        items = shaped_like(*shape, seed)
        matrix = np.asarray(items.labels.matrix(items.count).todense()) > 0
        request = a_request(floors=Floors.OFF)
        solution, seconds = timed(lambda i=items, r=request: split_items(i, r, SILENT))
        measures = describe(items, request, solution, [str(c) for c in range(shape[1])]).measures
        ours = measures.label_score
        line = f"{name:10} {measures.label_lower_bound:9.5f} {ours:9.5f} {seconds:8.2f}"
        for width, rival in ((10, iterative(matrix)), (9, skmultilearn(matrix, 1)), (9, skmultilearn(matrix, 2))):
            other = None if rival is None else rival_score(items, rival)
            line += f" {'-' if other is None else f'{other:.5f}':>{width}}"
            if other is not None and ours > other + 1e-9:
                missed.append(name)
        print(line, flush=True)
    return missed


def floors_of_mulan():
    """Print how many empty cells floors leave: as many as nobody can avoid; return where there are more."""
    missed = []
    for seed, (name, shape) in enumerate(MULAN.items()):
        items, request = shaped_like(*shape, seed), a_request(floors=Floors.SPREAD)
        result = describe(items, request, split_items(items, request, SILENT), [str(c) for c in range(shape[1])])
        checks = result.checks
        print(
            f"{name:10} floors spread: empty cells {checks.empty_cells} of {checks.unavoidable_empty_cells} unavoidable"
        )
        if checks.empty_cells > checks.unavoidable_empty_cells:
            missed.append(f"{name} with floors")
    return missed


def main() -> int:
    """Run what was asked for; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", action="store_true", help="only the million items")
    if parser.parse_args().million:
        items = million()
        request = a_request(floors=Floors.STANDARD)
        solution, seconds = timed(lambda: split_items(items, request, SILENT))
        measures = describe(items, request, solution, [str(c) for c in range(30)]).measures
        print(
            f"{items.count:,} items, {items.groups.max() + 1:,} groups: label score {measures.label_score:.6f}", end=""
        )
        print(f", all columns {measures.score:.6f}, worst {measures.max_deviation:.4f}, {seconds:.1f} s")
        return int(seconds > MILLION_SECONDS)
    missed = [*against_scikit_learn(), *shaped_like_mulan(), *floors_of_mulan()]
    print(f"missed: {', '.join(missed)}" if missed else "every bar holds")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
