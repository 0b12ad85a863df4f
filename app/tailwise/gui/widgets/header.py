"""The strip over the page: its title, the project, the palette button and the colour switch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton

from tailwise.gui import theme as th
from tailwise.gui.icons import set_icon
from tailwise.gui.widgets.elided_label import ElidedLabel

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tailwise.usecases.projects import Project

HEIGHT = 48


class Header(QFrame):
    """Where one is, in which project, and whether it can be changed."""

    palette_requested = Signal()
    scheme_toggled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self.setFixedHeight(HEIGHT)
        self._title = QLabel(self)
        self._title.setFont(th.larger(self.font(), 4, bold=True))
        self._title.setObjectName("page-title")
        self._project = ElidedLabel(Qt.TextElideMode.ElideMiddle, self)
        self._project.setProperty("role", "muted")
        self._project.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._project.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._badge = QLabel(self.tr("read-only"), self)
        self._badge.setProperty("role", "badge")
        self._badge.hide()
        search = self._button("search", self.tr("Ctrl+K"), self.tr("Find a page or action (Ctrl+K)"))
        search.clicked.connect(self.palette_requested)
        scheme = self._button("theme", "", self.tr("Switch between light and dark"))
        scheme.setObjectName("switch-scheme")
        scheme.clicked.connect(self.scheme_toggled)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, 0, th.SPACE_M, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addWidget(self._title)
        layout.addWidget(self._project, 1)
        for widget in (self._badge, search, scheme):
            layout.addWidget(widget)

    def set_title(self, title: str) -> None:
        """Show the title of the page."""
        self._title.setText(title)

    def set_project(self, project: Project | None) -> None:
        """Show the name of the open project; its folder is in the tooltip."""
        self._project.set_whole_text(project.path.name if project is not None else "")
        self._project.setToolTip(str(project.path) if project is not None else "")
        self._badge.setVisible(project is not None and project.read_only)

    def _button(self, icon: str, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setToolButtonStyle(
            Qt.ToolButtonStyle.ToolButtonTextBesideIcon if text else Qt.ToolButtonStyle.ToolButtonIconOnly
        )
        set_icon(button, icon, th.Theme.of(self.palette()))
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button
