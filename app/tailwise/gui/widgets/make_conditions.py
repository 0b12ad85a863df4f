"""Ways to make conditions that no source states: from file names, image headers, numbers, quick succession."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from tailwise.domain.errors import UserError
from tailwise.gui import theme as th
from tailwise.gui.session import ResultLine
from tailwise.gui.widgets.name_pattern_panel import NamePatternPanel
from tailwise.gui.widgets.segments import Segments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tailwise.domain.findings import Finding
    from tailwise.gui.edit_history import StoredEdit
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.conditions_derived import DerivedOutcome
    from tailwise.usecases.projects import Project

WAYS: Final = (("names", "File names"), ("headers", "Image headers"), ("numbers", "Numbers"), ("bursts", "Bursts"))
MEASURES: Final = (
    "width", "height", "megapixels", "aspect ratio", "objects per image", "brightness", "blur", "saturation",
)  # fmt: skip


class MakeConditions(QWidget):
    """One way at a time; what it makes goes on the history and can be undone."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.ways = Segments(self.tr("Make conditions from"), WAYS, self)
        self.names = NamePatternPanel(session, self)
        self.number = QComboBox(self)
        self.ranges = QSpinBox(self)
        self.edges = QLineEdit(self)
        self.gap = QDoubleSpinBox(self)
        self.headers_button = self._button(self.tr("Read image headers"), self._from_headers)
        self.numbers_button = self._button(self.tr("Make ranges"), self._from_numbers)
        self.bursts_button = self._button(self.tr("Group bursts"), self._from_bursts)
        self.pages = QStackedWidget(self)
        for page in (self.names, self._headers_page(), self._numbers_page(), self._bursts_page()):
            self.pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addWidget(self.ways)
        layout.addWidget(self.pages, 1)
        self.ways.chosen.connect(self._on_way)

    def set_numbers(self, axes: Sequence[str]) -> None:
        """Offer these axes of numbers beside the measures of every image."""
        chosen = self.number.currentText()
        self.number.clear()
        self.number.addItems([*MEASURES, *axes])
        self.number.setCurrentIndex(max(0, self.number.findText(chosen)))

    # Building

    def _headers_page(self) -> QWidget:
        text = self.tr(
            "Camera, time of day, season, month, flash, light level and, where a position is told, the light outdoors. "
            "Positions are used to work out the height of the sun and are never stored."
        )
        return self._page(text, self.headers_button)

    def _numbers_page(self) -> QWidget:
        self.number.setAccessibleName(self.tr("Number"))
        self.set_numbers(())
        self.ranges.setRange(2, 50)
        self.ranges.setValue(4)
        self.ranges.setSuffix(self.tr(" ranges of equal size"))
        self.ranges.setAccessibleName(self.tr("Number of ranges"))
        self.edges.setPlaceholderText(self.tr("or edges: 10, 20, 50"))
        self.edges.setAccessibleName(self.tr("Edges of the ranges"))
        self.edges.setMaximumWidth(200)
        text = self.tr("Sort a number into ranges. Brightness, blur and saturation need the image index.")
        return self._page(text, self.number, self.ranges, self.edges, self.numbers_button)

    def _bursts_page(self) -> QWidget:
        self.gap.setRange(0.1, 3600)
        self.gap.setValue(2.0)
        self.gap.setSuffix(" s")
        self.gap.setAccessibleName(self.tr("Longest pause within a burst"))
        text = self.tr("Group images one camera took at most this long after each other; a split never cuts a group.")
        return self._page(text, self.gap, self.bursts_button)

    def _page(self, text: str, *fields: QWidget) -> QWidget:
        page = QWidget(self)
        note = QLabel(text, page)
        note.setWordWrap(True)
        note.setProperty("role", "muted")
        row = QHBoxLayout()
        for field in fields:
            row.addWidget(field)
        row.addStretch(1)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addWidget(note)
        layout.addLayout(row)
        layout.addStretch(1)
        return page

    def _button(self, text: str, slot: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.setProperty("role", "primary")
        button.clicked.connect(slot)
        return button

    # Making

    @Slot(str)
    def _on_way(self, key: str) -> None:
        self.pages.setCurrentIndex([way for way, _ in WAYS].index(key))

    @Slot()
    def _from_headers(self) -> None:
        def work(project: Project, progress: Progress) -> StoredEdit:
            from tailwise.usecases.conditions_derived import conditions_from_exif

            return conditions_from_exif(project, progress)

        self._do(self.tr("Read image headers"), work)

    @Slot()
    def _from_bursts(self) -> None:
        gap = self.gap.value()

        def work(project: Project, progress: Progress) -> StoredEdit:
            from tailwise.usecases.conditions_derived import bursts_from_exif

            return bursts_from_exif(project, gap, progress)

        self._do(self.tr("Group bursts"), work)

    @Slot()
    def _from_numbers(self) -> None:
        source, ranges = self.number.currentText(), self.ranges.value()
        try:
            edges = tuple(float(part) for part in self.edges.text().split(",") if part.strip())
        except ValueError:
            text = self.tr("Edges are numbers like 10, 20, 50")
            self._session.user_error.emit(self.tr("Make ranges"), UserError(text, self.tr("Correct them")))
            return

        def work(project: Project, progress: Progress) -> StoredEdit:
            from tailwise.usecases.conditions_derived import conditions_from_numbers

            return conditions_from_numbers(project, source, edges or ranges, progress)

        self._do(self.tr("Make ranges"), work)

    def _do(self, title: str, work: Callable[[Project, Progress], StoredEdit]) -> None:
        if self._session.project is not None:
            self._session.history.do(title, work, on_outcome=self._on_made)

    @Slot(object)
    def _on_made(self, outcome: DerivedOutcome) -> None:
        worst = next(iter(outcome.findings), None)
        text = f"{outcome.text[:1].upper()}{outcome.text[1:]}."
        self._session.announce(ResultLine(f"{text} {told(worst)}" if worst else text, tone="note" if worst else "ok"))


def told(finding: Finding) -> str:
    """Return a finding as one sentence with its first example."""
    example = f" ({finding.examples[0]})" if finding.examples else ""
    return f"{finding.count:,} {finding.message}{example}: {finding.action}."
