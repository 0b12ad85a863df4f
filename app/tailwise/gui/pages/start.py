"""The start page: go on where one was, or begin with a dataset or the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from tailwise.domain.changes import Changes
from tailwise.gui import theme as th
from tailwise.gui.drop import PROJECT_SUFFIX
from tailwise.gui.icons import set_icon
from tailwise.gui.widgets.recent_list import RecentList

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance
    from PySide6.QtGui import QPaintEvent

    from tailwise.gui.session import Session


class DropArea(QWidget):
    """The dashed frame that shows where things can be dropped; the whole window takes them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setMinimumHeight(220)
        self._is_over = False

    def show_hover(self, *, is_over: bool) -> None:
        """Light up while something is dragged over the window."""
        self._is_over = is_over
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        theme = th.Theme.of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(theme.selection if self._is_over else theme.base))
        painter.setPen(QPen(QColor(theme.accent if self._is_over else theme.strong_line), 1.5, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 2 * th.RADIUS, 2 * th.RADIUS)
        painter.end()


class StartPage(QWidget):
    """Recent projects on the left, ways to begin on the right."""

    key: ClassVar[str] = "start"
    title: ClassVar[str] = "Start"
    icon: ClassVar[str] = "start"
    help_topic: ClassVar[str] = "start"
    interest: ClassVar[Changes] = Changes.NONE

    page_requested = Signal(str, object)
    project_chosen = Signal(str)
    import_requested = Signal()
    open_requested = Signal()
    new_requested = Signal()
    demo_requested = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._located = ""
        self.drop_area = DropArea(self)
        self.recent = RecentList(session.settings, self)
        self.recent.open_requested.connect(self.project_chosen)
        self.recent.locate_requested.connect(self._locate)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(th.SPACE_XL, th.SPACE_XL, th.SPACE_XL, th.SPACE_XL)
        layout.setSpacing(th.SPACE_XL)
        layout.addLayout(self._build_left(), 5)
        layout.addLayout(self._build_right(), 6)

    def refresh(self) -> None:
        """Look again which recent projects are there."""
        self.recent.refresh()

    def show_drop_hover(self, is_over: bool) -> None:
        """Show that what is dragged can be dropped here."""
        self.drop_area.show_hover(is_over=is_over)

    def _build_left(self) -> QVBoxLayout:
        heading = self._heading(self.tr("Recent projects"))
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(self.recent)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row = QHBoxLayout()
        row.setSpacing(th.SPACE_S)
        row.addWidget(self._button(self.tr("Open…"), self.open_requested, "open", self.tr("Open a project (Ctrl+O)")))
        row.addWidget(self._button(self.tr("New empty project…"), self.new_requested, "new", self.tr("Ctrl+N")))
        row.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(th.SPACE_M)
        column.addWidget(heading)
        column.addWidget(area, 1)
        column.addLayout(row)
        return column

    def _build_right(self) -> QVBoxLayout:
        area = self.drop_area
        title = self._heading(self.tr("Drop a dataset here"))
        what = QLabel(
            self.tr("COCO, YOLO, Pascal VOC, CVAT, Label Studio, class folders, tables, a zip of one of them …"), area
        )
        what.setProperty("role", "muted")
        inside = QVBoxLayout(area)
        inside.setContentsMargins(th.SPACE_XL, th.SPACE_XL, th.SPACE_XL, th.SPACE_XL)
        inside.setSpacing(th.SPACE_M)
        inside.addStretch(1)
        for label in (title, what):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            inside.addWidget(label)
        choose = self._button(
            self.tr("Choose dataset…"),
            self.import_requested,
            "import",
            self.tr("Choose dataset (Ctrl+I)"),
            is_primary=True,
        )
        inside.addWidget(choose, 0, Qt.AlignmentFlag.AlignHCenter)
        inside.addStretch(1)
        demo_text = QLabel(
            self.tr("New here? The demo is a made-up inspection line, drawn on this computer in a few seconds."), self
        )
        demo_text.setWordWrap(True)
        demo = self._button(self.tr("Try the demo"), self.demo_requested, "demo", self.tr("Open the demo project"))
        row = QHBoxLayout()
        row.setSpacing(th.SPACE_M)
        row.addWidget(demo_text, 1)
        row.addWidget(demo)
        private = QLabel(self.tr("Everything stays on this computer. Datasets are only read."), self)
        private.setProperty("role", "muted")
        column = QVBoxLayout()
        column.setSpacing(th.SPACE_L)
        column.addWidget(area, 1)
        column.addLayout(row)
        column.addWidget(private)
        return column

    def _heading(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setFont(th.larger(self.font(), 3, bold=True))
        return label

    def _button(
        self, text: str, signal: SignalInstance, icon: str, tip: str, *, is_primary: bool = False
    ) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        if is_primary:
            button.setProperty("role", "primary")
        if icon:
            set_icon(button, icon, th.Theme.of(self.palette()))
        button.clicked.connect(signal)
        return button

    @Slot(str)
    def _locate(self, missing: str) -> None:
        self._located = missing
        self._session.picker.pick(
            self,
            "open-file",
            "project",
            self.tr("Locate the project"),
            self._on_located,
            name_filter=self.tr("Tailwise projects (*{suffix})").format(suffix=PROJECT_SUFFIX),
        )

    @Slot(str)
    def _on_located(self, path: str) -> None:
        self._session.settings.forget_project(self._located)
        self.project_chosen.emit(path)
