"""Importing through the window: a dataset is looked at, questions are asked inline, and the result is one sentence."""

import sys
import types
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QPushButton, QRadioButton

from builders import a_source, store
from tailwise.domain.changes import Changes
from tailwise.domain.errors import Choice, Question, QuestionError, UnreadableSourceError
from tailwise.domain.findings import Finding, Severity
from tailwise.domain.records import Role
from tailwise.gui.dialogs.import_dialog import ImportDialog, parse_answers, suggested_project, unusable_lines
from tailwise.gui.main_window import MainWindow
from tailwise.gui.project_commands import describe_import
from tailwise.gui.session import ImportChoice

GUI_WAIT = 30_000


@dataclass(frozen=True)
class Candidate:
    format: str
    title: str
    score: int
    found: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


COCO = Candidate("coco", "COCO instances", 95, ("instances.json has images, annotations and categories",))
CSV = Candidate("csv", "CSV & friends", 30, ("1 .csv file",), ("no column is called class",))


@dataclass(frozen=True)
class Outcome:
    source: str = "street"
    format: str = "coco"
    added: int = 3812
    updated: int = 0
    removed: int = 0
    skipped: int = 14
    annotations: int = 9000
    missing_files: int = 2
    findings: tuple[Finding, ...] = (Finding("CO-06", Severity.SKIPPED, "no such image", 14, "left out"),)
    changes: Changes = field(default_factory=Changes.data)


@dataclass
class FakeUseCase:
    """Stands in for the readers, which have tests of their own; storage below is the real one."""

    candidates: tuple[Candidate, ...] = (COCO, CSV)
    failures: list = field(default_factory=list)
    requests: list = field(default_factory=list)

    def detect_source(self, path, progress):
        progress.stage("Looking at the files")
        if isinstance(self.candidates, Exception):
            raise self.candidates
        return self.candidates

    def begin_import(self, project, request, progress):
        progress.stage("Reading", 2)
        self.requests.append(request)
        if self.failures:
            raise self.failures.pop(0)
        store(project, a_source({"a.jpg": {"car": 1}}, name="street"))
        return Outcome()


@pytest.fixture
def use_case(monkeypatch):
    fake = FakeUseCase()
    module = types.ModuleType("tailwise.usecases.import_source")
    module.detect_source = fake.detect_source
    module.begin_import = fake.begin_import
    module.ImportRequest = ImportChoice
    monkeypatch.setitem(sys.modules, "tailwise.usecases.import_source", module)
    import tailwise.usecases

    monkeypatch.setattr(tailwise.usecases, "import_source", module, raising=False)
    return fake


@pytest.fixture
def dataset(tmp_path):
    folder = tmp_path / "street-set"
    folder.mkdir()
    (folder / "instances.json").write_text("{}")
    return folder


@pytest.fixture
def window(qtbot, session, tmp_path, settings):
    settings.set_folder("project", tmp_path)
    window = MainWindow(session, tmp_path / "tailwise.log")
    window.show()
    yield window
    if window.commands._sheet is not None:
        window.commands._sheet.close()
    window.hide()
    window.deleteLater()


def sheet_of(window):
    return window.findChild(ImportDialog)


def looked_at(qtbot, window, dataset):
    window.commands.import_path(str(dataset))
    sheet = sheet_of(window)
    qtbot.waitUntil(lambda: sheet._formats.format() is not None, timeout=GUI_WAIT)
    return sheet


def button(sheet, text):
    return next(each for each in sheet.findChildren(QPushButton) if each.text() == text)


def texts(widget):
    return [label.text() for label in widget.findChildren(QLabel)]


def test_formats_are_ranked_with_the_evidence_for_and_against(qtbot, window, use_case, dataset):
    sheet = looked_at(qtbot, window, dataset)

    titles = [each.text() for each in sheet._formats.findChildren(QRadioButton)]
    assert titles == ["COCO instances", "CSV && friends"]
    assert sheet._formats.format() == "coco"
    assert "✓ instances.json has images, annotations and categories" in texts(sheet._formats)
    assert "– no column is called class" in texts(sheet._formats)


