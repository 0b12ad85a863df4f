"""What the reader of mask folders may find: severity, words and action of every code."""

from __future__ import annotations

from tailwise.domain.findings import Severity
from tailwise.formats.finding_rules import Rule
from tailwise.formats.gathering import Codes

CODES = Codes(extra="MK-08", differing="MK-05")

RULES = {
    "MK-01": Rule(Severity.NOTE, "pixels have the value 255, which marks borders and what to ignore", "no class"),
    "MK-02": Rule(
        Severity.WARNING,
        "a mask was compressed as a photo (JPEG), which smears its values",
        "every value was taken for the nearest one that stands for a class; export masks as PNG",
    ),
    "MK-03": Rule(
        Severity.WARNING,
        "a mask has values that no list names",
        "called class_ and the value; answer names=FILE with the list of classes",
    ),
    "MK-04": Rule(
        Severity.QUESTION,
        "a mask has colours that no list names",
        "called by their colour; answer names=FILE with lines such as road:128,64,128",
    ),
    "MK-05": Rule(
        Severity.WARNING,
        "a mask has another size than its image",
        "its pixels are counted as they are; check whether one of them was scaled or turned",
    ),
    "MK-06": Rule(
        Severity.QUESTION,
        "masks of 16 bits hold values that look like class times 1000 plus object",
        "divided by 1000; answer divisor=1 if every value is a class of its own",
    ),
    "MK-07": Rule(Severity.NOTE, "masks have two values only: one class and the rest", "read as one class, object"),
    "MK-08": Rule(
        Severity.QUESTION,
        "an image has no mask",
        "added as unlabelled; answer extra_images=ignore to leave such images out",
    ),
    "MK-09": Rule(Severity.WARNING, "a mask has an alpha channel", "the alpha channel was left out"),
    "MK-10": Rule(
        Severity.QUESTION,
        "the value 0 is in the masks and no list names it",
        "taken for the background; answer background=none if it is a class",
    ),
    "MK-11": Rule(Severity.SKIPPED, "a mask cannot be read", "left out; its image is unlabelled"),
    "MK-12": Rule(Severity.WARNING, "a mask has no image", "kept as an item whose image is missing"),
}
