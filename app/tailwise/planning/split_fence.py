"""The clock, kept apart: searches are limited by counts of steps, and this only ends those that went astray."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tailwise.ops.progress import Progress

FENCE_SECONDS = 600.0


class FenceError(Exception):
    """The safety limit on time was hit."""


class Fence:
    """Reports steps and ends a search that takes far too long.

    A split that ends this way says so, because another machine might get further and find another one.
    """

    def __init__(self, progress: Progress, seconds: float = FENCE_SECONDS) -> None:
        self.progress = progress
        self._ends = time.monotonic() + seconds

    def step(self, steps: int = 1) -> None:
        """Report steps.

        Raises:
            FenceError: the safety limit was hit.
            OpCancelledError: the user cancelled.
        """
        self.progress.advance(steps)
        if time.monotonic() > self._ends:
            raise FenceError
