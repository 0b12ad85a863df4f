"""What the Pascal VOC reader may find: severity, words and action of every code, in one place.

Coordinates with decimals and dots in names (VO-06 of the formats reference) need no finding: both are read.
"""

from __future__ import annotations

from tailwise.domain.findings import Severity
from tailwise.formats.finding_rules import SHARED_RULES, Rule, RuleBook

RULES = SHARED_RULES | {
    "VO-01": Rule(
        Severity.REPAIRED,
        "the size of an image is missing or 0",
        "read from the image where it is there, else unknown",
    ),
    "VO-02": Rule(
        Severity.WARNING,
        "the size of an image differs from the one its annotations were made for",
        "the size of the annotation file is used; check whether the image was scaled, rotated or exchanged",
    ),
    "VO-03": Rule(
        Severity.WARNING,
        "the file name inside of an annotation file is not that of its image",
        "the image with the name of the annotation file is used, and only without one the name inside",
    ),
    "VO-04": Rule(Severity.REPAIRED, "the corners of a box are in reverse order", "exchanged"),
    "VO-04b": Rule(
        Severity.WARNING,
        "the width or height of a box is not positive",
        "kept and marked as degenerate; correct or delete it in the labelling tool",
    ),
    "VO-05": Rule(
        Severity.WARNING,
        "the corners of a box or polygon are missing or no numbers",
        "counted as an object of its image without a place",
    ),
    "VO-07": Rule(Severity.SKIPPED, "an object has no name", "left out; give it a class in the labelling tool"),
    "VO-07b": Rule(
        Severity.REPAIRED,
        "an object has no box of its own",
        "the box around its polygon or rotated box is used; without one it counts without a place",
    ),
    "VO-08": Rule(
        Severity.WARNING,
        "a published list names an image that has neither a file nor annotations here",
        "left out of the split",
    ),
    "VO-08b": Rule(Severity.WARNING, "an annotation file is in no published list", "kept without a split"),
    "VO-09": Rule(
        Severity.NOTE,
        "nothing in the files tells whether coordinates begin at 0 or at 1",
        "read as they are; at most one pixel is at stake",
    ),
    "VO-10": Rule(
        Severity.SKIPPED,
        "an annotation file cannot be read",
        "left out, and its image is unlabelled; export that file again, or answer encoding for old text encodings",
    ),
    "VO-10b": Rule(
        Severity.ERROR,
        "an annotation file has a document type or entities, which could read other files",
        "not opened, and its image is unlabelled; remove the document type",
    ),
    "VO-11": Rule(
        Severity.NOTE,
        "annotation files hold the path of the image on the computer where it was labelled",
        "not kept",
    ),
    "VO-12": Rule(
        Severity.WARNING,
        "several annotation files fit one image",
        "the image goes to the first of them; the others are kept without it",
    ),
    "VO-13": Rule(
        Severity.QUESTION,
        "an image has no annotation file",
        "added as unlabelled; answer extra_images=ignore to leave such images out",
    ),
    "VO-14": Rule(
        Severity.NOTE,
        "lists of single classes tell where a class is present or absent",
        "their classes are known, also those without objects; the flags are not kept",
    ),
    "VO-15": Rule(
        Severity.QUESTION,
        "an annotation file has no objects",
        "taken as looked at and empty; answer no_annotations=unlabelled if nobody has looked at them",
    ),
    "VO-16": Rule(Severity.NOTE, "an XML file is no annotation file of VOC", "left out"),
}

_BOOK = RuleBook(RULES)
report, report_all = _BOOK.report, _BOOK.report_all
