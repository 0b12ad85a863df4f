"""Pause the cyclic garbage collector while millions of small objects without cycles are made."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def paused_collector() -> Generator[None]:
    """Run the body without cyclic collections; reference counting still frees everything without cycles.

    The collector looks at all living containers again and again while a reader makes rows: reading a table of 300,000
    rows took 1.4 s with it and 0.5 s without. Meant for the child that reads a dataset and then ends.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
