"""The request of a plan: its head, and a sheet each for classes, streams, weeks and shares."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QTabWidget, QVBoxLayout, QWidget

from tailwise.domain.errors import RequestError
from tailwise.gui import theme as th
from tailwise.gui.models.quota_request import RequestSheets, head_of, stream_row
from tailwise.gui.widgets.plan_head import PlanHeadForm
from tailwise.gui.widgets.plan_preview import PreviewStrip
from tailwise.gui.widgets.sheet_view import SheetView
from tailwise.gui.widgets.undo_buttons import UndoButtons

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailwise.domain.plan import PlanRequest, Stream
    from tailwise.gui.models.quota_request import PlanHead
    from tailwise.gui.models.sheet import Row, SheetModel

HEAD_COMMAND: Final = 1


class PlanEditor(QWidget):
    """Announces every change; `request` builds what it stands for, `problem` says why it cannot."""

    changed = Signal()
    streams_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.sheets = RequestSheets(self.undo_stack, self)
        self.head = PlanHeadForm()
        self.tabs = QTabWidget()
        self.views: dict[str, SheetView] = {}
        self.note = QLabel()
        self.preview = PreviewStrip()
        self._head: PlanHead = self.head.head()
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
        self._head = self.head.head()
        self.preview.reset()
        self.sheets.show(request)
        self._names = self.sheets.classes.names()
        self._is_showing = False
        for name, view in self.views.items():
            if self.sheet(name).rowCount():
                view.go_to(0)
        self._show_note()

    def show_project(self, axes: Sequence[str], have: Mapping[str, int]) -> None:
        """Offer the conditions of the project, and say how much there is of each class."""
        self.head.show_axes(axes)
        self.sheets.classes.have = dict(have)
        self.views["classes"].viewport().update()

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
        """Show a class in its sheet, adding it when it is not there; a larger target in `row` is taken over."""
        classes = self.sheets.classes
        names = [r.get("name") for r in classes.rows()]
        if name in names:
            at = names.index(name)
            wanted, has = row.get("target"), classes.row(at).get("target")
            if isinstance(wanted, (int, float)) and not (isinstance(has, (int, float)) and has >= wanted):
                classes.change([(at, "target", wanted)], self.tr("Set target"))
        else:
            at = classes.add_row({**classes.new_row(), **row, "name": name})
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
        layout.addWidget(self.preview)
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
            if name == "streams":
                button = QPushButton(self.tr("Take from project"))
                button.setToolTip(
                    self.tr("Put the project's streams in place of these, with yields and times as measured")
                )
                button.clicked.connect(self.streams_wanted)
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
        after = self.head.head()
        if after != self._head and not self._is_showing:
            self.undo_stack.push(_HeadCommand(self, self._head, after))

    def take_head(self, head: PlanHead, *, is_shown: bool) -> None:
        """Take over a head; only commands call this."""
        self._head = head
        if not is_shown:
            self._is_showing = True
            self.head.show_head(head, max(1, len(self.sheets.capacity.rows())))
            self._is_showing = False
        self._announce()

    def replace_streams(self, streams: Sequence[Stream]) -> None:
        """Put other streams in place of those there are, as one step that can be undone."""
        sheet = self.sheets.streams
        self.undo_stack.beginMacro(self.tr("Take streams from the project"))
        sheet.remove_rows_at(range(len(sheet.rows())))
        for stream in streams:
            sheet.add_row(stream_row(stream))
        self.undo_stack.endMacro()
        sheet.set_classes(self.sheets.classes.names())

    def scale_label_hours(self, factor: float) -> None:
        """Multiply the label hours of every week, as one step that can be undone."""
        rows = self.sheets.capacity.rows()
        hours = ((at, row.get("label")) for at, row in enumerate(rows))
        scaled = [(at, "label", round(h * factor, 2)) for at, h in hours if isinstance(h, (int, float))]
        self.sheets.capacity.change(scaled, self.tr("Set label hours"))

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


class _HeadCommand(QUndoCommand):
    """Fields of the head get new values; typing on in the same fields is the same step."""

    def __init__(self, editor: PlanEditor, before: PlanHead, after: PlanHead) -> None:
        super().__init__(editor.tr("Edit the head"))
        self._editor = editor
        self._before, self.after = before, after
        self.changed = {f.name for f in fields(before) if getattr(before, f.name) != getattr(after, f.name)}
        self._is_shown = True  # the fields hold it already when the command is pushed

    def id(self) -> int:
        return HEAD_COMMAND

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _HeadCommand) or other.changed != self.changed:
            return False
        self.after = other.after
        return True

    def redo(self) -> None:
        self._editor.take_head(self.after, is_shown=self._is_shown)
        self._is_shown = False

    def undo(self) -> None:
        self._editor.take_head(self._before, is_shown=False)
