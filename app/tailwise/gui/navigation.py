"""What one page asks another to show. Pages do not know each other; these values are all they share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise.domain.coverage import ItemFilter

if TYPE_CHECKING:
    from collections.abc import Sequence

COUNTS = "counts"
CLASSES = "classes"
CONDITIONS = "conditions"
DATA = "data"
EXPORT = "export"
ITEMS = "items"
PLAN = "plan"
SPLITS = "splits"


@dataclass(frozen=True, slots=True)
class ShowItems:
    """The items behind a number, for the page `ITEMS`.

    Attributes:
        which: the filter; the user may change it there.
        ids: a fixed set of items instead, in order, for numbers no filter describes.
        title: what a fixed set is called, for instance "items in train".
        came_from: key of the page to go back to.
    """

    which: ItemFilter = field(default_factory=ItemFilter)
    ids: Sequence[int] | None = None
    title: str = ""
    came_from: str = COUNTS


@dataclass(frozen=True, slots=True)
class PlanClass:
    """Put a class into the request of the page `PLAN` and show its row.

    Attributes:
        missing: how many are lacking where the user was, to begin the target with.
        conditions: axes that say where; a request drafted for it tells its streams apart by them.
    """

    class_name: str
    missing: int | None = None
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportThis:
    """Preselect a kind of export, and the plan or split it is of, on the page `EXPORT`."""

    kind: str
    plan_id: int | None = None
    split_id: int | None = None
