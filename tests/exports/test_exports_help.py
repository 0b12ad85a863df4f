"""Every file, column, key and warning of an export is in the help."""

import re
from pathlib import Path

import pytest

from exports.export_builders import a_count_table, a_job, a_split, an_order
from tailwise.domain.coverage import CellFlag
from tailwise.exports import counts, order_sheets, split_manifest
from tailwise.exports.job import run_export
from tailwise.ops.progress import SILENT
from tailwise.resource_files import resource_path

HELP = resource_path("help/exports.md").read_text(encoding="utf-8")
SOURCES = Path(split_manifest.__file__).parent

COLUMNS = [
    split_manifest.SPLIT_COLUMNS,
    split_manifest.CLASS_COLUMNS,
    order_sheets.SUMMARY_COLUMNS,
    order_sheets.QUOTA_COLUMNS,
    order_sheets.QUOTA_TAIL,
    order_sheets.BATCH_COLUMNS,
    order_sheets.ITEM_COLUMNS,
    (order_sheets.ESCAPED_COLUMN, "focus"),
    order_sheets.CLASS_COLUMNS,
    order_sheets.ACCEPTANCE_COLUMNS,
    order_sheets.CHANGE_COLUMNS,
    order_sheets.YIELD_COLUMNS,
    order_sheets.COST_COLUMNS,
    counts.LONG_COLUMNS,
    counts.LONG_TAIL,
    counts.WIDE_COLUMNS,
    tuple(flag.value for flag in CellFlag if flag.value),
]


@pytest.mark.parametrize("columns", COLUMNS)
def test_every_column_is_explained(columns):
    assert [c for c in columns if f"`{c}`" not in HELP] == []


def test_every_warning_code_is_explained():
    used = {code for path in SOURCES.glob("*.py") for code in re.findall(r'"([A-Z]{2}-\d\d)"', path.read_text())}

    assert len(used) > 12
    assert [code for code in sorted(used) if f"| {code} |" not in HELP] == []


def test_every_file_and_every_key_is_explained(tmp_path):
    import json

    job = a_job(
        tmp_path / "out", splits=a_split(), yolo="auto", coco=True, work_order=an_order(), counts=a_count_table()
    )
    outcome = run_export(job, SILENT)

    for file in outcome.files:
        name = file.path.rstrip("/").rpartition("/")[2]
        if file.path.startswith(("vendor/csv/", "internal/csv/")):
            assert f"**{name.removesuffix('.csv').capitalize()}**" in HELP
        elif name.startswith("instances_"):
            assert "instances_<split>.json" in HELP
        else:
            assert name in HELP, name
    for document in ("package.json", "splits/splits.json"):
        content = json.loads((tmp_path / "out" / document).read_text(encoding="utf-8"))
        for key in [*content, *content["checks"]] if document != "package.json" else content:
            assert f"`{key}`" in HELP, key
