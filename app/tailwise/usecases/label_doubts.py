"""Find labels that look wrong: every label is weighed against all classes by scorers that never saw its item.

Confident learning (Northcutt and others 2021) on the vectors of the index. Nothing is stored: labels are corrected in
the dataset, which is imported again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.hard_negatives import Examples, TooFewGroupsError
from tailwise.analysis.label_issues import find_label_issues
from tailwise.analysis.mining_evidence import nearest_positives
from tailwise.analysis.mining_rounds import score_all
from tailwise.domain.errors import RequestError
from tailwise.domain.label_doubts import LabelDoubt, LabelDoubts
from tailwise.domain.review import DEFAULT_LIMIT, MAX_LIMIT, Neighbour
from tailwise.domain.wording import counted
from tailwise.ops.child import Runner, run_in_child
from tailwise.ops.executors import one_thread
from tailwise.ops.progress import SILENT
from tailwise.usecases.mining_places import NO_CLASS, annotated_places, load_mining_project
from tailwise.usecases.projects import open_project

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress
    from tailwise.usecases.mining_places import MiningProject, Places
    from tailwise.usecases.projects import Project
    from tailwise.usecases.slices import ProjectCube

LEAST_LABELLED = 8
"""A class with fewer examples is not weighed: its score says little, and each of its labels would be doubted."""
_FLOOR = 1e-6
"""Least probability of a class: where every scorer says no, all classes are as likely."""


@dataclass(frozen=True, slots=True)
class _Weighed:
    """Labels with their probabilities: rows of `places`, (n,) positions in `classes`, (n, k) summing to 1 by row."""

    rows: NDArray[np.int64]
    label: NDArray[np.int64]
    classes: NDArray[np.int64]
    probability: NDArray[np.float64]


def doubted_labels(
    project: Project,
    progress: Progress,
    class_name: str | None = None,
    limit: int = DEFAULT_LIMIT,
    run: Runner = run_in_child,
) -> LabelDoubts:
    """Return the labels of the training part that some other class claims, the least believed first.

    Args:
        project: an indexed project.
        progress: one step per class.
        class_name: only what is labelled so, or looks so.
        limit: most labels to return.
        run: how the work is run.

    Raises:
        RequestError: no such class, no index, a limit out of range, or fewer than two classes that can be weighed.
        OpCancelledError: cancelled.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise RequestError(f"The limit is {limit}", f"Give a number from 1 to {MAX_LIMIT:,}")
    if class_name is not None:
        project.cube().class_index(class_name)
    return run(_find, project.path, class_name, limit, progress=progress)


@one_thread()
def _find(path: Path, class_name: str | None, limit: int, progress: Progress) -> LabelDoubts:
    """Run in the child: read the project and weigh its labels."""
    progress.stage("Reading the index")
    project = open_project(path, read_only=True)
    try:
        loaded = load_mining_project(project, _most_labelled(project.cube()))
    finally:
        project.close()
    notes: list[str] = []
    places = _labelled_places(loaded, notes)
    weighed = _weigh(loaded, places, notes, progress)
    issues = find_label_issues(weighed.label, weighed.probability)
    wanted = np.ones(len(issues.rows), dtype=np.bool_)
    if class_name is not None:
        target = loaded.sliced.class_index(class_name)
        given, claimed = weighed.classes[weighed.label[issues.rows]], weighed.classes[issues.suggested]
        wanted = (given == target) | (claimed == target)
    chosen = np.flatnonzero(wanted)
    doubts = _doubts(loaded, places, weighed, (issues.rows[chosen[:limit]], issues.suggested[chosen[:limit]]))
    names = tuple(_class_name(loaded, code) for code in weighed.classes.tolist())
    return LabelDoubts(len(weighed.rows), len(chosen), names, doubts, tuple(notes))


def _most_labelled(sliced: ProjectCube) -> str:
    rows = sliced.labelled_rows
    if not rows:
        raise RequestError("Nothing is labelled yet", "Import labels first")
    return rows[0].name


def _labelled_places(loaded: MiningProject, notes: list[str]) -> Places:
    """Return the places with one label each, in the order of their keys."""
    places = annotated_places(loaded)
    if not loaded.has_boxes:
        cube = loaded.sliced.cube
        pairs = np.unique(np.stack([cube.item, cube.category], axis=1), axis=0)
        only = np.full(cube.n_items, NO_CLASS)
        only[pairs[:, 0]] = pairs[:, 1]
        only[np.bincount(pairs[:, 0], minlength=cube.n_items) != 1] = NO_CLASS
        places = replace(places, category=only[places.row])
        kept = np.flatnonzero(places.category != NO_CLASS)
        if len(kept) < len(places):
            notes.append(f"{counted(len(places) - len(kept), 'image')} without a class, or with several, left out")
        places = places.take(kept)
    return places.take(np.argsort(loaded.keys(places), kind="stable"))


