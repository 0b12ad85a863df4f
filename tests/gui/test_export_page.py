"""The export page: what is ready and what is missing, of which plan or split, and what was written and counted."""

import shlex

import pytest
from PySide6.QtGui import QGuiApplication

from builders import a_project, a_source
from tailwise.gui.navigation import ExportThis
from tailwise.gui.pages.export import ExportPage
from tailwise.ops.progress import SILENT

WAIT = 90_000

REQUEST = """
[plan]
name = "{name}"
weeks = 1
[[class]]
name = "car"
tier = "must-not-miss"
min_per_week = 2
[[stream]]
name = "street"
available = {available}
yields = {{ car = 1.0 }}
"""


@pytest.fixture
def project_path(tmp_path):
    labels = {f"{k:02}.jpg": {"car": 1} | ({"bus": 1} if k % 3 == 0 else {}) for k in range(30)}
    lighting = {name: "day" if k % 2 else "night" for k, name in enumerate(labels)}
    path = tmp_path / "street.tailwise"
    root = tmp_path / "set"
    root.mkdir()
    a_project(
        path, a_source(labels, root=str(root), conditions={"lighting": lighting}, pool=("p.jpg", "q.jpg"))
    ).close()
    return path


@pytest.fixture
def page(qtbot, opened, tmp_path):
    opened.settings.set_folder("export", tmp_path)
    page = ExportPage(opened)
    qtbot.addWidget(page)
    page.resize(1000, 600)
    page.show()
    page.refresh()
    settle(qtbot, page)
    return page


def settle(qtbot, page):
    qtbot.waitUntil(lambda: page._session.runner.is_idle, timeout=WAIT)


def choose(page, title):
    row = next(k for k, record in enumerate(page.targets.records()) if record.title == title)
    page.targets_view.select_row(row)


def solve(page, name, available):
    from tailwise.usecases.plans import compute_plan

    return compute_plan(page._session.project, REQUEST.format(name=name, available=available), SILENT)


def split(page, seed):
    from tailwise.domain.split import SplitRequest
    from tailwise.usecases.splits import compute_split

    return compute_split(page._session.project, SplitRequest((("train", 0.7), ("val", 0.3)), seed=seed), SILENT)


def test_what_cannot_be_exported_says_what_is_missing(page):
    reasons = {record.title: record.reason for record in page.targets.records()}
    assert "plan" in reasons["Work order"].casefold()
    assert "split" in reasons["Split manifest"].casefold()
    assert not reasons["Counts"]

    choose(page, "Work order")
    assert not page.start.isEnabled()
    choose(page, "Counts")
    assert page.start.isEnabled()


def test_counts_are_written_as_the_counts_page_shows_them_and_counted_back(qtbot, page, opened, tmp_path):
    choose(page, "Counts")
    assert page.subject.currentText() == "class × lighting, as on the Counts page"
    page.folder.setText(str(tmp_path / "out"))
    with qtbot.waitSignal(opened.result, timeout=WAIT):
        page.start.click()
    settle(qtbot, page)

    files = {row.path: row.rows for row in page.files.records()}
    assert files["counts/counts.csv"] == 4, "two classes by day and night"
    assert "count total 40" in page.outcome.text()
    assert (tmp_path / "out" / "counts" / "counts.csv").is_file()
    assert page.open_folder.isVisible()
    page.refresh()
    settle(qtbot, page)
    assert {row.path: row.rows for row in page.files.records()} == files, "what was written stays when read anew"
    choose(page, "Work order")
    assert not page.open_folder.isVisible()


def test_the_copied_command_does_the_same_without_a_window(qtbot, page, tmp_path):
    choose(page, "Counts")
    page.folder.setText(str(tmp_path / "by command"))
    page.copy_command.click()

    words = shlex.split(QGuiApplication.clipboard().text())

    from click.testing import CliRunner

    from tailwise.cli import main

    assert words[0] == "tailwise"
    done = CliRunner().invoke(main, words[1:])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "by command" / "counts" / "counts.csv").read_text(encoding="utf-8").count("\n") == 5


def test_the_plan_that_is_exported_is_named_and_can_be_chosen(qtbot, page, opened, tmp_path):
    solve(page, "First", 30)
    solve(page, "Second", 60)
    page.refresh()
    settle(qtbot, page)
    choose(page, "Work order")
    assert page.subject.currentText().startswith("Second, ")
    assert page.copy_command.isEnabled()

    page.subject.setCurrentIndex(1)
    assert page.subject.currentText().startswith("First, ")
    assert not page.copy_command.isEnabled(), "the command line takes the newest plan"
    page.folder.setText(str(tmp_path / "order"))
    page.start.click()
    settle(qtbot, page)

    from openpyxl import load_workbook

    workbook = load_workbook(next((tmp_path / "order").rglob("work_order.xlsx")))
    texts = [str(cell.value) for sheet in workbook for row in sheet for cell in row]
    assert "First" in " ".join(texts)
    assert "Second" not in " ".join(texts)


def test_a_plan_asked_for_from_its_page_is_preselected_once(qtbot, page):
    first = solve(page, "First", 30)
    solve(page, "Second", 60)
    page.refresh()
    page.open_payload(ExportThis("work-order", plan_id=first.id))
    settle(qtbot, page)
    assert page.subject.currentText().startswith("First, ")

    choose(page, "Counts")
    choose(page, "Work order")
    assert page.subject.currentText().startswith("Second, ")


def test_a_split_is_exported_by_its_number(qtbot, page, tmp_path):
    first = split(page, seed=1)
    split(page, seed=2)
    page.refresh()
    page.open_payload(ExportThis("splits", split_id=first.id))
    settle(qtbot, page)
    assert page._chosen().title == "Split manifest"
    assert page.subject.currentText().startswith(f"split {first.id}, train 70 %, val 30 %")
    page.folder.setText(str(tmp_path / "splits"))
    page.start.click()
    settle(qtbot, page)

    import csv

    from tailwise.usecases.splits import split_items_by_name

    with next((tmp_path / "splits").rglob("splits.csv")).open(encoding="utf-8-sig", newline="") as file:
        written = [row["split"] for row in csv.DictReader(file)]
    members = split_items_by_name(page._session.project, first.id)
    assert written.count("train") == len(members["train"])
    assert written.count("val") == len(members["val"])


@pytest.mark.parametrize(
    "title",
    ["Work order", "Split manifest", "Ultralytics YOLO lists", "YOLO lists with labels", "COCO per split", "Counts"],
)
def test_the_files_announced_before_are_among_those_written(qtbot, page, tmp_path, title):
    solve(page, "First", 30)
    split(page, seed=1)
    page.refresh()
    settle(qtbot, page)
    choose(page, title)
    planned = {row.path: row.audience for row in page.files.records()}
    page.folder.setText(str(tmp_path / "out"))
    page.start.click()
    settle(qtbot, page)

    written = {row.path: row.audience for row in page.files.records()}
    assert len(planned) >= 2
    assert {path: written.get(path) for path in planned} == planned
    assert all(row.bytes > 0 for row in page.files.records())


def test_a_place_that_cannot_be_used_is_said_and_nothing_is_listed(qtbot, page, opened, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")
    choose(page, "Counts")
    page.folder.setText(str(tmp_path / "taken"))

    with qtbot.waitSignal(opened.user_error, timeout=WAIT) as failed:
        page.start.click()
    settle(qtbot, page)

    assert failed.args[1].hint
    assert all(row.bytes < 0 for row in page.files.records()), "still the files to be written"
    assert [f.name for f in (tmp_path / "taken").iterdir()] == ["mine.txt"]
    assert page.start.isEnabled()
