"""The second row above the queue of the Desk: who judges, what is shown, in which order, and what a verdict does."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QHBoxLayout, QLabel, QPushButton, QWidget

from tailwise.domain.review import CandidateKind
from tailwise.gui import theme as th
from tailwise.gui.models.queue_order import DETECTOR, FOUND_BY_MODEL, ORDER_TEXTS, DeskFilter, DeskOrder
from tailwise.gui.texts import number
from tailwise.gui.widgets.flow_layout import FlowLayout
from tailwise.gui.widgets.together import together
from tailwise.gui.widgets.undo_buttons import UndoButtons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QUndoStack

    from tailwise.usecases.verdicts import ReviewCard

SCORE_STEP = 0.05
CHARACTERS = 12
"""What a chooser shows of its words at least; its list shows all of them."""


class DeskFilterBar(QWidget):
    """Filter, order, and whether a verdict goes on; wraps where the window is narrow."""

    changed = Signal()  # another filter or another order

    def __init__(self, undo_stack: QUndoStack, reviewer: QComboBox, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._only = DeskFilter()
        self.score = QDoubleSpinBox()
        self.score.setRange(0.0, 1.0)
        self.score.setSingleStep(SCORE_STEP)
        self.score.setAccessibleName(self.tr("Least score"))
        self.score.setToolTip(self.tr("Only candidates that score at least this"))
        self.score.setKeyboardTracking(False)
        self.kinds = QComboBox()
        self.kinds.setAccessibleName(self.tr("Why it is mistaken"))
        self.sources = QComboBox()
        self.sources.setAccessibleName(self.tr("Where it is from"))
        for box in (self.kinds, self.sources):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(CHARACTERS)
        self.order = QComboBox()
        self.order.setAccessibleName(self.tr("Order"))
        self.order.setToolTip(self.tr("G puts look-alikes together, and back"))
        for order, text in ORDER_TEXTS.items():
            self.order.addItem(text, order)
        self.auto = QCheckBox(self.tr("Go on (Tab)"))
        self.auto.setToolTip(self.tr("Whether a verdict goes on to the next candidate; Tab or N while judging"))
        self.auto.setChecked(True)
        self.clear = QPushButton(self.tr("Show all"))
        self.clear.setProperty("role", "link")
        self.clear.setToolTip(self.tr("Esc while judging"))
        self.only_text = QLabel()
        self._lay_out(reviewer, UndoButtons(undo_stack))
        self.score.valueChanged.connect(self._on_changed)
        for box in (self.kinds, self.sources, self.order):
            box.activated.connect(self._on_changed)
        self.clear.clicked.connect(self.show_all)
        self._show_state()

    def _lay_out(self, reviewer: QComboBox, undo_buttons: UndoButtons) -> None:
        flow = FlowLayout(self)
        flow.setSpacing(th.SPACE_S)
        self._sources_held = together(self.sources)
        for caption, widget in (
            (self.tr("Reviewer"), reviewer),
            (self.tr("Score from"), self.score),
            ("", self.kinds),
            ("", self._sources_held),
            ("", self.order),
            ("", self.auto),
            ("", undo_buttons),
        ):
            held = together(widget, caption=caption)
            held.setMinimumHeight(th.ROW_HEIGHT)  # as high as the highest, so that all stand on one level
            flow.addWidget(held)
        self._narrowed = QWidget()
        self._narrowed.setMinimumHeight(th.ROW_HEIGHT)
        row = QHBoxLayout(self._narrowed)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.only_text)
        row.addWidget(self.clear)
        flow.addWidget(self._narrowed)

    # What the page asks

    def chosen(self) -> DeskFilter:
        """Return which candidates are to be shown."""
        return replace(
            self._only,
            least_score=round(self.score.value(), 4),
            kind=self.kinds.currentData() or "",
            source=self.sources.currentData() or "",
        )

    def chosen_order(self) -> DeskOrder:
        """Return in which order."""
        return DeskOrder(self.order.currentData())

    def set_cards(self, cards: Sequence[ReviewCard]) -> None:
        """Offer the kinds and sources that the candidates of a queue have, with how many there are."""
        kinds = Counter(card.candidate.kind for card in cards)
        found = Counter(card.picture.source for card in cards)
        by_model = sum(DETECTOR in card.candidate.evidence for card in cards)
        sources = [(f"{name}  ·  {number(n)}", name) for name, n in sorted(found.items())]
        if by_model:
            sources.append((self.tr("found by a model  ·  {}").format(number(by_model)), FOUND_BY_MODEL))
        _fill(
            self.kinds,
            self.tr("All kinds"),
            [(f"{kind.text}  ·  {number(kinds[kind])}", kind.value) for kind in CandidateKind if kinds[kind]],
        )
        _fill(self.sources, self.tr("All sources"), sources)
        self._sources_held.setVisible(len(found) > 1 or bool(by_model))
        self._show_state()

    def show_only(self, candidates: frozenset[int], text: str) -> None:
        """Narrow the queue down to some candidates."""
        self._only = DeskFilter(only=candidates, only_text=text)
        self._on_changed()

    @Slot()
    def show_all(self) -> None:
        """Take every filter away; the order stays."""
        self.forget()
        self.changed.emit()

    def forget(self) -> None:
        """Take every filter away without saying so, because other candidates are shown."""
        self._only = DeskFilter()
        with QSignalBlocker(self.score):
            self.score.setValue(0.0)
        self.kinds.setCurrentIndex(0)
        self.sources.setCurrentIndex(0)
        self._show_state()

    def choose_order(self, order: DeskOrder) -> None:
        """Choose an order."""
        self.order.setCurrentIndex(self.order.findData(order))
        self.changed.emit()

    @Slot()
    def _on_changed(self) -> None:
        self._show_state()
        self.changed.emit()

    def _show_state(self) -> None:
        self._narrowed.setVisible(not self.chosen().is_open)
        self.only_text.setVisible(bool(self._only.only_text))
        self.only_text.setText(self._only.only_text)


def _fill(box: QComboBox, first: str, choices: Sequence[tuple[str, str]]) -> None:
    """Offer choices below one for all of them, and keep what was chosen where it is still offered."""
    kept = box.currentData()
    box.clear()
    box.addItem(first, "")
    for text, key in choices:
        box.addItem(text, key)
    box.setCurrentIndex(max(0, box.findData(kept)))
    words = box.fontMetrics()
    box.view().setMinimumWidth(
        max(words.horizontalAdvance(text) for text in (first, *(text for text, _ in choices))) + th.SPACE_XL
    )
