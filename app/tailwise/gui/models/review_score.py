"""How the review of the class shown goes: figures, read anew soon after verdicts, and what the foot says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

if TYPE_CHECKING:
    from tailwise.gui.models.desk_view import DeskFigures, DeskView
    from tailwise.gui.models.desk_work import DeskWork
    from tailwise.gui.models.review_queue import ReviewQueueModel
    from tailwise.gui.models.review_verdicts import ReviewVerdicts
    from tailwise.gui.widgets.desk_foot import DeskFoot

FIGURES_MILLISECONDS: Final = 400
"""Figures are read once the reviewer pauses; the pace is shown at once."""


class ReviewScore(QObject):
    """Keeps the figures of one class and one reviewer, and shows them at the foot of the Desk."""

    shown = Signal()  # the foot and the notes of the queue say what the figures say
    queue_judged = Signal(object)  # ReviewSummary, when the last candidate of the queue was judged in this session

    def __init__(
        self,
        queue: ReviewQueueModel,
        verdicts: ReviewVerdicts,
        work: DeskWork,
        foot: DeskFoot,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._queue, self._verdicts = queue, verdicts
        self._work, self._foot = work, foot
        self._view: DeskView | None = None
        self._figures: DeskFigures | None = None
        self._soon = QTimer(self, singleShot=True, interval=FIGURES_MILLISECONDS)
        self._soon.timeout.connect(self.load)
        work.figures_loaded.connect(self._on_figures)

    @property
    def figures(self) -> DeskFigures | None:
        """The figures read last; None before the class has candidates."""
        return self._figures

    @property
    def is_waiting(self) -> bool:
        """Whether figures are about to be read."""
        return self._soon.isActive()

    def begin(self, view: DeskView | None) -> None:
        """Keep the figures of what is shown now; of nothing when the project is closed."""
        self._view = view
        self._figures = None if view is None else view.figures
        if view is None:
            self._soon.stop()

    def load_soon(self) -> None:
        """Read the figures anew in a moment; a wish that follows puts it off."""
        self._soon.start()

    @Slot()
    def load(self) -> None:
        """Read the figures anew."""
        self._soon.stop()
        if self._view is not None:
            self._work.load_figures(self._view)

    def show(self) -> None:
        """Show the figures there are."""
        self._foot.show_figures(self._figures, "" if self._view is None else self._view.reviewer)
        self._queue.set_notes(self._figures.disagreements if self._figures is not None else {})
        self.shown.emit()

    def show_pace(self) -> None:
        """Show how far the queue is judged and how fast."""
        queue, verdicts = self._queue, self._verdicts
        self._foot.show_pace(queue.judged, queue.rowCount(), verdicts.in_session, verdicts.seconds)

    @Slot(object)
    def _on_figures(self, figures: DeskFigures) -> None:
        if self._view is None or figures.summary.class_name != self._view.class_name:
            return  # of a class that was left meanwhile
        self._figures = figures
        self.show()
        total = self._queue.rowCount()
        if total and self._verdicts.in_session and self._queue.judged == total:
            self.queue_judged.emit(figures.summary)
