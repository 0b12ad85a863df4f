"""How the command line prints: tables for people, one JSON document for machines, progress on stderr."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from tailwise.ops.progress import SharedProgress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.plan_diff import NumberChange
    from tailwise.ops.progress import ProgressSnapshot

REDRAW_SECONDS = 0.1
SMALL = 0.1
"""Below it two decimals would say too little."""


def print_json(document: object) -> None:
    """Print one JSON document on stdout: sorted nowhere, UTF-8, NaN never."""
    click.echo(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=None, separators=(", ", ": ")))


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]], empty: str = "nothing") -> None:
    """Print rows under a header; numbers are right-aligned with thousands separators."""
    if not rows:
        click.echo(empty)
        return
    cells = [[_text(value) for value in row] for row in rows]
    widths = [max(len(header[i]), *(len(row[i]) for row in cells)) for i in range(len(header))]
    is_number = [all(isinstance(row[i], int | float) or row[i] is None for row in rows) for i in range(len(header))]
    click.echo(_line(header, widths, is_number))
    for row in cells:
        click.echo(_line(row, widths, is_number))


def print_changes(title: str, changes: Sequence[NumberChange]) -> None:
    """Print numbers that differ, before and after; nothing where none does."""
    if changes:
        rows = [(c.what, float(c.before), float(c.after), float(c.change), c.unit) for c in changes]
        print_table((title, "before", "after", "change", "unit"), rows)


def say(text: str) -> None:
    """Print a message that is not data: to stderr."""
    click.echo(text, err=True)


class TerminalProgress(SharedProgress):
    """Draws the running stage on one line of stderr when that is a terminal; silent otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self._is_terminal = sys.stderr.isatty()
        self._drawn = 0.0
        self._width = 0

    def stage(self, label: str, total: int = 0) -> None:
        """Begin a stage and draw it."""
        super().stage(label, total)
        self._draw(force=True)

    def advance(self, steps: int = 1) -> None:
        """Count steps and redraw now and then."""
        super().advance(steps)
        self._draw(force=False)

    def clear(self) -> None:
        """Wipe the line."""
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
            self._width = 0

    def _draw(self, *, force: bool) -> None:
        now = time.monotonic()
        if not self._is_terminal or (not force and now - self._drawn < REDRAW_SECONDS):
            return
        self._drawn = now
        text = progress_text(self.snapshot())
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)


def progress_text(snapshot: ProgressSnapshot) -> str:
    """Say how far an operation is: `Reading 1,204 of 5,172 (23 %), about 12 s left`."""
    text = snapshot.label
    if snapshot.total > 0 and snapshot.fraction is not None:
        text += f" {snapshot.done:,} of {snapshot.total:,} ({snapshot.fraction:.0%})"
    elif snapshot.done:
        text += f" {snapshot.done:,}"
    if snapshot.seconds_left is not None and snapshot.seconds_left >= 1:
        left = snapshot.seconds_left
        text += f", about {left:.0f} s left" if left < 90 else f", about {left / 60:.0f} min left"
    return text


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}" if not value or abs(value) >= SMALL else f"{value:,.4f}"
    # A name from a dataset must not steer the terminal.
    return "".join(c if c.isprintable() else "\ufffd" for c in str(value))


def _line(cells: Sequence[str], widths: Sequence[int], is_number: Sequence[bool]) -> str:
    parts: list[Any] = [c.rjust(w) if n else c.ljust(w) for c, w, n in zip(cells, widths, is_number, strict=True)]
    return "  ".join(parts).rstrip()
