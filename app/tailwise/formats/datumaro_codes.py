"""What the reader of Datumaro may find: severity, words and action of every code.

DM-05 (subset `default`) needs no finding: it is no split. DM-06 (binary files) is refused with advice.
"""

from __future__ import annotations

from tailwise.domain.findings import Severity
from tailwise.formats.finding_rules import Rule
from tailwise.formats.gathering import Codes

CODES = Codes(steps={"ambiguous": "DM-03", "unsafe": "DM-07"}, differing="DM-08")

RULES = {
    "DM-01": Rule(
        Severity.NOTE,
        "an item names no image",
        "looked for by its id, without a suffix",
    ),
    "DM-02": Rule(
        Severity.QUESTION,
        "an item has no annotations",
        "taken as looked at and empty in files that have some; answer no_annotations=unlabelled or =empty",
    ),
    "DM-03": Rule(
        Severity.ERROR,
        "the id or path of an item fits several images alike",
        "the image counts as missing; give the items the full names of their images",
    ),
    "DM-04": Rule(
        Severity.WARNING,
        "an annotation has no label: tools before may have lost the class with the number 0",
        "kept in a class called ∅; export again from the original",
    ),
    "DM-04b": Rule(
        Severity.WARNING,
        "an annotation has a label that the file does not define",
        "kept in a class called unknown: and the number",
    ),
    "DM-07": Rule(
        Severity.WARNING,
        "the path of an image leads out of the dataset",
        "not followed; the image counts as missing",
    ),
    "DM-08": Rule(
        Severity.WARNING,
        "the size of an image differs from the one its annotations were made for",
        "the declared size is used; answer size_order=wh where width and height are exchanged throughout",
    ),
    "DM-10": Rule(
        Severity.QUESTION,
        "every annotation has a score: these are predictions of a model, not labels",
        "imported as predictions; answer predictions=no to count them as labels",
    ),
    "DM-11": Rule(
        Severity.WARNING,
        "a mask cannot be used: its runs do not fill its size",
        "counted for its label without a place",
    ),
    "DM-12": Rule(Severity.SKIPPED, "an annotation has numbers that cannot be used", "left out"),
    "DM-13": Rule(Severity.NOTE, "annotations of a type that planning has no use for", "left out"),
    "DM-14": Rule(Severity.SKIPPED, "an item is no object, or has neither id nor image", "left out"),
}
