"""The request of a plan: its head, and a sheet each for classes, streams, weeks and shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QTabWidget, QVBoxLayout, QWidget

from tailwise.domain.errors import RequestError
from tailwise.gui import theme as th
from tailwise.gui.models.quota_request import RequestSheets, head_of
from tailwise.gui.widgets.plan_head import PlanHeadForm
from tailwise.gui.widgets.sheet_view import SheetView
from tailwise.gui.widgets.undo_buttons import UndoButtons

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailwise.domain.plan import PlanRequest
    from tailwise.gui.models.sheet import Row, SheetModel


class PlanEditor(QWidget):
    """Announces every change; `request` builds what it stands for, `problem` says why it cannot."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.sheets = RequestSheets(self.undo_stack, self)
        self.head = PlanHeadForm()
        self.tabs = QTabWidget()
        self.views: dict[str, SheetView] = {}
        self.note = QLabel()
        self._names: tuple[str, ...] = ()
        self._is_showing = False
        self._lay_out()
        self._connect()

    # Content

    def show_request(self, request: PlanRequest, have: Mapping[str, int]) -> None:
        """Show a request; `have` is what there is of each class."""
        self._is_showing = True
        self.sheets.classes.have = dict(have)
        self.head.show_head(head_of(request), request.weeks)
        self.sheets.show(request)
        self._names = self.sheets.classes.names()
        self._is_showing = False
        for name, view in self.views.items():
            if self.sheet(name).rowCount():
                view.go_to(0)
        self._show_note()

    def request(self) -> PlanRequest:
        """Return the request as edited.

        Raises:
            RequestError: something in it cannot be used.
        """
        return self.sheets.build(self.head.head())

    def problem(self) -> str:
        """Return why there is no request, as a sentence; empty when there is one."""
        try:
            self.request()
        except RequestError as error:
            return error.sentence
        return ""

    def go_to_problem(self) -> None:
        """Put the cursor on the first cell that cannot be used."""
        found = self.sheets.first_problem()
        if found is not None:
            sheet, row, key, _reason = found
            self._show_sheet(sheet)
            self.views[sheet].go_to(row, key)

    def plan_class(self, name: str, row: Row) -> None:
        """Show a class in its sheet, adding it when it is not there."""
        classes = self.sheets.classes
        names = [r.get("name") for r in classes.rows()]
        at = names.index(name) if name in names else classes.add_row({**classes.new_row(), **row, "name": name})
        self._show_sheet("classes")
        self.views["classes"].go_to(at, "min_per_week")

    def sheet(self, name: str) -> SheetModel:
        """Return a sheet by its name."""
        return dict(self.sheets.all())[name]

    def focus_first(self) -> None:
        """Put the keyboard into the sheet shown."""
        list(self.views.values())[max(0, self.tabs.currentIndex())].setFocus(Qt.FocusReason.OtherFocusReason)

    # Building

    def _lay_out(self) -> None:
        titles = {
            "classes": self.tr("Classes"),
            "streams": self.tr("Streams and yields"),
            "capacity": self.tr("Capacity per week"),
            "shares": self.tr("Shares"),
        }
        for name, sheet in self.sheets.all():
            view = SheetView(sheet, titles[name])
            self.views[name] = view
            self.tabs.addTab(self._tab(name, view), titles[name])
        self.tabs.setDocumentMode(True)
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addWidget(self.head)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.note)
        self.tabs.setCornerWidget(UndoButtons(self.undo_stack))

    def _tab(self, name: str, view: SheetView) -> QWidget:
        tab = QWidget()
        layout = QVBoxLayout(tab)
        layout.setContentsMargins(0, th.SPACE_S, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addWidget(view, 1)
        if name != "capacity":
            row = QHBoxLayout()
            for text, slot in ((self.tr("Add row"), self._add_row), (self.tr("Remove rows"), self._remove_rows)):
                button = QPushButton(text)
                button.setObjectName(name)
                button.clicked.connect(slot)
                row.addWidget(button)
            row.addStretch(1)
            layout.addLayout(row)
        return tab

    def _connect(self) -> None:
        self.head.changed.connect(self._on_head)
        self.head.weeks_chosen.connect(self._on_weeks)
        self.sheets.classes.edited.connect(self._on_classes)
        self.sheets.capacity.rows_changed.connect(self._on_capacity_rows)
        for name, sheet in self.sheets.all():
            if name != "classes":
                sheet.edited.connect(self._on_sheet)
        self.tabs.currentChanged.connect(self._show_note)

    # Following edits

    @Slot()
    def _on_head(self) -> None:
        self._announce()

    @Slot(int)
    def _on_weeks(self, weeks: int) -> None:
        self.sheets.capacity.set_weeks(weeks)
        self._announce()

    @Slot()
    def _on_capacity_rows(self) -> None:
        weeks = max(1, len(self.sheets.capacity.rows()))
        self.sheets.classes.weeks = weeks
        if not self._is_showing:
            self.head.show_weeks(weeks)
            self.views["classes"].viewport().update()

    @Slot(object)
    def _on_classes(self, _rows: set[int]) -> None:
        """Let the yield columns follow the classes; a single renamed class takes its yields along."""
        names = self.sheets.classes.names()
        gone = [name for name in self._names if name not in names]
        come = [name for name in names if name not in self._names]
        if len(names) == len(self._names) and len(gone) == len(come) == 1:
            self.sheets.streams.rename_class(gone[0], come[0])
        self._names = names
        self.sheets.streams.set_classes(names)
        self._announce()

    @Slot(object)
    def _on_sheet(self, _rows: set[int]) -> None:
        self._announce()

    def _announce(self) -> None:
        if not self._is_showing:
            self._show_note()
            self.changed.emit()

    @Slot()
    def _show_note(self) -> None:
        notes = {
            "classes": self.tr("Min / week is wanted anew every week, Target by the last one. Type, paste from a "
                               "spreadsheet, Ctrl+D fills down."),
            "streams": self.tr("Without any stream they come from the project's unlabelled images. An arrow column is "
                               "the yield per labelled item: 0.3, or found / labelled such as 60/200."),
            "capacity": self.tr("Leave a column empty for no limit."),
            "shares": self.tr("Least and most of each week's items over all streams of a source or route."),
        }  # fmt: skip
        names = list(self.views)
        self.note.setText(notes[names[max(0, self.tabs.currentIndex())]])

    # Rows

    @Slot()
    def _add_row(self) -> None:
        name = self.sender().objectName()
        at = self.sheet(name).add_row()
        self.views[name].go_to(at, "name")
        self.views[name].setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _remove_rows(self) -> None:
        name = self.sender().objectName()
        self.sheet(name).remove_rows_at(self.views[name].stored_rows())

    def _show_sheet(self, name: str) -> None:
        self.tabs.setCurrentIndex(list(self.views).index(name))
