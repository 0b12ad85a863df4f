"""Operations: threads in, signals out.

The one place where work leaves the GUI thread. Workers never touch a QObject: they write a `SharedProgress`, which a
timer polls, and when they end a single queued signal carries their number to the GUI thread. Everything public here
is called and emitted on the GUI thread.
"""

from __future__ import annotations

import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from tailwise.ops.progress import OpCancelledError, Progress, SharedProgress

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from tailwise.ops.progress import ProgressSnapshot

Lane: TypeAlias = Literal["long", "ordered", "live"]
"""`ordered`: one worker, for short reads and writes that keep their order. `long`: several workers, any order. `live`:
one worker of its own for what follows the hand of the user, so that it never waits behind anything else."""

POLL_MILLISECONDS: Final = 100
SWITCH_SECONDS: Final = 0.001
_LOG = logging.getLogger(__name__)


class OpHandle(QObject):
    """One operation as the GUI sees it. Exactly one of succeeded, failed, cancelled comes, then `finished`.

    Connect bound methods of QObjects: they are disconnected when their object dies.
    """

    progressed = Signal(object)  # ProgressSnapshot, at most every POLL_MILLISECONDS
    succeeded = Signal(object)  # what the function returned
    failed = Signal(object)  # the exception
    cancelled = Signal()
    finished = Signal()

    def __init__(self, title: str, *, slot: str | None, quiet: bool, can_cancel: bool) -> None:
        super().__init__()
        self.can_cancel = can_cancel
        self.title = title
        self.slot = slot
        self.quiet = quiet
        self.is_superseded = False
        self.is_finished = False
        self.is_failure_handled = False  # somebody shows a failure; the window need not
        self.kept = ""  # what stays of a cancelled operation, as a sentence
        self._progress = SharedProgress()
        self._future: Future[object] | None = None

    @property
    def is_cancel_requested(self) -> bool:
        """Whether `cancel` was called; the operation may still be on its way out."""
        return self._progress.is_cancelled

    def snapshot(self) -> ProgressSnapshot:
        """Return how far the operation is."""
        return self._progress.snapshot()

    @Slot()
    def cancel(self) -> None:
        """Ask the operation to stop at its next report; one that has not begun never begins."""
        if not self.can_cancel:
            return
        self._progress.cancel()
        if self._future is not None:
            self._future.cancel()

    def _start(self, pool: ThreadPoolExecutor, function: Callable[[Progress], object]) -> Future[object]:
        self._future = pool.submit(function, self._progress)
        return self._future


