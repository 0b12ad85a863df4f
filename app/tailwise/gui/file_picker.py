"""Choosing files and folders: dialogs that remember their folder by purpose and never block the event loop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailwise.gui.settings import Settings

Kind = Literal["open-file", "open-folder", "save-file"]
_MODES = {
    "open-file": QFileDialog.FileMode.ExistingFile,
    "open-folder": QFileDialog.FileMode.Directory,
    "save-file": QFileDialog.FileMode.AnyFile,
}


class FilePicker(QObject):
    """Asks for one path. The answer comes by callback, or never when the user changes their mind."""

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings

    def pick(  # noqa: PLR0913  keywords that all have a default
        self,
        parent: QWidget,
        kind: Kind,
        purpose: str,
        title: str,
        on_picked: Callable[..., object],
        *,
        name_filter: str = "",
        suggestion: str = "",
    ) -> QFileDialog:
        """Open a dialog and return it at once.

        Args:
            parent: the window it belongs to.
            kind: what is chosen.
            purpose: the folder is remembered under this name.
            title: of the dialog.
            on_picked: bound method of a QObject; gets the path as text.
            name_filter: for instance "Tailwise projects (*.tailwise)".
            suggestion: file name to begin with when saving.
        """
        dialog = QFileDialog(parent, title, str(self._settings.folder(purpose)), name_filter)
        dialog.setObjectName(f"pick-{purpose}")
        dialog.setFileMode(_MODES[kind])
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, kind == "open-folder")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if kind == "save-file":
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.selectFile(suggestion)
            if "*." in name_filter:
                dialog.setDefaultSuffix(name_filter.partition("*.")[2].rstrip(")").split()[0])
        dialog.setProperty("purpose", purpose)
        dialog.fileSelected.connect(self._remember)
        dialog.fileSelected.connect(on_picked)
        dialog.open()
        return dialog

    @Slot(str)
    def _remember(self, path: str) -> None:
        purpose = self.sender().property("purpose")
        if isinstance(purpose, str) and path:
            chosen = Path(path)
            self._settings.set_folder(purpose, chosen if chosen.is_dir() else chosen.parent)
