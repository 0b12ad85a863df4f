"""The candidate large beside its nearest positives, why it was picked, and the verdicts and reasons as buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from tailwise.domain.review import ReasonTag, Verdict
from tailwise.gui import theme as th
from tailwise.gui.models.review_queue import NOTHING_SAID, SIGNS, Said
from tailwise.gui.texts import number
from tailwise.gui.widgets.candidate_view import INKS, CandidateView
from tailwise.gui.widgets.crop_paint import paint_crop
from tailwise.gui.widgets.elided_label import ElidedLabel
from tailwise.gui.widgets.flow_layout import FlowLayout
from tailwise.gui.widgets.thumb_loader import Thumb, ThumbState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

    from tailwise.domain.coverage import ItemRow
    from tailwise.gui.session import Session
    from tailwise.gui.widgets.thumb_loader import ThumbLoader
    from tailwise.usecases.verdicts import ReviewCard

NEIGHBOUR_SIDE: Final = 512
STRIP_HEIGHT: Final = 148
LEAST_STRIP_HEIGHT: Final = 84
LEAST_VIEW_HEIGHT: Final = 160


class NeighbourStrip(QWidget):
    """The nearest positives side by side, nearest first, each with its similarity."""

    def __init__(self, loader: ThumbLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._rows: Sequence[ItemRow] = ()
        self._captions: Sequence[str] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMaximumHeight(2 * STRIP_HEIGHT)
        self.setAccessibleName(self.tr("Nearest positives"))
        loader.loaded.connect(self._on_loaded)

    def show_card(self, card: ReviewCard | None) -> None:
        """Show the positives a candidate resembles most."""
        if card is None:
            self.show_pictures((), ())
            return
        name, nearest = card.candidate.class_name, card.candidate.nearest[: len(card.neighbours)]
        self.show_pictures(card.neighbours, [f"{name}  {near.similarity:.2f}" for near in nearest])

    def show_pictures(self, rows: Sequence[ItemRow], captions: Sequence[str]) -> None:
        """Show items by their first box, at most three, each with a line below it."""
        self._rows, self._captions = rows, captions
        self.setAccessibleDescription(", ".join(captions))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(360, STRIP_HEIGHT)

    def minimumSizeHint(self) -> QSize:  # noqa: D102
        return QSize(180, LEAST_STRIP_HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        if not self._rows:
            return
        theme = th.Theme.of(self.palette())
        painter = QPainter(self)
        metrics = QFontMetricsF(painter.font(), self)
        line = metrics.lineSpacing() + 2
        width = (self.width() - 2 * th.SPACE_S) / 3
        for place, (row, text) in enumerate(zip(self._rows, self._captions, strict=True)):
            left = place * (width + th.SPACE_S)
            picture = QRectF(left, 0, width, self.height() - line)
            paint_crop(painter, picture, self._loader.thumb(row.id), theme, th.Data.SKY)
            painter.setPen(QColor(theme.muted))
            below = QRectF(left, picture.bottom(), width, line)
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width)
            painter.drawText(below, int(Qt.AlignmentFlag.AlignVCenter), shown)
        painter.end()

    def _on_loaded(self, picture: int) -> None:
        if any(row.id == picture for row in self._rows):
            self.update()


class _VerdictButton(QPushButton):
    """A button that shows by an edge in the colour of its mark that it is what was said."""

    def __init__(self, text: str, ink: str) -> None:
        super().__init__(text)
        self._ink = ink

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.isChecked():
            _paint_chosen(self, QColor(self._ink))


class _ReasonChip(QToolButton):
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.isChecked():
            _paint_chosen(self, QColor(th.Theme.of(self.palette()).accent))


def _paint_chosen(button: QWidget, ink: QColor) -> None:
    painter = QPainter(button)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    edge = QRectF(button.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
    painter.setPen(QPen(QColor(th.Theme.of(button.palette()).text), 3))  # a yellow edge alone is lost on white
    painter.drawRoundedRect(edge, th.RADIUS - 2, th.RADIUS - 2)
    painter.setPen(QPen(ink, 2))
    painter.drawRoundedRect(edge.adjusted(2, 2, -2, -2), th.RADIUS - 3, th.RADIUS - 3)
    painter.end()


class ReviewDetail(QWidget):
    """What is to be judged now. Buttons do what the keys of the grid do."""

    verdict_clicked = Signal(object)  # Verdict
    reason_clicked = Signal(object)  # ReasonTag
    similar_clicked = Signal()
    history_clicked = Signal()

    def __init__(self, session: Session, near: ThumbLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card: ReviewCard | None = None
        self._is_close = False
        self._boxes_shown = True
        self.why = ElidedLabel()
        self.why.setFont(th.larger(self.font(), 0, bold=True))
        self.view = CandidateView(session)
        self.view.setMinimumHeight(LEAST_VIEW_HEIGHT)
        self.view.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.strip = NeighbourStrip(near)
        self._caption = QLabel(self.tr("Nearest positives"))
        self._caption.setProperty("role", "muted")
        self.similar = ElidedLabel()
        self.similar.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.similar.setProperty("role", "muted")
        self.show_similar = self._link(self.tr("Show"), self.tr("Only the candidates that look like this one"))
        self.history = self._link(self.tr("History (H)"), self.tr("Every verdict ever given on this candidate"))
        self.verdicts = {verdict: self._verdict_button(verdict) for verdict in SIGNS}
        self.view.boxes_toggled.connect(self._on_boxes)
        self.reasons = {reason: self._reason_button(n, reason) for n, reason in enumerate(ReasonTag, start=1)}
        self.show_similar.clicked.connect(self.similar_clicked)
        self.history.clicked.connect(self.history_clicked)
        self._lay_out()

    def _lay_out(self) -> None:
        between = QHBoxLayout()
        between.setSpacing(th.SPACE_S)
        between.addWidget(self._caption)
        between.addStretch(1)
        between.addWidget(self.similar, 100)
        between.addWidget(self.show_similar)
        between.addWidget(self.history)
        verbs = QHBoxLayout()
        verbs.setSpacing(th.SPACE_XS)
        for button in self.verdicts.values():
            verbs.addWidget(button)
        tags = QWidget()
        flow = FlowLayout(tags)
        for chip in self.reasons.values():
            flow.addWidget(chip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addWidget(self.why)
        layout.addWidget(self.view, 3)
        layout.addLayout(between)
        layout.addWidget(self.strip, 1)
        layout.addLayout(verbs)
        layout.addWidget(tags)

    def show_card(self, card: ReviewCard | None, thumb: Thumb, said: Said) -> None:
        """Show a candidate with the picture there is of it so far."""
        self._card, self._is_close = card, False
        self.why.set_whole_text("" if card is None else card.candidate.why)
        self.strip.show_card(card)
        self._caption.setVisible(card is not None and bool(card.neighbours))
        self.view.show_card(card, thumb)
        self._go_close()
        self.show_said(said)

    def show_picture(self, thumb: Thumb) -> None:
        """Show a better picture of the same candidate."""
        if self._card is not None:
            self.view.show_card(self._card, thumb)
            self._go_close()

    def show_said(self, said: Said) -> None:
        """Mark the verdict and the reasons of the candidate."""
        for verdict, button in self.verdicts.items():
            button.setChecked(said.verdict is verdict)
        for reason, chip in self.reasons.items():
            chip.setChecked(reason in said.reasons)

    def show_alike(self, alike: int, confirmed: int, note: str) -> None:
        """Say how many look like this one, how many of those were confirmed as hard negatives, and what others said."""
        count = self.tr("{} alike, {} confirmed").format(number(alike), number(confirmed)) if alike else ""
        self.similar.set_whole_text("  ·  ".join(filter(None, (note, count))))
        self.show_similar.setVisible(alike > 0)

    def clear(self) -> None:
        """Show nothing."""
        self.show_card(None, Thumb(ThumbState.WAITING), NOTHING_SAID)
        self.show_alike(0, 0, "")

    @Slot()
    def toggle_zoom(self) -> None:
        """Go from the box to the whole picture and back."""
        if self.view.zoom > 1.0:
            self.view.fit()
        else:
            self._is_close = False
            self._go_close()

    @Slot()
    def toggle_boxes(self) -> None:
        """Draw the boxes, or not."""
        self.view.set_boxes_shown(not self._boxes_shown)

    @Slot(bool)
    def _on_boxes(self, shown: bool) -> None:
        self._boxes_shown = shown

    def _go_close(self) -> None:
        """Zoom to the place that is asked about, once its picture is there."""
        if not self._is_close:
            self._is_close = self.view.go_close()

    def _link(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("role", "link")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        return button

    def _verdict_button(self, verdict: Verdict) -> QPushButton:
        key, words = SIGNS[verdict]
        button = _VerdictButton(f"{key}  {words}", INKS[verdict])
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys are the grid's; a click must not take them away
        button.setToolTip(self.tr("Key {}").format(key))
        button.setProperty("verdict", verdict.value)
        button.clicked.connect(self._on_verdict)
        return button

    def _reason_button(self, number: int, reason: ReasonTag) -> QToolButton:
        chip = _ReasonChip()
        chip.setText(f"{number}  {reason.value}")
        chip.setCheckable(True)
        chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        chip.setToolTip(self.tr("Key {}: set before the verdict").format(number))
        chip.setProperty("reason", reason.value)
        chip.clicked.connect(self._on_reason)
        return chip

    @Slot()
    def _on_verdict(self) -> None:
        self.verdict_clicked.emit(Verdict(self.sender().property("verdict")))

    @Slot()
    def _on_reason(self) -> None:
        self.reason_clicked.emit(ReasonTag(self.sender().property("reason")))
