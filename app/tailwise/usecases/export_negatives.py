"""Hard negatives as they are exported: confirmed candidates, the random part, and weights that add up to the pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.mining_rounds import inclusion
from tailwise.domain.errors import RequestError
from tailwise.domain.negatives_export import ClassNegatives, JudgedRow, NegativeRow, NegativesExport, VerdictRow
from tailwise.domain.review import Decision, ReviewState, current
from tailwise.storage import plan_tables, review_tables
from tailwise.storage.review_tables import box_text
from tailwise.usecases.training_part import training_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.review import Box, Candidate
    from tailwise.storage.review_tables import MiningRun
    from tailwise.usecases.projects import Project
    from tailwise.usecases.slices import ProjectCube

MINED, RANDOM = "mined", "random"
NONE_CONFIRMED = "Confirm a candidate on the page Hard negatives first"


def has_negatives(project: Project) -> bool:
    """Return whether any candidate was confirmed as a hard negative."""
    with project.file.reading() as db:
        states = current(review_tables.list_verdicts(db))
    return any(state.decision is Decision.HARD_NEGATIVE for state in states.values())


def negatives_export(project: Project) -> NegativesExport:
    """Gather the negatives of every class that has a confirmed one.

    Raises:
        RequestError: no candidate was confirmed yet.
    """
    sliced = project.cube()
    with project.file.reading() as db:
        candidates = review_tables.list_candidates(db)
        history = review_tables.list_verdicts(db)
        runs = review_tables.latest_runs(db)
        names = plan_tables.all_item_names(db)
    states = current(history)
    places = _Places(sliced, names)
    rows: list[NegativeRow] = []
    classes: list[ClassNegatives] = []
    for run in runs:
        of_class = [c for c in candidates if c.class_name == run.class_name]
        found, figures = _class_rows(run, of_class, states, places)
        if figures.mined:
            rows += found
            classes.append(figures)
    if not classes:
        raise RequestError("No candidate was confirmed as a hard negative yet", NONE_CONFIRMED)
    known = {c.id: c.class_name for c in candidates}
    return NegativesExport(
        rows=tuple(rows),
        judged=tuple(
            _judged(c, states[c.id], places)
            for c in candidates
            if c.id in states and states[c.id].decision not in {Decision.OPEN, Decision.HARD_NEGATIVE}
        ),
        verdicts=tuple(
            VerdictRow(
                v.candidate, known[v.candidate], v.pseudonym, v.verdict.value, tuple(r.value for r in v.reasons), v.utc
            )
            for v in history
            if v.candidate in known
        ),
        classes=tuple(classes),
        held_out=places.held_out,
    )


class _Places:
    """Where items are, and whether they may be trained on."""

    def __init__(self, sliced: ProjectCube, names: list[str]) -> None:
        self._sliced, self._names = sliced, names
        self._training = set(training_rows(sliced)[0].tolist())
        self.held_out = 0

    def of(self, item: int) -> tuple[str, str] | None:
        """Return source and file of an item of the training part, None for any other; those are counted."""
        row = self._sliced.row_of.get(item)
        if row is None or row not in self._training:
            self.held_out += 1
            return None
        return self.anywhere(item)

    def anywhere(self, item: int) -> tuple[str, str]:
        """Return source and file of an item."""
        row = self._sliced.row_of[item]
        return self._sliced.columns.source_names[self._sliced.columns.source[row]], self._names[row]


def _class_rows(
    run: MiningRun, candidates: Sequence[Candidate], states: dict[int, ReviewState], places: _Places
) -> tuple[list[NegativeRow], ClassNegatives]:
    """Return the negatives of one class with weights that together stand for the pool."""
    decision = {c.id: states[c.id].decision if c.id in states else Decision.OPEN for c in candidates}
    confirmed = [(c, places.of(c.item)) for c in candidates if decision[c.id] is Decision.HARD_NEGATIVE]
    mined = [(c, place) for c, place in confirmed if place is not None]
    # What was judged is mined or no negative at all; neither is drawn at random as well.
    taken = {(c.item, box_text(c.box)) for c in candidates if decision[c.id] is not Decision.OPEN}
    drawn: list[tuple[int, Box | None, tuple[str, str]]] = []
    for item, sides in zip(run.random.item_ids.tolist(), run.random.boxes.tolist(), strict=True):
        x, y, width, height = (round(side, 1) for side in sides)
        box = None if np.isnan(x) else (x, y, width, height)
        if (item, box_text(box)) in taken:
            continue
        place = places.of(item)
        if place is not None:
            drawn.append((item, box, place))
    pool = max(int(run.outcome["pool"]), len(mined) + len(drawn))
    weight = inclusion(pool, len(mined), len(drawn))
    rows = [_mined(c, place, states[c.id], weight.mined) for c, place in mined]
    rows += [NegativeRow(run.class_name, item, *place, box, RANDOM, weight.random) for item, box, place in drawn]
    waiting = sum(d in {Decision.OPEN, Decision.ESCALATED} for d in decision.values())
    return rows, ClassNegatives(run.class_name, pool, len(mined), len(drawn), weight.random, waiting)


def _mined(candidate: Candidate, place: tuple[str, str], state: ReviewState, weight: float) -> NegativeRow:
    return NegativeRow(
        candidate.class_name,
        candidate.item,
        *place,
        candidate.box,
        MINED,
        weight,
        candidate=candidate.id,
        kind=candidate.kind.value,
        score=candidate.score,
        why=candidate.why,
        reasons=_reasons(state),
        reviewers=tuple(v.pseudonym for v in state.verdicts),
    )


def _judged(candidate: Candidate, state: ReviewState, places: _Places) -> JudgedRow:
    return JudgedRow(
        candidate.class_name,
        candidate.item,
        *places.anywhere(candidate.item),
        candidate.box,
        candidate.id,
        state.decision.value,
        candidate.score,
        _reasons(state),
        tuple(v.pseudonym for v in state.verdicts),
    )


def _reasons(state: ReviewState) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reason.value for v in state.verdicts for reason in v.reasons))
