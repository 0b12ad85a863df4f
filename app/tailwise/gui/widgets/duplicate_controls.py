"""The top of the duplicates page: how alike, search, one rule for all, undo, and the figures in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.texts import counted
from tailwise.gui.widgets.threshold_bar import ThresholdBar
from tailwise.gui.widgets.undo_buttons import UndoButtons

if TYPE_CHECKING:
    from PySide6.QtGui import QUndoStack

    from tailwise.domain.duplicates import DuplicateReport


class DuplicateControls(QWidget):
    """Holds the widgets; the page connects them."""

    def __init__(self, undo_stack: QUndoStack, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.threshold = ThresholdBar()
        self.bursts = QCheckBox(self.tr("Numbered series"))
        self.apply = QPushButton(self.tr("Use this threshold"))
        self.search = QPushButton(self.tr("Find duplicates"))
        self.rule = QPushButton(self.tr("Keep the best of each"))
        self.summary = QLabel()
        self.bursts.setChecked(True)
        self.bursts.setToolTip(self.tr("Also join neighbours of a numbered series that are less alike"))
        self.apply.setToolTip(self.tr("Let counts, splits and plans use the clusters at this threshold"))
        self.search.setToolTip(self.tr("Index images that are new or changed, and compare what was not compared yet"))
        self.rule.setToolTip(
            self.tr("In every undecided cluster keep the image with most objects, then the sharpest; exclude the rest")
        )
        self.summary.setProperty("role", "muted")
        row = QHBoxLayout()
        row.setSpacing(th.SPACE_M)
        row.addWidget(self.threshold)
        row.addWidget(self.bursts)
        row.addWidget(self.apply)
        row.addStretch(1)
        row.addWidget(UndoButtons(undo_stack))
        row.addWidget(self.rule)
        row.addWidget(self.search)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addLayout(row)
        layout.addWidget(self.summary)

    def show_facts(self, report: DuplicateReport, unindexed: int) -> None:
        """Say in one line what there is: clusters, images in them, leaks, images that were not compared."""
        leaking = sum(leak.pairs for leak in report.leaks)
        parts = [
            counted(len(report.clusters), "cluster", "clusters"),
            self.tr("{} that show the same").format(counted(report.in_clusters, "image", "images")),
            self.tr("⚠ {} across splits").format(counted(leaking, "pair", "pairs")) if leaking else "",
            self.tr("{} not indexed").format(counted(unindexed, "image", "images")) if unindexed else "",
        ]
        self.summary.setText(", ".join(filter(None, parts)))
        self.rule.setEnabled(any(not one.is_resolved for one in report.clusters))
