"""What the Desk shows, loaded in one operation on a worker thread, and its figures in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tailwise.domain.review import Decision, ReviewQueue
from tailwise.gui.models.review_queue import Said
from tailwise.gui.number_text import percent
from tailwise.gui.texts import counted, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project
    from tailwise.usecases.verdicts import ReviewCard, ReviewSummary

HARD, MISSING, ESCALATED = ReviewQueue.HARD_NEGATIVES.value, ReviewQueue.MISSING_LABELS.value, "escalated"
QUEUES: Final = ((HARD, "Hard negatives"), (MISSING, "Missing labels"), (ESCALATED, "Escalated"))
DRAFT: Final = "desk"
"""Key under which the project remembers class and reviewer."""


@dataclass(frozen=True, slots=True)
class DeskClass:
    """A class of the project, how much of it there is, and its candidates that nobody decided on."""

    name: str
    amount: int
    candidates: int
    waiting: int


@dataclass(frozen=True, slots=True)
class DeskView:
    """Content of the page for one class and one reviewer.

    Attributes:
        classes: all of the project. class_name: the one shown, empty without any.
        cards: by queue key. said: what this reviewer said, by candidate; nobody else's verdicts are shown.
        is_indexed: whether images have vectors.
    """

    classes: tuple[DeskClass, ...]
    class_name: str
    cards: Mapping[str, Sequence[ReviewCard]]
    said: Mapping[int, Said]
    summary: ReviewSummary | None
    reviewers: tuple[str, ...]
    reviewer: str
    is_indexed: bool
    unit: str


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
    last_class, _, last_reviewer = load_draft(project, DRAFT).partition("\n")
    chosen = _chosen(classes, class_name or last_class)
    who = reviewer or last_reviewer or DEFAULT_REVIEWER
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
        summary=review_summary(project, chosen) if candidates else None,
        reviewers=reviewers(project),
        reviewer=who,
        is_indexed=state.indexed > 0 and state.dimensions > 0,
        unit=unit,
    )


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
        if left >= 1:
            parts.append(f"about {left:.0f} min left")
    return "  ·  ".join(parts)


def summary_text(summary: ReviewSummary) -> str:
    """Return precision and agreement in one line; empty before the first decision."""
    parts: list[str] = []
    if summary.precision is not None:
        share, low, high = summary.precision
        parts.append(
            f"precision@{summary.k} {percent(share)} ({percent(low)} to {percent(high)}, "
            f"{number(summary.judged_at_k)} decided)"
        )
    for each in summary.agreements[:1]:
        told = [f"{each.first} and {each.second} agree on {number(each.agreed)} of {number(each.both)}"]
        if each.kappa is not None:
            told.append(f"kappa {each.kappa:.2f}")
        if each.positive is not None:
            told.append(f"on hard negatives {each.positive:.2f}")
        parts.append(", ".join(told))
    return "  ·  ".join(parts)


def session_text(summary: ReviewSummary, in_session: int, seconds: float) -> str:
    """Return what came of the queue, when all of it is judged."""
    words = {
        Decision.HARD_NEGATIVE: ("hard negative", "hard negatives"),
        Decision.MISSED_LABEL: ("missed label", "missed labels"),
        Decision.DUPLICATE: ("duplicate or loose box", "duplicates or loose boxes"),
        Decision.ESCALATED: ("escalated", "escalated"),
    }
    found = [counted(summary.decisions[d], *forms) for d, forms in words.items() if summary.decisions.get(d)]
    lines = [", ".join(found) + "." if found else ""]
    if in_session:
        minutes = f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.0f} s"
        lines.append(f"This session: {counted(in_session, 'verdict', 'verdicts')} in {minutes}.")
    if summary.reasons:
        lines.append("Reasons: " + ", ".join(f"{reason.value} {number(n)}" for reason, n in summary.reasons[:4]) + ".")
    lines.append(summary_text(summary))
    return "\n".join(filter(None, lines))
