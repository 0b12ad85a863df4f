"""The shortcut sheet: every key of the program, from the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from tailwise.gui import theme as th

if TYPE_CHECKING:
    from tailwise.gui.actions import ActionRegistry

COLUMNS = 2


class ShortcutsDialog(QDialog):
    """Groups in two columns: keys on the left, what they do on the right."""

    def __init__(self, registry: ActionRegistry, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("shortcut-sheet")
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 560)
        body = QWidget(self)
        columns = QHBoxLayout(body)
        columns.setSpacing(th.SPACE_XL)
        groups = sheet(registry)
        half = (sum(len(rows) + 2 for rows in groups.values()) + 1) // COLUMNS
        column, filled = self._new_column(columns), 0
        for name, rows in groups.items():
            if filled and filled + len(rows) // 2 > half:
                column.addStretch(1)
                column, filled = self._new_column(columns), 0
            column.addWidget(self._group(name, rows))
            filled += len(rows) + 2
        column.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(body)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(area, 1)
        layout.addWidget(buttons)

    def _new_column(self, columns: QHBoxLayout) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(th.SPACE_L)
        columns.addLayout(column, 1)
        return column

    def _group(self, name: str, rows: list[tuple[str, str]]) -> QWidget:
        box = QWidget(self)
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(th.SPACE_M)
        grid.setVerticalSpacing(th.SPACE_XS)
        heading = QLabel(name, box)
        heading.setFont(th.larger(self.font(), 1, bold=True))
        grid.addWidget(heading, 0, 0, 1, 2)
        for number, (keys, text) in enumerate(rows, start=1):
            shown = QLabel(keys, box)
            shown.setProperty("role", "muted")
            what = QLabel(text, box)
            what.setWordWrap(True)
            grid.addWidget(shown, number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(what, number, 1)
        grid.setColumnMinimumWidth(0, 120)
        grid.setColumnStretch(1, 1)
        return box


def sheet(registry: ActionRegistry) -> dict[str, list[tuple[str, str]]]:
    """Return (keys as this platform writes them, what they do) by group."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for spec in registry.specs():
        if spec.shortcuts:
            keys = ", ".join(native(each) for each in spec.shortcuts)
            groups.setdefault(spec.group, []).append((keys, spec.plain_text.rstrip("…")))
    for group, hints in registry.hints().items():
        if hints:
            groups.setdefault(group, []).extend((hint.keys, hint.text) for hint in hints)
    return groups


def native(keys: str) -> str:
    """Return a portable key sequence as this platform writes it."""
    sequence = QKeySequence(keys, QKeySequence.SequenceFormat.PortableText)
    return sequence.toString(QKeySequence.SequenceFormat.NativeText)
