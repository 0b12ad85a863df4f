"""The main job through the real window: drop a dataset, see counts, plan, split, export; on published sets and the demo."""

import csv

import pytest
from openpyxl import load_workbook
from PySide6.QtWidgets import QPushButton

from realdata import REAL, needs_real_data, real_counts
from tailwise.gui.dialogs.import_dialog import ImportDialog
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT

pytestmark = pytest.mark.journey
GUI_WAIT = 90_000


class Lead:
    """Does what a lead does with the mouse, and waits as long as a lead would."""

    def __init__(self, qtbot, window, folder):
        self.qtbot, self.window, self.folder = qtbot, window, folder
        self.faults = []
        window._session.user_error.connect(lambda title, error: self.faults.append((title, error)))
        window._session.bug.connect(lambda title, error: self.faults.append((title, error)))

    def wait(self, condition):
        self.qtbot.waitUntil(lambda: bool(self.faults) or condition(), timeout=GUI_WAIT)
        assert not self.faults

    def page(self, key):
        pages = self.window.pages
        pages.go(key)
        self.wait(lambda: pages.current_page is not None and pages.current_key == key)
        page = pages.current_page
        self.wait(lambda: page.states.state in {"content", "empty"})
        return page

    def import_dataset(self, path, answers=()):
        """Drop a dataset on the start page, answer what is asked, and go on to the new project."""
        commands = self.window.commands
        commands.import_path(str(path))
        sheet = self.window.findChild(ImportDialog)
        self.wait(lambda: sheet._formats.format() is not None)
        for key, value in answers:
            sheet._answers.appendPlainText(f"{key}={value}")
        start = next(b for b in sheet.findChildren(QPushButton) if b.text() == "Import")
        with self.qtbot.waitSignals([self.window._session.opened, commands.imported], timeout=GUI_WAIT):
            start.click()

    def plan(self, rare, minimum):
        """Take the request a colleague wrote, and solve it."""
        request = self.folder / "request.toml"
        request.write_text(
            f"""[plan]
name = "Next"
weeks = 2
[[class]]
name = "{rare}"
tier = "must-not-miss"
min_per_week = {minimum}
[[stream]]
name = "anything"
available = 4000
route = "random"
yields = {{ "{rare}" = 0.05 }}
""",
            encoding="utf-8",
        )
        page = self.page("plan")
        page.files.read(str(request))
        self.wait(lambda: page._has_request)
        page.solve_button.click()
        self.wait(lambda: page._shown is not None and page._shown.outcome.status == "optimal")
        return page

    def split(self):
        page = self.page("splits")
        page.controls.propose.click()
        self.wait(lambda: page._shown is not None and page.states.state == "content")
        return page._shown.result

    def export(self, title, name):
        page = self.page("export")
        row = next(i for i, r in enumerate(page.targets.records()) if r.title == title)
        page.targets_view.select_row(row)
        page.folder.setText(str(self.folder / name))
        self.wait(page.start.isEnabled)
        page.start.click()
        self.wait(lambda: page._done is not None and page._done.to == self.folder / name)
        return page._done


@pytest.fixture
def lead(qtbot, window, tmp_path):
    return Lead(qtbot, window, tmp_path)


def shown_totals(page):
    return {row.name: row.objects for row in page._view.table.rows if row.objects}


@needs_real_data
@pytest.mark.realdata
@pytest.mark.parametrize(
    ("folder", "key", "rare"),
    [
        ("bccd_voc", ("bccd_voc", "voc"), "Platelets"),
        ("taco_coco", ("taco_coco", None), "Battery"),
        (
            "voc100_multiformat_predictions/database/gts/coco_format_v1",
            ("voc100_multiformat_predictions", "coco_v1"),
            "cat",
        ),
        ("trashnet_folders", None, "trash"),
    ],
)
def test_a_published_set_goes_all_the_way_through_the_window(lead, folder, key, rare):
    lead.import_dataset(REAL / folder)

    counts = lead.page("counts")
    if key is None:
        wanted = real_counts()["trashnet_folders"]["folder_counts"]
    else:
        table = real_counts()[key[0]]
        classes = (table[key[1]] if key[1] else table)["classes"]
        wanted = {name: n["instances"] for name, n in classes.items() if n["instances"]}
    assert shown_totals(counts) == wanted

    lead.plan(rare, 5)
    result = lead.split()
    assert result.checks.cut_groups == 0
    assert result.checks.leaked_duplicates == 0

    done = lead.export("Split manifest", "splits")
    with (done.to / "splits" / "splits.csv").open(encoding="utf-8", newline="") as file:
        assert sum(1 for row in csv.DictReader(file) if row["split"] == "train") == result.sizes[0].items
    order = lead.export("Work order", "order")
    workbook = load_workbook(next(order.to.rglob("work_order.xlsx")))
    assert all(cell.data_type != "f" for sheet in workbook for row in sheet for cell in row)


@needs_real_data
@pytest.mark.realdata
def test_a_question_is_asked_in_the_sheet_and_conditions_are_there_to_slice_by(lead):
    lead.import_dataset(REAL / "honeybee_conditions" / "bee_data_subset.csv", answers=[("label", "health")])

    counts = lead.page("counts")

    assert {row.name: row.images for row in counts._view.table.rows} == real_counts()["honeybee_conditions"]["subset"][
        "health"
    ]
    assert "location" in {axis.name for axis in counts._view.axes}


def test_the_demo_shows_something_true_on_every_page(lead, tmp_path):
    from tailwise.usecases.demo import make_demo

    path = make_demo(tmp_path / "demo", SILENT, run_here)
    with lead.qtbot.waitSignal(lead.window._session.opened, timeout=GUI_WAIT):
        lead.window.commands.open(str(path))

    data = lead.page("data")
    assert data.images.figure() != "–"
    counts = lead.page("counts")
    assert counts._view.table.rows
    classes = lead.page("classes")
    assert classes.states.state == "content"
    plan = lead.page("plan")
    plan.solve_button.click()
    lead.wait(lambda: plan._shown is not None)
    assert plan._shown.outcome.lines
    result = lead.split()
    assert result.checks.cut_groups == 0
    done = lead.export("COCO per split", "coco")
    assert {f.path for f in done.files} >= {
        f"splits/coco/annotations/instances_{s}.json" for s in ("train", "val", "test")
    }
    items = lead.page("items")
    assert items.findChildren(QPushButton) is not None
    assert items.states.state == "content"
