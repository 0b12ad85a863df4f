"""What happens to bugs: logged, shown once each in a report the user can save, and never silent.

Four doors lead here: exceptions in slots and paint events (`sys.excepthook`), in threads (`threading.excepthook`), in
operations (`BugReporter.report`), and crashes of the interpreter itself, which `faulthandler` writes to a file that the
next start looks at. Qt's own messages go to the log.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import platform
import sys
import threading
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from logging.handlers import RotatingFileHandler
from typing import IO, TYPE_CHECKING, Final

import PySide6
from PySide6.QtCore import QLockFile, QObject, Qt, QtMsgType, Signal, Slot, qInstallMessageHandler, qVersion

import tailwise

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from PySide6.QtCore import QMessageLogContext

LOG_NAME: Final = "tailwise.log"
LOG_BYTES: Final = 1_000_000
LOG_FILES: Final = 5
PACKAGES: Final = ("numpy", "pandas", "scipy", "scikit-learn", "opencv-python-headless", "pyqtgraph", "sqlite-utils")

_LOG = logging.getLogger(__name__)
_QT_LEVELS: Final = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
_QT_HARMLESS: Final = ("This plugin does not support propagateSizeHints",)


@dataclass(frozen=True, slots=True)
class BugReport:
    """A bug as the report window shows it."""

    summary: str
    text: str


def start_logging(folder: Path, level: int = logging.INFO) -> Path:
    """Log to a rotating file in `folder`, and return the file. A folder that cannot be written is no reason to stop."""
    logger = logging.getLogger("tailwise")
    logger.setLevel(level)
    path = folder / LOG_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES - 1, encoding="utf-8", delay=True)
    except OSError as error:
        _LOG.warning("no log file: %s", error)
        return path
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger.addHandler(handler)
    return path


class BugReporter(QObject):
    """Hears of every bug, from any thread, and announces each distinct one once on the GUI thread."""

    reported = Signal(object)  # BugReport
    _heard = Signal(str, str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: set[str] = set()
        self._previous_hooks = (sys.excepthook, threading.excepthook)
        self._heard.connect(self._announce, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Take over the hooks of the interpreter, of threads and of Qt."""
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        qInstallMessageHandler(_log_qt_message)

    def remove(self) -> None:
        """Give the hooks back; the end of the program must not run into a deleted object."""
        sys.excepthook, threading.excepthook = self._previous_hooks
        qInstallMessageHandler(None)

    def report(self, error: BaseException, doing: str = "") -> None:
        """Report a bug that somebody caught, with what was being done."""
        text = "".join(traceback.format_exception(error))
        _LOG.error("%s: %s", doing or "bug", text)
        summary = f"{type(error).__name__}: {error}".splitlines()[0]
        self._heard.emit(summary, text, doing)

    @Slot(str, object)
    def report_of(self, doing: str, error: BaseException) -> None:
        """Report a bug of an operation; the order of arguments is that of `Session.bug`."""
        self.report(error, doing)

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        self.report(error.with_traceback(trace))

    def _on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            self.report(args.exc_value, args.thread.name if args.thread is not None else "")

    @Slot(str, str, str)
    def _announce(self, summary: str, text: str, doing: str) -> None:
        # The message of an exception may differ each time (ids, addresses); the places in the code do not.
        places = "\n".join(line for line in text.splitlines() if line.startswith("  File "))
        key = f"{summary.partition(':')[0]}\n{places}"
        if key in self._known:
            return
        self._known.add(key)
        self.reported.emit(BugReport(summary, compose(text, doing)))


def compose(trace: str, doing: str = "", log: Path | None = None) -> str:
    """Return the text of a report: versions, what was being done, the traceback, and the end of the log if given."""
    parts = [f"Tailwise {tailwise.__version__}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC", *versions(), ""]
    if doing:
        parts += [f"While: {doing}", ""]
    parts.append(trace.rstrip())
    if log is not None and log.is_file():
        parts += ["", "End of the log:", *log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:]]
    return "\n".join(parts) + "\n"


def versions() -> list[str]:
    """Return the versions that matter, one line each, without importing the packages."""
    lines = [
        f"Python {platform.python_version()}, PySide6 {PySide6.__version__}, Qt {qVersion()}",
        f"{platform.system()} {platform.release()}, {platform.machine()}",
    ]
    found: list[str] = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"{name} missing")
    return [*lines, ", ".join(found)]


class RunMarker:
    """Knows at start whether an earlier run ended uncleanly, and collects what `faulthandler` wrote of it.

    Every run holds a lock file of its own while it lives; one whose owner is gone was left by a crash.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stem = f"run-{os.getpid()}"
        self._lock = QLockFile(str(folder / f"{self._stem}.lock"))
        self._faults: IO[str] | None = None

    def begin(self) -> str | None:
        """Mark this run as alive. Return None after a clean end, else what is known of the crash, perhaps empty."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            found = self._leftovers()
            self._lock.setStaleLockTime(0)
            self._lock.tryLock(0)
            self._faults = (self._folder / f"{self._stem}.fault").open("w", encoding="utf-8")
        except OSError as error:
            _LOG.warning("crashes of this run cannot be noticed: %s", error)
            return None
        faulthandler.enable(self._faults)
        return found

    def end(self) -> None:
        """Mark the run as ended well."""
        faulthandler.disable()
        if self._faults is not None:
            self._faults.close()
            self._faults = None
        (self._folder / f"{self._stem}.fault").unlink(missing_ok=True)
        self._lock.unlock()

    def _leftovers(self) -> str | None:
        found: list[str] = []
        for path in sorted(self._folder.glob("run-*.lock")):
            lock = QLockFile(str(path))
            lock.setStaleLockTime(0)
            if not lock.tryLock(0):
                continue  # its run is alive
            lock.unlock()
            fault = path.with_suffix(".fault")
            if fault.is_file():
                found.append(fault.read_text(encoding="utf-8", errors="replace").strip())
                fault.unlink(missing_ok=True)
            else:
                found.append("")
        return "\n\n".join(filter(None, found)) if found else None


def _log_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    if message.startswith(_QT_HARMLESS):
        return
    logging.getLogger("tailwise.qt").log(_QT_LEVELS.get(kind, logging.WARNING), "%s (%s)", message, context.category)
