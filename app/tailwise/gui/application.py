"""Starting and ending the window: the order in which things are made, and in which they go.

Importing this module imports no Qt, so that the command line can ask `display_problem` on a machine where Qt cannot
even be loaded.
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from tailwise.gui.crash_report import RunMarker
    from tailwise.gui.main_window import MainWindow

NO_DISPLAY: Final = 2
SIGNAL_MILLISECONDS: Final = 200
_LOG = logging.getLogger(__name__)


def display_problem() -> str | None:
    """Return in one sentence why no window can be opened here, or None when nothing speaks against it."""
    try:
        import PySide6
    except ImportError:
        return "The window needs PySide6, which is not installed. All commands work without it: tailwise --help."
    if PySide6.__version__.startswith("6.12.0") and sys.version_info < (3, 12):
        return (
            "PySide6 6.12.0 crashes on Python before 3.12. Install PySide6-Essentials 6.11.3: "
            "pip install 'PySide6-Essentials>=6.11.3,<6.12'."
        )
    if _has_no_display():
        return (
            "There is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set). "
            "All commands work without one: tailwise --help."
        )
    try:
        importlib.import_module("PySide6.QtWidgets")
    except ImportError as error:
        return (
            f"Qt cannot be loaded: {error}. On Debian and Ubuntu: sudo apt-get install libgl1 libegl1 libglib2.0-0 "
            "libdbus-1-3 libfontconfig1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 "
            "libxcb-shape0 libxcb-xkb1."
        )
    return None


def run_window(path: Path | None = None) -> int:
    """Open the window, with a project if `path` is given, and return the exit code when it is closed.

    Without a display one sentence goes to standard error and the code is 2.
    """
    problem = display_problem()
    if problem is not None:
        sys.stderr.write(f"{problem}\n")
        return NO_DISPLAY
    import platformdirs

    from tailwise.gui.crash_report import BugReporter, RunMarker, start_logging
    from tailwise.gui.main_window import MainWindow
    from tailwise.gui.session import Session

    log_folder = Path(platformdirs.user_log_path("tailwise", appauthor=False))
    log_path = start_logging(log_folder)
    app = make_application()
    reporter = BugReporter(app)
    reporter.install()
    marker = RunMarker(log_folder)
    crash = marker.begin()
    session = Session(parent=app)
    session.bug.connect(reporter.report_of)
    window = MainWindow(session, log_path)
    reporter.reported.connect(window.dialogs.show_bug)
    keep_hearing_signals(app, window)
    begin(window, path, crash)
    code = app.exec()
    has_ended = session.runner.close(0.0)
    reporter.remove()
    if not has_ended:
        _leave_hard(marker, code)
    marker.end()
    return code


def make_application() -> QApplication:
    """Make the QApplication with our name, so that files, window lists and desktop entries agree."""
    from PySide6.QtGui import QFontInfo
    from PySide6.QtWidgets import QApplication

    app = QApplication(sys.argv[:1])
    app.setApplicationName("tailwise")
    app.setApplicationDisplayName("Tailwise")
    app.setOrganizationName("tailwise")
    app.setDesktopFileName("tailwise")
    if not QFontInfo(app.font()).family():
        _LOG.error("no font is installed; texts show as boxes")
        sys.stderr.write(
            "No font is installed, so texts show as boxes. On Debian: apt-get install fonts-dejavu-core.\n"
        )
    return app


def begin(window: MainWindow, path: Path | None, crash: str | None) -> None:
    """Show the window; open what is wanted and load heavy modules only after the first paint.

    Args:
        window: shown at once.
        path: project to open, or None.
        crash: what an unclean end of the run before left behind; None after a clean one.
    """
    from tailwise.gui.warm_up import FirstPaint

    if crash is not None:
        _LOG.warning("the run before did not end well: %s", crash or "no trace of it")
        window.say_unclean_exit()
    first_paint = FirstPaint(window)
    wanted = path if path is not None else window.resume()
    if wanted is not None:
        first_paint.happened.connect(partial(window.commands.open, str(wanted)))
    first_paint.happened.connect(window.warm_up.begin)
    window.show()


def keep_hearing_signals(app: QApplication, window: MainWindow) -> None:
    """Close the window properly on Ctrl-C and on the end of the desktop session."""
    from PySide6.QtCore import QTimer

    def close_window(_number: int, _frame: object) -> None:
        window.close()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, close_window)
    # Python's handlers only run when the interpreter does; Qt's loop alone never wakes it.
    heartbeat = QTimer(app)
    heartbeat.timeout.connect(app.applicationState)
    heartbeat.start(SIGNAL_MILLISECONDS)


def _has_no_display() -> bool:
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return sys.platform.startswith("linux") and not any(os.environ.get(name) for name in names)


def _leave_hard(marker: RunMarker, code: int) -> None:
    """Leave although a worker does not stop; the project file is whole, since every write is one transaction."""
    _LOG.warning("an operation did not stop in time; leaving without it")
    marker.end()
    logging.shutdown()
    os._exit(code)
