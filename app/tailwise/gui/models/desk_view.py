"""What the Desk shows, loaded in one operation on a worker thread, and its figures in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tailwise.domain.review import Decision, ReviewQueue, Verdict, current
from tailwise.gui.models.duplicate_view import outdated_text
from tailwise.gui.models.review_queue import SIGNS, Said
from tailwise.gui.number_text import measure, percent
from tailwise.gui.texts import counted, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailwise.domain.review import ReviewState, VerdictEntry
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project
    from tailwise.usecases.verdicts import ReviewCard, ReviewSummary

HARD, MISSING, ESCALATED = ReviewQueue.HARD_NEGATIVES.value, ReviewQueue.MISSING_LABELS.value, "escalated"
QUEUES: Final = ((HARD, "Hard negatives"), (MISSING, "Missing labels"), (ESCALATED, "Escalated"))
DRAFT: Final = "desk"
"""Key under which the project remembers where the reviewer is; see `Place`."""


@dataclass(frozen=True, slots=True)
class DeskClass:
    """A class of the project, how much of it there is, and its candidates that nobody decided on."""

    name: str
    amount: int
    candidates: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reviewer is, so that the Desk opens there again; the candidate is 0 where none was under the cursor."""

    class_name: str = ""
    reviewer: str = ""
    queue: str = HARD
    candidate: int = 0

    @property
    def text(self) -> str:
        """The place as the project stores it."""
        return "\n".join((self.class_name, self.reviewer, self.queue, str(self.candidate)))

    @staticmethod
    def of(text: str) -> Place:
        """Read a stored place; what is missing or not understood is as if it had never been stored."""
        class_name, reviewer, queue, candidate, *_ = (*text.split("\n"), "", "", "", "")
        known = queue if queue in dict(QUEUES) else HARD
        return Place(class_name, reviewer, known, int(candidate) if candidate.isdecimal() else 0)


@dataclass(frozen=True, slots=True)
class DeskFigures:
    """How the review goes, and what others said where they contradict this reviewer, by candidate."""

    summary: ReviewSummary
    disagreements: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class DeskView:
    """Content of the page for one class and one reviewer.

    Attributes:
        classes: all of the project. class_name: the one shown, empty without any.
        cards: by queue key. said: what this reviewer said, by candidate; nobody else's verdicts are shown.
        is_indexed: whether images have vectors. place: where this reviewer was last, in this class.
        has_pictures: whether there is anything to index.
        outdated: what to do about an index of an earlier version, empty where there is none.
    """

    classes: tuple[DeskClass, ...]
    class_name: str
    cards: Mapping[str, Sequence[ReviewCard]]
    said: Mapping[int, Said]
    figures: DeskFigures | None
    reviewers: tuple[str, ...]
    reviewer: str
    is_indexed: bool
    unit: str
    place: Place = Place()
    outdated: str = ""
    has_pictures: bool = True

    @property
    def can_mine(self) -> bool:
        """Whether look-alikes can be looked for; an index of an earlier version is made again first."""
        return bool(self.class_name) and (self.is_indexed or bool(self.outdated))

    @property
    def all_cards(self) -> list[ReviewCard]:
        """Every candidate of the class, once."""
        return [card for queue in (HARD, MISSING) for card in self.cards.get(queue, ())]


def load_desk(project: Project, class_name: str, reviewer: str, progress: Progress) -> DeskView:
    """Read the candidates of a class (default: the one shown last, else one that waits, else the rarest)."""
    from tailwise.domain.review import DEFAULT_REVIEWER
    from tailwise.usecases.classes import list_classes
    from tailwise.usecases.image_index import index_state
    from tailwise.usecases.projects import load_draft
    from tailwise.usecases.verdicts import (
        list_candidates,
        mined_classes,
        review_cards,
        review_states,
        review_summary,
        reviewers,
    )

    progress.stage("Reading candidates")
    mined = {m.class_name: m for m in mined_classes(project)}
    unit = project.cube().default_unit.value
    classes = tuple(
        DeskClass(
            row.name,
            row.objects if unit == "objects" else row.images,
            mined[row.name].candidates if row.name in mined else 0,
            mined[row.name].open if row.name in mined else 0,
        )
        for row in list_classes(project, progress)
    )
    last = Place.of(load_draft(project, DRAFT))
    chosen = _chosen(classes, class_name or last.class_name)
    who = reviewer or last.reviewer or DEFAULT_REVIEWER
    state = index_state(project)
    candidates = list_candidates(project, chosen) if chosen else ()
    states = review_states(project, chosen) if chosen else {}
    by_queue = {
        queue.value: review_cards(project, [c for c in candidates if c.queue is queue]) for queue in ReviewQueue
    }
    together = [card for cards in by_queue.values() for card in cards]
    escalated = {c for c, s in states.items() if s.decision is Decision.ESCALATED}
    told = {c: s.by(who) for c, s in states.items()}
    return DeskView(
        classes=classes,
        class_name=chosen,
        cards={**by_queue, ESCALATED: [card for card in together if card.candidate.id in escalated]},
        said={c: Said(entry.verdict, entry.reasons) for c, entry in told.items() if entry is not None},
        figures=DeskFigures(review_summary(project, chosen), disagreements(states, who)) if candidates else None,
        reviewers=reviewers(project),
        reviewer=who,
        is_indexed=state.indexed > 0 and state.dimensions > 0,
        unit=unit,
        place=last if (last.class_name, last.reviewer) == (chosen, who) else Place(chosen, who),
        outdated=outdated_text(state) if state.outdated else "",
        has_pictures=state.has_pictures,
    )


