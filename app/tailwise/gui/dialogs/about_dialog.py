"""What this program is, its versions and its licence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout

import tailwise
from tailwise.gui import theme as th
from tailwise.gui.crash_report import versions

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QWidget


class AboutDialog(QDialog):
    """Versions can be copied for a report."""

    def __init__(self, log_path: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("about")
        self.setWindowTitle(self.tr("About Tailwise"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(460)
        heading = QLabel(f"Tailwise {tailwise.__version__}", self)
        heading.setFont(th.larger(self.font(), 8, bold=True))
        what = QLabel(
            self.tr(
                "Plan labelling so that rare classes do not vanish. Works offline: the program has no network code, "
                "and datasets are only read."
            ),
            self,
        )
        licence = QLabel(self.tr("Apache License 2.0"), self)
        self._versions = QLabel("\n".join((*versions(), f"Log: {log_path}")), self)
        self._versions.setProperty("role", "muted")
        self._versions.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        copy = QPushButton(self.tr("Copy versions"), self)
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(self._copy)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_XL, th.SPACE_XL, th.SPACE_XL, th.SPACE_L)
        layout.setSpacing(th.SPACE_M)
        for label in (heading, what, licence, self._versions):
            label.setWordWrap(True)
            layout.addWidget(label)
        layout.addWidget(buttons)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(f"Tailwise {tailwise.__version__}\n{self._versions.text()}")
