"""Above the queue of the Desk: which class, which queue, who judges, and the button that mines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.models.desk_view import QUEUES, class_text
from tailwise.gui.texts import number
from tailwise.gui.widgets.desk_filter import DeskFilterBar
from tailwise.gui.widgets.segments import Segments

if TYPE_CHECKING:
    from PySide6.QtGui import QUndoStack

    from tailwise.gui.models.desk_view import DeskView


class DeskHead(QWidget):
    """Two rows of controls; says what was chosen. The second row is `filters`."""

    class_chosen = Signal(str)
    queue_chosen = Signal(str)
    reviewer_chosen = Signal(str)
    mine_clicked = Signal()

    def __init__(self, undo_stack: QUndoStack, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.classes = QComboBox()
        self.classes.setAccessibleName(self.tr("Class that is mistaken"))
        self.classes.setMinimumWidth(180)
        self.queues = Segments(self.tr("Queue"), QUEUES)
        self.reviewer = QComboBox()
        self.reviewer.setEditable(True)
        self.reviewer.setMinimumWidth(140)
        self.reviewer.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.reviewer.setAccessibleName(self.tr("Reviewer"))
        self.reviewer.setToolTip(self.tr("Verdicts of reviewers are kept apart; exports name them by number only"))
        self.mine = QPushButton(self.tr("Find look-alikes"))
        self.filters = DeskFilterBar(undo_stack, self.reviewer)
        self.auto = self.filters.auto
        self._lay_out()
        self.classes.activated.connect(self._on_class)
        self.queues.chosen.connect(self.queue_chosen)
        self.reviewer.activated.connect(self._on_reviewer)
        line = self.reviewer.lineEdit()
        if line is not None:
            line.editingFinished.connect(self._on_reviewer)
        self.mine.clicked.connect(self.mine_clicked)
        self._said_reviewer = ""

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(th.SPACE_M)
        caption = QLabel(self.tr("Class"))
        caption.setBuddy(self.classes)
        top.addWidget(caption)
        top.addWidget(self.classes)
        top.addWidget(self.queues)
        top.addStretch(1)
        top.addWidget(self.mine)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addLayout(top)
        layout.addWidget(self.filters)

    def set_view(self, view: DeskView) -> None:
        """Show the classes, how much waits in each queue, and the reviewers."""
        with QSignalBlocker(self.classes):
            self.classes.clear()
            for each in view.classes:
                self.classes.addItem(class_text(each), each.name)
            self.classes.setCurrentIndex(self.classes.findData(view.class_name))
        with QSignalBlocker(self.reviewer):
            self.reviewer.clear()
            self.reviewer.addItems(list(dict.fromkeys((*view.reviewers, view.reviewer))))
            self.reviewer.setCurrentText(view.reviewer)
        self._said_reviewer = view.reviewer
        for key, text in QUEUES:
            self.queues.set_text(key, f"{text} {number(len(view.cards.get(key, ())))}")

    @Slot()
    def _on_class(self) -> None:
        self.class_chosen.emit(self.classes.currentData())

    @Slot()
    def _on_reviewer(self) -> None:
        name = self.reviewer.currentText().strip()
        if name and name != self._said_reviewer:
            self._said_reviewer = name
            self.reviewer_chosen.emit(name)
