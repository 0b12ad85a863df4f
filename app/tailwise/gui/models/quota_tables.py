"""The sheets of a quota request: classes, streams with their yields, weekly capacity, shares."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tailwise.domain.plan import MAX_ITEMS, MAX_WEEKS, Route, Tier
from tailwise.gui.models.class_table import TIERS
from tailwise.gui.models.sheet import Row, SheetModel
from tailwise.gui.models.sheet_cells import Bad, Kind, SheetColumn, Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtCore import QObject
    from PySide6.QtGui import QUndoStack

YIELD: Final = "yield: "
"""Begins the key of a column that holds a stream's yield of a class."""

ROUTES: Final = (
    (Route.TARGETED.value, "Targeted"),
    (Route.RULE.value, "Rule"),
    (Route.MINORITY.value, "Minority predicted"),
    (Route.UNCERTAIN.value, "Uncertain"),
    (Route.NOVELTY.value, "Novelty"),
    (Route.RANDOM.value, "Random"),
    (Route.HARD_NEGATIVE.value, "Hard negatives"),
)
KINDS: Final = (("source", "Source"), ("route", "Route"))
CLASS_COLUMNS: Final = (
    SheetColumn("name", "Class", Kind.TEXT, "As it is called in the streams' yields.", width=0),
    SheetColumn("tier", "Tier", Kind.CHOICE, "A higher tier is never traded for a lower one.", 16, choices=TIERS),
    SheetColumn(
        "min_per_week", "Min / week", Kind.NUMBER, "Wanted anew every week; empty or 0 for none.", 12,
        is_optional=True, step=10,
    ),
    SheetColumn(
        "target", "Target", Kind.NUMBER, "Wanted anew by the last week, beside what is there; empty for none.", 12,
        is_optional=True, step=50,
    ),
    SheetColumn(
        "easy_cap", "Easy cap", Kind.WHOLE,
        "Most items per week from the streams of this class until every must-not-miss minimum of that week is met.",
        12, is_optional=True, most=MAX_ITEMS, step=10,
    ),
    SheetColumn("need", "Need in all", Kind.NUMBER, "The larger of target and weekly minimums together.", 12,
                is_editable=False),
    SheetColumn("have", "Labelled now", Kind.WHOLE, "What the project holds already.", 13, is_editable=False),
)  # fmt: skip
STREAM_COLUMNS: Final = (
    SheetColumn("name", "Stream", Kind.TEXT, "Where items can come from: one source, condition and route.", 30),
    SheetColumn("source", "Source", Kind.TEXT, "Ties streams to a share of their source.", 14, is_optional=True),
    SheetColumn("route", "Route", Kind.CHOICE, "How the items are chosen.", 17, choices=ROUTES),
    SheetColumn(
        "available",
        "Available",
        Kind.WHOLE,
        "Items there are, near-duplicates counted once.",
        11,
        most=MAX_ITEMS,
        step=50,
    ),
    SheetColumn("seconds", "Label s", Kind.NUMBER, "Seconds to label one item.", 9, step=5),
    SheetColumn("review", "Review s", Kind.NUMBER, "Seconds to review one item.", 10, is_optional=True, step=5),
    SheetColumn("least", "Least", Kind.SHARE, "Least share of each week's items.", 8, is_optional=True),
    SheetColumn("most", "Most", Kind.SHARE, "Most of each week's items.", 8, is_optional=True),
)
CAPACITY_COLUMNS: Final = (
    SheetColumn("week", "Week", Kind.WHOLE, width=8, is_editable=False),
    SheetColumn("label", "Label hours", Kind.NUMBER, "Hours of one person; empty in every week for no limit.", 16,
                is_optional=True, step=10),
    SheetColumn("review", "Review hours", Kind.NUMBER, "Hours of one person; empty in every week for no limit.", 16,
                is_optional=True, step=10),
    SheetColumn("items", "Items", Kind.WHOLE, "Most items per week; empty in every week for no limit.", 16,
                is_optional=True, most=MAX_ITEMS, step=100),
)  # fmt: skip
SHARE_COLUMNS: Final = (
    SheetColumn("kind", "Of each", Kind.CHOICE, "All streams of a source, or of a route.", 12, choices=KINDS),
    SheetColumn("name", "Name", Kind.TEXT, "Name of the source, or of the route.", 0),
    SheetColumn("least", "Least", Kind.SHARE, "Least share of each week's items.", 12),
    SheetColumn("most", "Most", Kind.SHARE, "Most of each week's items.", 12),
)
_COUNTED = re.compile(r"([\d.,]*\d)\s*(?:/|of|in)\s*([\d.,]*\d)(?:\s*,?\s*prior\s+([\d.]+))?", re.IGNORECASE)


