"""Progress and cancellation for long functions. Knows no window and no process.

A long function takes `progress: Progress` as its last argument. It calls `stage(label, total)` when a new stage
begins and `advance(n)` as work is done, or loops over `track(items, progress)`. Both calls are the cancellation points:
they raise `OpCancelledError`. Between two of them lies at most about 0.2 s of work.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from tailwise.domain.changes import Changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")


class OpCancelledError(Exception):
    """The user cancelled. Only the op runner and the command line show it.

    Attributes:
        kept: what stays of the work nevertheless, as a sentence; empty when nothing was changed.
        changes: what of the project is different now.
    """

    def __init__(self, kept: str = "", changes: Changes = Changes.NONE) -> None:
        super().__init__(kept)
        self.kept = kept
        self.changes = changes


class Progress(Protocol):
    """Where a long function reports to."""

    def stage(self, label: str, total: int = 0) -> None:
        """Begin a stage of `total` steps; 0 means that the number of steps is not known."""
        ...

    def advance(self, steps: int = 1) -> None:
        """Report `steps` more steps of the current stage as done."""
        ...


class _Silent:
    def stage(self, label: str, total: int = 0) -> None:
        del label, total

    def advance(self, steps: int = 1) -> None:
        del steps


SILENT: Progress = _Silent()


@dataclass(frozen=True, slots=True)
class ProgressSnapshot:
    """What can be shown of a running operation. `seconds_left` is None while there is nothing to estimate from."""

    label: str
    done: int
    total: int
    seconds: float
    seconds_left: float | None

    @property
    def fraction(self) -> float | None:
        """Share of the current stage that is done, 0..1, or None when the total is unknown."""
        return min(1.0, self.done / self.total) if self.total > 0 else None


class SharedProgress:
    """A Progress written by one worker and read by anybody: one lock, one cancel event."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._label = ""
        self._done = 0
        self._total = 0
        self._started = time.monotonic()
        self._stage_started = self._started

    def stage(self, label: str, total: int = 0) -> None:
        """Begin a stage; raises OpCancelledError when cancelled."""
        self._raise_if_cancelled()
        with self._lock:
            self._label, self._total, self._done = label, total, 0
            self._stage_started = time.monotonic()

    def advance(self, steps: int = 1) -> None:
        """Count steps; raises OpCancelledError when cancelled."""
        self._raise_if_cancelled()
        with self._lock:
            self._done += steps

    def cancel(self) -> None:
        """Ask the worker to stop at its next report."""
        self._cancelled.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled.is_set()

    def snapshot(self) -> ProgressSnapshot:
        """Return the present state; safe from any thread."""
        with self._lock:
            now = time.monotonic()
            in_stage = now - self._stage_started
            left: float | None = None
            if 0 < self._done <= self._total and in_stage > 0.5:
                left = in_stage * (self._total - self._done) / self._done
            return ProgressSnapshot(self._label, self._done, self._total, now - self._started, left)

    def _raise_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise OpCancelledError


def track(items: Iterable[T], progress: Progress, every: int = 64) -> Iterator[T]:
    """Yield `items`, reporting after every `every` of them and at the end."""
    pending = 0
    for item in items:
        yield item
        pending += 1
        if pending >= every:
            progress.advance(pending)
            pending = 0
    progress.advance(pending)
