"""Ask whether generated pictures are told from real ones of the same classes by their vectors in the image index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.hard_negatives import Examples, TooFewGroupsError, group_parts, out_of_fold_scores
from tailwise.analysis.roc import roc_area
from tailwise.domain.artefacts import LEAST_SYNTHETIC, ArtefactCheck, Telling
from tailwise.domain.errors import RequestError
from tailwise.domain.generated import GENERATED_BY, GENERATED_FROM
from tailwise.domain.records import SCENE_AXES
from tailwise.ops.child import Runner, run_in_child
from tailwise.planning.split_groups import connected_groups, stable_keys
from tailwise.storage import plan_tables
from tailwise.usecases.generated import real_rows
from tailwise.usecases.index_columns import load_index
from tailwise.usecases.projects import open_project

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project
    from tailwise.usecases.slices import ProjectCube


def check_artefacts(project: Project, progress: Progress, run: Runner = run_in_child) -> ArtefactCheck:
    """Train a scorer to tell synthetic from real pictures, and say how well it does on pictures it never saw.

    A picture and its parent are never on both sides. Works in a child process; changes nothing.

    Raises:
        RequestError: nothing is registered as generated, or too few pictures are indexed.
    """
    if GENERATED_BY not in project.cube().cube.axes:
        raise RequestError(
            "No picture of this project is registered as generated",
            "Import the pictures and register them with their table (generated)",
        )
    return run(_check, project.path, progress=progress)


def _check(path: Path, progress: Progress) -> ArtefactCheck:
    project = open_project(path, read_only=True)
    try:
        return _compare(project, progress)
    finally:
        project.close()


def _compare(project: Project, progress: Progress) -> ArtefactCheck:
    sliced, index = project.cube(), load_index(project)
    axis = sliced.cube.axes[GENERATED_BY]
    is_synthetic = sliced.labelled & ~real_rows(sliced)
    held = sliced.cube.category[is_synthetic[sliced.cube.item]]
    classes = np.unique(held)
    compared = sliced.labelled & (sliced.cube.class_mask(classes.tolist()) | is_synthetic)
    ids = sliced.columns.item_ids
    has_vector = np.isin(ids, index.item_ids[np.abs(index.descriptor).sum(axis=1) > 0]) & compared
    rows = np.flatnonzero(has_vector)
    synthetic = is_synthetic[rows]
    if min(int(synthetic.sum()), int((~synthetic).sum())) < LEAST_SYNTHETIC:
        raise RequestError(
            f"{int(synthetic.sum()):,} generated and {int((~synthetic).sum()):,} real pictures of their classes are "
            f"indexed, {LEAST_SYNTHETIC} of each are needed",
            "Index the pictures with descriptors first (index)",
        )
    with project.file.reading() as db:
        names = plan_tables.all_item_names(db)
    columns = sliced.columns
    key = stable_keys(f"{columns.source_names[columns.source[r]]}\0{names[r]}" for r in rows.tolist())
    order = np.argsort(key, kind="stable")
    rows, key = rows[order], key[order]
    synthetic = is_synthetic[rows]
    vectors = index.descriptor[np.searchsorted(index.item_ids, ids[rows])]
    tellings = [_telling("", Examples(vectors, synthetic, _groups(sliced, rows), key), progress)]
    if len(axis.values) > 1:
        for code, name in enumerate(axis.values):
            ours = np.isin(rows, axis.rows[axis.codes == code]) & synthetic
            kept = ours | ~synthetic
            if int(ours.sum()) >= LEAST_SYNTHETIC:
                examples = Examples(vectors[kept], synthetic[kept], _groups(sliced, rows[kept]), key[kept])
                tellings.append(_telling(name, examples, progress))
    told = tuple(columns.categories[c].name for c in classes.tolist())
    return ArtefactCheck(index.embedding, tuple(tellings), int((is_synthetic & ~has_vector).sum()), told)


def _telling(name: str, examples: Examples, progress: Progress) -> Telling:
    """Return how well synthetic pictures, the positives, are told from real ones."""
    try:
        part = group_parts(examples)
    except TooFewGroupsError as error:
        raise RequestError(
            "All generated pictures come from one scene, so nothing can be learned from one and asked of another",
            "Register pictures of several parents",
        ) from error
    progress.stage(f"Telling synthetic from real{f': {name}' if name else ''}", int(part.max()) + 1)
    # Both sides weigh alike: few synthetic pictures must not be lost among many real ones.
    count = int(examples.is_positive.sum())
    real = len(examples) - count
    weight = np.where(examples.is_positive, real / count, 1.0)
    scores = out_of_fold_scores(examples, part, progress, weight)
    area, low, high = roc_area(scores, examples.is_positive)
    return Telling(name, count, real, area, low, high)


def _groups(sliced: ProjectCube, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return which pictures belong together: parent and child, and whatever shows the same scene."""
    axes = [name for name in (GENERATED_FROM, *SCENE_AXES) if name in sliced.cube.axes]
    return connected_groups(len(rows), *(column[rows] for column in sliced.group_columns(axes)))
