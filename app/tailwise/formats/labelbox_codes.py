"""What the reader of Labelbox may find: severity, words and action of every code.

LB-05 (several projects in one export) is a question of the reader.
"""

from __future__ import annotations

from tailwise.domain.findings import Severity
from tailwise.formats.finding_rules import Rule

RULES = {
    "LB-01": Rule(
        Severity.NOTE,
        "the address of an image carries a signature",
        "only its path is kept; nothing is fetched",
    ),
    "LB-02": Rule(
        Severity.REPAIRED,
        "no image is called like the global key of its data row",
        "the external id, else the end of the address is taken as its name",
    ),
    "LB-03": Rule(
        Severity.WARNING,
        "the export leaves out times or people",
        "export again with the flags performance_details and label_details to have both",
    ),
    "LB-04": Rule(
        Severity.NOTE,
        "a mask lies on the server and is only named by its address",
        "the object counts without a place; nothing is fetched",
    ),
    "LB-06": Rule(
        Severity.QUESTION,
        "a label is empty",
        "taken as looked at and empty; answer no_annotations=unlabelled if nobody has looked at it",
    ),
    "LB-07": Rule(
        Severity.WARNING,
        "rows of the old and of the present export stand in one dataset",
        "both were read; make sure that they do not tell of the same labels",
    ),
    "LB-08": Rule(
        Severity.NOTE,
        "a text with spans holds characters that tools count as one or as two",
        "spans count for their class all the same; where they lie behind such a character is not sure",
    ),
    "LB-09": Rule(
        Severity.NOTE,
        "an external id is a path on the computer of whoever uploaded the image",
        "only its last part is kept",
    ),
    "LB-10": Rule(Severity.NOTE, "labels of the frames of a video", "left out; export the frames as images"),
    "LB-11": Rule(Severity.SKIPPED, "a row is no data row, or cannot be read", "left out"),
    "LB-12": Rule(Severity.SKIPPED, "an object has no name, or a shape that cannot be used", "left out"),
    "LB-13": Rule(
        Severity.NOTE,
        "the export holds names or e-mail addresses of people",
        "not kept; people are called A01, A02 and so on in the order in which the export names them",
    ),
    "LB-14": Rule(
        Severity.NOTE,
        "a data row was labelled by several people",
        "the latest label counts; all of them count for time and agreement",
    ),
    "LB-15": Rule(Severity.NOTE, "a data row was skipped", "kept as skipped; the time it took counts"),
    "LB-16": Rule(
        Severity.WARNING,
        "times of the old export include the time of review",
        "used as they are: labelling alone took less",
    ),
}
