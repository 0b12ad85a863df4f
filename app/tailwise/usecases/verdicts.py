"""What reviewers say about candidates: record and take back, the queue of the Desk, and how the review is going."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from tailwise.analysis.wilson import wilson_interval
from tailwise.domain.changes import Changes
from tailwise.domain.coverage import AnnotationView
from tailwise.domain.errors import RequestError
from tailwise.domain.review import (
    Agreement,
    Candidate,
    Decision,
    ReasonTag,
    ReviewQueue,
    ReviewState,
    Verdict,
    VerdictEntry,
    agreement,
    checked_reviewer,
    current,
)
from tailwise.storage import review_tables
from tailwise.storage.review_tables import box_text
from tailwise.usecases.items import item_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailwise.domain.coverage import ItemRow
    from tailwise.domain.review import Box
    from tailwise.storage.connection import Db
    from tailwise.usecases.projects import Project

NEIGHBOURS_SHOWN = 3
CANDIDATE_MARK = "?"
"""Put after the class name of the box that is asked about, so that it is told from what is annotated."""


@dataclass(frozen=True, slots=True)
class VerdictDone:
    """A recorded verdict with what the verdicts on its candidate come to now."""

    candidate: int
    class_name: str
    verdict: Verdict
    reasons: tuple[ReasonTag, ...]
    decision: Decision
    changes: Changes = Changes.VERDICTS


@dataclass(frozen=True, slots=True)
class GivenVerdict:
    """What a reviewer says about one candidate."""

    candidate: int
    verdict: Verdict
    reasons: tuple[ReasonTag, ...] = ()


@dataclass(frozen=True, slots=True)
class VerdictsDone:
    """Verdicts on several candidates that were recorded together."""

    recorded: tuple[VerdictDone, ...]
    changes: Changes = Changes.VERDICTS


@dataclass(frozen=True, slots=True)
class ReviewCard:
    """A candidate as the Desk shows it.

    Attributes:
        picture: its item; the first annotation is the place asked about, where the candidate is one.
        neighbours: items of the nearest positives, drawn with the box that is meant alone. Ids of pictures are
            unique within a queue and are no item ids: one item may come several times with different boxes.
    """

    candidate: Candidate
    picture: ItemRow
    neighbours: tuple[ItemRow, ...]


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """How the review of a class is going.

    Attributes:
        decisions: candidates by what their verdicts come to.
        judged_at_k: of the first `k` hard-negative candidates, how many are decided; `confirmed_at_k` as such.
        precision: confirmed of decided, with Wilson's 95 % interval; None before the first decision.
        reasons: how often each reason was given, most often first.
        agreements: of every two reviewers who judged the same candidates, most in common first.
    """

    class_name: str
    total: int
    decisions: Mapping[Decision, int]
    k: int
    judged_at_k: int
    confirmed_at_k: int
    precision: tuple[float, float, float] | None
    reasons: tuple[tuple[ReasonTag, int], ...]
    agreements: tuple[Agreement, ...]
    reviewers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MinedClass:
    """A class that was mined: its candidates and how many of them wait for a verdict."""

    class_name: str
    candidates: int
    open: int


def record_verdict(
    project: Project, candidate: int, verdict: Verdict, reviewer: str, reasons: Sequence[ReasonTag] = ()
) -> VerdictDone:
    """Add a verdict to the history of a candidate; `Verdict.TAKE_BACK` takes the reviewer's last one back.

    Raises:
        RequestError: no such candidate, an unusable name, or nothing to take back.
    """
    reviewer = checked_reviewer(reviewer)
    with project.file.writing() as db:
        return _record(db, GivenVerdict(candidate, verdict, tuple(reasons)), reviewer)


def record_verdicts(project: Project, given: Sequence[GivenVerdict], reviewer: str) -> VerdictsDone:
    """Add verdicts on several candidates, all of them or none.

    Raises:
        RequestError: as `record_verdict`, for the first that cannot be recorded.
    """
    reviewer = checked_reviewer(reviewer)
    with project.file.writing() as db:
        return VerdictsDone(tuple(_record(db, each, reviewer) for each in given))


def verdict_history(project: Project, candidate: int) -> tuple[VerdictEntry, ...]:
    """Return every verdict ever given on a candidate, oldest first."""
    with project.file.reading() as db:
        return tuple(review_tables.list_verdicts(db, candidate_id=candidate))


def review_states(project: Project, class_name: str) -> dict[int, ReviewState]:
    """Return what the verdicts on the candidates of a class come to, by candidate; those never judged are left out."""
    with project.file.reading() as db:
        return current(review_tables.list_verdicts(db, class_name))


def list_candidates(project: Project, class_name: str | None = None) -> tuple[Candidate, ...]:
    """Return the stored candidates, by class and queue, in the order to judge them in."""
    with project.file.reading() as db:
        return tuple(review_tables.list_candidates(db, class_name))


def reviewers(project: Project) -> tuple[str, ...]:
    """Return the names of all reviewers, in order of their first verdict."""
    with project.file.reading() as db:
        return tuple(review_tables.list_reviewers(db))


def mined_classes(project: Project) -> tuple[MinedClass, ...]:
    """Return the classes that have candidates, by name."""
    with project.file.reading() as db:
        candidates = review_tables.list_candidates(db)
        states = current(review_tables.list_verdicts(db))
    total, waiting = Counter(c.class_name for c in candidates), Counter[str]()
    for each in candidates:
        state = states.get(each.id)
        waiting[each.class_name] += state is None or state.decision is Decision.OPEN
    return tuple(MinedClass(name, total[name], waiting[name]) for name in sorted(total))


def review_cards(project: Project, candidates: Sequence[Candidate]) -> tuple[ReviewCard, ...]:
    """Return candidates with their pictures and those of their nearest positives, in the order given."""
    wanted = {c.item for c in candidates} | {n.item for c in candidates for n in c.nearest[:NEIGHBOURS_SHOWN]}
    rows = {row.id: row for row in item_rows(project, sorted(wanted))}
    cards: list[ReviewCard] = []
    for each in candidates:
        row = rows.get(each.item)
        if row is None:
            continue
        near = [
            pictured(rows[n.item], -(each.id * NEIGHBOURS_SHOWN + place + 1), each.class_name, n.box, alone=True)
            for place, n in enumerate(each.nearest[:NEIGHBOURS_SHOWN])
            if n.item in rows
        ]
        asked = pictured(row, each.id, f"{each.class_name}{CANDIDATE_MARK}", each.box, alone=False)
        cards.append(ReviewCard(each, asked, tuple(near)))
    return tuple(cards)


def pictured(row: ItemRow, number: int, name: str, box: Box | None, *, alone: bool) -> ItemRow:
    """Return an item as a picture of its own: the box that is meant first, then what is annotated around it.

    An annotation that is the box itself is named with it, as two names on one box could not be read.

    Args:
        row: the item.
        number: id of the picture; several of one item need one each, because each draws another box first.
        name: what is written at the box.
        box: the place that is meant; None for the whole image, whose annotations are left as they are.
        alone: whether nothing else is drawn.
    """
    if box is None:
        return replace(row, id=number)
    same = [a for a in row.annotations if a.box is not None and box_text(a.box) == box_text(box)]
    label = f" labelled {same[0].class_name}" if same and not alone else ""
    around = () if alone else tuple(a for a in row.annotations if a not in same)
    return replace(row, id=number, annotations=(AnnotationView(f"{name}{label}", box), *around))


def review_summary(project: Project, class_name: str, k: int = 50) -> ReviewSummary:
    """Say how the review of a class is going; precision is told of the `k` hard-negative candidates that come first."""
    with project.file.reading() as db:
        candidates = review_tables.list_candidates(db, class_name)
        states = current(review_tables.list_verdicts(db, class_name))
        names = review_tables.list_reviewers(db)
    return summarise(class_name, candidates, states, names, k)


def summarise(
    class_name: str,
    candidates: Sequence[Candidate],
    states: Mapping[int, ReviewState],
    names: Sequence[str],
    k: int = 50,
) -> ReviewSummary:
    """Return the summary of candidates in the order to judge them in; see `review_summary`."""
    decision = {c.id: states[c.id].decision if c.id in states else Decision.OPEN for c in candidates}
    first = [c.id for c in candidates if c.queue is ReviewQueue.HARD_NEGATIVES][:k]
    told = [decision[c] for c in first if decision[c] not in {Decision.OPEN, Decision.ESCALATED}]
    confirmed = told.count(Decision.HARD_NEGATIVE)
    precision = (confirmed / len(told), *wilson_interval(confirmed, len(told))) if told else None
    verdicts = [v for c in candidates if c.id in states for v in states[c.id].verdicts]
    reasons = Counter(reason for v in verdicts for reason in v.reasons)
    return ReviewSummary(
        class_name=class_name,
        total=len(candidates),
        decisions=dict(Counter(decision.values())),
        k=len(first),
        judged_at_k=len(told),
        confirmed_at_k=confirmed,
        precision=precision,
        reasons=tuple(reasons.most_common()),
        agreements=_agreements(list(states.values()), names),
        reviewers=tuple(name for name in names if any(v.reviewer == name for v in verdicts)),
    )


def _agreements(states: Sequence[ReviewState], names: Sequence[str]) -> tuple[Agreement, ...]:
    found: list[Agreement] = []
    for first, second in combinations(names, 2):
        both = [(state.by(first), state.by(second)) for state in states]
        pairs = [(a.verdict, b.verdict) for a, b in both if a is not None and b is not None]
        if pairs:
            found.append(agreement(first, second, pairs))
    return tuple(sorted(found, key=lambda a: -a.both))


def _record(db: Db, given: GivenVerdict, reviewer: str) -> VerdictDone:
    candidate, verdict = given.candidate, given.verdict
    class_name = review_tables.class_of(db, candidate)
    if not class_name:
        raise RequestError(
            f"There is no candidate number {candidate}", "List them with: tailwise mine PROJECT --class C"
        )
    before = _state(review_tables.list_verdicts(db, candidate_id=candidate), candidate)
    if verdict is Verdict.TAKE_BACK and before.by(reviewer) is None:
        raise RequestError(f"{reviewer} has no verdict on candidate {candidate} to take back", "Give one first")
    told = () if verdict is Verdict.TAKE_BACK else tuple(dict.fromkeys(given.reasons))
    review_tables.add_verdict(db, candidate, reviewer, verdict, told)
    now = _state(review_tables.list_verdicts(db, candidate_id=candidate), candidate)
    return VerdictDone(candidate, class_name, verdict, told, now.decision)


def _state(history: Sequence[VerdictEntry], candidate: int) -> ReviewState:
    return current(history).get(candidate, ReviewState())
