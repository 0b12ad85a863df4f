"""Write exactly what the Counts page shows to one file; the kind follows from the suffix. Runs on a worker thread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tailwise.domain.errors import ExportTargetError
from tailwise.gui.models.count_table import CountTableModel, ValueMode
from tailwise.gui.number_text import measure, with_unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PySide6.QtGui import QFont

    from tailwise.domain.coverage import CountTable
    from tailwise.gui.models.count_view import CountView
    from tailwise.gui.widgets.heatmap_paint import HeatTable
    from tailwise.ops.progress import Progress

_HEADINGS: Final = {
    ValueMode.COUNT: "{unit} by {by}",
    ValueMode.EXPECTED: "{unit} to be expected by {by}",
    ValueMode.RATIO: "{unit} against what was to be expected by {by}",
}
NAME_FILTER: Final = "PNG picture (*.png);;PDF document (*.pdf);;CSV table (*.csv)"


@dataclass(frozen=True, slots=True)
class ViewFile:
    """A view that was written."""

    path: Path
    bytes: int


def figure_of(view: CountView, model: CountTableModel, project: str) -> HeatTable:
    """Return the heat map as shown, with a heading that says what it is and of which project and items."""
    table, measures = view.table, view.measures
    by = " × ".join(("class", *view.request.by))
    items = with_unit(table.items, "images")
    filters = [f"{axis} {value}" for axis, value in view.request.where]
    numbers = (
        f"imbalance ratio {measure(measures.imbalance_ratio, 1)}",
        f"evenness {measure(measures.evenness)}",
        f"effective classes {measure(measures.effective_classes, 1)}",
        f"Gini {measure(measures.gini)}",
    )
    return replace(
        model.heat,
        title=_HEADINGS[model.mode].format(unit=table.unit.value.capitalize(), by=by),
        notes=(", ".join((project, f"{items} labelled", *filters)), ", ".join(numbers)),
    )


def write_view(
    path: Path, table: CountTable, heat: HeatTable, order: Sequence[int], font: QFont, progress: Progress
) -> ViewFile:
    """Write the view as PNG, PDF or CSV.

    Raises:
        ExportTargetError: the suffix is none of these, or the file cannot be written.
    """
    from tailwise.gui.widgets.heatmap_figure import save_pdf, save_png
    from tailwise.usecases.count_csv import write_count_csv

    progress.stage("Writing the view")
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return ViewFile(path, write_count_csv(path, table, order, progress))
    if suffix == ".png":
        return ViewFile(path, save_png(path, heat, font))
    if suffix == ".pdf":
        return ViewFile(path, save_pdf(path, heat, font))
    raise ExportTargetError(f"{path.name} has no suffix that says what to write", "End the name in .png, .pdf or .csv")
