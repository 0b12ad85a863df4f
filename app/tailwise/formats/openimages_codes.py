"""What the reader of Open Images may find: severity, words and action of every code."""

from __future__ import annotations

from tailwise.domain.findings import Severity
from tailwise.formats.finding_rules import Rule
from tailwise.formats.gathering import Codes

CODES = Codes(undeclared="OI-09")

RULES = {
    "OI-01": Rule(
        Severity.WARNING,
        "the id of an image was turned into a number, as spreadsheets do",
        "kept as it is, so that its image cannot be found; take the file as it was published",
    ),
    "OI-02": Rule(Severity.NOTE, "the list of class names has no header", "its first line was read as a class"),
    "OI-03": Rule(
        Severity.NOTE,
        "rows are about images that are not in the opened folder",
        "left out: of a published list only the images that are here are read",
    ),
    "OI-04": Rule(
        Severity.NOTE,
        "the list of images says that an image is to be turned",
        "nothing was turned; boxes are shares of the image as it is seen",
    ),
    "OI-05": Rule(Severity.WARNING, "a class has an id but no name", "called by its id"),
    "OI-06": Rule(Severity.NOTE, "properties of boxes are unknown (-1 or empty)", "taken as unknown, not as set"),
    "OI-07": Rule(
        Severity.WARNING,
        "no image has two boxes of one class, as in the first releases",
        "counts of objects are lower bounds",
    ),
    "OI-08": Rule(
        Severity.QUESTION,
        "classes that a model gave, which nobody has verified",
        "left out of the labels; import them as predictions, or answer machine_labels=keep to count them",
    ),
    "OI-09": Rule(
        Severity.WARNING,
        "an image has no known size, so that its boxes, which are shares, have no pixels",
        "its objects count without a place; put the images beside the tables",
    ),
    "OI-10": Rule(
        Severity.NOTE,
        "people verified that a class is not in an image",
        "the image counts as looked at; the class is not added to it",
    ),
    "OI-11": Rule(Severity.SKIPPED, "a row lacks the id of its image or class, or its box is no numbers", "left out"),
}
