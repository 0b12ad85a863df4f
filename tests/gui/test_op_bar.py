"""The op bar: nothing flashes, everything can be cancelled, and how it ended can be read."""

import threading
import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QPushButton

from tailwise.domain.changes import Changes
from tailwise.domain.errors import RequestError
from tailwise.gui.op_runner import OpRunner
from tailwise.gui.session import ResultLine
from tailwise.gui.widgets.op_bar import MAX_ROWS, SHOW_AFTER, STAY_FOR, OpBar
from tailwise.ops.progress import OpCancelledError

GUI_WAIT = 20_000


@pytest.fixture
def runner(qapp):
    runner = OpRunner()
    yield runner
    assert runner.close()
    runner.deleteLater()


@pytest.fixture
def bar(qtbot, runner):
    bar = OpBar(runner)
    qtbot.addWidget(bar)
    bar.resize(1000, 100)
    bar.show()
    return bar


class Held:
    """An operation that goes on until it is let go."""

    def __init__(self, label="Reading images", done=0, total=0):
        self.go_on = threading.Event()
        self._report = (label, done, total)

    def __call__(self, progress):
        label, done, total = self._report
        progress.stage(label, total)
        progress.advance(done)
        while not self.go_on.wait(0.005):
            progress.advance(0)


def texts(row):
    return {label.text() for label in row.findChildren(QPushButton)} | {row._stage.whole_text(), row._left.text()}


def test_short_operation_is_never_shown(qtbot, runner, bar):
    shown = []
    handle = runner.run("Quick", lambda progress: None)
    handle.finished.connect(lambda: shown.append(bar.visible_rows()))

    qtbot.waitUntil(lambda: bool(shown), timeout=GUI_WAIT)
    qtbot.waitUntil(lambda: not bar._rows, timeout=GUI_WAIT)

    assert shown == [()]


def test_longer_one_shows_stage_count_and_cancel(qtbot, runner, bar):
    work = Held("Reading images", done=12_345, total=60_000)
    runner.run("Import street", work)
    qtbot.waitUntil(lambda: bool(bar.visible_rows()), timeout=GUI_WAIT)
    row = bar.visible_rows()[0]

    qtbot.waitUntil(lambda: "left" in row._left.text(), timeout=GUI_WAIT)

    assert "Reading images · 12,345 of 60,000" in texts(row)
    assert row.findChild(QProgressBar).value() == pytest.approx(205, abs=1)  # of 1000
    assert row.handle.snapshot().seconds >= SHOW_AFTER / 1000
    work.go_on.set()


def test_it_stays_long_enough_to_be_read(qtbot, runner, bar):
    work = Held()
    handle = runner.run("Import", work)
    qtbot.waitUntil(lambda: bool(bar.visible_rows()), timeout=GUI_WAIT)
    row = bar.visible_rows()[0]
    ages = []
    handle.finished.connect(lambda: ages.append(row.shown_for.elapsed()))

    work.go_on.set()
    qtbot.waitUntil(lambda: handle.is_finished, timeout=GUI_WAIT)
    assert bar.visible_rows() == (row,)
    qtbot.waitUntil(lambda: not bar.visible_rows(), timeout=GUI_WAIT)

    assert row.shown_for.elapsed() >= STAY_FOR
    assert ages[0] < row.shown_for.elapsed()


def test_cancel_button_ends_it_and_says_that_nothing_was_changed(qtbot, runner, bar):
    handle = runner.run("Import street", Held())
    qtbot.waitUntil(lambda: bool(bar.visible_rows()), timeout=GUI_WAIT)
    button = bar.visible_rows()[0].findChild(QPushButton)

    with qtbot.waitSignal(handle.cancelled, timeout=GUI_WAIT):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    assert not button.isEnabled()
    assert button.accessibleName() == "Cancel Import street"
    assert bar.result_text() == "Import street: cancelled. Nothing was changed."


def test_a_failure_takes_an_earlier_success_away(qtbot, runner, bar):
    def fail(_progress):
        raise RequestError("No", "Try")

    bar.show_result(ResultLine("12 pictures written."))
    with qtbot.waitSignal(runner.broke, timeout=GUI_WAIT):
        runner.run("Behind", fail, quiet=True)
    assert bar.result_text() == "12 pictures written."
    with qtbot.waitSignal(runner.broke, timeout=GUI_WAIT):
        runner.run("Write pictures", fail)
    assert not bar.result_text()


def test_what_a_cancelled_operation_has_kept_is_said_and_announced(qtbot, runner, bar):
    def index(progress):
        try:
            while True:
                progress.advance()
                time.sleep(0.01)
        except OpCancelledError:
            raise OpCancelledError("3 of 6 images stay.", Changes.INDEX) from None

    handle = runner.run("Index images", index)
    qtbot.waitUntil(lambda: bool(bar.visible_rows()), timeout=GUI_WAIT)
    with qtbot.waitSignal(runner.completed, timeout=GUI_WAIT) as told:
        handle.cancel()
    qtbot.waitUntil(lambda: bool(bar.result_text()), timeout=GUI_WAIT)
    assert told.args == [handle, Changes.INDEX]
    assert bar.result_text() == "Index images: cancelled. 3 of 6 images stay."


def test_quiet_operation_is_kept_out(qtbot, runner, bar):
    work, seen = Held(), Held()
    runner.run("Thumbnails", work, quiet=True)
    runner.run("Import", seen)
    qtbot.waitUntil(lambda: bool(bar.visible_rows()), timeout=GUI_WAIT)

    assert [row.handle.title for row in bar.visible_rows()] == ["Import"]
    work.go_on.set()
    seen.go_on.set()


def test_more_operations_than_fit_are_counted(qtbot, runner, bar):
    works = [Held() for _ in range(MAX_ROWS + 2)]
    for work in works:
        runner.run("Import", work)
    qtbot.waitUntil(bar._more.isVisible, timeout=GUI_WAIT)

    assert len(bar.visible_rows()) == MAX_ROWS
    assert bar._more.text() == "and 2 more"
    for work in works:
        work.go_on.set()
    qtbot.waitUntil(lambda: not bar._rows, timeout=GUI_WAIT)
    assert not bar._more.isVisible()


def test_percent_is_told_for_the_title_and_taken_back(qtbot, runner, bar):
    told = []
    bar.percent_changed.connect(told.append)
    work = Held(done=42, total=100)
    runner.run("Import", work)

    qtbot.waitUntil(lambda: 42 in told, timeout=GUI_WAIT)
    work.go_on.set()
    qtbot.waitUntil(lambda: told[-1] == -1, timeout=GUI_WAIT)

    assert told == [42, -1]


def test_result_offers_the_folder_it_was_written_to(qtbot, bar, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(
        "tailwise.gui.widgets.op_bar.QDesktopServices.openUrl", lambda url: opened.append(url.toLocalFile())
    )
    bar.show_result(ResultLine("2 files written.", folder=tmp_path))
    button = next(b for b in bar.findChildren(QPushButton) if b.text() == "Open folder")

    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    assert bar.result_text() == "2 files written."
    assert opened == [str(tmp_path)]
    bar.clear_result()
    assert bar.result_text() == ""


def test_next_result_has_none_of_the_actions_of_the_one_before(bar, tmp_path):
    bar.show_result(ResultLine("First.", folder=tmp_path))
    bar.show_result(ResultLine("Second."))

    assert [b.text() for b in bar.findChildren(QPushButton) if b.isVisibleTo(bar)] == []
