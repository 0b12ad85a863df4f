"""Running operations at the foot of the window: stage, count, estimate, Cancel; and how the last one ended.

An operation appears after `SHOW_AFTER` so that short ones do not flash, and then stays at least `STAY_FOR`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.texts import number, time_left
from tailwise.gui.widgets.banner import Banner
from tailwise.gui.widgets.elided_label import ElidedLabel

if TYPE_CHECKING:
    from tailwise.gui.op_runner import OpHandle, OpRunner
    from tailwise.gui.session import ResultLine
    from tailwise.ops.progress import ProgressSnapshot

SHOW_AFTER: Final = 600
STAY_FOR: Final = 500
"""Milliseconds."""
MAX_ROWS: Final = 3
BAR_STEPS: Final = 1000
BAR_WIDTH: Final = 120
TITLE_WIDTH: Final = 260


class OpRow(QFrame):
    """One running operation."""

    def __init__(self, handle: OpHandle, parent: QWidget) -> None:
        super().__init__(parent)
        self.handle = handle
        self.shown_for = QElapsedTimer()
        self._title = ElidedLabel(Qt.TextElideMode.ElideMiddle, self)
        self._title.setFont(th.larger(self.font(), 0, bold=True))
        self._title.setMaximumWidth(TITLE_WIDTH)
        self._title.set_whole_text(handle.title)
        self._stage = ElidedLabel(parent=self)
        self._stage.setProperty("role", "muted")
        self._stage.setFont(th.tabular(self.font()))
        self._stage.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._left = QLabel(self)
        self._left.setFont(th.tabular(self.font()))
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setFixedSize(BAR_WIDTH, 10)
        self._bar.setAccessibleName(handle.title)
        self._cancel = QPushButton(self.tr("Cancel"), self)
        self._cancel.setAccessibleName(self.tr("Cancel {title}").format(title=handle.title))
        self._cancel.clicked.connect(self._on_cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(th.SPACE_M, th.SPACE_XS, th.SPACE_M, th.SPACE_XS)
        layout.setSpacing(th.SPACE_M)
        layout.addWidget(self._title)
        layout.addWidget(self._stage, 1)
        for widget in (self._left, self._bar, self._cancel):
            layout.addWidget(widget)
        self.show_progress(handle.snapshot())
        self.hide()

    @Slot(object)
    def show_progress(self, snapshot: ProgressSnapshot) -> None:
        """Show how far the operation is."""
        if self.handle.is_cancel_requested:
            self._stage.set_whole_text(self.tr("Cancelling…"))
            self._left.clear()
            return
        self._stage.set_whole_text(describe(snapshot))
        fraction = snapshot.fraction
        if fraction is None:
            self._bar.setRange(0, 0)
        else:
            self._bar.setRange(0, BAR_STEPS)
            self._bar.setValue(int(fraction * BAR_STEPS))
        self._left.setText("" if snapshot.seconds_left is None else time_left(snapshot.seconds_left))

    def appear(self) -> None:
        """Show it and begin to count how long it is shown."""
        self.show()
        self.shown_for.start()

    @Slot()
    def _on_cancel(self) -> None:
        self._cancel.setEnabled(False)
        self.handle.cancel()
        self.show_progress(self.handle.snapshot())


class OpBar(QWidget):
    """The rows of the running operations, and the last result."""

    percent_changed = Signal(int)  # of the oldest operation shown; -1 when there is none to tell

    def __init__(self, runner: OpRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("op-bar")
        self._rows: list[OpRow] = []
        self._due: list[tuple[float, OpRow]] = []
        self._percent = -1
        self._folder = ""
        self._result = Banner(self)
        self._more = QLabel(self)
        self._more.setProperty("role", "muted")
        self._more.setContentsMargins(th.SPACE_M, 0, 0, 0)
        self._more.hide()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self._result)
        self._layout.addWidget(self._more)
        self._clock = QTimer(self)
        self._clock.setInterval(50)
        self._clock.timeout.connect(self._on_tick)
        runner.started.connect(self._on_started)
        runner.broke.connect(self._on_broke)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_result(self, line: ResultLine) -> None:
        """Show how an operation ended, until the next one is shown or it is dismissed."""
        self._result.show_text(line.text, tone=line.tone)
        self._folder = str(line.folder) if line.folder is not None else ""
        if self._folder:
            self._result.add_action(self.tr("Open folder"), self._open_folder)

    def clear_result(self) -> None:
        """Take the last result away, for instance when its project is closed."""
        self._result.hide()

    def visible_rows(self) -> tuple[OpRow, ...]:
        """Return the rows shown, oldest first."""
        return tuple(row for row in self._rows if row.isVisibleTo(self))

    def result_text(self) -> str:
        """Return the result shown, empty if none."""
        return self._result.text() if self._result.isVisibleTo(self) else ""

    @Slot(object)
    def _on_started(self, handle: OpHandle) -> None:
        if handle.quiet:
            return
        row = OpRow(handle, self)
        self._rows.append(row)
        self._layout.insertWidget(self._layout.count() - 1, row)
        self._due.append((time.monotonic() + SHOW_AFTER / 1000, row))
        handle.progressed.connect(row.show_progress)
        handle.progressed.connect(self._on_progressed)
        handle.cancelled.connect(self._on_cancelled)
        handle.finished.connect(self._on_finished)
        self._clock.start()

    @Slot()
    def _on_tick(self) -> None:
        now = time.monotonic()
        for due, row in self._due:
            if due <= now and not row.handle.is_finished and not row.isVisibleTo(self):
                row.appear()
                self._result.hide()
        self._due = [(due, row) for due, row in self._due if due > now]
        for row in [r for r in self._rows if r.handle.is_finished and self._may_go(r)]:
            self._drop(row)
        self._limit_rows()
        if not self._due and not any(row.handle.is_finished for row in self._rows):
            self._clock.stop()

    def _may_go(self, row: OpRow) -> bool:
        return not row.isVisibleTo(self) or row.shown_for.elapsed() >= STAY_FOR

    def _drop(self, row: OpRow) -> None:
        self._rows.remove(row)
        self._due = [(due, other) for due, other in self._due if other is not row]
        self._layout.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _limit_rows(self) -> None:
        shown = [row for row in self._rows if row.shown_for.isValid()]
        for position, row in enumerate(shown):
            row.setVisible(position < MAX_ROWS)
        hidden = len(shown) - MAX_ROWS
        self._more.setVisible(hidden > 0)
        self._more.setText(self.tr("and {count} more").format(count=number(hidden)))

    @Slot(object)
    def _on_progressed(self, _snapshot: ProgressSnapshot) -> None:
        shown = self.visible_rows()
        fraction = shown[0].handle.snapshot().fraction if shown else None
        self._tell_percent(-1 if fraction is None else int(fraction * 100))

    @Slot()
    def _on_cancelled(self) -> None:
        for row in self.visible_rows():
            if row.handle is self.sender() and not row.handle.is_superseded:
                kept = row.handle.kept or self.tr("Nothing was changed.")
                text = self.tr("{title}: cancelled. {kept}").format(title=row.handle.title, kept=kept)
                self._result.show_text(text)

    @Slot(object, object)
    def _on_broke(self, handle: OpHandle, _error: BaseException) -> None:
        """Take an earlier success away: beside the message it would read as if this had worked."""
        if not handle.quiet:
            self._result.hide()

    @Slot()
    def _on_finished(self) -> None:
        self._clock.start()
        if not [row for row in self.visible_rows() if not row.handle.is_finished]:
            self._tell_percent(-1)

    def _tell_percent(self, percent: int) -> None:
        if percent != self._percent:
            self._percent = percent
            self.percent_changed.emit(percent)

    @Slot()
    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._folder))


def describe(snapshot: ProgressSnapshot) -> str:
    """Return stage and count in words.

    >>> from tailwise.ops.progress import ProgressSnapshot
    >>> describe(ProgressSnapshot("Reading images", 12345, 60000, 3.0, 9.0))
    'Reading images · 12,345 of 60,000'
    >>> describe(ProgressSnapshot("", 0, 0, 0.0, None))
    'Starting…'
    """
    if not snapshot.label:
        return "Starting…"
    if snapshot.total > 0:
        return f"{snapshot.label} · {number(min(snapshot.done, snapshot.total))} of {number(snapshot.total)}"
    return f"{snapshot.label} · {number(snapshot.done)}" if snapshot.done else f"{snapshot.label}…"
