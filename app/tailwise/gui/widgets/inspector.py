"""The pane on the right: what is under the cursor, why it matters, and the next action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tailwise.gui import theme as th

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LEAST_LINES = 4


class Inspector(QScrollArea):
    """Title, facts, text and buttons about one thing; says so when there is none."""

    def __init__(self, nothing: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._nothing = nothing or self.tr("Select something to see what is behind it.")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(th.INSPECTOR_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Inspector"))
        self.clear()

    def clear(self) -> None:
        """Show that nothing is selected."""
        layout = self._new_body()
        layout.addWidget(self._label(self._nothing, role="muted"))
        layout.addStretch(1)

    def show_thing(
        self,
        title: str,
        *,
        subtitle: str = "",
        facts: Sequence[tuple[str, str]] = (),
        text: str = "",
        lines: Sequence[str] = (),
        actions: Sequence[tuple[str, Callable[[], object]]] = (),
    ) -> None:
        """Show one thing.

        Args:
            title: its name.
            subtitle: one line under the name.
            facts: label and value pairs.
            text: why it matters, one or two sentences.
            lines: a list of places, file names or the like; can be selected and copied.
            actions: button text and a bound method of a QObject; the first is the one to take.
        """
        layout = self._new_body()
        heading = self._label(title)
        heading.setFont(th.larger(self.font(), 2, bold=True))
        layout.addWidget(heading)
        if subtitle:
            layout.addWidget(self._label(subtitle, role="muted"))
        if facts:
            layout.addLayout(self._facts(facts))
        if text:
            layout.addWidget(self._label(text))
        if lines:
            layout.addWidget(self._lines(lines), 3)
        for number, (label, slot) in enumerate(actions):
            button = QPushButton(label, self.widget())
            if number == 0:
                button.setProperty("role", "primary")
            button.clicked.connect(slot)
            layout.addWidget(button)
        layout.addStretch(1)

    def _new_body(self) -> QVBoxLayout:
        body = QWidget()
        body.setAutoFillBackground(False)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(th.SPACE_M, th.SPACE_S, th.SPACE_M, th.SPACE_M)
        layout.setSpacing(th.SPACE_S)
        self.setWidget(body)  # deletes the one before
        return layout

    def _facts(self, facts: Sequence[tuple[str, str]]) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(th.SPACE_M)
        form.setVerticalSpacing(th.SPACE_XS)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for name, value in facts:
            shown = self._label(value)
            shown.setFont(th.tabular(self.font()))
            form.addRow(self._label(name, role="muted", wraps=False), shown)
        return form

    def _lines(self, lines: Sequence[str]) -> QPlainTextEdit:
        shown = QPlainTextEdit("\n".join(lines))
        shown.setReadOnly(True)
        shown.setTabChangesFocus(True)
        shown.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)  # paths have no spaces
        shown.setAccessibleName(self.tr("Examples"))
        shown.setMinimumHeight(LEAST_LINES * shown.fontMetrics().lineSpacing() + 2 * th.SPACE_S)
        return shown

    def _label(self, text: str, role: str = "", *, wraps: bool = True) -> QLabel:
        label = QLabel(text)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(wraps)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if role:
            label.setProperty("role", role)
        return label
