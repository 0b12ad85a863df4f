"""Find hard negatives of a class: what looks like it and is not labelled so.

The work is done in a child process that only reads the project; what it found is stored in one transaction.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.hard_negatives import TooFewGroupsError
from tailwise.analysis.mining_rounds import RoundPlan, mine_in_rounds, score_all
from tailwise.analysis.mining_selection import SelectionPool, one_per_object
from tailwise.domain.errors import RequestError
from tailwise.domain.review import Candidate, Decision, MiningOutcome, MiningRequest, ReviewQueue, current
from tailwise.domain.wording import counted
from tailwise.ops.child import Runner, run_in_child
from tailwise.ops.executors import one_thread
from tailwise.storage import plan_tables, review_tables, source_tables
from tailwise.storage.review_tables import RandomNegatives, box_text
from tailwise.usecases.mining_crops import Cutter
from tailwise.usecases.mining_evidence import Evidence, gather_places, measure
from tailwise.usecases.mining_places import NO_CLASS, MiningProject, Places, load_mining_project
from tailwise.usecases.mining_why import Facts, evidence_of, why, why_missing
from tailwise.usecases.projects import open_project, versions

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tailwise.analysis.hard_negatives import Examples
    from tailwise.analysis.mining_rounds import Mined, Scored
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

Judged = dict[tuple[int, str], Decision]


@dataclass(frozen=True, slots=True)
class _Found:
    """What comes back from the child."""

    outcome: MiningOutcome
    random: RandomNegatives


def mine(project: Project, request: MiningRequest, progress: Progress, run: Runner = run_in_child) -> MiningOutcome:
    """Find candidates of a class, store them with their numbers, and return them.

    Places that were judged before are not returned again: hard negatives train the scorer as what they are, missed
    labels as positives.

    Raises:
        RequestError: no such class, no example of it to train on, all of them in one group, or no index.
        OpCancelledError: cancelled; nothing was stored.
    """
    began = time.monotonic()
    project.cube().class_index(request.class_name)
    found: _Found = run(_find, project.path, request, progress=progress)
    outcome = found.outcome
    progress.stage("Storing candidates")
    with project.file.writing() as db:
        told = {
            "positives": outcome.positives,
            "pool": outcome.pool,
            "random": outcome.random,
            "threshold": outcome.threshold,
            "notes": list(outcome.notes),
        }
        run_id = review_tables.add_run(
            db,
            request.class_name,
            request=request.parameters(),
            outcome=told,
            random=found.random,
            version=source_tables.data_version(db),
        )
        both = (*outcome.candidates, *outcome.suspected_missing)
        names = {item: name for item, (name, _) in plan_tables.item_names(db, {c.item for c in both}).items()}
        stored = review_tables.put_candidates(db, run_id, both, names)
        hard = len(outcome.candidates)
        plan_tables.log_entry(
            db,
            "mine",
            request.parameters(),
            versions().as_json(),
            time.monotonic() - began,
            f"{hard:,} candidates and {len(both) - hard:,} suspected missing labels of {request.class_name}",
        )
    return replace(outcome, candidates=tuple(stored[:hard]), suspected_missing=tuple(stored[hard:]))


@one_thread()
def _find(path: Path, request: MiningRequest, progress: Progress) -> _Found:
    """Run in the child: read the project, mine, and describe what was found."""
    progress.stage("Reading the index")
    project = open_project(path, read_only=True)
    try:
        loaded = load_mining_project(project, request.class_name)
        cutter = Cutter(project, loaded)
        judged = _judged(project, request.class_name)
        places, notes = gather_places(project, loaded, cutter, request, progress)
    finally:
        project.close()
    places, decided = _apply(places, judged, loaded)
    order = np.argsort(loaded.keys(places), kind="stable")
    return _mine(request, loaded, cutter, (places.take(order), decided[order]), notes, progress)


def _mine(
    request: MiningRequest,
    loaded: MiningProject,
    cutter: Cutter,
    gathered: tuple[Places, NDArray[np.bool_]],
    notes: list[str],
    progress: Progress,
) -> _Found:
    places, decided = gathered
    spread = _spread(loaded, request, places)
    examples, scored = _score(loaded, places, notes, progress)
    limit = request.limit_for(int(places.is_positive.sum()))
    evidence = measure(places, examples, scored.score, cutter, progress)
    pool = SelectionPool(scored.score, places.features, evidence.kind, loaded.clusters(places.row), spread)
    is_open = ~places.is_positive & ~decided
    judged = int((decided & ~places.is_positive).sum())
    suspected = _suspected(places, scored.suspected[is_open[scored.suspected]])
    is_open[scored.suspected] = False
    plan = RoundPlan(limit, request.rounds, request.shares, request.score_weight, request.seed)
    mined = mine_in_rounds(examples, scored, pool, is_open, plan, progress)
    if len(mined.rows) < limit:
        notes.append(f"{len(mined.rows):,} of {limit:,} candidates were found: nothing else is left to look at")
    if scored.threshold >= 1:
        notes.append(f"{request.class_name} cannot be told from the rest well enough to suspect missing labels")
    if len(suspected) > limit:
        notes.append(
            f"{counted(len(suspected) - limit, 'more place')} suspected of a missing label than the {limit:,} in the "
            "queue: judge these and mine again, or ask for more (--limit)"
        )
    writer = _Writer(request.class_name, loaded, places, scored, evidence)
    outcome = MiningOutcome(
        class_name=request.class_name,
        candidates=writer.hard(mined),
        suspected_missing=writer.missing(suspected[:limit]),
        positives=int(places.is_positive.sum()),
        pool=int(is_open.sum()) + judged,
        random=len(mined.random),
        threshold=round(scored.threshold, 4),
        notes=tuple(notes),
    )
    ids = loaded.sliced.columns.item_ids[places.row[mined.random]]
    return _Found(outcome, RandomNegatives(ids, places.box[mined.random].astype(np.float32)))


def _suspected(places: Places, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return suspected places, best first, without those that show an object another one of them shows."""
    return rows[one_per_object(places.row[rows], places.box[rows], places.annotation[rows] >= 0)]