def read_yield(text: str) -> Value:
    """Return a yield in its own form: `0.3` as known, or `60/200` found in labelled, to be estimated.

    >>> read_yield("60 of 200"), read_yield("0.30"), read_yield("60/200, prior 0.2")
    ('60/200', '0.3', '60/200, prior 0.2')
    """
    counted = _COUNTED.fullmatch(text)
    try:
        if counted is None:
            rate = float(text.replace(",", "."))
            return f"{rate:g}" if rate >= 0 else Bad(text, "A yield is not below 0")
        found, labelled = float(counted[1].replace(",", "")), float(counted[2].replace(",", ""))
    except ValueError:
        return Bad(text, "A yield is a rate such as 0.3, or found / labelled such as 60/200")
    if labelled != int(labelled) or (found > 0 and labelled == 0):
        return Bad(text, "Found / labelled needs a whole number of labelled items")
    prior = f", prior {float(counted[3]):g}" if counted[3] else ""
    return f"{found:g}/{labelled:.0f}{prior}"


def yield_parts(text: str) -> tuple[float | None, int, float, float | None]:
    """Return rate, labelled, found and prior of a yield as `read_yield` gives it."""
    counted = _COUNTED.fullmatch(text)
    if counted is None:
        return float(text), 0, 0.0, None
    return None, int(float(counted[2])), float(counted[1]), float(counted[3]) if counted[3] else None


class _NamedSheet(SheetModel):
    """Rows whose names must differ."""

    def check_row(self, row: Row) -> Mapping[str, str]:
        name = row.get("name")
        if not isinstance(name, str):
            return {"name": self.tr("A name is missing")} if name is None else {}
        if not name.isprintable():
            return {"name": self.tr("The name has a control character in it")}
        same = sum(1 for other in self.rows() if self.identity(other) == self.identity(row))
        return {"name": self.tr("{} is there twice").format(name)} if same > 1 else {}

    def identity(self, row: Row) -> object:
        return row.get("name")


