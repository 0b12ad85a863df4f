"""Measure mining on published sets: look-alikes, mined against random negatives, planted label errors, and the Desk.

Run it by hand; the sets lie beside the checkout (see tests/realdata.py):

    python tests/benchmarks/mining.py [--seeds 2]

Figures are printed as measured. The gap closed is (AP mined - AP random) / (AP all - AP random) over classes, for a
linear probe trained on the positives, some random negatives, and as many mined ones, tested on groups it never saw.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[1]))

from realdata import REAL
from tailwise.analysis.hard_negatives import Examples, TooFewGroupsError, group_parts
from tailwise.analysis.label_issues import find_label_issues
from tailwise.analysis.mining_rounds import RoundPlan, inclusion, mine_in_rounds, score_all
from tailwise.analysis.mining_selection import SelectionPool
from tailwise.domain.index import IndexRequest
from tailwise.ops.progress import SILENT
from tailwise.usecases.image_index import build_index, load_index
from tailwise.usecases.import_source import ImportRequest, import_source
from tailwise.usecases.projects import create_project

SETS = {"bccd_voc": "BCCD", "trashnet_folders": "."}
SHARES = (1.0,)


def load(folder: Path, name: str):
    """Return features, labels and group of every object or image of a set, and the open project."""
    project = create_project(folder / f"{name}.tailwise")
    import_source(project, ImportRequest(REAL / name / SETS[name]), SILENT)
    build_index(project, IndexRequest(), SILENT)
    index, columns = load_index(project), project.columns
    if len(index.object_item):
        group = index.object_item
        return index.object_descriptor, index.object_category.astype(np.int64), group, project
    row_of = project.cube().row_of
    label = np.full(len(columns.item_ids), -1)
    label[columns.annotations["item"]] = columns.annotations["category"]
    labels = np.array([label[row_of[i]] for i in index.item_ids.tolist()])
    kept = labels >= 0
    # Neighbours by number show one object from several sides: ten of them are one group.
    return index.descriptor[kept], labels[kept], np.arange(len(labels))[kept] // 10, project


def examples_of(features, positive, group):
    return Examples(features, positive, group, np.arange(len(group), dtype=np.uint64))


def siblings(features, labels, groups) -> tuple[float, float]:
    """Return precision@20 of look-alikes against chance, by the confusions of a nearest-neighbour classifier.

    A negative is a true look-alike when it is of the class that the positives are most often confused with.
    """
    likeness = features @ features.T
    likeness[groups[:, None] == groups[None, :]] = -np.inf
    nearest = labels[likeness.argmax(axis=1)]
    precision, chance = [], []
    for one in np.unique(labels):
        wrong = nearest[(labels == one) & (nearest != one)]
        if not len(wrong):
            continue
        sibling = np.bincount(wrong).argmax()
        rows, negatives = np.flatnonzero(labels == one)[::2], np.flatnonzero(labels != one)
        top = np.argsort(-likeness[np.ix_(rows, negatives)], axis=1)[:, :20]
        precision.append((labels[negatives][top] == sibling).mean())
        chance.append((labels[negatives] == sibling).mean())
    return float(np.mean(precision)), float(np.mean(chance))


def probe(features, positive, weight, test) -> float:
    """Return the average precision of a linear support vector machine on `test`."""
    from sklearn.metrics import average_precision_score
    from sklearn.svm import LinearSVC

    rows = np.flatnonzero(weight > 0)
    model = LinearSVC(C=1.0, dual=False, max_iter=2000).fit(features[rows], positive[rows], sample_weight=weight[rows])
    return average_precision_score(positive[test], model.decision_function(features[test]))


def gap(features, labels, groups, seed: int, budget: int = 60):
    """Return AP with random, mined and all negatives of every class."""
    found = []
    for one in np.unique(labels):
        positive = labels == one
        part = np.random.default_rng(seed).permutation(groups.max() + 1)[groups] % 3
        train, test = np.flatnonzero(part != 0), np.flatnonzero(part == 0)
        inner = examples_of(features[train], positive[train], groups[train])
        try:
            scored = score_all(inner, SILENT)
        except TooFewGroupsError:
            continue
        none = np.full(len(train), -1)
        pool = SelectionPool(scored.score, inner.features, np.zeros(len(train), dtype=np.int64), none, none)
        plan = RoundPlan(budget, 3, SHARES, 0.7, seed)
        mined = mine_in_rounds(inner, scored, pool, ~inner.is_positive, plan, SILENT)
        draw = np.random.default_rng(seed).permutation(np.flatnonzero(~inner.is_positive))
        total = len(draw)
        arms = {"random": (np.zeros(0, dtype=int), draw[: 2 * budget]), "mined": (mined.rows, mined.random[:budget])}
        scores = {}
        for name, (hard, easy) in arms.items():
            share = inclusion(total, len(hard), len(easy))
            weight = inner.is_positive.astype(float)
            weight[easy], weight[hard] = share.random, share.mined
            full = np.zeros(len(labels))
            full[train] = weight
            scores[name] = probe(features, positive, full, test)
        every = np.zeros(len(labels))
        every[train] = 1
        found.append((scores["random"], scores["mined"], probe(features, positive, every, test)))
    return found


def planted_errors(features, labels, groups, seed: int, share: float = 0.08):
    """Flip labels, and return AUROC, precision and recall of what is flagged, and precision at the number planted."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(seed)
    classes = int(labels.max()) + 1
    flipped = rng.random(len(labels)) < share
    given = labels.copy()
    given[flipped] = (labels[flipped] + rng.integers(1, classes, flipped.sum())) % classes
    part = group_parts(examples_of(features, given == np.bincount(given).argmax(), groups))
    chance = np.zeros((len(labels), classes))
    for number in range(part.max() + 1):
        model = LogisticRegression(C=30, max_iter=300).fit(features[part != number], given[part != number])
        chance[np.ix_(part == number, model.classes_)] = model.predict_proba(features[part == number])
    issues = find_label_issues(given, chance)
    flagged = np.zeros(len(labels), dtype=bool)
    flagged[issues.rows] = True
    worst = np.argsort(issues.self_confidence)[: flipped.sum()]
    return (
        roc_auc_score(flipped, -issues.self_confidence),
        flipped[flagged].mean(),
        flagged[flipped].mean(),
        flipped[worst].mean(),
    )


