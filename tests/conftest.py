"""Watches over every test: no network, no settings or files of the user, nothing logged or left behind unseen.

Works with and without PySide6; only tests that build widgets import it, through `qt_guards`.
"""

import importlib.util
import logging
import os
import sys
import threading
import time
from pathlib import Path

import hypothesis
import pytest

HAS_QT = importlib.util.find_spec("PySide6") is not None
QT_FOLDERS = ("gui", "journeys")
QT_MARKS = ("gui", "journey")
QT_FIXTURES = {"qtbot", "qapp", "qtmodeltester", "qtlog"}
LEAVE_SECONDS = 2.0

# Without PySide6 everything that builds widgets is left out as a whole.
collect_ignore = [] if HAS_QT else list(QT_FOLDERS)

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

hypothesis.settings.register_profile("dev", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "dev")


class NetworkError(RuntimeError):
    """A test reached for the network."""


def _refuse_network(event, args):
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        import socket  # somebody already has

        if args[0].family != getattr(socket, "AF_UNIX", None):
            raise NetworkError(f"{event} to {args[1]}: Tailwise is offline")
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        raise NetworkError(f"{event} of {args[0]}: Tailwise is offline")


# An audit hook also sees what C code and already imported names do; it cannot be removed, which is the point.
sys.addaudithook(_refuse_network)


def pytest_addoption(parser):
    """Know pytest-qt's option where pytest-qt is not installed, so that one strict configuration serves both."""
    if importlib.util.find_spec("pytestqt") is None:
        parser.addini("qt_api", "read by pytest-qt, which is not installed here")


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory, monkeypatch):
    """Give the test a home, configuration, data and cache of its own; child processes inherit them."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    for name in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    return home


@pytest.fixture(autouse=True)
def _no_threads_left_behind():
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + LEAVE_SECONDS
    while (left := _new_threads(before)) and time.monotonic() < deadline:
        left[0].join(0.05)
    if left:
        pytest.fail(f"threads left behind: {', '.join(t.name for t in left)}")


def _new_threads(before):
    # A thread that Qt started stays listed as a dummy after its end; Qt's own pool is looked at in qt_guards.
    return [t for t in threading.enumerate() if t not in before and not isinstance(t, threading._DummyThread)]


@pytest.fixture(autouse=True)
def _no_unexpected_warnings(request):
    """Fail on warnings our own loggers give. A test that asks for `caplog` expects some and judges them itself."""
    if "caplog" in request.fixturenames:
        yield
        return
    watcher = _Watcher(logging.WARNING)
    logger = logging.getLogger("tailwise")
    logger.addHandler(watcher)
    yield
    logger.removeHandler(watcher)
    if watcher.seen:
        pytest.fail("unexpected log lines:\n" + "\n".join(watcher.seen))


class _Watcher(logging.Handler):
    def __init__(self, level):
        super().__init__(level)
        self.seen = []

    def emit(self, record):
        self.seen.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _watched_widgets(request, monkeypatch, _own_home, _no_threads_left_behind):
    """Isolate QSettings, refuse modal dialogs, and fail on widgets and timers left behind."""
    if not (HAS_QT and _builds_widgets(request)):
        yield
        return
    from qt_guards import forbid_modal_dialogs, isolate_settings, nothing_left_behind

    isolate_settings(_own_home / "config")
    forbid_modal_dialogs(monkeypatch)
    with nothing_left_behind(monkeypatch):
        yield


def _builds_widgets(request):
    tests = Path(__file__).parent
    return (
        any(request.node.path.is_relative_to(tests / folder) for folder in QT_FOLDERS)
        or any(request.node.get_closest_marker(mark) for mark in QT_MARKS)
        or not QT_FIXTURES.isdisjoint(request.fixturenames)
    )
