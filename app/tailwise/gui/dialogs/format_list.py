"""The formats that fit a dataset, best first, with the evidence for and against each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QLabel, QRadioButton, QScrollArea, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.widgets.empty_state import Skeleton

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_FACTS = 4


class FormatCandidate(Protocol):
    """What detection says of one format."""

    @property
    def format(self) -> str:
        """Key of the reader."""
        ...

    @property
    def title(self) -> str:
        """Name on screen."""
        ...

    @property
    def score(self) -> int:
        """How well it fits, 0..100."""
        ...

    @property
    def found(self) -> Sequence[str]:
        """Facts for it."""
        ...

    @property
    def missing(self) -> Sequence[str]:
        """Facts against it."""
        ...


class FormatList(QScrollArea):
    """One radio button per format; the best is chosen."""

    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Format"))
        self._group = QButtonGroup(self)
        self._keys: list[str] = []
        self._group.idToggled.connect(self._on_toggled)
        self.show_text(self.tr("Choose a folder or file, and its format is recognised."))

    def show_text(self, text: str) -> None:
        """Say why there is no list."""
        label = self._fact(text, "muted")
        layout = self._new_body()
        layout.addWidget(label)
        layout.addStretch(1)

    def show_loading(self) -> None:
        """Show that detection runs."""
        self._forget()
        self.setWidget(Skeleton())

    def show_candidates(self, candidates: Sequence[FormatCandidate]) -> None:
        """List the formats and choose the first."""
        if not candidates:
            self.show_text(self.tr("No known format was recognised here. Choose the folder that holds the labels."))
            return
        layout = self._new_body()
        for number, candidate in enumerate(candidates):
            button = QRadioButton(candidate.title.replace("&", "&&"))
            button.setFont(th.larger(self.font(), 0, bold=True))
            button.setToolTip(self.tr("fits {score} of 100").format(score=candidate.score))
            button.setAccessibleDescription("; ".join(candidate.found))
            self._group.addButton(button, number)
            self._keys.append(candidate.format)
            layout.addWidget(button)
            for fact in candidate.found[:MAX_FACTS]:
                layout.addWidget(self._fact(f"✓ {fact}", "ok", indent=True))
            for fact in candidate.missing[:MAX_FACTS]:
                layout.addWidget(self._fact(f"– {fact}", "muted", indent=True))
            layout.addSpacing(th.SPACE_S)
        layout.addStretch(1)
        self._group.button(0).setChecked(True)

    def format(self) -> str | None:
        """Return the key of the chosen format, None while there is none."""
        number = self._group.checkedId()
        return self._keys[number] if 0 <= number < len(self._keys) else None

    def _on_toggled(self, _number: int, is_on: bool) -> None:
        if is_on:
            self.chosen.emit()

    def _new_body(self) -> QVBoxLayout:
        self._forget()
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(th.SPACE_XS, th.SPACE_XS, th.SPACE_M, th.SPACE_XS)
        layout.setSpacing(2)
        self.setWidget(body)
        return layout

    def _forget(self) -> None:
        for button in self._group.buttons():
            self._group.removeButton(button)
        self._keys.clear()

    def _fact(self, text: str, role: str, *, indent: bool = False) -> QLabel:
        label = QLabel(text)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setProperty("role", role)
        if indent:
            label.setContentsMargins(th.SPACE_XL, 0, 0, 0)
        return label
