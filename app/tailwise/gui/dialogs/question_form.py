"""Questions that only the user can answer, asked inline; every choice says what it leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QLabel, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from tailwise.gui import theme as th

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.errors import Question


class QuestionForm(QFrame):
    """One block per question: radio buttons for choices, a line for free text."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._questions: tuple[Question, ...] = ()
        self._groups: dict[str, QButtonGroup] = {}
        self._lines: dict[str, QLineEdit] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(th.SPACE_M, th.SPACE_M, th.SPACE_M, th.SPACE_M)
        self._layout.setSpacing(th.SPACE_XS)
        self._body: QWidget | None = None
        self.hide()

    def ask(self, questions: Sequence[Question]) -> None:
        """Ask these questions instead of earlier ones; the defaults are chosen already."""
        if self._body is not None:
            self._body.hide()
            self._body.deleteLater()
        self._questions = tuple(questions)
        self._groups.clear()
        self._lines.clear()
        self._body = QWidget(self)
        layout = QVBoxLayout(self._body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_XS)
        for question in self._questions:
            label = QLabel(question.text, self._body)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setFont(th.larger(self.font(), 0, bold=True))
            layout.addWidget(label)
            if question.choices:
                self._add_choices(question, layout)
            else:
                self._add_line(question, layout, label)
            layout.addSpacing(th.SPACE_S)
        self._layout.addWidget(self._body)
        self.setVisible(bool(self._questions))

    def answers(self) -> dict[str, str]:
        """Return the answers given so far by key."""
        given = {key: line.text().strip() for key, line in self._lines.items()}
        for key, group in self._groups.items():
            button = group.checkedButton()
            if button is not None:
                given[key] = str(button.property("value"))
        return {key: value for key, value in given.items() if value}

    @property
    def is_complete(self) -> bool:
        """Whether every question has an answer."""
        return self.answers().keys() >= {question.key for question in self._questions}

    def _add_choices(self, question: Question, layout: QVBoxLayout) -> None:
        group = QButtonGroup(self._body)
        for choice in question.choices:
            button = QRadioButton(choice.label.replace("&", "&&"), self._body)
            button.setProperty("value", choice.value)
            button.setChecked(choice.value == question.default)
            group.addButton(button)
            layout.addWidget(button)
        group.buttonToggled.connect(self.changed)
        self._groups[question.key] = group

    def _add_line(self, question: Question, layout: QVBoxLayout, label: QLabel) -> None:
        line = QLineEdit(question.default or "", self._body)
        line.setAccessibleName(question.text)
        label.setBuddy(line)
        line.textChanged.connect(self.changed)
        layout.addWidget(line)
        self._lines[question.key] = line
