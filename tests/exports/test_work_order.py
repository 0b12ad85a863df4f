"""Work orders: both trees, every sheet, and nothing private in the one that leaves."""

import csv
import zipfile
from dataclasses import replace
from datetime import date

import openpyxl
import pytest

from exports.export_builders import HOSTILE, a_job, an_order, snapshot
from tailwise.domain.errors import ExportTargetError, RequestError
from tailwise.domain.exports import Dialect
from tailwise.domain.orders import WorkBatch, WorkClass, WorkItem
from tailwise.exports import workbook
from tailwise.exports.job import run_export
from tailwise.exports.order_sheets import item_list_hash
from tailwise.exports.tables import read_csv
from tailwise.exports.texts import spreadsheet_text, unescape_cell
from tailwise.exports.workbook import cells_of
from tailwise.ops.progress import SILENT

SHEETS = ["Summary", "Quotas", "Batches", "Items", "Classes", "Acceptance", "Changes"]


def exported(tmp_path, order=None):
    return run_export(a_job(tmp_path / "out", work_order=order or an_order()), SILENT)


def rows(tmp_path, sheet, tree="vendor", book="work_order"):
    return [
        dict(zip(r[0], row, strict=True))
        for r in [list(cells_of(tmp_path / f"out/{tree}/{book}.xlsx", sheet))]
        for row in r[1:]
    ]


