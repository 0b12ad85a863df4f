"""Bugs are never silent: each is logged, shown once, and can be saved."""

import logging
import subprocess
import sys
import threading

import pytest
from PySide6.QtCore import qWarning
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from tailwise.gui.crash_report import BugReport, BugReporter, RunMarker, compose, start_logging
from tailwise.gui.dialogs.crash_dialog import CrashDialog
from tailwise.gui.file_picker import FilePicker

GUI_WAIT = 10_000


@pytest.fixture
def reporter(qapp):
    before = (sys.excepthook, threading.excepthook)
    reporter = BugReporter()
    reporter.install()
    yield reporter
    reporter.remove()
    assert (sys.excepthook, threading.excepthook) == before
    reporter.deleteLater()


def stumble(number):
    raise ZeroDivisionError(f"number {number}")


def caught(number):
    try:
        stumble(number)
    except ZeroDivisionError as error:
        return error


def test_bug_is_reported_with_versions_and_what_was_being_done(qtbot, reporter, caplog):
    with qtbot.waitSignal(reporter.reported, timeout=GUI_WAIT) as heard:
        reporter.report(caught(7), "Plan sprint")

    report = heard.args[0]
    assert report.summary == "ZeroDivisionError: number 7"
    for part in ("Tailwise", "PySide6 6", "While: Plan sprint", "in stumble", "number 7"):
        assert part in report.text
    assert "in stumble" in caplog.text


def test_same_place_is_shown_once_however_often_it_breaks(qtbot, reporter, caplog):
    seen = []
    reporter.reported.connect(seen.append)

    for number in range(50):
        reporter.report(caught(number))
    reporter.report(KeyError("elsewhere"))
    qtbot.waitUntil(lambda: len(seen) >= 2, timeout=GUI_WAIT)

    assert [report.summary for report in seen] == ["ZeroDivisionError: number 0", "KeyError: 'elsewhere'"]
    assert caplog.text.count("number 49") == 1  # the log has them all


def test_exception_in_a_thread_reaches_the_gui_thread(qtbot, reporter, caplog):
    with qtbot.waitSignal(reporter.reported, timeout=GUI_WAIT) as heard:
        thread = threading.Thread(target=stumble, args=(3,), name="worker-3")
        thread.start()
        thread.join()

    assert heard.args[0].summary == "ZeroDivisionError: number 3"
    assert "While: worker-3" in heard.args[0].text


def test_exception_in_a_slot_is_reported_in_a_running_program():
    program = """
import sys, logging
from PySide6.QtCore import QCoreApplication, QTimer
from tailwise.gui.crash_report import BugReporter
app = QCoreApplication([])
reporter = BugReporter(); reporter.install()
reporter.reported.connect(lambda report: (print(report.summary), app.exit(0)))
def slot(): raise ValueError("in a slot")
QTimer.singleShot(0, slot)
QTimer.singleShot(20000, lambda: app.exit(9))
code = app.exec(); reporter.remove(); sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout.strip()) == (0, "ValueError: in a slot")


def test_qt_messages_go_to_the_log(reporter, caplog):
    qWarning("QPainter: this is wrong")
    qWarning("This plugin does not support propagateSizeHints()")

    assert "this is wrong" in caplog.text
    assert "propagateSizeHints" not in caplog.text


def test_report_can_carry_the_end_of_the_log(tmp_path):
    log = tmp_path / "tailwise.log"
    log.write_text("\n".join(f"line {n}" for n in range(100)))

    text = compose("Traceback", log=log)

    assert "line 99" in text
    assert "line 50" not in text


def test_log_folder_that_cannot_be_made_does_not_stop_the_start(tmp_path, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")

    path = start_logging(blocked / "log")

    assert path.name == "tailwise.log"
    assert "no log file" in caplog.text


def test_log_is_written_to_the_folder(tmp_path):
    logger = logging.getLogger("tailwise")
    before = list(logger.handlers)

    path = start_logging(tmp_path / "log")
    logging.getLogger("tailwise.gui").info("hello")
    for handler in [h for h in logger.handlers if h not in before]:
        logger.removeHandler(handler)
        handler.close()

    assert "INFO tailwise.gui: hello" in path.read_text()


def test_clean_end_leaves_nothing_for_the_next_start(qapp, tmp_path, restored_faulthandler):
    first = RunMarker(tmp_path)
    assert first.begin() is None
    first.end()

    second = RunMarker(tmp_path)
    assert second.begin() is None
    second.end()
    assert list(tmp_path.iterdir()) == []


def test_crash_is_found_at_the_next_start_with_its_trace(qapp, tmp_path, restored_faulthandler):
    program = f"""
import faulthandler, pathlib
from PySide6.QtCore import QCoreApplication
from tailwise.gui.crash_report import RunMarker
app = QCoreApplication([])
marker = RunMarker(pathlib.Path({str(tmp_path)!r})); marker.begin()
def drown(): faulthandler._sigabrt()
drown()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert done.returncode != 0

    marker = RunMarker(tmp_path)
    found = marker.begin()
    marker.end()

    assert "Aborted" in found
    assert "in drown" in found
    assert RunMarker(tmp_path)._leftovers() is None


def test_run_that_is_alive_is_not_taken_for_a_crash(qapp, tmp_path, restored_faulthandler):
    program = f"""
import pathlib, sys
from PySide6.QtCore import QCoreApplication
from tailwise.gui.crash_report import RunMarker
app = QCoreApplication([])
marker = RunMarker(pathlib.Path({str(tmp_path)!r})); marker.begin()
print("alive", flush=True); sys.stdin.readline(); marker.end()
"""
    other = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with other:
        assert other.stdout.readline().strip() == "alive"
        marker = RunMarker(tmp_path)

        assert marker.begin() is None

        marker.end()
        other.communicate("\n", timeout=30)


@pytest.fixture
def restored_faulthandler():
    import faulthandler

    yield
    faulthandler.enable(file=sys.__stderr__)  # as pytest had it


@pytest.fixture
def dialog(qtbot, settings):
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = CrashDialog(BugReport("ZeroDivisionError: 1/0", "the report\n"), FilePicker(settings), parent)
    dialog.show()
    yield dialog
    parent.close()


def click(dialog, text):
    next(button for button in dialog.findChildren(QPushButton) if button.text() == text).click()


def test_report_can_be_copied_and_saved(qtbot, dialog, tmp_path):
    click(dialog, "Copy")
    assert QGuiApplication.clipboard().text() == "the report\n"

    click(dialog, "Save report…")
    picker = dialog.findChild(QFileDialog)
    picker.fileSelected.emit(str(tmp_path / "report.txt"))
    picker.close()

    assert (tmp_path / "report.txt").read_text() == "the report\n"
    assert "Saved to" in dialog._state.text()


def test_report_that_cannot_be_saved_says_why(dialog, tmp_path):
    dialog._save(str(tmp_path / "no-folder" / "report.txt"))

    assert dialog._state.text().startswith("Not saved: ")
