"""The top of the duplicates page: how alike, search, one rule for all, undo, and the figures in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.texts import counted
from tailwise.gui.widgets.flow_layout import FlowLayout
from tailwise.gui.widgets.threshold_bar import ThresholdBar
from tailwise.gui.widgets.together import together
from tailwise.gui.widgets.undo_buttons import UndoButtons

if TYPE_CHECKING:
    from PySide6.QtGui import QUndoStack

    from tailwise.domain.duplicates import DuplicateCluster
    from tailwise.gui.models.duplicate_view import DuplicatesView

RULES: Final = (
    ("most objects", "Keep most objects", "the most objects, then the sharpest"),
    ("sharpest", "Keep the sharpest", "the sharpest, then the most objects"),
)
"""Value, short text and meaning of each rule for all."""
REASONS: Final = ("near-duplicate", "blurred", "cut off", "wrong scene")


class DuplicateControls(QWidget):
    """Holds the widgets; the page connects them."""

    rule_requested = Signal(str)  # value of the rule

    def __init__(self, undo_stack: QUndoStack, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.threshold = ThresholdBar()
        self.bursts = QCheckBox(self.tr("Bursts"))
        self.turned = QCheckBox(self.tr("Turned images"))
        self.apply = QPushButton(self.tr("Use this threshold"))
        self.search = QPushButton(self.tr("Find duplicates"))
        self.rule = QPushButton(self.tr("Apply to all…"))
        self.keeps = QComboBox()
        self.reason = QComboBox()
        self.summary = QLabel()
        self.bursts.setChecked(True)
        self.bursts.setToolTip(
            self.tr("Also join less alike images that follow each other: by camera and time, or in a numbered series")
        )
        self.turned.setToolTip(self.tr("Also look for images that were turned or are upside down; takes twice as long"))
        self.apply.setToolTip(self.tr("Let counts, splits and plans use the clusters at this threshold"))
        self.search.setToolTip(self.tr("Index images that are new or changed, and compare what was not compared yet"))
        self.rule.setToolTip(
            self.tr("In every undecided cluster whose labels agree keep one image and exclude the rest; shown first")
        )
        for value, text, meaning in RULES:
            self.keeps.addItem(self.tr(text), value)
            self.keeps.setItemData(self.keeps.count() - 1, meaning, Qt.ItemDataRole.ToolTipRole)
        self.keeps.setAccessibleName(self.tr("Which image of a cluster is kept"))
        self.reason.setEditable(True)
        self.reason.addItems(REASONS)
        self.reason.setMinimumContentsLength(max(map(len, REASONS)))
        self.reason.setAccessibleName(self.tr("Reason why images are excluded"))
        self.reason.setToolTip(self.tr("Kept with every image that is excluded from now on"))
        self.rule.clicked.connect(self._on_rule)
        self._lay_out(undo_stack)

    def _lay_out(self, undo_stack: QUndoStack) -> None:
        upper = QHBoxLayout()
        upper.setSpacing(th.SPACE_M)
        for widget in (self.threshold, self.bursts, self.apply):
            upper.addWidget(widget)
        upper.addStretch(1)
        for widget in (UndoButtons(undo_stack), self.turned, self.search):
            upper.addWidget(widget)
        self.summary.setMinimumHeight(self.rule.sizeHint().height())
        lower = FlowLayout()
        lower.setSpacing(th.SPACE_M)
        lower.addWidget(self.summary)
        lower.addWidget(together(self.keeps, self.rule))
        lower.addWidget(together(self.reason, caption=self.tr("Exclude as")))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addLayout(upper)
        layout.addLayout(lower)

    def show_facts(self, view: DuplicatesView) -> None:
        """Say in one line what there is: clusters, what is left to decide, leaks, images that were not compared."""
        report = view.report
        leaking = sum(leak.pairs for leak in report.leaks)
        unindexed = view.state.images - view.state.indexed
        no_leaks = self.tr("✓ no leaks between splits") if view.has_splits else ""
        parts = [
            self.tr("{} of {}").format(
                counted(len(report.clusters), "cluster", "clusters"), counted(report.in_clusters, "image", "images")
            ),
            "" if view.is_searched else self._unsearched(report.compared),
            self.tr("{} to decide").format(report.undecided) if report.undecided else "",
            self.tr("⚠ {} across splits").format(counted(leaking, "pair", "pairs")) if leaking else no_leaks,
            self.tr("{} not indexed").format(counted(unindexed, "image", "images")) if unindexed else "",
        ]
        self.summary.setText(" · ".join(filter(None, parts)))
        self.rule.setEnabled(bool(report.undecided))

    def _unsearched(self, compared: int) -> str:
        """Return what is missing where no search has come to its end."""
        if compared:
            return self.tr("⚠ the search is not finished")
        return self.tr("⚠ identical files only: not searched yet")

    def _on_rule(self) -> None:
        self.rule_requested.emit(str(self.keeps.currentData()))


def ambiguous_text(one: DuplicateCluster) -> str:
    """Return what to do about a cluster whose labels disagree."""
    return f"The labels of cluster {one.id} disagree. Press K on the image whose label is right, then C."


def preview_text(clusters: tuple[DuplicateCluster, ...], rule: str) -> str:
    """Return what a rule would do with these undecided clusters."""
    agreeing = [one for one in clusters if not one.labels_disagree]
    images = sum(len(one.items) for one in agreeing)
    kept = counted(len(agreeing), "image is", "images are")
    meaning = next(told for value, _text, told in RULES if value == rule)
    left = len(clusters) - len(agreeing)
    rest = f" {counted(left, 'cluster is', 'clusters are')} left to you: their labels disagree." if left else ""
    return f"{kept} kept ({meaning}), {images - len(agreeing):,} excluded from sampling.{rest}"