class ClassQuotaModel(_NamedSheet):
    """What is wanted of which class. `weeks` and `have` are what the computed columns are made from."""

    def __init__(self, undo_stack: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(CLASS_COLUMNS, undo_stack, parent)
        self.weeks = 1
        self.have: Mapping[str, int] = {}

    def computed(self, row: Row, key: str) -> Value:
        """Return the need of a class over all weeks, and what there is of it."""
        if key == "have":
            return self.have.get(str(row.get("name")))
        least, target = row.get("min_per_week"), row.get("target")
        weekly = least * self.weeks if isinstance(least, (int, float)) else 0
        return max(weekly, target if isinstance(target, (int, float)) else 0)

    def check_row(self, row: Row) -> Mapping[str, str]:
        """An easy cap makes no sense for a class that must not be missed."""
        if row.get("tier") == Tier.MUST_NOT_MISS.value and row.get("easy_cap") is not None:
            return {"easy_cap": self.tr("A must-not-miss class has no easy cap"), **super().check_row(row)}
        return super().check_row(row)

    def new_row(self) -> Row:
        """Begin with a class that is nice to have."""
        return {**super().new_row(), "tier": Tier.NICE_TO_HAVE.value}

    def names(self) -> tuple[str, ...]:
        """Return the names of the classes, in order."""
        return tuple(str(row["name"]) for row in self.rows() if isinstance(row["name"], str))


class StreamModel(_NamedSheet):
    """Where items can come from; one further column per class holds the yield."""

    def __init__(self, undo_stack: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(STREAM_COLUMNS, undo_stack, parent)

    def set_classes(self, names: Sequence[str]) -> None:
        """Have one yield column per class, and for classes that only the yields know."""
        known = {key.removeprefix(YIELD) for row in self.rows() for key, value in row.items() if _is_yield(key, value)}
        wanted = (*names, *sorted(known - set(names)))
        tip = self.tr("Expected per labelled item: a rate such as 0.3, or found / labelled such as 60/200.")
        yields = (
            SheetColumn(f"{YIELD}{name}", f"→ {name}", Kind.TEXT, tip, 13, is_optional=True, read=read_yield)
            for name in wanted
        )
        columns = (*STREAM_COLUMNS, *yields)
        if columns != self.columns:
            self.beginResetModel()
            self.columns = columns
            self.endResetModel()

    def rename_class(self, before: str, after: str) -> None:
        """Let the yields of a class follow its new name."""
        self.rename_key(f"{YIELD}{before}", f"{YIELD}{after}")

    def check_row(self, row: Row) -> Mapping[str, str]:
        """The least share is not above the most."""
        least, most = row.get("least"), row.get("most")
        if isinstance(least, (int, float)) and isinstance(most, (int, float)) and least > most:
            return {"least": self.tr("The least is above the most"), **super().check_row(row)}
        return super().check_row(row)

    def new_row(self) -> Row:
        """Begin with a targeted stream of a minute per item."""
        return {**super().new_row(), "route": Route.TARGETED.value, "available": 0, "seconds": 60.0}


class CapacityModel(SheetModel):
    """One row per week. A limit is given for every week or for none."""

    def __init__(self, undo_stack: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(CAPACITY_COLUMNS, undo_stack, parent)

    def set_weeks(self, weeks: int) -> None:
        """Add weeks like the last one, or take the last ones away, as one step that can be undone."""
        rows = self.rows()
        weeks = min(MAX_WEEKS, max(1, weeks))
        if weeks < len(rows):
            self.remove_rows_at(range(weeks, len(rows)))
        elif weeks > len(rows):
            self.undo_stack.beginMacro(self.tr("Set weeks"))
            for week in range(len(rows), weeks):
                self.add_row({**(rows[-1] if rows else self.new_row()), "week": week + 1})
            self.undo_stack.endMacro()

    def check_row(self, row: Row) -> Mapping[str, str]:
        """A limit that some weeks have must be given for all."""
        found: dict[str, str] = {}
        for column in CAPACITY_COLUMNS[1:]:
            values = [other.get(column.key) for other in self.rows()]
            if row.get(column.key) is None and any(value is not None for value in values):
                found[column.key] = self.tr("{}: give it for every week or for none").format(column.title)
        return found

    def total(self, key: str) -> float | None:
        """Return the sum of a limit over all weeks, None without one."""
        values = [row.get(key) for row in self.rows()]
        numbers = [float(value) for value in values if isinstance(value, (int, float))]
        return sum(numbers) if numbers and len(numbers) == len(values) else None


class ShareModel(_NamedSheet):
    """Least and most of each week's items over all streams of a source or a route."""

    def __init__(self, undo_stack: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(SHARE_COLUMNS, undo_stack, parent)

    def identity(self, row: Row) -> object:
        """A source and a route may have the same name."""
        return row.get("kind"), row.get("name")

    def check_row(self, row: Row) -> Mapping[str, str]:
        """A route must be one of ours, and the least not above the most."""
        found = dict(super().check_row(row))
        least, most = row.get("least"), row.get("most")
        if isinstance(least, (int, float)) and isinstance(most, (int, float)) and least > most:
            found["least"] = self.tr("The least is above the most")
        if row.get("kind") == "route" and row.get("name") not in dict(ROUTES):
            found["name"] = self.tr("A route is one of: {}").format(", ".join(value for value, _text in ROUTES))
        return found

    def new_row(self) -> Row:
        """Begin with a source that may give anything."""
        return {"kind": "source", "name": None, "least": 0.0, "most": 1.0}


def _is_yield(key: str, value: Value) -> bool:
    return key.startswith(YIELD) and value is not None


def yield_text(rate: float | None, labelled: int, found: float, prior: float | None) -> str:
    """Return a yield as its cell shows it."""
    if rate is not None:
        return f"{rate:g}"
    return f"{found:g}/{labelled}" + (f", prior {prior:g}" if prior is not None else "")