def load_figures(project: Project, class_name: str, reviewer: str) -> DeskFigures:
    """Read how the review of a class goes."""
    from tailwise.usecases.verdicts import review_states, review_summary

    return DeskFigures(review_summary(project, class_name), disagreements(review_states(project, class_name), reviewer))


def load_history(project: Project, candidate: int, reviewer: str) -> list[str]:
    """Read the verdicts on a candidate that a reviewer may see, as lines."""
    from tailwise.usecases.verdicts import verdict_history

    return history_texts(verdict_history(project, candidate), reviewer)


def _chosen(classes: Sequence[DeskClass], wanted: str) -> str:
    if any(each.name == wanted for each in classes):
        return wanted
    waiting = [each for each in classes if each.waiting]
    mined = [each for each in classes if each.candidates]
    some = [each for each in classes if each.amount]
    found = waiting or mined or sorted(some, key=lambda each: (each.amount, each.name))
    return found[0].name if found else ""


def class_text(each: DeskClass) -> str:
    """Return a class as the chooser shows it."""
    if each.waiting:
        return f"{each.name}  ·  {number(each.waiting)} waiting"
    return f"{each.name}  ·  judged" if each.candidates else each.name


def pace_text(judged: int, total: int, in_session: int, seconds: float) -> str:
    """Return how far this reviewer is and how long the rest takes: `34 of 200 · 41 per minute · about 4 min left`."""
    parts = [f"{number(judged)} of {number(total)} judged"]
    if in_session >= 5 and seconds > 1:
        per_minute = 60 * in_session / seconds
        parts.append(f"{per_minute:.0f} per minute")
        left = (total - judged) / per_minute
        if judged < total:
            parts.append(f"about {left:.0f} min left" if left >= 1 else "less than 1 min left")
    return "  ·  ".join(parts)


def precision_text(summary: ReviewSummary) -> str:
    """Return precision@k with its interval; empty before the first decision."""
    if summary.precision is None:
        return ""
    share, low, high = summary.precision
    decided = f"{number(summary.judged_at_k)} decided"
    return f"precision@{summary.k} {percent(share)} ({percent(low)} to {percent(high)}, {decided})"


def agreement_text(summary: ReviewSummary, reviewer: str) -> str:
    """Return how far a reviewer agrees with another: the one with most candidates in common."""
    for each in summary.agreements:
        if reviewer not in {each.first, each.second}:
            continue
        other = each.second if each.first == reviewer else each.first
        told = [f"agreement with {other} {percent(each.agreed / each.both)} of {number(each.both)}"]
        if each.kappa is not None:
            told.append(f"kappa {measure(each.kappa)}")
        if each.positive is not None:
            told.append(f"on hard negatives {measure(each.positive)}")
        return ", ".join(told)
    return ""


def disagreements(states: Mapping[int, ReviewState], reviewer: str) -> dict[int, str]:
    """Return what others said where it is something else than a reviewer said, by candidate: `Bob: missed label`.

    What only others judged is left out: a reviewer sees no verdict of somebody else before giving one.
    """
    found: dict[int, str] = {}
    for candidate, state in states.items():
        mine = state.by(reviewer)
        if mine is None:
            continue
        others = [each for each in state.verdicts if each.verdict is not mine.verdict]
        if others:
            found[candidate] = ", ".join(f"{each.reviewer}: {SIGNS[each.verdict][1]}" for each in others)
    return found


def history_texts(history: Sequence[VerdictEntry], reviewer: str) -> list[str]:
    """Return the history of a candidate, newest line first: `2026-11-21 08:33  Ann: unsure`.

    What others said is not told before the reviewer has a verdict: it would not be theirs any more.
    """
    has_judged = current(history)[history[0].candidate].by(reviewer) is not None if history else False
    told: list[str] = []
    hidden = 0
    for each in reversed(history):
        if each.reviewer != reviewer and not has_judged:
            hidden += 1
            continue
        words = "took the verdict back" if each.verdict is Verdict.TAKE_BACK else Said(each.verdict, each.reasons).text
        when = datetime.fromisoformat(each.utc).astimezone()
        told.append(f"{when:%Y-%m-%d %H:%M}  {each.reviewer}: {words}")
    if hidden:
        told.append(f"{counted(hidden, 'verdict', 'verdicts')} of others, shown once you have judged")
    return told or ["Nobody has judged this candidate yet"]


def session_text(summary: ReviewSummary, reviewer: str, in_session: int, seconds: float) -> str:
    """Return what came of the queue, when all of it is judged."""
    words = {
        Decision.HARD_NEGATIVE: ("hard negative", "hard negatives"),
        Decision.MISSED_LABEL: ("missed label", "missed labels"),
        Decision.DUPLICATE: ("duplicate or loose box", "duplicates or loose boxes"),
        Decision.ESCALATED: ("escalated", "escalated"),
    }
    found = [counted(summary.decisions[d], *forms) for d, forms in words.items() if summary.decisions.get(d)]
    lines = [f"{summary.class_name} so far: {', '.join(found)}." if found else ""]
    if in_session:
        minutes = f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.0f} s"
        pace = f", {60 * in_session / seconds:.0f} per minute" if seconds > 1 else ""
        lines.append(f"This session: {counted(in_session, 'verdict', 'verdicts')} in {minutes}{pace}.")
    if summary.reasons:
        lines.append("Reasons: " + ", ".join(f"{reason.value} {number(n)}" for reason, n in summary.reasons[:4]) + ".")
    lines += [precision_text(summary), agreement_text(summary, reviewer)]
    return "\n".join(filter(None, lines))
