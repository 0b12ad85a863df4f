"""What the reader of SageMaker manifests may find: severity, words and action of every code.

SM-02 (several labelling works) is a question of the reader; SM-06 (very long lines) needs no finding: lines of any
length are read.
"""

from __future__ import annotations

from tailwise.domain.findings import Severity
from tailwise.formats.finding_rules import Rule

RULES = {
    "SM-01": Rule(
        Severity.WARNING,
        "the labelling of a line failed, so that it has no value",
        "unlabelled; send it again",
    ),
    "SM-03": Rule(
        Severity.WARNING,
        "a class number has no name in its class map",
        "kept as a class called by its number",
    ),
    "SM-04": Rule(
        Severity.QUESTION,
        "a line was labelled with nothing",
        "taken as looked at and empty; answer no_annotations=unlabelled if nobody has looked at it",
    ),
    "SM-05": Rule(Severity.REPAIRED, "a manifest is not plain UTF-8, or has empty lines", "read nevertheless"),
    "SM-07": Rule(Severity.WARNING, "a source stands on several lines", "read as one item with the labels of all"),
    "SM-08": Rule(
        Severity.SKIPPED,
        "a line is about a sequence of frames (SeqLabel.json), not about an image",
        "left out; export the frames with their labels, for instance as COCO",
    ),
    "SM-09": Rule(
        Severity.NOTE,
        "a line was labelled by a model (human-annotated no)",
        "unlabelled; import the manifest again with the role predictions to use it",
    ),
    "SM-10": Rule(
        Severity.NOTE,
        "a label is a mask in another file",
        "its classes count once per image, without areas; open the masks as a mask folder to count pixels",
    ),
    "SM-12": Rule(Severity.SKIPPED, "a line cannot be read, or names no source", "left out"),
    "SM-13": Rule(Severity.SKIPPED, "a box has no four numbers that can be pixels", "left out"),
}
