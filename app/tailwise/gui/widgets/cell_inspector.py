"""One cell of the heat map in words: how many, how many were to be expected, where more could come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal, Slot

from tailwise.domain.coverage import CellFlag
from tailwise.gui.models.count_table import CountTableModel, total_of
from tailwise.gui.number_text import NOTHING, measure, percent, short, with_unit
from tailwise.gui.number_text import expected as expected_text
from tailwise.gui.texts import counted
from tailwise.gui.widgets.inspector import Inspector

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tailwise.gui.models.count_table import CellFacts

_SIGNS: Final = {
    CellFlag.EMPTY: "◆ empty",
    CellFlag.THIN: "▲ thin",
    CellFlag.BELOW_TARGET: "▲ below target",
    CellFlag.NORMAL: "",
}


class CellInspector(Inspector):
    """Says what is under the cursor and offers what to do about it."""

    items_requested = Signal()
    class_requested = Signal()
    plan_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)

    def show_cell(self, model: CountTableModel, row: int, column: int, pool: int | None) -> None:
        """Show a cell of the model; `pool` is how many unlabelled images there are under its condition, if known."""
        facts = model.cell(row, column)
        condition = ", ".join(f"{axis}: {value}" for axis, value in facts.where)
        self.show_thing(
            facts.class_name,
            subtitle="   ".join(filter(None, (condition, _SIGNS[facts.flag]))),
            facts=self._numbers(model, row, facts, pool),
            text=self._why(facts, model),
            actions=(
                (self.tr("Show the images"), self._on_items),
                (self.tr("Plan this class  +"), self._on_plan),
                (self.tr("All images of the class"), self._on_class),
            ),
        )

    def _numbers(self, model: CountTableModel, row: int, facts: CellFacts, pool: int | None) -> list[tuple[str, str]]:
        table = model.table
        if table is None:
            return []
        of, unit = table.rows[model.source_row(row)], table.unit.value
        total = total_of(of, table.unit)
        shown = [(unit.capitalize(), short(facts.count))]
        if facts.expected is not None:
            shown.append((self.tr("Expected"), expected_text(facts.expected)))
            ratio = f"× {measure(facts.count / facts.expected)}" if facts.expected else NOTHING
            shown.append((self.tr("Ratio"), ratio))
            shown.append((self.tr("Of the class"), percent(facts.count / total, 1) if total else NOTHING))
        shown.append((self.tr("Class in all"), f"{with_unit(total, unit)}\n{with_unit(of.images, 'images')}"))
        if of.target is not None:
            shown.append((self.tr("Target"), with_unit(of.target, unit)))
            shown.append((self.tr("Shortfall"), with_unit(max(0, of.target - total), unit)))
        shown.append((self.tr("Tier"), of.tier))
        if pool is not None:
            shown.append((self.tr("In the pool"), counted(pool, "unlabelled image", "unlabelled images")))
        return shown

    def _why(self, facts: CellFacts, model: CountTableModel) -> str:
        unit = model.table.unit.value if model.table else ""
        expected = expected_text(facts.expected) if facts.expected is not None else ""
        return {
            CellFlag.EMPTY: self.tr(
                "0 of {} expected {}: as many were to be expected if class and condition were independent."
            ).format(expected, unit),
            CellFlag.THIN: self.tr(
                "{} of {} expected {}: less than half of what independence of class and condition would give."
            ).format(short(facts.count), expected, unit),
            CellFlag.BELOW_TARGET: self.tr("Fewer than the target of this class."),
            CellFlag.NORMAL: "",
        }[facts.flag]

    # Buttons hand over whether they are checked, which these signals do not take.

    @Slot()
    def _on_items(self) -> None:
        self.items_requested.emit()

    @Slot()
    def _on_class(self) -> None:
        self.class_requested.emit()

    @Slot()
    def _on_plan(self) -> None:
        self.plan_requested.emit()
