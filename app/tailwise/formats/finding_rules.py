"""The words of findings by code, so that a reader says each thing in one way; and those that readers share."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from tailwise.domain.findings import MAX_EXAMPLES, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tailwise.domain.findings import FindingLog


class Rule(NamedTuple):
    """Severity, what was found, and what was done or can be done about it."""

    severity: Severity
    message: str
    action: str


SHARED_RULES = {
    "BOX-01": Rule(
        Severity.WARNING,
        "the width or height of a box is not positive",
        "kept and marked as degenerate; correct or delete it in the labelling tool",
    ),
    "BOX-02": Rule(
        Severity.WARNING,
        "a box reaches out of its image by more than half a pixel",
        "kept as it is and marked; its area counts in full",
    ),
    "BOX-03": Rule(
        Severity.WARNING,
        "a box is not four numbers, or has numbers that cannot be pixels",
        "the box around its polygon or mask is used, else the annotation counts without a place",
    ),
    "IMG-01": Rule(
        Severity.WARNING,
        "the file of an image is not there",
        "kept without it; counts and plans work, thumbnails and duplicates do not. Open the folder that holds both",
    ),
    "IMG-03": Rule(
        Severity.NOTE,
        "images are stored turned by a quarter (EXIF)",
        "nothing was turned; the annotations fit the image as it is stored or as it is seen",
    ),
    "IMG-04": Rule(Severity.WARNING, "a file is no readable image", "kept and marked as unreadable"),
    "IMP-20": Rule(
        Severity.ERROR,
        "more than 20 % of the records had to be left out",
        "the rest was read, but counts may be far off; look at the findings that say left out",
    ),
}


class RuleBook:
    """Adds findings to a log by code alone."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules

    def report(self, log: FindingLog, code: str, example: str = "", count: int = 1) -> None:
        """Add `count` occurrences of `code` to the findings."""
        rule = self._rules[code]
        log.add(code, rule.severity, rule.message, rule.action, example, count)

    def report_all(self, log: FindingLog, code: str, count: int, examples: Iterable[str]) -> None:
        """Add `count` occurrences of `code` at once, of which `examples` are the first; nothing when there is none."""
        if count > 0:
            for example in islice(examples, MAX_EXAMPLES):
                self.report(log, code, example, 0)
            self.report(log, code, count=count)
