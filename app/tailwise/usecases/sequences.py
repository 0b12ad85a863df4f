"""Audit the splits within numbered sequences: how many frames lie between train and test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.sequences import audit
from tailwise.domain.errors import RequestError
from tailwise.storage import plan_tables

if TYPE_CHECKING:
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

CLOSE_FRAMES = 10
"""Neighbours up to this many frames apart show nearly the same at usual frame rates."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Two files of one sequence in different splits, `distance` frames apart."""

    a_item: int
    b_item: int
    a_file: str
    b_file: str
    distance: int


@dataclass(frozen=True, slots=True)
class SequenceGap:
    """How near two splits come to each other within sequences, in frames.

    Attributes:
        neighbours: pairs of neighbours with one in each split.
        close: those at most `SequenceReport.close_frames` apart.
        nearest, median: distances in frames.
        examples: nearest first.
    """

    a_split: str
    b_split: str
    neighbours: int
    close: int
    nearest: int
    median: float
    examples: tuple[Neighbours, ...]


@dataclass(frozen=True, slots=True)
class SequenceReport:
    """The sequences of a project: how many, with how many items, their usual step in frames, and the gaps."""

    sequences: int
    items: int
    step: float | None
    close_frames: int
    gaps: tuple[SequenceGap, ...]

    @property
    def close(self) -> int:
        """Neighbours in different splits that are close, over all pairs of splits."""
        return sum(gap.close for gap in self.gaps)


def audit_sequences(project: Project, progress: Progress, close_frames: int = CLOSE_FRAMES) -> SequenceReport:
    """Measure, from file names alone, how far neighbours of one sequence in different splits lie apart.

    Of overlapping published lists (train and trainval) the narrowest counts.

    Raises:
        RequestError: the distance is negative.
    """
    if close_frames < 0:
        raise RequestError(f"{close_frames} frames are no distance", "Take 0 or more")
    progress.stage("Looking at file names")
    sliced = project.cube()
    with project.file.reading() as db:
        names = plan_tables.all_item_names(db)
    axis = sliced.split_axis
    sizes = np.bincount(axis.codes, minlength=len(axis.values))
    split_of = np.full(len(names), -1, dtype=np.int64)
    for code in np.argsort(-sizes, kind="stable").tolist():
        split_of[axis.rows[axis.codes == code]] = code
    split_of[~sliced.counted] = -1
    found = audit(names, sliced.columns.source, split_of, axis.values, close_frames)
    ids = sliced.columns.item_ids
    return SequenceReport(
        found.sequences,
        found.rows,
        found.step,
        close_frames,
        tuple(
            SequenceGap(
                pair.a_split,
                pair.b_split,
                pair.neighbours,
                pair.close,
                pair.nearest,
                pair.median,
                tuple(Neighbours(int(ids[a]), int(ids[b]), names[a], names[b], d) for a, b, d in pair.examples),
            )
            for pair in found.pairs
        ),
    )
