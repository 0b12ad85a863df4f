"""One candidate large: the place that is asked about is told from what is annotated around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from tailwise.domain.review import Verdict
from tailwise.gui import theme as th
from tailwise.gui.widgets.item_view import ItemView

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent

    from tailwise.domain.coverage import ItemRow
    from tailwise.domain.review import Box
    from tailwise.gui.session import Session
    from tailwise.gui.widgets.thumb_loader import Thumb
    from tailwise.usecases.verdicts import ReviewCard

ASKED: Final = th.Data.ORANGE
"""Colour of the box that is asked about, here and on the tiles."""
INKS: Final = {
    Verdict.HARD_NEGATIVE: th.Data.GREEN,
    Verdict.MISSED_LABEL: th.Data.VERMILLION,
    Verdict.DUPLICATE: th.Data.SKY,
    Verdict.UNSURE: th.Data.YELLOW,
}
"""Colour of each verdict, always with its letter."""


class CandidateView(ItemView):
    """An item view whose first box is drawn over all others, thicker and in a colour of its own."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._place: Box | None = None
        self._asked_shown = True
        self._close_zoom = 0.0
        self.boxes_toggled.connect(self._on_boxes)

    def show_card(self, card: ReviewCard | None, thumb: Thumb) -> None:
        """Show a candidate with the picture there is of it."""
        if card is None:
            self.show_place(None, None, thumb)
        else:
            self.show_place(card.picture, card.candidate.box, thumb)

    def show_place(self, picture: ItemRow | None, box: Box | None, thumb: Thumb) -> None:
        """Show an item whose first annotation is the place asked about; without a box all of it is."""
        self._place = box
        self.show_item(picture, thumb)

    def go_close(self) -> bool:
        """Zoom to the place that is asked about; return whether its picture is there already."""
        if self._place is None or self.area_of(0).isEmpty():
            return False
        self.fit()
        self.zoom_to_next_box()
        self._close_zoom = self.zoom
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stay close where the place was close before."""
        super().resizeEvent(event)
        if self.zoom > 1.0 and self.zoom == self._close_zoom:
            self.go_close()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102
        super().paintEvent(event)
        if self._place is None or not self._asked_shown or self.area_of(0).isEmpty():
            return
        area = self.area_of(0).adjusted(-1, -1, 1, 1)
        painter = QPainter(self)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for ink, width in ((QColor(0, 0, 0, 170), 5), (QColor(ASKED), 3)):
            painter.setPen(QPen(ink, width))
            painter.drawRect(area.toRect())
        painter.end()

    def _on_boxes(self, shown: bool) -> None:
        self._asked_shown = shown


class QuickLook(QWidget):
    """The whole picture over the page while it is needed; keys stay with the grid below."""

    closed = Signal()

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.view = CandidateView(session)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.why = QLabel()
        self.why.setWordWrap(True)
        self.why.setTextFormat(Qt.TextFormat.PlainText)
        hint = QLabel(self.tr("Space or Esc closes; verdicts and arrows work as below"))
        hint.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_M, th.SPACE_M, th.SPACE_M, th.SPACE_M)
        layout.setSpacing(th.SPACE_S)
        layout.addWidget(self.why)
        layout.addWidget(self.view, 1)
        layout.addWidget(hint)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Quick look"))
        self.hide()

    def show_card(self, card: ReviewCard | None, thumb: Thumb, said: str) -> None:
        """Show a candidate; nothing happens while this is hidden."""
        if self.isHidden():
            return
        self.why.setText("" if card is None else f"{card.picture.file_name}: {card.candidate.why}; {said}")
        self.view.show_card(card, thumb)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        theme = th.Theme.of(self.palette())
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.window))
        painter.setPen(QPen(QColor(theme.focus), th.FOCUS_WIDTH))
        painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def mousePressEvent(self, _event: QMouseEvent) -> None:  # noqa: D102
        self.closed.emit()
