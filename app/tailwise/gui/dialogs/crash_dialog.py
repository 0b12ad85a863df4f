"""The window a bug is shown in: what happened, what was kept, and a report to copy or save."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QIODevice, QSaveFile, Qt, Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout

from tailwise.gui import theme as th

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tailwise.gui.crash_report import BugReport
    from tailwise.gui.file_picker import FilePicker


class CrashDialog(QDialog):
    """Does not block: the window below can still be used to save other work."""

    def __init__(self, report: BugReport, picker: FilePicker, parent: QWidget) -> None:
        super().__init__(parent)
        self._report = report
        self._picker = picker
        self.setObjectName("crash-report")
        self.setWindowTitle(self.tr("Something went wrong in Tailwise"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        self.resize(680, 460)
        heading = QLabel(self.tr("This is a fault of Tailwise, not of your data."), self)
        heading.setFont(th.larger(self.font(), 2, bold=True))
        kept = QLabel(
            self.tr(
                "What was being done was taken back; the project file holds everything from before. "
                "The report stays on this computer unless you send it to somebody."
            ),
            self,
        )
        kept.setWordWrap(True)
        self._text = QPlainTextEdit(report.text, self)
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._text.setAccessibleName(self.tr("Report"))
        self._state = QLabel(self)
        self._state.setProperty("role", "muted")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        copy = QPushButton(self.tr("Copy"), self)
        save = QPushButton(self.tr("Save report…"), self)
        for button in (copy, save):
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(self._copy)
        save.clicked.connect(self._choose)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_L, th.SPACE_L, th.SPACE_L)
        layout.setSpacing(th.SPACE_M)
        for widget in (heading, kept, self._text, self._state, buttons):
            layout.addWidget(widget)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report.text)
        self._state.setText(self.tr("Copied."))

    @Slot()
    def _choose(self) -> None:
        self._picker.pick(
            self,
            "save-file",
            "report",
            self.tr("Save report"),
            self._save,
            name_filter=self.tr("Text files (*.txt)"),
            suggestion="tailwise-report.txt",
        )

    @Slot(str)
    def _save(self, path: str) -> None:
        file = QSaveFile(path)
        is_open = file.open(QIODevice.OpenModeFlag.WriteOnly)
        if is_open and file.write(self._report.text.encode()) >= 0 and file.commit():
            self._state.setText(self.tr("Saved to {path}.").format(path=path))
        else:
            self._state.setText(self.tr("Not saved: {why}.").format(why=file.errorString()))
