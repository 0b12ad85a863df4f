"""The registry of actions: one table feeds menus, tooltips, the command palette and the shortcut sheet.

Single-key verbs of a page (for instance arrows in the heat map) are handled by the widget that has the focus and are
only listed here, as `KeyHint`, so that typing into a text field can never trigger them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """An action of the window.

    Attributes:
        key: stable name, for instance "file.open".
        text: what menus show, sentence case, with `&` for the mnemonic and "…" when it asks for more.
        group: heading in the shortcut sheet: File, Edit, View, Go, Help or a page title.
        shortcuts: key sequences in portable text; the first one is shown.
        tip: one sentence for the status bar and the palette.
        icon: name of an icon, or empty.
    """

    key: str
    text: str
    group: str
    shortcuts: tuple[str, ...] = ()
    tip: str = ""
    icon: str = ""

    @property
    def plain_text(self) -> str:
        """The text without its mnemonic."""
        return self.text.replace("&&", "\0").replace("&", "").replace("\0", "&")


@dataclass(frozen=True, slots=True)
class KeyHint:
    """Keys that a focused widget handles itself, for the shortcut sheet: portable text, alternatives by comma."""

    keys: str
    text: str


class DuplicateShortcutError(ValueError):
    """Two actions claim the same keys: a programming error, found when the window is built."""


class ActionRegistry(QObject):
    """All actions of one window. Refuses two with the same key or the same shortcut."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._specs: dict[str, ActionSpec] = {}
        self._actions: dict[str, QAction] = {}
        self._owner_of: dict[str, str] = {}
        self._hints: dict[str, tuple[KeyHint, ...]] = {}
        self._why_not: dict[str, str] = {}

    def add(self, spec: ActionSpec, slot: Callable[[], object]) -> QAction:
        """Make the action, bind its shortcuts to the window and return it.

        Raises:
            DuplicateShortcutError: its key or a shortcut is taken.
        """
        self._claim(spec)
        action = QAction(spec.text, self._window)
        action.setObjectName(spec.key)
        action.setShortcuts([QKeySequence(keys, QKeySequence.SequenceFormat.PortableText) for keys in spec.shortcuts])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setStatusTip(spec.tip)
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{spec.plain_text} ({shown})" if shown else spec.plain_text)
        action.triggered.connect(slot)
        self._window.addAction(action)
        self._specs[spec.key] = spec
        self._actions[spec.key] = action
        return action

    def add_hints(self, group: str, hints: Iterable[KeyHint]) -> None:
        """List keys that the widgets of a page handle themselves; again for the same page replaces them."""
        self._hints[group] = tuple(hints)

    def action(self, key: str) -> QAction:
        """Return the action called `key`; KeyError when there is none."""
        return self._actions[key]

    def set_usable(self, key: str, *, why_not: str = "") -> None:
        """Allow an action, or forbid it with the reason that the palette shows."""
        self._actions[key].setEnabled(not why_not)
        self._why_not[key] = why_not

    def why_not(self, key: str) -> str:
        """Return why an action cannot be used now, empty if it can."""
        return self._why_not.get(key, "")

    def specs(self) -> tuple[ActionSpec, ...]:
        """Return every action in the order it was added."""
        return tuple(self._specs.values())

    def hints(self) -> dict[str, tuple[KeyHint, ...]]:
        """Return the listed keys by group."""
        return dict(self._hints)

    def _claim(self, spec: ActionSpec) -> None:
        if spec.key in self._specs:
            raise DuplicateShortcutError(f"two actions are called {spec.key}")
        for keys in spec.shortcuts:
            normal = QKeySequence(keys, QKeySequence.SequenceFormat.PortableText).toString()
            if not normal:
                raise DuplicateShortcutError(f"{spec.key}: {keys!r} is no key sequence")
            if normal in self._owner_of:
                raise DuplicateShortcutError(f"{spec.key} and {self._owner_of[normal]} both want {normal}")
            self._owner_of[normal] = spec.key
