"""One cluster: what is remarkable about it, its images or the difference of two, and why they belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from tailwise.domain.index import ItemMark
from tailwise.gui import theme as th
from tailwise.gui.models.duplicate_tables import EdgesTable
from tailwise.gui.models.item_grid import ItemGridModel
from tailwise.gui.texts import counted
from tailwise.gui.widgets.duplicate_difference import DifferenceView
from tailwise.gui.widgets.duplicate_grid import DuplicateGrid
from tailwise.gui.widgets.record_view import RecordView
from tailwise.gui.widgets.splitters import above
from tailwise.gui.widgets.thumb_loader import ThumbLoader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailwise.domain.duplicates import DuplicateCluster
    from tailwise.gui.session import Session

LEAST_ROWS = 3


def remarks(one: DuplicateCluster) -> str:
    """Return what to know of a cluster before deciding: where it lies, and what its images are labelled."""
    parts = [counted(len(one.items), "image", "images")]
    if one.is_leak:
        parts.append(f"⚠ leak between {', '.join(one.splits)}")
    if one.labels:
        told = "; ".join(f"{text} ({counted(count, 'image', 'images')})" for text, count in one.labels)
        parts.append(f"⚠ labels disagree: {told}")
    reasons = sorted({text for item, text in one.reasons.items() if one.marks.get(item) is ItemMark.EXCLUDE})
    if reasons:
        parts.append(f"excluded: {', '.join(reasons)}")
    return " · ".join(parts)


class DuplicateDetail(QWidget):
    """The right side of the duplicates page; the page connects the keys."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._one: DuplicateCluster | None = None
        self.model = ItemGridModel(session, self)
        self.loader = ThumbLoader(session, self)
        self.grid = DuplicateGrid(self.model, self.loader)
        self.difference = DifferenceView(session)
        self.edges = EdgesTable(self)
        self.edges_view = RecordView(self.edges, self.tr("Why these images belong together"))
        self.edges_view.keep_rows(LEAST_ROWS)
        self.head = QLabel()
        self.head.setTextFormat(Qt.TextFormat.PlainText)
        self.head.setWordWrap(True)
        self.look = QToolButton()
        self.look.setText(self.tr("Difference"))
        self.look.setCheckable(True)
        self.look.setToolTip(self.tr("Lay the image under the cursor over the one that is kept, or the first (V)"))
        self._views = QStackedWidget()
        self._views.addWidget(self.grid)
        self._views.addWidget(self.difference)
        row = QHBoxLayout()
        row.addWidget(self.head, 1)
        row.addWidget(self.look, 0, Qt.AlignmentFlag.AlignTop)
        top = QWidget()
        upper = QVBoxLayout(top)
        upper.setContentsMargins(0, 0, 0, 0)
        upper.setSpacing(th.SPACE_XS)
        upper.addLayout(row)
        upper.addWidget(self._views, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(above("duplicates-detail", (top, 3), (self.edges_view, 1)))
        self.look.toggled.connect(self._on_look)
        self.grid.current_changed.connect(self._compare)
        self.model.page_loaded.connect(self._compare)
        self.difference.stepped.connect(self._on_step)

    def show_cluster(self, one: DuplicateCluster | None, names: Mapping[int, str]) -> None:
        """Show a cluster; the cursor stays where it is when it has the same images as the one before."""
        is_same = one is not None and self._one is not None and one.items == self._one.items
        self._one = one
        self.look.setEnabled(one is not None)
        if one is None:
            self.head.clear()
            self.model.set_ids(())
            self.edges.set_records(())
            self.difference.clear()
            return
        if not is_same or self.model.total != len(one.items):
            self.model.set_ids(one.items)
            self.grid.go_to(0)
        self.head.setText(remarks(one))
        self.grid.set_marks(one.marks, one.reasons)
        self.edges.set_edges(one.edges, names)
        self._compare()

    def current_item(self) -> int | None:
        """Return the image that a decision is about: under the cursor, or the second of the two compared."""
        position = self._compared()[1] if self.look.isChecked() else self.grid.current_position()
        return self.model.id_at(position) if position >= 0 else None

    def _compared(self) -> tuple[int, int]:
        """Return the positions compared: the image kept, or the first, and the one under the cursor, or the next."""
        if self._one is None:
            return -1, -1
        marks = self._one.marks
        kept = next((at for at, item in enumerate(self._one.items) if marks.get(item) is ItemMark.KEEP), 0)
        other = max(0, self.grid.current_position())
        return kept, other if other != kept else (kept + 1) % len(self._one.items)

    @Slot()
    def _compare(self) -> None:
        if self._one is None or not self.look.isChecked():
            return
        first, second = (self.model.item(position) for position in self._compared())
        if first is not None and second is not None:
            self.difference.compare(first, second)

    @Slot(bool)
    def _on_look(self, looks: bool) -> None:
        had_focus = self.grid.hasFocus() or self.difference.hasFocus()
        self._views.setCurrentWidget(self.difference if looks else self.grid)
        if had_focus:
            (self.difference if looks else self.grid).setFocus(Qt.FocusReason.OtherFocusReason)
        self._compare()

    @Slot(int)
    def _on_step(self, by: int) -> None:
        """Compare with another image; the one that is kept is passed over."""
        if self._one is None:
            return
        kept, other = self._compared()
        target = other + by + (by if other + by == kept else 0)
        if 0 <= target < len(self._one.items):
            self.grid.go_to(target)
