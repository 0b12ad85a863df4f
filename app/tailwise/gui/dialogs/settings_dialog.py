"""Preferences, made from the setting records; every change takes effect at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.settings import SETTINGS

if TYPE_CHECKING:
    from PySide6.QtWidgets import QLayout

    from tailwise.gui.settings import Setting, Settings


class SettingsDialog(QDialog):
    """One field per setting under the heading of its group."""

    def __init__(self, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = settings
        self._fields: dict[str, QComboBox | QCheckBox] = {}
        self.setObjectName("preferences")
        self.setWindowTitle(self.tr("Preferences"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(460)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_L, th.SPACE_L, th.SPACE_L)
        layout.setSpacing(th.SPACE_S)
        group = ""
        for setting in SETTINGS:
            if setting.group != group:
                group = setting.group
                heading = QLabel(group, self)
                heading.setFont(th.larger(self.font(), 2, bold=True))
                layout.addSpacing(th.SPACE_S)
                layout.addWidget(heading)
            self._add_field(setting, layout)
        layout.addStretch(1)
        private = QLabel(self.tr("Tailwise has no network code. Settings: {path}").format(path=settings.path), self)
        private.setProperty("role", "muted")
        private.setWordWrap(True)
        private.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(private)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        reset = QPushButton(self.tr("Reset settings"), self)
        reset.setObjectName("reset-settings")
        buttons.addButton(reset, QDialogButtonBox.ButtonRole.ResetRole)
        reset.clicked.connect(settings.reset)
        buttons.rejected.connect(self.close)
        layout.addWidget(buttons)
        settings.changed.connect(self._show_values)
        self._show_values()

    def _add_field(self, setting: Setting, layout: QLayout) -> None:
        if setting.choices:
            field = QComboBox(self)
            for value, text in setting.choices:
                field.addItem(text, value)
            field.activated.connect(self._store_values)
            label = QLabel(setting.label, self)
            label.setBuddy(field)
            layout.addWidget(label)
        else:
            field = QCheckBox(setting.label, self)
            field.toggled.connect(self._store_values)
        field.setObjectName(setting.key)
        field.setAccessibleName(setting.label)
        field.setAccessibleDescription(setting.note)
        layout.addWidget(field)
        note = QLabel(setting.note, self)
        note.setProperty("role", "muted")
        note.setWordWrap(True)
        layout.addWidget(note)
        self._fields[setting.key] = field

    @Slot()
    def _show_values(self) -> None:
        for setting in SETTINGS:
            field = self._fields[setting.key]
            if isinstance(field, QComboBox):
                field.setCurrentIndex(field.findData(self._settings.text(setting)))
            else:
                field.setChecked(self._settings.flag(setting))

    @Slot()
    def _store_values(self) -> None:
        for setting in SETTINGS:
            field = self._fields[setting.key]
            value = str(field.currentData()) if isinstance(field, QComboBox) else field.isChecked()
            known = self._settings.text(setting) if setting.choices else self._settings.flag(setting)
            if value != known:
                self._settings.set(setting, value)
