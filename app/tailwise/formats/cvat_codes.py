"""What the reader of CVAT for images may find: severity, words and action of every code.

CV-09 (one line of several hundred megabytes) needs no finding: files are read element by element.
"""

from __future__ import annotations

from tailwise.domain.findings import Severity
from tailwise.formats.finding_rules import Rule
from tailwise.formats.gathering import Codes

CODES = Codes(steps={"basename": "CV-01", "stem": "CV-03"})

RULES = {
    "CV-01": Rule(
        Severity.REPAIRED,
        "the name of an image lost its folder",
        "matched by its last part, which is unique here; never by order",
    ),
    "CV-02": Rule(
        Severity.WARNING,
        "images are called frame_000000 and so on: their original names were lost",
        "kept under these names; export again with the original names, or import the frames from the same task",
    ),
    "CV-03": Rule(
        Severity.REPAIRED,
        "the name of an image has another suffix, or none",
        "matched by its stem, which is unique here",
    ),
    "CV-04": Rule(Severity.REPAIRED, "a label is used that the file does not define", "added as a class"),
    "CV-05": Rule(
        Severity.WARNING,
        "the run lengths of a mask do not fill its box",
        "marked as unusable; the box counts in full",
    ),
    "CV-06": Rule(
        Severity.QUESTION,
        "an image has no shapes: nobody may have opened it yet",
        "taken as unlabelled; answer no_annotations=empty if all of them were looked at",
    ),
    "CV-07": Rule(
        Severity.NOTE,
        "a skeleton has points with labels of their own",
        "counted as one object of the label of the skeleton",
    ),
    "CV-08": Rule(
        Severity.REPAIRED,
        "a box is rotated",
        "the upright box around it is used; its area is that of the rotated box",
    ),
    "CV-11": Rule(
        Severity.WARNING,
        "an image is in several tasks or files, as overlapping parts of one task are",
        "the annotations that came first were kept, the others left out",
    ),
    "CV-12": Rule(
        Severity.ERROR,
        "an annotation file cannot be read to its end",
        "what came before that place was read; export the file again",
    ),
    "CV-13": Rule(
        Severity.NOTE,
        "a shape was drawn by a model, not by a person (source auto)",
        "kept and marked as automatic",
    ),
    "CV-14": Rule(Severity.NOTE, "a file holds names or e-mail addresses of people", "not kept"),
    "CV-15": Rule(Severity.SKIPPED, "a shape has no label, or coordinates that cannot be used", "left out"),
    "CV-16": Rule(
        Severity.WARNING,
        "tracks of a video",
        "the frames that are written were read; nothing was interpolated. All frames of a video stay together",
    ),
}
