"""Dropping a folder or file anywhere on the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData
    from PySide6.QtWidgets import QWidget

PROJECT_SUFFIX: Final = ".tailwise"


class DropTarget(QObject):
    """Accepts local files and folders on a window and everything in it that does not take drops itself."""

    project_dropped = Signal(str)
    dataset_dropped = Signal(str)
    refused = Signal(str)  # why, one sentence
    hover_changed = Signal(bool)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: D102
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            self.hover_changed.emit(False)
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._take(local_paths(event.mimeData()))
            return True
        if isinstance(event, (QDragEnterEvent, QDragMoveEvent)):
            is_wanted = bool(local_paths(event.mimeData()))
            event.setAccepted(is_wanted)
            if is_wanted:
                event.setDropAction(Qt.DropAction.CopyAction)
                event.accept()
                self.hover_changed.emit(True)
            return True
        if event.type() == QEvent.Type.DragLeave:
            self.hover_changed.emit(False)
        return False

    def _take(self, paths: list[Path]) -> None:
        if len(paths) > 1:
            self.refused.emit(self.tr("Drop one folder or file at a time; put several files into one folder."))
        elif paths and paths[0].suffix.lower() == PROJECT_SUFFIX and paths[0].is_file():
            self.project_dropped.emit(str(paths[0]))
        elif paths:
            self.dataset_dropped.emit(str(paths[0]))


def local_paths(mime: QMimeData) -> list[Path]:
    """Return the local files and folders being dragged; addresses of the network are not ours to open."""
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