def desk(project) -> tuple[float, float, int]:
    """Return median and longest milliseconds from a verdict key to the next candidate painted, over a queue of 200."""
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from tailwise.domain.review import MiningRequest
    from tailwise.gui.pages.negatives import NegativesPage
    from tailwise.gui.session import Session
    from tailwise.gui.settings import Settings
    from tailwise.ops.child import run_here
    from tailwise.usecases.mining import mine

    rare = min(project.cube().class_rows(), key=lambda row: row.objects).name
    mine(project, MiningRequest(rare, limit=200), SILENT, run_here)
    path = project.path
    project.close()
    app = QApplication.instance() or QApplication([])
    session = Session(settings=Settings(path.with_suffix(".ini")))
    session.open_project(path)
    page = NegativesPage(session)

    def rest() -> None:
        QTest.qWait(300)
        while not session.runner.is_idle:
            QTest.qWait(50)

    rest()
    page.resize(1200, 800)
    page.show()
    page.refresh()
    rest()
    taken = []
    for _ in range(page.queue.rowCount() - 1):
        began = time.perf_counter()
        QTest.keyClick(page.grid, "A")
        page.detail.view.repaint()
        page.detail.strip.repaint()
        taken.append(1000 * (time.perf_counter() - began))
        QTest.qWait(120)
    rest()
    session.shut_down()
    rest()
    session.runner.close()
    del app
    return float(np.median(taken)), float(np.max(taken)), len(taken)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seeds", type=int, default=2)
    seeds = range(arguments.parse_args().seeds)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        for name in SETS:
            features, labels, groups, project = load(Path(folder), name)
            print(f"{name}: {len(labels):,} places, {len(np.unique(labels))} classes")
            thin = np.random.default_rng(0).permutation(len(labels))[:2500]
            print(
                "  look-alike precision@20 {:.3f}, chance {:.3f}".format(
                    *siblings(features[thin], labels[thin], groups[thin])
                )
            )
            runs = np.array([row for seed in seeds for row in gap(features, labels, groups, seed)])
            random, mined, every = runs.mean(axis=0)
            closed = (mined - random) / (every - random)
            print(
                f"  AP random {random:.4f}, mined {mined:.4f}, all {every:.4f}: gap closed {closed:.0%} ({len(runs)} runs)"
            )
            told = np.mean([planted_errors(features, labels, groups, seed) for seed in seeds], axis=0)
            print(
                "  planted errors: AUROC {:.3f}, flagged precision {:.3f} recall {:.3f}, at their number {:.3f}".format(
                    *told
                )
            )
            if name == "bccd_voc":
                print(
                    "  verdict key to next candidate: median {:.1f} ms, longest {:.1f} ms, {} verdicts".format(
                        *desk(project)
                    )
                )
            else:
                project.close()


if __name__ == "__main__":
    main()
