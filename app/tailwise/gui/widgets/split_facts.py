"""What is known of a split beside its score, and the bar that draws a balanced slice of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from tailwise.gui import theme as th
from tailwise.gui.number_text import percent
from tailwise.gui.texts import counted
from tailwise.gui.widgets.splitters import above, beside

if TYPE_CHECKING:
    from tailwise.domain.split import SplitResult


def measures_text(result: SplitResult) -> str:
    """Return the measures in a line, and what else to know in the lines after it."""
    found = result.measures
    at = f" ({found.max_deviation_at[0]} in {found.max_deviation_at[1]})" if found.max_deviation_at else ""
    proven = "✓ no split with these floors can be better" if result.is_proven else "not proven to be the best"
    first = (
        f"LD {found.label_distribution:.5f} · LPD {found.label_pair_distribution:.5f} · JS {found.js_bits:.5f} bits · "
        f"largest deviation {percent(found.max_deviation, 1)}{at} · classes alone {found.label_score:.4f}, bound "
        f"{found.label_lower_bound:.4f} · {proven}"
    )
    lines = [first]
    if result.quarantined:
        items = counted(result.quarantined, "item is", "items are")
        groups = counted(result.conflicts, "group", "groups")
        lines.append(f"▲ {items} in quarantine, in no split: {groups} would join two locked splits")
    lines += [f"ℹ {note}" for note in result.notes]
    if result.stopped_early:
        lines.append("▲ The search was ended by its time limit; the same request may give another split")
    return "\n".join(lines)


def text_label() -> QLabel:
    """Return a label for plain text of several lines that can be selected."""
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def titled(title: str, view: QWidget, buttons: QHBoxLayout | None = None) -> QWidget:
    """Return a view under its heading, with buttons beside the heading."""
    section = QWidget()
    heading = QLabel(title, section)
    heading.setFont(th.larger(section.font(), 1, bold=True))
    heading.setBuddy(view)
    heading.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    row = QHBoxLayout()
    row.addWidget(heading)
    if buttons is not None:
        row.addLayout(buttons, 1)
    layout = QVBoxLayout(section)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(th.SPACE_S)
    layout.setSizeConstraint(QLayout.SizeConstraint.SetMinAndMaxSize)
    layout.addLayout(row)
    layout.addWidget(view, 1)
    return section


def split_panes(classes: QWidget, sizes: QWidget, pairs: QWidget, gaps: QWidget, stored: QWidget) -> QSplitter:
    """Return the classes beside sizes over pairs over sequences, and the stored splits below all of them."""
    side = above("splits-side", (sizes, 2), (pairs, 2), (gaps, 3))
    top = beside("splits-tables", (classes, 3), (side, 2))
    return above("splits-panes", (top, 3), (stored, 1))


class SliceBar(QWidget):
    """Asks for a slice of the test split with at most so many items per class (and balanced condition)."""

    wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.per_cell = QSpinBox()
        self.per_cell.setRange(1, 100_000)
        self.per_cell.setValue(20)
        self.draw = QPushButton(self.tr("Balanced slice"))
        self.draw.setToolTip(
            self.tr("Items of the test split, at most so many per class and condition ticked under Balance also")
        )
        label = QLabel(self.tr("Most per cell"))
        label.setBuddy(self.per_cell)
        self.per_cell.setAccessibleName(self.tr("Most items per cell of a slice"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(th.SPACE_S)
        for widget in (label, self.per_cell, self.draw):
            row.addWidget(widget)
        self.draw.clicked.connect(self._on_clicked)

    @Slot()
    def _on_clicked(self) -> None:
        self.wanted.emit(self.per_cell.value())
