"""The longest gap of a 5 ms timer on the GUI thread while something else works."""

import time

from PySide6.QtCore import QObject, Qt, QTimer

TICK_MILLISECONDS = 5


class StallMeter(QObject):
    """Counts how long the event loop did not come round; gaps are milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self.gaps = []
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MILLISECONDS)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Forget what was measured and begin."""
        self.gaps.clear()
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> None:
        """Stop measuring."""
        self._timer.stop()

    def summary(self) -> dict:
        """Return number of ticks, the 99th percentile, the longest gap, and how many were over 50 and 100 ms."""
        ordered = sorted(self.gaps) or [0.0]
        return {
            "ticks": len(self.gaps),
            "p99_ms": round(ordered[int(0.99 * (len(ordered) - 1))], 1),
            "max_ms": round(ordered[-1], 1),
            "over_50": sum(g > 50 for g in ordered),
            "over_100": sum(g > 100 for g in ordered),
        }

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append((now - self._last) * 1000)
        self._last = now
