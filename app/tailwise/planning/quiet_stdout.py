"""Keep the solver's own messages out of standard output, which belongs to `--json`.

HiGHS prints a stray line with C's printf when it repairs a whole-number solution, whatever its logging options say
(seen with the HiGHS of SciPy 1.17). C buffers it, so it has to be flushed before the descriptor is put back.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

STDOUT, STDERR = 1, 2

_lock = threading.Lock()
_depth = 0
_saved: int | None = None


@contextlib.contextmanager
def stdout_to_stderr() -> Generator[None, None, None]:
    """Send what C code prints to standard error meanwhile; safe when several threads do so at once."""
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _depth, _saved  # noqa: PLW0603  the descriptor is the process's, so is its state
    with _lock:
        if _depth == 0:
            _flush()
            with contextlib.suppress(OSError):  # a window program may have no standard output at all
                _saved = os.dup(STDOUT)
                os.dup2(STDERR, STDOUT)
        _depth += 1


def _leave() -> None:
    global _depth, _saved  # noqa: PLW0603
    with _lock:
        _depth -= 1
        if _depth == 0 and _saved is not None:
            _flush()
            os.dup2(_saved, STDOUT)
            os.close(_saved)
            _saved = None


def _flush() -> None:
    """Flush Python's standard output and every C stream, so that no text lands on the wrong side."""
    if sys.stdout is not None:  # pyright: ignore[reportUnnecessaryComparison]  None under pythonw
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
    library = "ucrtbase" if sys.platform == "win32" else None
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(library).fflush(None)
