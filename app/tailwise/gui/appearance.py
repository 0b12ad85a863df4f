"""Light and dark: the setting, the actions that change it and the application's palette, kept in step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QApplication

from tailwise.gui import theme as th
from tailwise.gui.settings import SCHEME

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tailwise.gui.actions import ActionRegistry
    from tailwise.gui.settings import Settings


class Appearance(QObject):
    """Follows the setting, and the desktop while the setting is "system"."""

    def __init__(self, settings: Settings, registry: ActionRegistry, window: QWidget) -> None:
        super().__init__(window)
        self._settings = settings
        self._registry = registry
        self._window = window
        settings.changed.connect(self._on_setting_changed)
        QApplication.styleHints().colorSchemeChanged.connect(self._on_desktop_changed)

    def show_choice(self) -> None:
        """Apply the setting, and check its action."""
        chosen = th.Scheme(self._settings.text(SCHEME))
        app = QApplication.instance()
        if isinstance(app, QApplication):
            th.apply_scheme(app, chosen)
        self._registry.action(f"view.{chosen}").setChecked(True)

    @Slot()
    def choose_by_action(self) -> None:
        """Store the scheme that the triggering action names."""
        self._settings.set(SCHEME, self.sender().objectName().removeprefix("view."))

    @Slot()
    def toggle(self) -> None:
        """Change from what is seen to the other one."""
        is_dark = th.Theme.of(self._window.palette()).is_dark
        self._settings.set(SCHEME, (th.Scheme.LIGHT if is_dark else th.Scheme.DARK).value)

    @Slot(str)
    def _on_setting_changed(self, key: str) -> None:
        if key == SCHEME.key:
            self.show_choice()

    @Slot()
    def _on_desktop_changed(self) -> None:
        if self._settings.text(SCHEME) == th.Scheme.SYSTEM.value:
            self.show_choice()