def _score(loaded: MiningProject, places: Places, notes: list[str], progress: Progress) -> tuple[Examples, Scored]:
    """Score all places, keeping every group whole; where that leaves nothing to ask about, only alike pictures."""
    from tailwise.analysis.hard_negatives import Examples

    name = loaded.sliced.columns.categories[loaded.target].name
    positives = int(places.is_positive.sum())
    if not positives:
        raise RequestError(
            f"{name} has no indexed example in the training part",
            "Label some, or run the index again if they are labelled already",
        )
    keys = loaded.keys(places)
    for scenes_only in (False, True):
        groups = loaded.groups(places.row, scenes_only=scenes_only)
        examples = Examples(places.features, places.is_positive, groups, keys)
        try:
            scored = score_all(examples, progress)
        except TooFewGroupsError:
            continue
        if scenes_only:
            notes.append(f"All examples of {name} lie in one group; only near-duplicates were kept apart")
        return examples, scored
    raise RequestError(
        f"What is labelled as {name} ({positives:,} indexed), or everything else, comes from one scene alone",
        "Label more in another scene first: a class that is learned in one can only be tried in another",
    )


def _judged(project: Project, class_name: str) -> Judged:
    with project.file.reading() as db:
        candidates = review_tables.list_candidates(db, class_name)
        states = current(review_tables.list_verdicts(db, class_name))
    return {(c.item, box_text(c.box)): states[c.id].decision for c in candidates if c.id in states}


def _apply(places: Places, judged: Judged, loaded: MiningProject) -> tuple[Places, NDArray[np.bool_]]:
    """Let verdicts count: missed labels are positives, duplicates are no examples. Tells which places were judged."""
    ids = loaded.sliced.columns.item_ids[places.row].tolist()
    said = [judged.get((item, box_text(places.box_at(at)))) for at, item in enumerate(ids)] if judged else []
    decision = np.array([s.value if s else "" for s in said] or [""] * len(places))
    is_positive = places.is_positive | (decision == Decision.MISSED_LABEL.value)
    kept = np.flatnonzero((decision != Decision.DUPLICATE.value) & places.features.any(axis=1))
    is_judged = ~np.isin(decision, ("", Decision.OPEN.value))
    return replace(places, is_positive=is_positive).take(kept), is_judged[kept]


def _spread(loaded: MiningProject, request: MiningRequest, places: Places) -> NDArray[np.int64]:
    if not request.spread_over:
        return np.full(len(places), -1)
    return loaded.sliced.group_columns([request.spread_over])[0][places.row]


class _Writer:
    """Turns rows into candidates."""

    def __init__(
        self, class_name: str, loaded: MiningProject, places: Places, scored: Scored, evidence: Evidence
    ) -> None:
        self._class_name = class_name
        self._columns = loaded.sliced.columns
        self._places, self._scored, self._evidence = places, scored, evidence

    def hard(self, mined: Mined) -> tuple[Candidate, ...]:
        """Return the mined candidates, highest score first."""
        order = np.argsort(-self._scored.score[mined.rows], kind="stable")
        found: list[Candidate] = []
        for position, at in enumerate(order.tolist()):
            row = int(mined.rows[at])
            kind, facts = self._evidence.kind_of(row), self._facts(row)
            one = self._candidate(row, ReviewQueue.HARD_NEGATIVES, position, why(kind, facts), facts)
            found.append(replace(one, round=int(mined.round[at])))
        return tuple(found)

    def missing(self, rows: NDArray[np.int64]) -> tuple[Candidate, ...]:
        """Return suspected missing labels in the order of `rows`."""
        found: list[Candidate] = []
        for position, row in enumerate(rows.tolist()):
            facts = self._facts(row)
            text = why_missing(facts, self._scored.threshold)
            found.append(self._candidate(row, ReviewQueue.MISSING_LABELS, position, text, facts))
        return tuple(found)

    def _candidate(self, row: int, queue: ReviewQueue, position: int, text: str, facts: Facts) -> Candidate:
        return Candidate(
            item=int(self._columns.item_ids[self._places.row[row]]),
            box=self._places.box_at(row),
            queue=queue,
            kind=self._evidence.kind_of(row),
            score=round(float(self._scored.score[row]), 6),
            why=text,
            nearest=self._evidence.neighbours(row, self._places, self._columns.item_ids),
            evidence=facts.evidence,
            position=position,
            class_name=self._class_name,
        )

    def _facts(self, row: int) -> Facts:
        places = self._places
        category, finder = int(places.category[row]), int(places.found_by[row])
        return Facts(
            class_name=self._class_name,
            label=self._columns.categories[category].name if category != NO_CLASS else "",
            evidence=evidence_of(
                score=self._scored.score[row],
                detector=places.found_score[row],
                overlap=places.found_overlap[row],
                **self._evidence.numbers(row),
            ),
            finder=places.finders[finder] if finder >= 0 else "",
            is_image=bool(np.isnan(places.box[row, 0])),
        )
