"""One doubted label: its picture with the box, and the nearest examples of the class it looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.models.doubt_table import detail_text, neighbour_texts
from tailwise.gui.widgets.candidate_view import CandidateView
from tailwise.gui.widgets.elided_label import ElidedLabel
from tailwise.gui.widgets.review_detail import LEAST_VIEW_HEIGHT, NEIGHBOUR_SIDE, NeighbourStrip
from tailwise.gui.widgets.thumb_loader import Thumb, ThumbLoader, ThumbState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.gui.session import Session
    from tailwise.usecases.doubt_cards import DoubtCard

LARGE_SIDE: Final = 1024


class DoubtDetail(QWidget):
    """Shows the first of some cards; the pictures of the others are decoded meanwhile."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card: DoubtCard | None = None
        self._is_close = False
        self.large, self.near = ThumbLoader(session, self), ThumbLoader(session, self)
        self.sentence = ElidedLabel()
        self.sentence.setFont(th.larger(self.font(), 0, bold=True))
        self.view = CandidateView(session)
        self.view.setMinimumHeight(LEAST_VIEW_HEIGHT)
        self.caption = QLabel()
        self.caption.setProperty("role", "muted")
        self.strip = NeighbourStrip(self.near)
        self.strip.setAccessibleName(self.tr("Nearest examples of the class it looks like"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addWidget(self.sentence)
        layout.addWidget(self.view, 3)
        layout.addWidget(self.caption)
        layout.addWidget(self.strip, 1)
        self.large.loaded.connect(self._on_picture)
        self.show_cards(())

    def show_cards(self, cards: Sequence[DoubtCard]) -> None:
        """Show the first of these, or nothing."""
        card = self._card = next(iter(cards), None)
        self._is_close = False
        self.sentence.set_whole_text("" if card is None else detail_text(card.doubt))
        self.caption.setText(
            "" if card is None else self.tr("Nearest examples of {}").format(card.doubt.looks_like)
        )  # fmt: skip
        self.strip.show_pictures(() if card is None else card.neighbours, () if card is None else neighbour_texts(card))
        self.large.want([each.picture for each in cards], LARGE_SIDE)
        self.near.want([near for each in cards for near in each.neighbours], NEIGHBOUR_SIDE)
        self._show_picture()

    def forget(self) -> None:
        """Forget the pictures."""
        self.show_cards(())
        self.large.clear()
        self.near.clear()

    @Slot()
    def toggle_zoom(self) -> None:
        """Go from the box to the whole picture and back."""
        if self.view.zoom > 1.0:
            self.view.fit()
        else:
            self.view.go_close()

    def _show_picture(self) -> None:
        card = self._card
        if card is None:
            self.view.show_place(None, None, Thumb(ThumbState.WAITING))
            return
        self.view.show_place(card.picture, card.doubt.box, self.large.thumb(card.picture.id))
        if not self._is_close:
            self._is_close = self.view.go_close()

    @Slot(int)
    def _on_picture(self, picture: int) -> None:
        if self._card is not None and picture == self._card.picture.id:
            self._show_picture()
