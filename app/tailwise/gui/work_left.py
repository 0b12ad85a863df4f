"""How many clusters of near-duplicates wait for a decision, counted for the rail while their page is not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal, Slot

from tailwise.domain.changes import Changes

if TYPE_CHECKING:
    from tailwise.gui.page_stack import PageStack
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

PAGE: Final = "duplicates"
INTEREST: Final = Changes.INDEX | Changes.ITEMS | Changes.SPLITS


class WorkLeft(QObject):
    """Counts on a worker when a project was opened and when its index changed; the page shown counts for itself."""

    counted = Signal(str, int)  # key of the page, how much is left to decide there

    def __init__(self, session: Session, pages: PageStack, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._pages = pages
        session.opened.connect(self.count)
        session.changed.connect(self._on_changed)

    @Slot()
    def count(self) -> None:
        """Count anew, unless the page is shown or no project is open.

        Need not wait until modules are warm: they are imported on the worker, and the GUI thread needs none of them.
        """
        if self._session.project is None or self._pages.current_key == PAGE:
            return
        self._session.run(
            self.tr("Count what is left to decide"),
            undecided_clusters,
            on_done=self._on_counted,
            on_failed=self._on_failed,
            slot="work-left",
            quiet=True,
        )

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes & INTEREST:
            self.count()

    @Slot(object)
    def _on_counted(self, count: int) -> None:
        if self._session.project is not None and self._pages.current_key != PAGE:
            self.counted.emit(PAGE, count)

    @Slot(object)
    def _on_failed(self, _error: Exception) -> None:
        self._on_counted(0)  # the page says what is wrong when it is shown


def undecided_clusters(project: Project, _progress: Progress) -> int:
    """Return the clusters that wait for a decision, at the threshold in use; runs on a worker thread."""
    from tailwise.domain.duplicates import DEFAULT_THRESHOLD, DuplicateRequest
    from tailwise.usecases.near_duplicates import applied_threshold, duplicate_report

    applied = applied_threshold(project)
    return duplicate_report(project, DuplicateRequest(DEFAULT_THRESHOLD if applied is None else applied)).undecided