class OpRunner(QObject):
    """Runs operations on three lanes and reports on the GUI thread."""

    started = Signal(object)  # OpHandle
    completed = Signal(object, object)  # OpHandle, result of every success or what a cancelled one changed
    broke = Signal(object, object)  # OpHandle, exception: every failure
    idle = Signal()  # the last operation ended
    _settled = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # Pure-Python workers would otherwise hold the interpreter for 5 ms at a time while the window waits.
        sys.setswitchinterval(SWITCH_SECONDS)
        self._pools = {
            "ordered": ThreadPoolExecutor(1, thread_name_prefix="ordered"),
            "live": ThreadPoolExecutor(1, thread_name_prefix="live"),
            "long": ThreadPoolExecutor(max(2, (os.cpu_count() or 2) - 1), thread_name_prefix="long"),
        }
        self._live: dict[int, tuple[OpHandle, Future[object]]] = {}
        self._slots: dict[str, OpHandle] = {}
        self._next = 0
        self._accepting = True
        self._poll = QTimer(self)
        self._poll.setInterval(POLL_MILLISECONDS)
        self._poll.timeout.connect(self._report)
        # Queued even when the future is already done: add_done_callback would otherwise run here, on the GUI thread,
        # before the caller has connected to `succeeded`.
        self._settled.connect(self._settle, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        title: str,
        function: Callable[[Progress], object],
        *,
        lane: Lane = "long",
        slot: str | None = None,
        quiet: bool = False,
        can_cancel: bool = True,
    ) -> OpHandle:
        """Run `function(progress)` on a worker thread.

        Args:
            title: what the user reads, for instance "Import street.json".
            function: the work; must not touch a QObject.
            lane: `ordered`, `live` or `long`.
            slot: newest wins: a running operation of the same slot is cancelled and its result is not delivered.
            quiet: keep the operation out of the op bar.
            can_cancel: False for what must happen, such as closing a file.

        Raises:
            RuntimeError: the runner was closed.
        """
        if not self._accepting:
            raise RuntimeError("the program is closing; no more operations")
        handle = OpHandle(title, slot=slot, quiet=quiet, can_cancel=can_cancel)
        if slot is not None:
            self._supersede(slot)
            self._slots[slot] = handle
        key = self._next
        self._next += 1
        future = handle._start(self._pools[lane], function)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        self._live[key] = (handle, future)
        self._poll.start()
        self.started.emit(handle)
        future.add_done_callback(lambda _future: self._settled.emit(key))
        return handle

    @property
    def is_idle(self) -> bool:
        """Whether no operation is waiting, running or about to be reported."""
        return not self._live

    def running(self) -> tuple[OpHandle, ...]:
        """Return the operations that have not been reported as finished, oldest first."""
        return tuple(handle for handle, _future in self._live.values())

    def cancel_all(self) -> None:
        """Ask every operation to stop."""
        for handle in self.running():
            handle.cancel()

    def close(self, timeout_seconds: float = 5.0) -> bool:
        """Take no more operations, cancel all and wait for the threads; return whether they all ended.

        Results that were not yet delivered are dropped. The last call of the runner's life.
        """
        self._accepting = False
        self.cancel_all()
        _done, pending = wait([future for _handle, future in self._live.values()], timeout_seconds)
        for pool in self._pools.values():
            pool.shutdown(wait=not pending, cancel_futures=True)
        self._poll.stop()
        self._settled.disconnect(self._settle)
        self._live.clear()
        self._slots.clear()
        return not pending

    def _supersede(self, slot: str) -> None:
        older = self._slots.get(slot)
        if older is not None:
            older.is_superseded = True
            older.cancel()

    @Slot()
    def _report(self) -> None:
        for handle in self.running():
            handle.progressed.emit(handle.snapshot())

    @Slot(int)
    def _settle(self, key: int) -> None:
        handle, future = self._live.pop(key)
        if handle.slot is not None and self._slots.get(handle.slot) is handle:
            del self._slots[handle.slot]
        if not self._live:
            self._poll.stop()
        try:
            self._deliver(handle, future)
        finally:
            handle.is_finished = True
            handle.finished.emit()
            if not self._live:
                self.idle.emit()

    def _deliver(self, handle: OpHandle, future: Future[object]) -> None:
        seconds = handle.snapshot().seconds
        # Asked for, never raised here: its traceback would hold the frames of this thread and the Qt objects in them in
        # a cycle, and the collector may free those on the thread of a worker, where a timer must not end.
        error = None if future.cancelled() else future.exception(timeout=0)
        if future.cancelled() or isinstance(error, OpCancelledError):
            if isinstance(error, OpCancelledError):
                handle.kept = error.kept
                if error.changes:
                    self.completed.emit(handle, error.changes)
            _LOG.info("%s: cancelled after %.1f s", handle.title, seconds)
            handle.cancelled.emit()
        elif isinstance(error, Exception):  # every failure is delivered, none is lost
            _LOG.info("%s: failed after %.1f s (%s)", handle.title, seconds, type(error).__name__)
            self.broke.emit(handle, error)
            handle.failed.emit(error)
        elif error is not None:
            raise error
        else:
            result = future.result(timeout=0)
            _LOG.info("%s: done in %.1f s", handle.title, seconds)
            self.completed.emit(handle, result)
            if handle.is_superseded:
                handle.cancelled.emit()
            else:
                handle.succeeded.emit(result)
