"""What the reader of BDD100K and Scalabel may find: severity, words and action of every code.

BD-04 (attributes under new names) needs no finding: conditions are made from the data, whatever the case of letters.
"""

from __future__ import annotations

from tailwise.domain.findings import Severity
from tailwise.formats.finding_rules import Rule
from tailwise.formats.gathering import Codes

CODES = Codes(undeclared="BD-08")

RULES = {
    "BD-01": Rule(
        Severity.QUESTION,
        "a frame has no list of labels: nobody has looked at it",
        "taken as unlabelled; answer no_annotations=empty if such frames were looked at",
    ),
    "BD-01b": Rule(
        Severity.QUESTION,
        "a frame has an empty list of labels",
        "taken as looked at and empty; answer no_annotations=unlabelled if nobody has looked at them",
    ),
    "BD-02": Rule(
        Severity.WARNING,
        "classes go by the names of 2018 and of 2020 side by side",
        "kept apart; give both one name on the page of classes",
    ),
    "BD-05": Rule(Severity.SKIPPED, "a label has no category, as in old files of lanes", "left out"),
    "BD-06": Rule(Severity.SKIPPED, "a frame has no name, or is no object", "left out"),
    "BD-07": Rule(
        Severity.QUESTION,
        "areas and lanes are drawn like objects, in far greater numbers",
        "left out of the counts; answer road_areas=keep to count them",
    ),
    "BD-08": Rule(
        Severity.REPAIRED,
        "the size of a frame is not declared",
        "read from the image where it is there, else unknown; 1280 × 720 is never assumed",
    ),
    "BD-09": Rule(
        Severity.WARNING,
        "several frames have one name",
        "told apart by the number of the frame; give the images names of their own",
    ),
    "BD-10": Rule(
        Severity.WARNING,
        "the numbers of a box, polygon or mask cannot be used",
        "counted as an object of its image without a place",
    ),
    "BD-11": Rule(
        Severity.NOTE,
        "a label is drawn in space only (box3d)",
        "counted as an object of its image without a place",
    ),
    "BD-12": Rule(Severity.WARNING, "one image is in several files", "read as one item with the labels of all"),
    "BD-13": Rule(Severity.ERROR, "a file cannot be read", "left out, the others were read; export it again"),
    "BD-14": Rule(
        Severity.NOTE,
        "a label was drawn by a model, not by a person (manualShape)",
        "kept and marked as automatic",
    ),
}
