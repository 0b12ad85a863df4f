"""Starting and ending the program, in processes of their own."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tailwise.gui import application

HEAVY = {"numpy", "pandas", "cv2", "pyqtgraph", "scipy", "sklearn", "msgspec", "openpyxl", "yaml"}


def run(program, env=None, timeout=90):
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **(env or {})},
    )


def test_without_a_display_one_sentence_and_code_2():
    program = "import sys; from tailwise.gui.application import run_window; sys.exit(run_window(None))"
    env = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"), "")

    done = run(program, env)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("There is no display")
    assert done.stderr.count("\n") == 1


def test_asking_for_the_problem_loads_no_window_library():
    program = "import sys; import tailwise.gui.application; print([m for m in sys.modules if 'PySide6' in m])"

    assert run(program).stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("pyside", "python", "is_refused"),
    [("6.12.0", (3, 11, 7), True), ("6.12.0", (3, 12, 1), False), ("6.11.3", (3, 11, 7), False)],
)
def test_release_of_qt_that_crashes_on_old_python_is_refused(monkeypatch, pyside, python, is_refused):
    monkeypatch.setattr("PySide6.__version__", pyside)
    monkeypatch.setattr(application.sys, "version_info", python)

    problem = application.display_problem()

    assert (problem is not None and "6.12.0" in problem) == is_refused


def test_missing_system_library_is_named_with_what_to_install(monkeypatch):
    def fail(name):
        raise ImportError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(application.importlib, "import_module", fail)

    problem = application.display_problem()

    assert "libGL.so.1" in problem
    assert "apt-get install libgl1" in problem


def test_missing_pyside_leaves_the_commands(monkeypatch):
    monkeypatch.setitem(sys.modules, "PySide6", None)

    assert "PySide6, which is not installed" in application.display_problem()


def test_first_paint_waits_for_no_heavy_module():
    program = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMainWindow
from tailwise.gui.application import run_window
from tailwise.gui.main_window import MainWindow
seen = set()
def paint(self, event):
    if not seen:
        seen.update(sys.modules)
        QTimer.singleShot(0, self, self.close)
    QMainWindow.paintEvent(self, event)
MainWindow.paintEvent = paint
code = run_window(None)
print(sorted(m for m in seen if "." not in m))
sys.exit(code)
"""
    done = run(program)

    assert done.returncode == 0, done.stderr
    modules = set(eval(done.stdout))
    assert "PySide6" in modules
    assert modules & HEAVY == set()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_closes_the_window_properly(number, tmp_path):
    program = """
import sys
from PySide6.QtCore import QTimer
from tailwise.gui import application
begin = application.begin
def begin_and_say(window, path, crash):
    begin(window, path, crash)
    QTimer.singleShot(0, window, lambda: print("shown", flush=True))
application.begin = begin_and_say
sys.exit(application.run_window(None))
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as p:
        assert p.stdout.readline().strip() == "shown"
        p.send_signal(number)
        began = time.monotonic()
        _, errors = p.communicate(timeout=30)

    assert p.returncode == 0, errors
    assert "Traceback" not in errors
    assert time.monotonic() - began < 10


def test_project_given_at_start_is_opened_and_left_as_one_file(project_path):
    program = f"""
import sys, pathlib
from PySide6.QtCore import QTimer
from tailwise.gui import application
begin = application.begin
def begin_and_close(window, path, crash):
    begin(window, path, crash)
    window._session.opened.connect(lambda: (print(window.windowTitle(), flush=True), QTimer.singleShot(0, window, window.close)))
application.begin = begin_and_close
sys.exit(application.run_window(pathlib.Path({str(project_path)!r})))
"""
    done = run(program)

    assert (done.returncode, done.stdout.strip()) == (0, "street.tailwise – Tailwise"), done.stderr
    assert [path.name for path in project_path.parent.glob("street.tailwise*")] == ["street.tailwise"]


def test_start_after_a_crash_says_so(tmp_path):
    drown = """
import faulthandler
from tailwise.gui import application
application.begin = lambda window, path, crash: faulthandler._sigsegv()
application.run_window(None)
"""
    after = """
import sys
from tailwise.gui import application
begin = application.begin
def begin_and_tell(window, path, crash):
    begin(window, path, crash)
    print(window.banner.text(), "drown" in (crash or "") or "begin" in (crash or ""), flush=True)
    window.close()
application.begin = begin_and_tell
sys.exit(application.run_window(None))
"""
    assert run(drown).returncode != 0

    assert run(after).stdout.startswith("The last session ended unexpectedly. Nothing was lost.")
    assert run(after).stdout.startswith(" ")


def test_operation_that_never_stops_cannot_keep_the_program_alive():
    program = """
import sys, time
from tailwise.gui import application, main_window
main_window.CLOSE_MILLISECONDS = 100
begin = application.begin
def begin_and_hang(window, path, crash):
    begin(window, path, crash)
    window._session.run_detached("Stubborn", lambda progress: time.sleep(600))
    window.close()
application.begin = begin_and_hang
sys.exit(application.run_window(None))
"""
    done = run(program, timeout=60)
    after = """
import sys
from tailwise.gui import application
begin = application.begin
def begin_and_tell(window, path, crash):
    begin(window, path, crash); print(crash); window.close()
application.begin = begin_and_tell
sys.exit(application.run_window(None))
"""

    assert done.returncode == 0, done.stderr
    assert run(after).stdout.strip() == "None"  # and the next start does not take it for a crash
