"""What a request would come to, below its sheets: one sentence that follows every edit, and a slider for the hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSlider

from tailwise.gui import theme as th
from tailwise.gui.number_text import hours, trimmed
from tailwise.gui.texts import counted

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tailwise.domain.plan_preview import PlanPreview

MOST_CLASSES: Final = 3
AS_IT_IS: Final = 100
MOST_PERCENT: Final = 300


class PreviewStrip(QFrame):
    """The slider asks "what if there were so many hours"; nothing in the request changes until they are taken."""

    moved = Signal()
    taken = Signal(float)  # factor of the label hours

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QLabel()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.amount = QLabel()
        self.take = QPushButton(self.tr("Take these hours"))
        self._hours: float | None = None
        self._lay_out()
        self.slider.valueChanged.connect(self._on_moved)
        self.take.clicked.connect(self._on_taken)
        self.show_nothing()

    @property
    def factor(self) -> float:
        """What the label hours of the request are multiplied by."""
        return self.slider.value() / 100

    def reset(self) -> None:
        """Put the slider back to the hours of the request."""
        blocker = QSignalBlocker(self.slider)
        self.slider.setValue(AS_IT_IS)
        del blocker
        self._show_amount()

    def show_hours(self, total: float | None) -> None:
        """Say how many label hours the request has over all weeks; None for no limit. The slider goes back."""
        if total == self._hours:
            return
        self._hours = total
        self.reset()

    def show_preview(self, found: PlanPreview) -> None:
        """Show what the request comes to."""
        amount = f"{counted(round(found.items), 'item', 'items')}, {hours(found.hours)} of labelling"
        if found.label_limit is not None:
            amount += f" of {hours(found.label_limit)}"
        if found.review_hours:
            amount += f", {hours(found.review_hours)} of review"
        short = found.short
        if short:
            told = ", ".join(f"{name} by {trimmed(by)}" for name, by in short[:MOST_CLASSES])
            more = f" and {len(short) - MOST_CLASSES} more" if len(short) > MOST_CLASSES else ""
            sentence = f"▲  Short: {told}{more}. {amount}."
        else:
            sentence = f"✓  Every quota would be met in expectation: {amount}."
        if found.per_hour:
            best = sorted(found.per_hour, key=lambda gain: (-gain[1], gain[0]))[:MOST_CLASSES]
            brings = ", ".join(f"{trimmed(by, 2)} {name}" for name, by in best)
            sentence += f" One more labelling hour brings {brings}."
        self._say(sentence)

    def show_nothing(self, why: str = "") -> None:
        """Show no preview, and why there is none."""
        self._say(why)

    def _say(self, sentence: str) -> None:
        self.text.setText(sentence)
        self.setAccessibleDescription(sentence)

    def _lay_out(self) -> None:
        self.setAccessibleName(self.tr("Preview of the plan"))
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.text.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.slider.setRange(0, MOST_PERCENT)
        self.slider.setSingleStep(5)
        self.slider.setPageStep(25)
        self.slider.setValue(AS_IT_IS)
        self.slider.setFixedWidth(200)
        self.slider.setAccessibleName(self.tr("What if: label hours of all weeks"))
        self.amount.setFont(th.tabular(self.font()))
        self.amount.setMinimumWidth(self.fontMetrics().averageCharWidth() * 16)
        title = QLabel(self.tr("What if"))
        title.setProperty("role", "muted")
        title.setBuddy(self.slider)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(th.SPACE_S)
        row.addWidget(self.text, 1)
        row.addWidget(title)
        row.addWidget(self.slider)
        row.addWidget(self.amount)
        row.addWidget(self.take)
        self._show_amount()

    def _show_amount(self) -> None:
        is_limited = self._hours is not None and self._hours > 0
        self.slider.setEnabled(is_limited)
        self.slider.setToolTip(
            self.tr("Try more or fewer label hours; nothing changes until you take them")
            if is_limited
            else self.tr("The request has no limit of label hours")
        )
        self.amount.setText(hours(self._hours * self.factor) if self._hours else self.tr("no limit"))
        self.take.setEnabled(is_limited and self.slider.value() != AS_IT_IS)

    @Slot(int)
    def _on_moved(self, _value: int) -> None:
        self._show_amount()
        self.moved.emit()

    @Slot()
    def _on_taken(self) -> None:
        self.taken.emit(self.factor)