def test_drop_without_a_project_makes_one_named_after_the_dataset(qtbot, window, session, use_case, dataset, tmp_path):
    sheet = looked_at(qtbot, window, dataset)
    assert sheet.isVisible()

    with qtbot.waitSignals([session.opened, window.commands.imported], timeout=GUI_WAIT):
        button(sheet, "Import").click()

    assert session.project.path == tmp_path / "street-set.tailwise"
    assert window.pages.current_key == "data"
    assert use_case.requests == [ImportChoice(dataset, "coco", {}, None, Role.LABELS)]
    assert window.op_bar.result_text() == (
        "street: 3,812 items added, 14 records skipped, 2 files missing, 1 kind of finding."
    )
    qtbot.waitUntil(lambda: window.pages.current_page.images.figure() == "1", timeout=GUI_WAIT)
    assert not (dataset / "street-set.tailwise").exists()


def test_into_an_open_project_no_new_one_is_made(qtbot, opened, window, use_case, dataset, project_path):
    sheet = looked_at(qtbot, window, dataset)
    assert not sheet._project.isVisible()

    with qtbot.waitSignal(window.commands.imported, timeout=GUI_WAIT):
        button(sheet, "Import").click()

    assert opened.project.path == project_path


def test_question_is_asked_inline_and_its_answer_goes_along(qtbot, opened, window, use_case, dataset):
    question = Question(
        "split",
        "Two folders are called train",
        (Choice("merge", "take both: 120 images"), Choice("first", "the first: 60 images")),
        "merge",
    )
    use_case.failures = [QuestionError([question])]
    sheet = looked_at(qtbot, window, dataset)
    button(sheet, "Import").click()
    qtbot.waitUntil(sheet._questions.isVisible, timeout=GUI_WAIT)
    assert "Two folders are called train" in texts(sheet._questions)
    choices = {each.text(): each for each in sheet._questions.findChildren(QRadioButton)}
    assert choices["take both: 120 images"].isChecked()

    choices["the first: 60 images"].click()
    with qtbot.waitSignal(window.commands.imported, timeout=GUI_WAIT):
        button(sheet, "Import").click()

    assert use_case.requests[-1].answers == {"split": "first"}


def test_answer_that_leads_to_the_next_question_is_not_forgotten(qtbot, opened, window, use_case, dataset):
    use_case.failures = [
        QuestionError([Question("table", "Which table?", (Choice("a.csv", "a.csv"),), "a.csv")]),
        QuestionError([Question("class_column", "Which column?", (Choice("health", "health"),), "health")]),
    ]
    sheet = looked_at(qtbot, window, dataset)
    for key in ("table", "class_column"):
        button(sheet, "Import").click()
        qtbot.waitUntil(lambda key=key: key in sheet._questions.answers(), timeout=GUI_WAIT)

    with qtbot.waitSignal(window.commands.imported, timeout=GUI_WAIT):
        button(sheet, "Import").click()

    assert use_case.requests[-1].answers == {"table": "a.csv", "class_column": "health"}


def test_question_without_choices_needs_a_text(qtbot, opened, window, use_case, dataset):
    use_case.failures = [QuestionError([Question("root", "Where are the images?")])]
    sheet = looked_at(qtbot, window, dataset)
    button(sheet, "Import").click()
    qtbot.waitUntil(sheet._questions.isVisible, timeout=GUI_WAIT)
    assert not button(sheet, "Import").isEnabled()

    QTest.keyClicks(sheet._questions.findChild(QLineEdit), "images")
    with qtbot.waitSignal(window.commands.imported, timeout=GUI_WAIT):
        button(sheet, "Import").click()

    assert use_case.requests[-1].answers == {"root": "images"}


def test_failed_import_comes_back_with_the_reason_and_what_was_filled_in(qtbot, opened, window, use_case, dataset):
    use_case.failures = [UnreadableSourceError("instances.json ends in line 12", "Export it again")]
    sheet = looked_at(qtbot, window, dataset)
    sheet._answers.setPlainText("split=train")

    button(sheet, "Import").click()
    qtbot.waitUntil(sheet._banner.isVisible, timeout=GUI_WAIT)

    assert sheet._banner.text() == "instances.json ends in line 12. Export it again."
    assert sheet.choice().answers == {"split": "train"}
    assert sheet.choice().format == "coco"


def test_import_that_fails_for_a_bug_is_reported_and_comes_back(qtbot, opened, window, use_case, dataset):
    use_case.failures = [ZeroDivisionError("1/0")]
    sheet = looked_at(qtbot, window, dataset)

    with qtbot.waitSignal(opened.bug, timeout=GUI_WAIT):
        button(sheet, "Import").click()
    qtbot.waitUntil(sheet._banner.isVisible, timeout=GUI_WAIT)

    assert "1/0" not in sheet._banner.text()


