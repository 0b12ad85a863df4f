"""Below the queue of the Desk: how far the review is, how fast, how precise, and how far two reviewers agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget

from tailwise.gui import theme as th
from tailwise.gui.models.desk_view import agreement_text, pace_text, precision_text
from tailwise.gui.texts import counted
from tailwise.gui.widgets.flow_layout import FlowLayout

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from tailwise.gui.models.desk_view import DeskFigures

BAR = QSize(140, 10)


class DoneBar(QWidget):
    """How much of a queue is done, as a bar; the words beside it say the same."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_share(self, share: float) -> None:
        """Show a share from 0 to 1."""
        self._share = share
        self.update()

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(BAR.width(), self.fontMetrics().height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        theme = th.Theme.of(self.palette())
        top = (self.height() - BAR.height()) // 2
        painter = QPainter(self)
        painter.setPen(QColor(theme.strong_line))
        painter.setBrush(QColor(theme.base))
        painter.drawRect(0, top, BAR.width() - 1, BAR.height() - 1)
        painter.fillRect(1, top + 1, round((BAR.width() - 2) * self._share), BAR.height() - 2, QColor(theme.accent))
        painter.end()


class DeskFoot(QWidget):
    """One line of figures, two where the window is narrow."""

    disagreements_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = DoneBar()
        self.progress = QLabel()
        self.precision = QLabel()
        self.agreement = QLabel()
        self.disagreements = QPushButton()
        self.disagreements.setProperty("role", "link")
        self.disagreements.setToolTip(self.tr("Show the candidates on which you and another reviewer contradict"))
        flow = FlowLayout(self)
        flow.setSpacing(th.SPACE_M)
        for widget in (self.bar, self.progress, self.precision, self.agreement, self.disagreements):
            if isinstance(widget, QLabel):
                widget.setProperty("role", "muted")
                widget.setFont(th.tabular(widget.font()))
            widget.setMinimumHeight(th.COMPACT_ROW_HEIGHT)  # on one level, whatever each of them is
            flow.addWidget(widget)
        self.disagreements.clicked.connect(self.disagreements_clicked)
        self.show_figures(None, "")

    def show_pace(self, judged: int, total: int, in_session: int, seconds: float) -> None:
        """Say how far the queue shown is judged, and how fast it goes."""
        self.bar.set_share(judged / total if total else 0.0)
        self.progress.setText(pace_text(judged, total, in_session, seconds) if total else "")
        self.bar.setVisible(total > 0)

    def show_figures(self, figures: DeskFigures | None, reviewer: str) -> None:
        """Say what came of the verdicts so far."""
        self.precision.setText(precision_text(figures.summary) if figures else "")
        self.agreement.setText(agreement_text(figures.summary, reviewer) if figures else "")
        apart = len(figures.disagreements) if figures else 0
        self.disagreements.setText(counted(apart, "disagreement", "disagreements"))
        for widget, shown in (
            (self.precision, bool(self.precision.text())),
            (self.agreement, bool(self.agreement.text())),
            (self.disagreements, apart > 0),
        ):
            widget.setVisible(shown)