def _weigh(loaded: MiningProject, places: Places, notes: list[str], progress: Progress) -> _Weighed:
    """Score every place for every class with enough examples; labels of the others are not weighed."""
    count = np.bincount(places.category, minlength=len(loaded.sliced.columns.categories))
    there = np.flatnonzero(count)
    progress.stage("Weighing labels", len(there))
    keys = loaded.keys(places)
    ways = [loaded.groups(places.row, scenes_only=scenes_only) for scenes_only in (False, True)]
    scores: dict[int, NDArray[np.float64]] = {}
    for code in there.tolist():
        if count[code] >= LEAST_LABELLED:
            score = _score(Examples(places.features, places.category == code, group, keys) for group in ways)
            if score is not None:
                scores[code] = score
        progress.advance()
    left_out = [_class_name(loaded, code) for code in there.tolist() if code not in scores]
    if len(scores) < 2:
        raise RequestError(
            f"Fewer than two classes have {LEAST_LABELLED} examples in more than one scene",
            "Labels are doubted by comparing classes: label more of them first",
        )
    if left_out:
        notes.append(f"Too few examples or scenes to weigh: {', '.join(left_out)}")
    classes = np.array(sorted(scores), dtype=np.int64)
    rows = np.flatnonzero(np.isin(places.category, classes))
    chance = np.stack([scores[code][rows] for code in classes.tolist()], axis=1) + _FLOOR
    label = np.searchsorted(classes, places.category[rows])
    return _Weighed(rows, label, classes, chance / chance.sum(axis=1, keepdims=True))


def _score(ways: Iterable[Examples]) -> NDArray[np.float64] | None:
    """Return the scores by the first grouping of the examples that allows it; None where all show one scene."""
    for examples in ways:
        try:
            return score_all(examples, SILENT).score
        except TooFewGroupsError:
            continue
    return None


def _doubts(
    loaded: MiningProject, places: Places, weighed: _Weighed, found: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> tuple[LabelDoubt, ...]:
    """Describe labels, given as rows of `weighed` with the position of the class that claims each, in that order."""
    rows, suggested = found
    nearest: list[tuple[Neighbour, ...]] = [()] * len(rows)
    for position in np.unique(suggested).tolist():
        claimed = np.flatnonzero(suggested == position)
        alike = np.flatnonzero(places.category == weighed.classes[position])
        near, similarity = nearest_positives(places.features[weighed.rows[rows[claimed]]], places.features[alike])
        for at, places_near, how_similar in zip(claimed.tolist(), alike[near], similarity, strict=True):
            nearest[at] = _neighbours(loaded, places, places_near, how_similar)
    return tuple(
        _doubt(loaded, places, weighed, (row, position), near)
        for row, position, near in zip(rows.tolist(), suggested.tolist(), nearest, strict=True)
    )


def _doubt(
    loaded: MiningProject, places: Places, weighed: _Weighed, found: tuple[int, int], nearest: tuple[Neighbour, ...]
) -> LabelDoubt:
    row, suggested = found
    place = int(weighed.rows[row])
    return LabelDoubt(
        item=int(loaded.sliced.columns.item_ids[places.row[place]]),
        file_name=loaded.names[int(places.row[place])],
        box=places.box_at(place),
        class_name=_class_name(loaded, int(places.category[place])),
        confidence=round(float(weighed.probability[row, weighed.label[row]]), 4),
        looks_like=_class_name(loaded, int(weighed.classes[suggested])),
        looks_like_confidence=round(float(weighed.probability[row, suggested]), 4),
        nearest=nearest,
    )


def _neighbours(
    loaded: MiningProject, places: Places, near: NDArray[np.int64], similarity: NDArray[np.float64]
) -> tuple[Neighbour, ...]:
    ids = loaded.sliced.columns.item_ids
    return tuple(
        Neighbour(int(ids[places.row[place]]), places.box_at(place), round(how_similar, 4))
        for place, how_similar in zip(near.tolist(), similarity.tolist(), strict=True)
    )


def _class_name(loaded: MiningProject, code: int) -> str:
    return loaded.sliced.columns.categories[code].name
