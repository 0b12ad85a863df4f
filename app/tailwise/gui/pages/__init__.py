"""Pages of the window, one per step of the lead's week. They do not know each other: the window joins them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance

    from tailwise.domain.changes import Changes
    from tailwise.gui.actions import KeyHint


class Page(Protocol):
    """What the window needs of a page; every page is also a QWidget made with `(session, parent)`.

    Optional, asked for by name: `keys: tuple[KeyHint, ...]` for the shortcut sheet, `focus_filter()` for Ctrl+F,
    `export_view()` for Ctrl+E, `open_payload(payload: object)` for a navigation that carries one, and the signals
    `selection_described(str)` for the status bar and `work_left(str, int)` for the rail: its key, what is to decide.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    icon: ClassVar[str]
    help_topic: ClassVar[str]
    interest: ClassVar[Changes]
    page_requested: SignalInstance  # key of the page, payload for its `open_payload` or None

    def refresh(self) -> None:
        """Load what is shown anew; called when the page is visible and stale."""
        ...


@dataclass(frozen=True, slots=True)
class PageEntry:
    """A page before its module is imported: pages are built when they are first shown."""

    key: str
    title: str
    icon: str
    module: str
    class_name: str
    needs_project: bool = True
    is_light: bool = False  # needs none of the modules that are loaded after the first paint


PAGES = (
    PageEntry("start", "Start", "start", "tailwise.gui.pages.start", "StartPage", needs_project=False, is_light=True),
    PageEntry("data", "Data", "data", "tailwise.gui.pages.data", "DataPage", is_light=True),
    PageEntry("counts", "Counts", "counts", "tailwise.gui.pages.counts", "CountsPage"),
    PageEntry("classes", "Classes", "classes", "tailwise.gui.pages.classes", "ClassesPage"),
    PageEntry("plan", "Plan", "plan", "tailwise.gui.pages.plan", "PlanPage"),
    PageEntry("augment", "Augment", "augment", "tailwise.gui.pages.augment", "AugmentPage"),
    PageEntry("negatives", "Negatives", "target", "tailwise.gui.pages.negatives", "NegativesPage"),
    PageEntry("duplicates", "Duplicates", "copy", "tailwise.gui.pages.duplicates", "DuplicatesPage"),
    PageEntry("splits", "Splits", "splits", "tailwise.gui.pages.splits", "SplitsPage"),
    PageEntry("balance", "Balance", "balance", "tailwise.gui.pages.balance", "BalancePage"),
    PageEntry("export", "Export", "export", "tailwise.gui.pages.export", "ExportPage"),
)
"""In the order of the rail; the first is shown without a project and has no number."""

UNLISTED = (
    PageEntry("items", "Items", "items", "tailwise.gui.pages.items", "ItemsPage"),
    PageEntry("conditions", "Conditions", "group", "tailwise.gui.pages.conditions", "ConditionsPage"),
)
"""Reached from a number or a button on another page, not from the rail."""


def shortcut_of(number: int) -> str:
    """Return the keys that go to the page with this number: there are only ten digits.

    >>> shortcut_of(0), shortcut_of(9), shortcut_of(10)
    ('Ctrl+0', 'Ctrl+9', 'Ctrl+Alt+1')
    """
    return f"Ctrl+{number}" if number <= 9 else f"Ctrl+Alt+{number - 9}"


def hints_of(page: object) -> tuple[KeyHint, ...]:
    """Return the keys a page handles itself."""
    return getattr(page, "keys", ())
