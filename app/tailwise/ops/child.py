"""Run work that holds the interpreter lock in a spawned child process.

Parsing, pandas and workbooks would freeze the window for seconds when run in a thread. The child sends progress at
most 20 times a second and one small result; bulky results belong in a file. A crash of the child is an error of the
operation, not the end of the program. Must not import Qt: the child starts in about 0.3 s only without it.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar, cast

from tailwise.domain.errors import UserError
from tailwise.ops.progress import OpCancelledError, Progress, SharedProgress

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

REPORT_SECONDS = 0.05
POLL_SECONDS = 0.02
JOIN_SECONDS = 2.0

P = ParamSpec("P")
R = TypeVar("R")
_LOG = logging.getLogger(__name__)


class ChildCrashedError(RuntimeError):
    """The child died or raised something that is not a user error; the text is its traceback."""


class Runner(Protocol):
    """Where a use case runs the part of its work that may hold the interpreter lock."""

    def __call__(self, function: Callable[..., R], *args: object, progress: Progress) -> R:
        """Call `function(*args, progress)` and return what it returns."""
        ...


class _Readable(Protocol):
    """The receiving end of a pipe; Windows and POSIX have different classes for it."""

    def poll(self, timeout: float) -> bool: ...
    def recv(self) -> object: ...


@dataclass(frozen=True, slots=True)
class _Report:
    label: str
    total: int
    done: int


class _PipeProgress:
    """The Progress inside the child: merges reports and sends them at most every `REPORT_SECONDS`."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._label, self._total, self._done = "", 0, 0
        self._sent = 0.0

    def stage(self, label: str, total: int = 0) -> None:
        self._label, self._total, self._done = label, total, 0
        self._send()

    def advance(self, steps: int = 1) -> None:
        self._done += steps
        if time.monotonic() - self._sent >= REPORT_SECONDS:
            self._send()

    def _send(self) -> None:
        self._sent = time.monotonic()
        self._pipe.send(_Report(self._label, self._total, self._done))


def _child_main(pipe: Connection, function: Callable[..., object], args: tuple[object, ...]) -> None:
    # Ctrl-C reaches every process of the terminal; the parent decides and terminates us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    try:
        pipe.send(("result", function(*args, _PipeProgress(pipe))))
    except UserError as error:
        pipe.send(("user_error", error))
    except BrokenPipeError:
        return  # the parent is gone; whoever opens the project next removes what we staged
    except Exception:  # noqa: BLE001  the border of the process: everything travels as text
        pipe.send(("crash", traceback.format_exc()))
    finally:
        pipe.close()


def end_with_parent() -> None:
    """End this process as soon as its parent is gone: nobody is left to want its result or to remove its files."""
    parent = multiprocessing.parent_process()
    if parent is not None:  # pragma: no cover  only ever runs in a child, where nothing counts lines
        parent.join()
        os._exit(1)


def run_here(function: Callable[..., R], *args: object, progress: Progress) -> R:
    """Call `function(*args, progress)` in this thread; the Runner of the command line and of tests."""
    return function(*args, progress)


def run_in_child(function: Callable[..., R], *args: object, progress: Progress) -> R:
    """Call `function(*args, progress)` in a spawned process and return its result.

    `function` must be importable by name and its arguments and result small and picklable. On cancel the child is
    terminated at once, so it must leave nothing behind that its caller does not remove.

    Raises:
        UserError: the one raised in the child.
        OpCancelledError: the user cancelled; the child is gone.
        ChildCrashedError: the child raised something else or died (its exit code is in the text).
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child_main, args=(theirs, function, args), daemon=True)
    process.start()
    theirs.close()
    try:
        kind, value = _listen(ours, progress)
    finally:
        if process.is_alive():
            process.terminate()
        process.join(JOIN_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
        ours.close()
    if kind == "user_error":
        raise cast("UserError", value)
    if kind == "crash":
        raise ChildCrashedError(str(value) if value else f"the worker process ended with code {process.exitcode}")
    return cast("R", value)


def _listen(pipe: _Readable, progress: Progress) -> tuple[str, object]:
    stage: tuple[str, int] | None = None
    done = 0
    while True:
        try:
            message = pipe.recv() if pipe.poll(POLL_SECONDS) else None
        except (EOFError, OSError):
            return "crash", None
        if message is None:
            progress.advance(0)  # a cancellation point
            continue
        if not isinstance(message, _Report):
            return cast("tuple[str, object]", message)
        if stage != (message.label, message.total) or message.done < done:
            stage, done = (message.label, message.total), 0
            progress.stage(*stage)
        progress.advance(message.done - done)
        done = message.done


__all__ = ["ChildCrashedError", "OpCancelledError", "Runner", "SharedProgress", "run_here", "run_in_child"]
