"""The watches of `conftest.py` do bite: each of these careless tests is failed by one of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

CARELESS = """
import logging, socket, threading
from pathlib import Path

def test_reaches_for_the_network():
    socket.socket().connect(("127.0.0.1", 9))

def test_looks_up_a_name():
    socket.getaddrinfo("localhost", 80)

def test_logs_a_warning():
    logging.getLogger("tailwise.somewhere").warning("the disk is %s", "full")

def test_leaves_a_thread():
    threading.Thread(target=threading.Event().wait, args=(30,), daemon=True, name="straggler").start()

def test_expects_its_warning(caplog):
    logging.getLogger("tailwise.somewhere").warning("coped")
    assert caplog.messages == ["coped"]

def test_has_a_home_of_its_own():
    assert list(Path.home().iterdir()) == []
"""

CARELESS_WITH_WIDGETS = """
import pytest
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

def test_opens_a_modal_dialog(qtbot):
    dialog = QDialog()
    qtbot.addWidget(dialog)
    dialog.exec()

def test_asks_for_a_file(qtbot):
    QFileDialog.getOpenFileName(None, "Which?")

KEPT = []

def test_leaves_a_widget(qtbot):
    KEPT.append(QWidget(objectName="orphan"))

def test_leaves_a_timer(qapp):
    KEPT.append(QTimer(objectName="ticker"))
    KEPT[-1].start(1000)

def test_is_careful(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()

def test_writes_settings_at_home(qapp):
    from pathlib import Path
    settings = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "Tailwise", "Tailwise")
    assert Path(settings.fileName()).is_relative_to(Path.home())
"""


def run_pytest(folder, code):
    (folder / "test_careless.py").write_text(code, encoding="utf-8")
    (folder / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n  gui: x\n  journey: x\nqt_api = pyside6\n", encoding="utf-8"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "conftest",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        "-q",
        "-rA",
    ]
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    return done.stdout


def test_each_carelessness_fails_its_test(tmp_path):
    out = run_pytest(tmp_path, CARELESS)

    for name, why in {
        "test_reaches_for_the_network": "NetworkError: socket.connect",
        "test_looks_up_a_name": "NetworkError: socket.getaddrinfo",
    }.items():
        assert f"FAILED test_careless.py::{name}" in out, out
        assert why in out
    for name, why in {
        "test_logs_a_warning": "WARNING tailwise.somewhere: the disk is full",
        "test_leaves_a_thread": "threads left behind: straggler",
    }.items():
        assert f"ERROR test_careless.py::{name}" in out, out
        assert why in out
    assert "2 failed, 4 passed, 2 errors" in out


def test_each_carelessness_with_widgets_fails_its_test(tmp_path):
    pytest.importorskip("PySide6", reason="widgets need PySide6")

    out = run_pytest(tmp_path, CARELESS_WITH_WIDGETS)

    assert "QDialog.exec was called" in out, out
    assert "QFileDialog.getOpenFileName was called" in out
    assert "left behind: QWidget orphan" in out
    assert "left behind: QTimer ticker" in out
    assert "2 failed, 4 passed, 2 errors" in out