def test_dataset_nobody_knows_cannot_be_imported(qtbot, window, use_case, dataset):
    use_case.candidates = ()
    window.commands.import_path(str(dataset))
    sheet = sheet_of(window)

    qtbot.waitUntil(lambda: any("No known format" in text for text in texts(sheet)), timeout=GUI_WAIT)

    assert not button(sheet, "Import").isEnabled()


def test_dataset_that_cannot_be_looked_at_says_why(qtbot, window, use_case, dataset):
    use_case.candidates = UnreadableSourceError("The folder cannot be read", "Ask for permission")
    window.commands.import_path(str(dataset))
    sheet = sheet_of(window)

    qtbot.waitUntil(lambda: "The folder cannot be read. Ask for permission." in texts(sheet), timeout=GUI_WAIT)


def test_path_that_does_not_exist_is_told_at_once(window, use_case, tmp_path):
    window.commands.import_path(str(tmp_path / "gone"))

    assert "There is nothing at this path." in texts(sheet_of(window))
    assert not button(sheet_of(window), "Import").isEnabled()


def test_line_that_is_no_answer_is_refused_before_anything_runs(qtbot, opened, window, use_case, dataset):
    sheet = looked_at(qtbot, window, dataset)
    sheet._answers.setPlainText("split=train\nnonsense")

    button(sheet, "Import").click()

    assert sheet.isVisible()
    assert "nonsense" in sheet._banner.text()
    assert use_case.requests == []


def test_role_and_conditions_go_along(qtbot, opened, window, use_case, dataset, tmp_path):
    table = tmp_path / "conditions.csv"
    table.write_text("file_name,lighting\n")
    sheet = looked_at(qtbot, window, dataset)
    sheet._role.setCurrentIndex(sheet._role.findData("pool"))
    choose = next(each for each in sheet.findChildren(QPushButton) if each.text() == "Choose…")
    choose.click()
    picker = sheet.findChild(QFileDialog)
    picker.fileSelected.emit(str(table))
    picker.close()

    assert sheet.choice() == ImportChoice(dataset, "coco", {}, table, Role.POOL)


def test_cancelled_import_says_nothing_changed_and_closes_the_sheet(qtbot, opened, window, use_case, dataset):
    sheet = looked_at(qtbot, window, dataset)
    handle = None

    def remember(started):
        nonlocal handle
        handle = started
        opened.runner.started.disconnect(remember)
        started.cancel()

    opened.runner.started.connect(remember)
    button(sheet, "Import").click()
    qtbot.waitUntil(lambda: handle is not None and handle.is_finished, timeout=GUI_WAIT)

    assert window.commands._sheet is None
    assert opened.project is not None


def test_sheet_fits_a_small_screen(qtbot, window, use_case, dataset):
    sheet = looked_at(qtbot, window, dataset)

    assert sheet.minimumSizeHint().boundedTo(QSize(900, 600)) == sheet.minimumSizeHint()
    for label in sheet.findChildren(QLabel):
        if label.isVisible() and label.text() and not label.wordWrap():
            assert label.width() >= label.fontMetrics().horizontalAdvance(label.text().replace("&", "")), label.text()
    assert sheet.childAt(QPoint(20, 20)) is not None


def test_what_an_import_did_is_one_sentence():
    assert describe_import(Outcome(added=1, skipped=0, missing_files=0, findings=())) == "street: 1 item added."
    nothing = Outcome(added=0, skipped=0, missing_files=0, findings=())
    assert describe_import(nothing) == "street: nothing new."


def test_answers_are_read_line_by_line():
    assert parse_answers("a=1\n\n b = x=y \n") == {"a": "1", "b": "x=y"}
    assert unusable_lines("a=1\nwhat\n\n=") == ["what"]


def test_name_of_a_new_project_is_never_one_that_is_taken(tmp_path):
    (tmp_path / "set.tailwise").write_text("")

    assert suggested_project(Path("/data/set"), tmp_path).name == "set-2.tailwise"
    assert suggested_project(Path("/data/other"), tmp_path).name == "other.tailwise"


def test_format_can_be_chosen_by_key(qtbot, window, use_case, dataset):
    sheet = looked_at(qtbot, window, dataset)
    second = sheet._formats.findChildren(QRadioButton)[1]
    second.setFocus()

    QTest.keyClick(second, Qt.Key.Key_Space)

    assert sheet.choice().format == "csv"
