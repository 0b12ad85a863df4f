"""What a second import of a source would change, shown before it happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.models.record_table import Column, RecordTable
from tailwise.gui.texts import counted, number
from tailwise.gui.widgets.banner import Banner
from tailwise.gui.widgets.record_view import RecordView

if TYPE_CHECKING:
    from tailwise.domain.import_diff import ClassChange, ImportDiff


class ImportDiffSheet(QDialog):
    """Not modal. Closing it in any way but “Update” leaves the project as it is."""

    accepted_import = Signal()
    refused = Signal()

    def __init__(self, diff: ImportDiff, parent: QWidget) -> None:
        super().__init__(parent)
        self._is_answered = False
        self.setObjectName("import-diff")
        self.setWindowTitle(self.tr("Update {source}").format(source=diff.source))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(520, 420)
        self.resize(640, 560)
        self.summary = QLabel(self)
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        self.summary.setWordWrap(True)
        self.summary.setText(f"{diff.source} was imported before. This import changes: {diff.sentence()}.")
        self.warning = Banner(self)
        self.classes: RecordTable[ClassChange] = RecordTable(
            (
                Column("Class", lambda c: c.name, lambda c: c.name.casefold(), width=0),
                Column("Annotations before", lambda c: c.before, width=24),
                Column("After", lambda c: c.after, width=12),
                Column("Change", lambda c: f"{c.after - c.before:+,}", lambda c: c.after - c.before, width=12),
            ),
            self,
        )
        self.classes.set_records(diff.classes)
        self.examples = QPlainTextEdit("\n".join(lines_of(diff)), self)
        self.update_button = QPushButton(self.tr("Update {n}").format(n=counted(_touched(diff), "item", "items")), self)
        self._lay_out(diff)

    def _lay_out(self, diff: ImportDiff) -> None:
        self.examples.setReadOnly(True)
        self.examples.setTabChangesFocus(True)
        self.examples.setAccessibleName(self.tr("Examples"))
        self.update_button.setProperty("role", "primary")
        self.update_button.setDefault(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        buttons.addButton(self.update_button, QDialogButtonBox.ButtonRole.AcceptRole)
        note = QLabel(
            self.tr("Splits, verdicts, mapped classes and conditions made here stay with the items that stay."), self
        )
        note.setProperty("role", "muted")
        note.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_L, th.SPACE_L, th.SPACE_L)
        layout.setSpacing(th.SPACE_M)
        layout.addWidget(self.summary)
        layout.addWidget(self.warning)
        if diff.classes:
            layout.addWidget(RecordView(self.classes, self.tr("Classes that change"), self), 2)
        layout.addWidget(QLabel(self.tr("For instance"), self))
        layout.addWidget(self.examples, 3)
        layout.addWidget(note)
        layout.addWidget(buttons)
        if diff.removed_in_split:
            text = self.tr("{n} of the items that go have a place in the active split.")
            self.warning.show_text(text.format(n=number(diff.removed_in_split)), tone="warn")
        self.update_button.clicked.connect(self._on_update)
        buttons.rejected.connect(self.close)
        self.finished.connect(self._on_finished)

    @Slot()
    def _on_update(self) -> None:
        self._is_answered = True
        self.accepted_import.emit()
        self.close()

    @Slot()
    def _on_finished(self) -> None:
        if not self._is_answered:
            self._is_answered = True
            self.refused.emit()


def lines_of(diff: ImportDiff) -> list[str]:
    """Return the examples, a line each: `+` comes, `-` goes, `~` is labelled anew."""
    return [
        *(f"+ {name}" for name in diff.added),
        *(f"- {name}" for name in diff.removed),
        *(f"~ {change.file_name}: {change.text}" for change in diff.relabelled),
    ]


def _touched(diff: ImportDiff) -> int:
    return diff.items_added + diff.items_removed + diff.items_relabelled
