"""The dialogs of the window itself: palette, shortcuts, preferences, about, crash report, log folder."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices

from tailwise.gui.dialogs.about_dialog import AboutDialog
from tailwise.gui.dialogs.crash_dialog import CrashDialog
from tailwise.gui.dialogs.palette_dialog import PaletteDialog, PaletteEntry
from tailwise.gui.dialogs.settings_dialog import SettingsDialog
from tailwise.gui.dialogs.shortcuts_dialog import ShortcutsDialog, native

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tailwise.gui.actions import ActionRegistry
    from tailwise.gui.crash_report import BugReport
    from tailwise.gui.session import Session


class ShellDialogs(QObject):
    """Opens them; none blocks."""

    recent_chosen = Signal(str)  # path of a project, from the palette

    def __init__(self, session: Session, registry: ActionRegistry, log_path: Path, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._registry = registry
        self._log_path = log_path
        self._window = window

    @Slot()
    def show_palette(self) -> None:
        """Open the command palette under the header."""
        palette = PaletteDialog(self._entries(), self._window)
        area = self._window.rect()
        palette.move(self._window.mapToGlobal(area.center()) - palette.rect().center())
        palette.show()

    @Slot()
    def show_shortcuts(self) -> None:
        """Open the sheet of all keys."""
        ShortcutsDialog(self._registry, self._window).show()

    @Slot()
    def show_preferences(self) -> None:
        """Open the preferences."""
        SettingsDialog(self._session.settings, self._window).show()

    @Slot()
    def show_about(self) -> None:
        """Say what this program is."""
        AboutDialog(self._log_path, self._window).show()

    @Slot(object)
    def show_bug(self, report: BugReport) -> None:
        """Show a bug."""
        CrashDialog(report, self._session.picker, self._window).show()

    @Slot()
    def open_log_folder(self) -> None:
        """Show the log folder in the file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log_path.parent)))

    def _entries(self) -> list[PaletteEntry]:
        entries: list[PaletteEntry] = []
        for spec in self._registry.specs():
            action = self._registry.action(spec.key)
            if spec.key == "go.palette":
                continue
            keys = native(spec.shortcuts[0]) if spec.shortcuts else ""
            why_not = self._registry.why_not(spec.key)
            entries.append(PaletteEntry(spec.plain_text, spec.group, keys, action.trigger, why_not))
        for recent in self._session.settings.recent():
            why_not = self.tr("file not found") if recent.is_missing else ""
            run = partial(self.recent_chosen.emit, recent.path)
            entries.append(PaletteEntry(Path(recent.path).name, self.tr("Recent"), "", run, why_not))
        return entries
