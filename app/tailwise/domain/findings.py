"""Findings: what is dirty in a dataset, how often, where, and what was done about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

MAX_EXAMPLES = 20


class Severity(StrEnum):
    """How much a finding matters (formats reference, section 1.8)."""

    ERROR = "error"  # a part of the source could not be opened
    SKIPPED = "skipped"  # a record was left out
    WARNING = "warning"  # kept, but doubtful
    REPAIRED = "repaired"  # repaired in memory; the source is untouched
    QUESTION = "question"  # a default was taken that the user may want to change
    NOTE = "note"  # good to know


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of dirt in one source.

    `examples` are locators (file, line, id) of the first `MAX_EXAMPLES` places; `count` is always the full number.
    """

    code: str
    severity: Severity
    message: str
    count: int
    action: str
    examples: tuple[str, ...] = ()


@dataclass(slots=True)
class _Tally:
    severity: Severity
    message: str
    action: str
    count: int = 0
    examples: list[str] = field(default_factory=list[str])


class FindingLog:
    """Collects findings by code while a source is read; the first call for a code fixes its texts.

    >>> log = FindingLog()
    >>> log.add("YO-02", Severity.WARNING, "class index without a name", "kept as a placeholder class", "a.txt:3")
    >>> log.add("YO-02", Severity.WARNING, "class index without a name", "kept as a placeholder class", "b.txt:1")
    >>> [(f.code, f.count, f.examples) for f in log.findings()]
    [('YO-02', 2, ('a.txt:3', 'b.txt:1'))]
    """

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = {}

    def add(self, code: str, severity: Severity, message: str, action: str, example: str = "", count: int = 1) -> None:
        """Count `count` more occurrences of `code`, keeping `example` while there is room."""
        tally = self._tallies.get(code)
        if tally is None:
            tally = self._tallies[code] = _Tally(severity, message, action)
        tally.count += count
        if example and len(tally.examples) < MAX_EXAMPLES:
            tally.examples.append(example)

    def count(self, code: str) -> int:
        """Return how often `code` was found so far."""
        tally = self._tallies.get(code)
        return tally.count if tally else 0

    def findings(self) -> list[Finding]:
        """Return one finding per code, in order of code."""
        return [
            Finding(code, t.severity, t.message, t.count, t.action, tuple(t.examples))
            for code, t in sorted(self._tallies.items())
        ]
