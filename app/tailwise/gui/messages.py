"""Tell, warn, fail, ask: the only module that opens a message box.

Boxes are opened, never executed, so no second event loop runs below the caller. A box is for what needs an answer or
must not be missed; results belong into the page or the op bar.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QPushButton, QWidget

    from tailwise.domain.errors import UserError

_LOG = logging.getLogger(__name__)


def tell(parent: QWidget, text: str, hint: str = "") -> QMessageBox:
    """Say something good to know."""
    return _open(parent, QMessageBox.Icon.Information, text, hint)


def warn(parent: QWidget, text: str, hint: str = "", detail: str = "") -> QMessageBox:
    """Say something doubtful that the user should not miss."""
    _LOG.info("warned: %s", text)
    return _open(parent, QMessageBox.Icon.Warning, text, hint, detail)


def fail(parent: QWidget, title: str, error: UserError) -> QMessageBox:
    """Lay out an error the user can act on: what could not be done, why, and what to do.

    Args:
        parent: the window it belongs to.
        title: what was tried, for instance "Open street.tailwise".
        error: why, with the next step.
    """
    _LOG.info("%s: %s", title, type(error).__name__)
    what = f"{title}: this could not be done." if title else ""
    why = f"{error.summary}."
    hint = f"{error.hint}." if error.hint else ""
    body = "\n\n".join(filter(None, (why if what else "", hint)))
    return _open(parent, QMessageBox.Icon.Warning, what or why, body, error.detail)


def ask(
    parent: QWidget,
    text: str,
    hint: str,
    answers: Sequence[tuple[str, Callable[[], object]]],
    *,
    destructive: bool = False,
) -> QMessageBox:
    """Ask a question whose answers are verbs, and call what belongs to the answer given.

    Args:
        parent: the window it belongs to.
        text: the question.
        hint: what each answer leads to.
        answers: button texts with bound methods of QObjects; the first is the default unless destructive.
        destructive: Enter then means Cancel.
    """
    box = _build(parent, QMessageBox.Icon.Question, text, hint, "")
    buttons: list[QPushButton] = []
    for label, slot in answers:
        role = QMessageBox.ButtonRole.DestructiveRole if destructive else QMessageBox.ButtonRole.AcceptRole
        button = box.addButton(label, role)
        button.clicked.connect(slot)
        buttons.append(button)
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    default = cancel if destructive else buttons[0]
    box.setDefaultButton(default)
    buttons[0].setProperty("role", "" if destructive else "primary")
    box.setEscapeButton(QMessageBox.StandardButton.Cancel)
    box.open()
    return box


def _open(parent: QWidget, icon: QMessageBox.Icon, text: str, hint: str, detail: str = "") -> QMessageBox:
    box = _build(parent, icon, text, hint, detail)
    box.setStandardButtons(QMessageBox.StandardButton.Close)
    box.open()
    return box


def _build(parent: QWidget, icon: QMessageBox.Icon, text: str, hint: str, detail: str) -> QMessageBox:
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)  # names of the user's files may look like markup
    box.setWindowModality(Qt.WindowModality.WindowModal)
    box.setIcon(icon)
    box.setText(text)
    box.setInformativeText(hint)
    if detail:
        box.setDetailedText(detail)
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return box
