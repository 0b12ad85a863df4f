"""What the Desk shows instead of a queue: what to do first, that nothing is left, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise.gui.models.desk_view import HARD, MISSING, QUEUES, session_text
from tailwise.gui.models.duplicate_view import NO_PICTURES, NO_PICTURES_TITLE, OUTDATED_TITLE
from tailwise.gui.texts import number
from tailwise.gui.widgets.empty_state import StateStack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtWidgets import QWidget

    from tailwise.gui.models.desk_view import DeskView
    from tailwise.usecases.verdicts import ReviewSummary


class DeskStates(StateStack):
    """The states of the page in the words of the Desk. `next_queue` is what the link of the last state leads to."""

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(content, "target", parent)
        self.next_queue = ""

    def show_filtered_out(self) -> None:
        """Say that the filter lets nothing through."""
        self.show_empty(
            self.tr("No candidate is left"),
            self.tr("None of this queue passes the filter."),
            self.tr("Show all"),
        )

    def show_nothing(self, view: DeskView, key: str) -> None:
        """Say why a queue has no candidates, and what to do."""
        if not view.class_name:
            self.show_empty(
                self.tr("No classes yet"), self.tr("Import labels on the Data page first."), self.tr("Go to Data")
            )
        elif any(view.cards.values()):
            told = {
                HARD: self.tr("No hard negatives were found for {}."),
                MISSING: self.tr("No label of {} is suspected to be missing."),
            }
            text = told.get(key, self.tr("Nobody is unsure about a candidate of {}, and nobody disagrees."))
            self.next_queue = max(view.cards, key=lambda queue: len(view.cards[queue]))
            link = f"{dict(QUEUES)[self.next_queue]} {number(len(view.cards[self.next_queue]))}"
            self.show_empty(self.tr("This queue is empty"), text.format(view.class_name), "", link)
        elif not view.has_pictures:
            self.show_empty(NO_PICTURES_TITLE, NO_PICTURES, self.tr("Go to Data"))
        elif view.outdated and not view.is_indexed:
            self.show_empty(OUTDATED_TITLE, view.outdated, self.tr("Index again"))
        elif not view.is_indexed:
            self.show_empty(
                self.tr("The images are not indexed yet"),
                self.tr("Look-alikes are found by comparing pictures. The index looks at every image once."),
                self.tr("Build the index"),
            )
        else:
            text = self.tr(
                "Find what looks like {} and is not labelled so. Validation and test images are never looked at."
            )
            self.show_empty(self.tr("No candidates yet"), text.format(view.class_name), self.tr("Find look-alikes"))

    def show_end(
        self, summary: ReviewSummary, reviewer: str, session: tuple[int, float], left: Mapping[str, int]
    ) -> None:
        """Say what came of a queue that is judged to the end.

        Args:
            summary: how the review of the class stands.
            reviewer: who judged.
            session: verdicts given in this session, and the seconds it took.
            left: open candidates by queue.
        """
        self.next_queue = next((key for key, amount in left.items() if amount), "")
        text = session_text(summary, reviewer, *session)
        if self.next_queue:
            link = self.tr("Go on with: {} {}").format(dict(QUEUES)[self.next_queue], number(left[self.next_queue]))
        else:
            link = self.tr("Export the hard negatives")
        self.show_empty(self.tr("All of this queue is judged"), text, self.tr("Look at it again"), link)
