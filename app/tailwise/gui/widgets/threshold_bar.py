"""How alike two images must be: a slider over the distribution of what was compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QVBoxLayout, QWidget

from tailwise.domain.duplicates import DEFAULT_THRESHOLD, LOWEST_THRESHOLD
from tailwise.gui import theme as th
from tailwise.gui.texts import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

HUNDRED: Final = 100
SETTLE_MILLISECONDS: Final = 150
BAR_HEIGHT: Final = 22


class _Histogram(QWidget):
    """Bars over the slider's range; those at or above the threshold are in the data colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: tuple[int, ...] = ()
        self._threshold = DEFAULT_THRESHOLD
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_counts(self, counts: Sequence[int], threshold: float) -> None:
        self._counts, self._threshold = tuple(counts), threshold
        told = ", ".join(number(count) for count in self._counts)
        self.setToolTip(self.tr("Compared pairs by likeness, from 0.60 to 1.00: {}").format(told))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, BAR_HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not any(self._counts):
            return
        theme = th.Theme.of(self.palette())
        painter = QPainter(self)
        most, width = max(self._counts), self.width() / len(self._counts)
        step = (1 - LOWEST_THRESHOLD) / len(self._counts)
        for at, count in enumerate(self._counts):
            height = 0 if not count else max(1.0, (self.height() - 2) * (count / most) ** 0.5)
            is_in = LOWEST_THRESHOLD + (at + 1) * step > self._threshold + 1e-9
            colour = QColor(th.Data.BLUE if is_in else theme.strong_line)
            painter.fillRect(QRectF(at * width, self.height() - height, max(1.0, width - 1), height), colour)
        painter.end()


class ThresholdBar(QWidget):
    """Emits `changed` when the slider has rested a moment."""

    changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: tuple[int, ...] = ()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(LOWEST_THRESHOLD * HUNDRED), HUNDRED)
        self.slider.setValue(round(DEFAULT_THRESHOLD * HUNDRED))
        self.slider.setAccessibleName(self.tr("How alike two images must be"))
        self.slider.setToolTip(
            self.tr("Least correlation of two pictures laid over each other; from 0.90 on the same frame, edited")
        )
        self.value_label = QLabel()
        self.value_label.setFont(th.tabular(self.font()))
        self._histogram = _Histogram()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self._tell)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self._histogram)
        column.addWidget(self.slider)
        label = QLabel(self.tr("Alike from"))
        label.setBuddy(self.slider)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addWidget(label)
        layout.addLayout(column, 1)
        layout.addWidget(self.value_label)
        self.setFixedWidth(380)
        self.slider.valueChanged.connect(self._on_moved)
        self._show()

    def threshold(self) -> float:
        """Return the least correlation."""
        return self.slider.value() / HUNDRED

    def set_threshold(self, threshold: float) -> None:
        """Move the slider without telling."""
        self.slider.blockSignals(True)
        self.slider.setValue(round(threshold * HUNDRED))
        self.slider.blockSignals(False)
        self._show()

    def set_histogram(self, counts: Sequence[int]) -> None:
        """Show how many pairs there are at each likeness."""
        self._counts = tuple(counts)
        self._show()

    def _show(self) -> None:
        self.value_label.setText(f"{self.threshold():.2f}")
        self._histogram.show_counts(self._counts, self.threshold())

    @Slot()
    def _on_moved(self) -> None:
        self._show()
        self._settle.start()

    @Slot()
    def _tell(self) -> None:
        self.changed.emit(self.threshold())
