"""A work order to a vendor or a labelling team, and the internal figures behind it, as plain values.

A use case fills these from a stored plan; the writers see nothing else. Every text in them may come from strangers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class QuotaLine:
    """How much of what is wanted. `to_label` counts items to send; `target` and `have` count in `unit`.

    `conditions` pair an axis with a value. `priority` runs from 1 (first) to 5.
    """

    line_id: str
    class_name: str
    conditions: tuple[tuple[str, str], ...] = ()
    unit: str = "objects"
    have: int | None = None
    target: int | None = None
    to_label: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    priority: int = 3
    pool: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class WorkBatch:
    """One delivery unit: items of one stream in one week. `n_items` is what is ordered, listed or not."""

    batch_id: str
    n_items: int
    phase: str = "production"
    week: int = 1
    pool: str = ""
    priority: int = 3
    start: date | None = None
    due: date | None = None
    overlap: int = 1
    sample_plan: str = ""
    guideline_version: str = ""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One item to label. `item_ref` is our key and comes back with the delivery; sizes are pixels, 0 for unknown."""

    batch_id: str
    item_ref: str
    file_name: str
    width: int = 0
    height: int = 0
    sha256: str = ""
    media_url: str = ""
    focus: str = ""


@dataclass(frozen=True, slots=True)
class WorkClass:
    """A class as the labelling team sees it. Lists are told as text, one entry per line."""

    name: str
    tier: str = ""
    have: int | None = None
    target: int | None = None
    definition: str = ""
    include: str = ""
    exclude: str = ""
    attributes: str = ""
    min_size_px: int | None = None
    colour: str = ""
    parent: str = ""
    examples: str = ""


@dataclass(frozen=True, slots=True)
class AcceptanceTerm:
    """A sampling plan for one criterion: of a lot, `n` units are drawn; it is taken with at most `c` defects.

    The rates that `n` and `c` stand for are computed when the sheet is written (`tailwise.exports.acceptance`).
    """

    criterion: str
    defect: str
    unit: str
    lot: int
    n: int
    c: int
    on_reject: str = ""
    rework_days: int | None = None


@dataclass(frozen=True, slots=True)
class OrderChange:
    """What changed from one revision to the next."""

    revision: int
    day: date
    what: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class YieldLine:
    """Internal: annotations expected per labelled item, how sure that is, and where it comes from."""

    line_id: str
    class_name: str
    per_item: float
    probability: float | None = None
    basis: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class CostLine:
    """Internal: time and money of a batch. Rates and costs are in the currency the user thinks in."""

    batch_id: str
    items: int
    seconds_p50: float
    seconds_p90: float | None = None
    hours: float | None = None
    overlap_factor: float = 1.0
    review_factor: float | None = None
    rate: float | None = None
    cost: float | None = None
    uncertainty: str = ""


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Internal: what an order leaves out because near-duplicates of it are labelled.

    Attributes:
        in_order: unlabelled items that show what an item of this order shows.
        in_quarter: unlabelled items of clusters that earlier orders took three items of within 13 weeks.
        second: items of this order that are the second of their cluster.
    """

    in_order: int = 0
    in_quarter: int = 0
    second: int = 0

    @property
    def total(self) -> int:
        """Unlabelled items held back."""
        return self.in_order + self.in_quarter

    @property
    def sentence(self) -> str:
        """What to tell about it; empty where there is nothing to tell."""
        reasons = [
            f"{count:,} {why}"
            for count, why in (
                (self.in_order, "of items in this order"),
                (self.in_quarter, "of clusters that orders of the last 13 weeks took three items of"),
            )
            if count
        ]
        told: list[str] = []
        if reasons:
            items = "1 unlabelled item is" if self.total == 1 else f"{self.total:,} unlabelled items are"
            told.append(f"{items} held back as near-duplicates: {', '.join(reasons)}.")
        if self.second:
            items = "1 item is" if self.second == 1 else f"{self.second:,} items are"
            told.append(f"{items} the second of a cluster: for a rare class, under another condition.")
        return " ".join(told)


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """An order to a vendor or a labelling team, with the internal figures behind it.

    Attributes:
        day: date of this revision.
        terms: further terms of acceptance, free text.
        held_back: internal; near-duplicates that are not in the order.
        include_focus: write `WorkItem.focus`. Off by default: telling annotators what to expect anchors them.
        allowed_words: words the leak check lets pass although they are the name of the user or the computer.
    """

    order_id: str
    project: str
    plan: str
    revision: int
    day: date
    quotas: tuple[QuotaLine, ...] = ()
    batches: tuple[WorkBatch, ...] = ()
    items: tuple[WorkItem, ...] = ()
    classes: tuple[WorkClass, ...] = ()
    acceptance: tuple[AcceptanceTerm, ...] = ()
    changes: tuple[OrderChange, ...] = ()
    contact: str = ""
    work_type: str = ""
    delivery_format: str = ""
    guideline_version: str = ""
    terms: str = ""
    yields: tuple[YieldLine, ...] = ()
    costs: tuple[CostLine, ...] = ()
    held_back: HeldBack = HeldBack()
    include_focus: bool = False
    allowed_words: tuple[str, ...] = ()