def csv_rows(tmp_path, sheet, tree="vendor"):
    with (tmp_path / f"out/{tree}/csv/{sheet.lower()}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_both_trees_hold_their_sheets_as_workbook_and_as_csv(tmp_path):
    outcome = exported(tmp_path)

    assert openpyxl.load_workbook(tmp_path / "out/vendor/work_order.xlsx").sheetnames == SHEETS
    assert openpyxl.load_workbook(tmp_path / "out/internal/planning.xlsx").sheetnames == ["Yield", "Cost"]
    assert sorted(snapshot(tmp_path / "out")) == sorted(
        ["README.txt", "SHA256SUMS", "package.json", "internal/planning.xlsx", "internal/csv/yield.csv"]
        + ["internal/csv/cost.csv", "vendor/README.txt", "vendor/SHA256SUMS", "vendor/work_order.xlsx"]
        + [f"vendor/csv/{s.lower()}.csv" for s in SHEETS]
    )
    audiences = {f.path: f.audience.value for f in outcome.files}
    assert all(audiences[p] == p.partition("/")[0] for p in audiences if "/" in p)
    assert audiences["README.txt"] == "internal"
    assert outcome.checks["formula_cells"] == 0
    assert outcome.checks["leaks"] == 0


def test_quotas_batches_and_items_say_what_to_do(tmp_path):
    exported(tmp_path)

    assert rows(tmp_path, "Quotas") == [
        {
            "line_id": "Q1", "class": "Wheelchair", "condition_1": "lighting=night", "unit": "objects", "have": 85,
            "target": 120, "to_label": 200, "min": None, "max": None, "priority": 1, "source_pool": None, "notes": None,
        },
        {
            "line_id": "Q2", "class": "Person", "condition_1": None, "unit": "objects", "have": 900, "target": None,
            "to_label": None, "min": None, "max": 40, "priority": 3, "source_pool": None, "notes": "easy",
        },
    ]  # fmt: skip
    batch = rows(tmp_path, "Batches")[0]
    assert (batch["batch_id"], batch["n_items"], batch["phase"], batch["source_pool"]) == (
        "B1",
        2,
        "production",
        "hospital",
    )
    assert (batch["start"], batch["due"], batch["overlap"]) == (date(2026, 11, 23), date(2026, 11, 29), 1)
    items = rows(tmp_path, "Items")
    assert [(i["batch_id"], i["seq"], i["item_ref"], i["file_name"]) for i in items] == [
        ("B1", 1, "i2", "cam/2.jpg"), ("B1", 2, "i10", "cam/10.jpg"), ("B2", 1, "i7", "cam/7.jpg"),
    ]  # fmt: skip
    assert (items[0]["width"], items[2]["width"]) == (640, None)
    assert "focus" not in items[0]


def test_the_summary_names_volumes_dates_and_the_item_list(tmp_path):
    order = an_order(terms="Payment in 30 days", work_type="boxes")
    exported(tmp_path, order)

    found = {r["field"]: r["value"] for r in rows(tmp_path, "Summary")}

    assert (found["order"], found["project"], found["plan"], found["revision"]) == ("WO-12", "Streets", "Sprint 12", 1)
    assert (found["date"], found["contact"], found["task"]) == (date(2026, 11, 23), "lead@example.org", "boxes")
    assert (found["items ordered"], found["items listed"], found["batches"], found["classes"]) == (3, 3, 2, 1)
    assert (found["production: items"], found["production: due"]) == (2, date(2026, 11, 29))
    assert (found["pilot: items"], found["pilot: due"]) == (1, date(2026, 12, 6))
    assert "pilot: start" not in found
    assert found["item list sha256"] == item_list_hash(order)
    assert found["further terms"] == "Payment in 30 days"


def test_acceptance_states_its_risk(tmp_path):
    exported(tmp_path)

    term = rows(tmp_path, "Acceptance")[0]

    assert (term["lot"], term["n"], term["c"]) == (100_000, 50, 1)
    assert (term["rate_accepted_95"], term["rate_accepted_10"]) == (0.0072, 0.0756)


def test_internal_figures_are_in_no_vendor_file(tmp_path):
    exported(tmp_path)

    assert rows(tmp_path, "Yield", "internal", "planning")[0]["expected_per_item"] == 0.3
    assert rows(tmp_path, "Cost", "internal", "planning")[0]["rate"] == 30
    for path, content in snapshot(tmp_path / "out/vendor").items():
        parts = [content]
        if path.endswith(".xlsx"):
            with zipfile.ZipFile(tmp_path / "out/vendor" / path) as archive:
                parts = [archive.read(name) for name in archive.namelist()]
        for part in parts:
            for word in (b"expected_per_item", b"probability", b"seconds_p50", b"rate,", b"cost", b"gold", b"0.37"):
                assert word not in part.lower().replace(b"95 % probability", b""), (path, word)


def test_without_internal_figures_there_is_no_internal_tree(tmp_path):
    exported(tmp_path, an_order(yields=(), costs=()))

    assert not (tmp_path / "out/internal").exists()
    assert "never send" not in (tmp_path / "out/README.txt").read_text()


def hostile_order():
    """Return an order whose every text is hostile in one of the known ways."""
    return an_order(
        items=tuple(WorkItem("B1", f"i{i}", name) for i, name in enumerate(HOSTILE)),
        batches=(WorkBatch("B1", len(HOSTILE), pool="=1"),),
        classes=tuple(WorkClass(name, definition=f"@{name}", examples=name) for name in HOSTILE),
        terms="=2+2",
        plan="\t=cmd",
    )


def test_hostile_texts_become_no_formula_and_come_back_whole(tmp_path):
    exported(tmp_path, hostile_order())

    names = {r["file_name"] for r in rows(tmp_path, "Items")}
    assert names == {spreadsheet_text(name)[0] for name in HOSTILE}
    found = csv_rows(tmp_path, "Items")
    assert {unescape_cell(r["file_name"]) for r in found} == set(HOSTILE)
    for row in found:
        assert (row["file_name_escaped"] == "1") == (unescape_cell(row["file_name"]) != row["file_name"])
    for table in SHEETS:
        tally = read_csv(tmp_path / f"out/vendor/csv/{table.lower()}.csv", Dialect.ESCAPED, SILENT)
        assert (tally.formulas, tally.ragged) == (0, 0)
    book = openpyxl.load_workbook(tmp_path / "out/vendor/work_order.xlsx")
    assert not [c for s in book for r in s.iter_rows() for c in r if c.data_type == "f" or c.hyperlink]


@pytest.mark.parametrize(
    "change",
    [
        {"terms": "files are in /home/zoe/data"},
        {"classes": (WorkClass("car", definition="see C:\\labels\\car.png"),)},
        {"plan": "file:///etc"},
        {"items": (WorkItem("B1", "1", "a.jpg", media_url="\\\\nas\\share\\a.jpg"),)},
    ],
)
def test_a_private_path_stops_the_export_and_leaves_nothing(tmp_path, change):
    with pytest.raises(ExportTargetError, match=r"vendor/.* would tell"):
        exported(tmp_path, an_order(**change))

    assert list(tmp_path.iterdir()) == []


def test_the_name_of_the_user_stops_the_export_unless_it_is_allowed(tmp_path, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "zoeq")
    order = an_order(items=(WorkItem("B1", "1", "by_zoeq/1.jpg"),))

    with pytest.raises(ExportTargetError, match="the name of the user"):
        exported(tmp_path, order)
    exported(tmp_path, replace(order, allowed_words=("ZoeQ",)))


@pytest.mark.parametrize("user", ["zoe.q", "max", "Summary", "pascal", "rework"])
def test_what_is_in_every_order_or_was_typed_on_purpose_is_no_leak(tmp_path, monkeypatch, user):
    monkeypatch.setattr("getpass.getuser", lambda: user)

    exported(tmp_path, an_order(contact="Zoe <zoe.q@example.org>", delivery_format="Pascal VOC"))


@pytest.mark.parametrize("name", ["/data/1.jpg", "C:\\1.jpg", "../other/1.jpg", "a/../../1.jpg", "https://x/1.jpg"])
def test_file_names_that_say_where_they_lie_are_refused(tmp_path, name):
    with pytest.raises(RequestError, match="say where they lie"):
        exported(tmp_path, an_order(items=(WorkItem("B1", "1", name),)))


def test_batches_that_list_too_few_items_are_told(tmp_path):
    outcome = exported(tmp_path, an_order(batches=(WorkBatch("B1", 40), WorkBatch("B2", 1))))

    assert [(w.code, w.examples) for w in outcome.warnings] == [("WO-01", ("B1: 2 of 40",))]
    assert (outcome.checks["items_ordered"], outcome.checks["items_listed"]) == (41, 3)


def test_focus_is_written_only_when_asked_for(tmp_path):
    item = WorkItem("B1", "1", "a.jpg", focus="look for wheelchairs")
    exported(tmp_path, an_order(items=(item,), include_focus=True))

    assert rows(tmp_path, "Items")[0]["focus"] == "look for wheelchairs"
    assert csv_rows(tmp_path, "Items")[0]["focus"] == "look for wheelchairs"


def test_a_long_definition_is_cut_in_the_workbook_only_and_told(tmp_path):
    outcome = exported(tmp_path, an_order(classes=(WorkClass("car", definition="x" * 40_000),)))

    assert len(rows(tmp_path, "Classes")[0]["definition"]) == 32_767
    csv.field_size_limit(10**6)
    assert csv_rows(tmp_path, "Classes")[0]["definition"] == "x" * 40_000
    assert [(w.code, w.count) for w in outcome.warnings] == [("XL-01", 1)]


def test_more_items_than_a_sheet_holds_go_on_in_the_next_one(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MAX_SHEET_ROWS", 10)
    items = tuple(WorkItem("B1", f"i{i}", f"{i}.jpg") for i in range(20))

    exported(tmp_path, an_order(items=items, batches=(WorkBatch("B1", 20),)))

    names = openpyxl.load_workbook(tmp_path / "out/vendor/work_order.xlsx").sheetnames
    assert [n for n in names if n.startswith("Items")] == ["Items", "Items 2", "Items 3"]
    assert [r["seq"] for n in ("Items", "Items 2", "Items 3") for r in rows(tmp_path, n)] == list(range(1, 21))


def test_items_of_an_unknown_batch_are_a_bug_of_the_caller(tmp_path):
    with pytest.raises(ValueError, match="unknown batches"):
        exported(tmp_path, an_order(items=(WorkItem("B9", "1", "a.jpg"),)))
    assert list(tmp_path.iterdir()) == []


def test_the_order_of_items_changes_no_byte(tmp_path):
    order = an_order()
    run_export(a_job(tmp_path / "a", work_order=order), SILENT)
    run_export(a_job(tmp_path / "b", work_order=replace(order, items=order.items[::-1])), SILENT)

    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b")
