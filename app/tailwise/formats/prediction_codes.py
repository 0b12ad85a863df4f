"""What may be wrong between predictions and the images and classes of the other sources of a project."""

from __future__ import annotations

from tailwise.domain.findings import Severity
from tailwise.formats.finding_rules import Rule, RuleBook

RULES = {
    "PR-01": Rule(
        Severity.WARNING,
        "the image of a prediction is none of the project's",
        "its predictions are kept but used nowhere; import the labels or the pool they belong to, or correct the names",
    ),
    "PR-02": Rule(
        Severity.REPAIRED,
        "the image of a prediction was found in a less exact way",
        "its predictions are taken for the image that was found",
    ),
    "PR-03": Rule(
        Severity.WARNING,
        "a class is only predicted: no other source has it",
        "kept as a class of its own; give it the name the labels use if it is one of theirs",
    ),
}

_BOOK = RuleBook(RULES)
report, report_all = _BOOK.report, _BOOK.report_all
