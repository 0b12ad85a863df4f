"""The audit of a recipe without a window: sheets of original and variant, and a table to fill in and give back."""

from __future__ import annotations

import csv
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tailwise.domain.changes import Changes
from tailwise.domain.errors import RequestError
from tailwise.domain.exports import Audience
from tailwise.domain.label_audit import LabelAudit, LabelVerdict
from tailwise.exports.package import Package
from tailwise.exports.table_files import add_csv
from tailwise.exports.tables import table_of
from tailwise.exports.texts import unescape_cell
from tailwise.exports.transaction import ExportFolder, translated
from tailwise.imaging.augment_drawing import drawn_labels, side_by_side
from tailwise.imaging.augment_files import encode_picture
from tailwise.ops.child import Runner, run_in_child
from tailwise.storage import plan_tables, source_tables
from tailwise.usecases.augmentation import Studio
from tailwise.usecases.label_audit import draw_audit, save_audit
from tailwise.usecases.package_info import package_info
from tailwise.usecases.projects import open_project, versions

if TYPE_CHECKING:
    from tailwise.domain.recipe import Recipe
    from tailwise.exports.tables import Row
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

SHEETS: Final = "sheets"
TABLE: Final = "audit.csv"
SHEET_SIDE: Final = 800
_COLUMNS: Final = ("number", "sheet", "file", "variant", "steps", "verdict")
_SAID: Final = {"kept": LabelVerdict.KEPT, "lost": LabelVerdict.LOST, "": None}
_README = """# Audit of a recipe

Look at every sheet: the original on the left, the variant on the right, with the labels that would be written. Fill in
the column `verdict` of `audit.csv`: `kept` where every label still fits, `lost` where one does not (the object is gone,
is another one now, or its outline is off). Then give the table back:
`tailwise audit PROJECT --class C --verdicts audit.csv`.
"""


@dataclass(frozen=True, slots=True)
class AuditSheets:
    """Where the sheets are, and the audit they belong to."""

    to: Path
    audit: LabelAudit
    changes: Changes = Changes.RECIPES | Changes.EXPORTS


def write_sheets(  # noqa: PLR0913  what to look at, where to, and how to work
    project: Project, recipe: Recipe, size: int, to: Path, progress: Progress, run: Runner = run_in_child, *,
    replace_earlier: bool = False,
) -> AuditSheets:  # fmt: skip
    """Draw a sample, write a sheet for each of its variants and the table to fill in, and keep the audit.

    Raises:
        RequestError: nothing can be drawn. ExportTargetError: the target cannot be used.
        OpCancelledError: cancelled; nothing is left behind.
    """
    began = time.monotonic()
    audit = draw_audit(project, recipe, progress, size)
    with project.file.reading() as db:
        roots = tuple(Path(s.root) for s in source_tables.list_sources(db) if s.root)
    with ExportFolder(to, replace=replace_earlier, keep_out=roots) as folder:
        run(_build, project.path, audit, folder.staging, folder.target, progress=progress)
        folder.publish()
    save_audit(project, audit)
    with project.file.writing() as db:
        parameters = {"class": recipe.class_name, "recipe": recipe.name, "seed": recipe.seed, "size": size}
        plan_tables.log_entry(
            db, "audit", parameters, versions().as_json(), time.monotonic() - began,
            f"{len(audit.variants):,} variants to be judged",
        )  # fmt: skip
    return AuditSheets(folder.target, audit)


def read_verdicts(path: Path, audit: LabelAudit) -> LabelAudit:
    """Return the audit with the verdicts of a table that was filled in; whole or not at all.

    Raises:
        RequestError: the table cannot be read, belongs to another audit, or says something else than kept or lost.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            records = list(reader) if not missing else []
    except OSError as error:
        raise RequestError(f"{path} cannot be read ({error.strerror})", "Check the path of the table") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise RequestError(f"{path.name} is no CSV table in UTF-8 ({error})", "Save it as CSV in UTF-8") from error
    if missing:
        raise RequestError(f"{path.name} has no column {missing[0]!r}", f"Give back the {TABLE} that was written")
    for line, record in enumerate(records, start=2):
        place = f"{path.name}, row {line}"
        number = (record["number"] or "").strip()
        position = int(number) - 1 if number.isdecimal() else -1
        told = audit.variants[position] if 0 <= position < len(audit.variants) else None
        file_name = unescape_cell(record["file"] or "")
        if told is None or (file_name, record["variant"]) != (told.file_name, str(told.number + 1)):
            raise RequestError(f"{place} is no variant of this audit", "Give back the table of the newest audit")
        said = (record["verdict"] or "").strip().lower()
        if said not in _SAID:
            raise RequestError(f"{place}: the verdict is {said!r}", "Write kept or lost, or leave it empty")
        audit = audit.with_verdict(position, _SAID[said])
    return audit


def _build(path: Path, audit: LabelAudit, staging: Path, target: Path, progress: Progress) -> None:
    """Run in the child: make every variant and write its sheet."""
    project = open_project(path, read_only=True)
    try:
        with translated(target):
            info = replace(package_info(project, None, progress), plan_id=audit.recipe.name, seed=audit.recipe.seed)
            _write(project, audit, Package(staging, info), progress)
    finally:
        project.close()


def _write(project: Project, audit: LabelAudit, package: Package, progress: Progress) -> None:
    studio = Studio(project, audit.recipe.class_name)
    names = tuple(c.name for c in project.columns.categories)
    row_of = project.cube().row_of
    rows = [row_of[v.item_id] for v in audit.variants]
    studio.prepare(list(dict.fromkeys(rows)))
    progress.stage("Drawing sheets", len(rows))
    sheets: dict[str, int] = {}
    lines: list[Row] = []
    for position, (row, variant) in enumerate(zip(rows, audit.variants, strict=True), start=1):
        progress.advance()
        one, other = studio.original(row, SHEET_SIDE), studio.variant(row, variant.number, audit.recipe, SHEET_SIDE)
        sheet = ""
        if one is not None and other is not None:
            sheet = f"{SHEETS}/{position:04}.jpg"
            drawn = (drawn_labels(scene, names, studio.items.category) for scene in (one, other))
            package.place(sheet).write_bytes(encode_picture(side_by_side(*drawn), ".jpg"))
            sheets[sheet] = 1
        steps = " + ".join(kind.value for kind in variant.steps)
        lines.append((position, sheet, variant.file_name, variant.number + 1, steps, ""))
    add_csv(table_of("Audit", _COLUMNS, lines), TABLE, Audience.INTERNAL, package, progress)
    package.add_folder(SHEETS, sheets, len(sheets), "audit-sheets", lambda folder, p: _sheets_of(folder, sheets, p))
    package.add_text("README.md", _README, "readme", Audience.TRAINING)
    package.warn(
        "AU-01", "pictures that cannot be decoded have no sheet", len(lines) - len(sheets),
        [str(line[2]) for line in lines if not line[1]],
    )  # fmt: skip
    package.seal(progress)


def _sheets_of(folder: Path, sheets: dict[str, int], progress: Progress) -> int:
    progress.advance()
    return sum(folder.parent.joinpath(*sheet.split("/")).stat().st_size > 0 for sheet in sheets)
