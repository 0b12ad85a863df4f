"""The pages behind each other: built when first shown, refreshed when shown and stale, with a history to go back in."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from tailwise.gui.pages import PAGES, UNLISTED
from tailwise.gui.widgets.empty_state import Skeleton

if TYPE_CHECKING:
    from tailwise.domain.changes import Changes
    from tailwise.gui.pages import Page, PageEntry
    from tailwise.gui.session import Session
    from tailwise.gui.warm_up import WarmUp

ENTRIES = {entry.key: entry for entry in (*PAGES, *UNLISTED)}


class PageStack(QStackedWidget):
    """Shows one page by its key. A hidden page whose data changed is only marked stale."""

    page_shown = Signal(str)
    page_built = Signal(object)  # the page
    selection_described = Signal(str)
    work_left = Signal(str, int)  # key of the page, how much is left to decide there

    def __init__(self, session: Session, warm_up: WarmUp, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._warm_up = warm_up
        self._pages: dict[str, QWidget] = {}
        self._stale = set(ENTRIES)
        self._wanted: tuple[str, object] = ("", None)
        self._past: list[str] = []
        self._future: list[str] = []
        self._waiting = Skeleton(self)
        self._waiting.setAccessibleName(self.tr("Loading"))
        self.addWidget(self._waiting)
        session.changed.connect(self._on_changed)
        session.opened.connect(self._on_project_replaced)
        session.closed.connect(self._on_project_replaced)
        warm_up.finished.connect(self._on_warm)

    @property
    def current_key(self) -> str:
        """The key of the page shown or about to be shown."""
        return self._wanted[0]

    @property
    def current_page(self) -> QWidget | None:
        """The page shown; None while its modules are loaded."""
        return self._pages.get(self.current_key)

    def page(self, key: str) -> QWidget | None:
        """Return a page that was built, else None."""
        return self._pages.get(key)

    def go(self, key: str, payload: object = None) -> None:
        """Show a page and remember the one before it.

        Args:
            key: a page of `PAGES`; one that needs a project is not shown without one.
            payload: handed to the page's `open_payload`, for instance the filter to show items of.
        """
        if key != self.current_key and self.current_key:
            self._past.append(self.current_key)
            self._future.clear()
        self._show(key, payload)

    @Slot()
    def back(self) -> None:
        """Go to the page shown before."""
        self._step(self._past, self._future)

    @Slot()
    def forward(self) -> None:
        """Undo going back."""
        self._step(self._future, self._past)

    def _step(self, source: list[str], target: list[str]) -> None:
        while source:
            key = source.pop()
            if self._can_show(ENTRIES[key]):
                target.append(self.current_key)
                self._show(key, None)
                return

    def _can_show(self, entry: PageEntry) -> bool:
        return self._session.project is not None or not entry.needs_project

    def _show(self, key: str, payload: object) -> None:
        entry = ENTRIES[key]
        if not self._can_show(entry):
            return
        self._wanted = (key, payload)
        page = self._pages.get(key)
        if page is None:
            if not entry.is_light and not self._warm_up.is_finished:
                # The page imports modules that a worker is importing: waiting for its lock would freeze the window.
                self._warm_up.begin()
                self.setCurrentWidget(self._waiting)
                self.page_shown.emit(key)
                return
            page = self._build(entry)
        self.setCurrentWidget(page)
        self._refresh_if_stale(key)
        open_payload = getattr(page, "open_payload", None)
        if payload is not None and open_payload is not None:
            open_payload(payload)
        self.page_shown.emit(key)

    def _build(self, entry: PageEntry) -> QWidget:
        module = importlib.import_module(entry.module)
        page = cast("QWidget", getattr(module, entry.class_name)(self._session, self))
        self._pages[entry.key] = page
        self.addWidget(page)
        as_page = cast("Page", page)
        as_page.page_requested.connect(self.go)
        described = getattr(page, "selection_described", None)
        if described is not None:
            described.connect(self.selection_described)
        work_left = getattr(page, "work_left", None)
        if work_left is not None:
            work_left.connect(self.work_left)
        for splitter in page.findChildren(QSplitter):
            self._session.settings.restore_splitter(splitter)
        self.page_built.emit(page)
        return page

    def _refresh_if_stale(self, key: str) -> None:
        page = self._pages.get(key)
        if page is not None and key in self._stale and self._can_show(ENTRIES[key]):
            self._stale.discard(key)
            cast("Page", page).refresh()

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        for key, page in self._pages.items():
            if cast("Page", page).interest & changes:
                self._stale.add(key)
        self._refresh_if_stale(self.current_key)

    @Slot()
    def _on_project_replaced(self) -> None:
        self._stale = set(ENTRIES)

        self._past.clear()
        self._future.clear()

    @Slot()
    def _on_warm(self) -> None:
        key, payload = self._wanted
        if key and key not in self._pages:
            self._show(key, payload)
