"""Set a condition by hand for the chosen items; shown as soon as one is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from tailwise.gui import theme as th
from tailwise.gui.texts import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.coverage import AxisFacts
    from tailwise.gui.edit_history import StoredEdit
    from tailwise.gui.models.item_choice import ItemChoice
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

MOST_VALUES = 200


class ConditionBar(QFrame):
    """Type or choose a condition and a value; a new name makes a new condition. What is set can be undone."""

    def __init__(self, session: Session, choice: ItemChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._choice = choice
        self._values: dict[str, tuple[str, ...]] = {}
        self.setProperty("role", "card")
        self.amount = QLabel(self)
        self.condition = self._field(self.tr("Condition"))
        self.value = self._field(self.tr("Value"))
        self.set_button = QPushButton(self.tr("Set"), self)
        self.set_button.setProperty("role", "primary")
        self.take_away = QPushButton(self.tr("Take away"), self)
        self.take_away.setToolTip(self.tr("The chosen images have no value of this condition any more"))
        self.clear_button = QPushButton(self.tr("Choose none"), self)
        self.clear_button.setProperty("role", "link")
        row = QHBoxLayout(self)
        row.setContentsMargins(th.SPACE_M, th.SPACE_XS, th.SPACE_S, th.SPACE_XS)
        row.setSpacing(th.SPACE_S)
        row.addWidget(self.amount)
        row.addWidget(self.condition, 1)
        row.addWidget(self.value, 1)
        for button in (self.set_button, self.take_away, self.clear_button):
            row.addWidget(button)
        self.hide()
        choice.changed.connect(self._on_chosen)
        self.condition.currentTextChanged.connect(self._on_condition)
        self.value.editTextChanged.connect(self._update)
        self.set_button.clicked.connect(self._on_set)
        self.take_away.clicked.connect(self._on_take_away)
        self.clear_button.clicked.connect(choice.clear)

    def set_axes(self, axes: Sequence[AxisFacts]) -> None:
        """Offer the conditions of the project with their values."""
        kept = self.condition.currentText(), self.value.currentText()
        self._values = {a.name: tuple(v for v, _ in a.values[:MOST_VALUES]) for a in axes if a.kind != "built-in"}
        self.condition.clear()
        self.condition.addItems(list(self._values))
        if kept[0]:
            self.condition.setEditText(kept[0])
            self.value.setEditText(kept[1])
        self._update()

    def _field(self, name: str) -> QComboBox:
        field = QComboBox(self)
        field.setEditable(True)
        field.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        field.setAccessibleName(name)
        line = field.lineEdit()
        if line is not None:
            line.setPlaceholderText(name)
        field.setMinimumContentsLength(10)
        return field

    @Slot(int)
    def _on_chosen(self, amount: int) -> None:
        self.amount.setText(self.tr("{items} chosen").format(items=counted(amount, "image", "images")))
        project = self._session.project
        self.setVisible(amount > 0 and project is not None and not project.read_only)
        self._update()

    @Slot(str)
    def _on_condition(self, name: str) -> None:
        self.value.clear()
        self.value.addItems(list(self._values.get(name, ())))
        self._update()

    @Slot()
    def _update(self) -> None:
        name, value = self.condition.currentText().strip(), self.value.currentText().strip()
        self.set_button.setEnabled(bool(name and value))
        self.take_away.setEnabled(name in self._values)

    @Slot()
    def _on_set(self) -> None:
        self._do(self.value.currentText())

    @Slot()
    def _on_take_away(self) -> None:
        self._do(None)

    def _do(self, value: str | None) -> None:
        name, ids = self.condition.currentText(), self._choice.ids()
        if not ids or self._session.project is None:
            return

        def work(project: Project, _progress: Progress) -> StoredEdit:
            from tailwise.usecases.conditions import set_values

            return set_values(project, name, ids, value)

        self._session.history.do(self.tr("Set a condition"), work)
