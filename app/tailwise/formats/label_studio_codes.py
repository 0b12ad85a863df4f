"""What the reader of Label Studio may find: severity, words and action of every code.

LS-13 (members that old exports lack) and LS-14 (repeated `unique_id`) need no finding: every member but `data` may be
missing, and that id is not used.
"""

from __future__ import annotations

from tailwise.domain.findings import Severity
from tailwise.formats.finding_rules import Rule
from tailwise.formats.gathering import Codes

CODES = Codes(
    steps={"basename": "LS-07", "stem": "LS-07", "ambiguous": "LS-07b"}, undeclared="LS-26", differing="LS-08"
)

RULES = {
    "LS-01": Rule(
        Severity.WARNING,
        "a time was measured by a version that counted drafts twice or only the last sitting",
        "not used; answer old_times=use to take it as it is",
    ),
    "LS-02": Rule(
        Severity.NOTE,
        "an annotation has no time, or 0 seconds, as imported ones have",
        "its time is unknown",
    ),
    "LS-03": Rule(
        Severity.WARNING,
        "an annotation took longer than an hour: a tab may have been left open",
        "kept; estimates cut the longest times down",
    ),
    "LS-04": Rule(
        Severity.WARNING,
        "predictions are only named by their number",
        "left out; export again with the predictions written out",
    ),
    "LS-05": Rule(
        Severity.WARNING,
        "one person labelled a task several times",
        "the latest counts; the times of all of them do",
    ),
    "LS-06": Rule(
        Severity.QUESTION,
        "a task was handed in without any label",
        "taken as looked at and empty; answer no_annotations=unlabelled if nobody has looked at it",
    ),
    "LS-07": Rule(
        Severity.REPAIRED,
        "the image of a task is not where its address says, but was found by the end of its name",
        "the image that was found is used",
    ),
    "LS-07b": Rule(
        Severity.WARNING,
        "the address of a task fits several images alike",
        "the image counts as missing; open the folder that the storage of the project points to",
    ),
    "LS-08": Rule(
        Severity.WARNING,
        "the size of an image differs from the one its annotations were made for",
        "the size in the export is used; check whether the image was scaled, or turned by its EXIF tag",
    ),
    "LS-09": Rule(
        Severity.REPAIRED,
        "a span of text is counted in UTF-16 units, as older exports do",
        "the text it encloses fits that way of counting",
    ),
    "LS-09b": Rule(
        Severity.WARNING,
        "a span does not enclose the text that it quotes",
        "kept; it counts for its label, but where it lies is not known",
    ),
    "LS-11": Rule(
        Severity.WARNING,
        "a region has no label",
        "kept in a class of its own; give it a label in Label Studio",
    ),
    "LS-16": Rule(
        Severity.NOTE,
        "a task was labelled by several people",
        "the one marked as ground truth counts, else the latest; all of them count for time and agreement",
    ),
    "LS-17": Rule(
        Severity.NOTE,
        "a task has predictions of a model",
        "not counted; import the file again with the role predictions to use them",
    ),
    "LS-18": Rule(Severity.NOTE, "a task has drafts that nobody handed in", "not counted"),
    "LS-19": Rule(
        Severity.NOTE,
        "the export holds names or e-mail addresses of people",
        "not kept; people are called A01, A02 and so on in the order in which the export names them",
    ),
    "LS-20": Rule(
        Severity.NOTE,
        "results of a kind that planning has no use for",
        "left out",
    ),
    "LS-21": Rule(
        Severity.WARNING,
        "a region in percent comes without the size of its image",
        "counted for its label without a place",
    ),
    "LS-22": Rule(
        Severity.REPAIRED,
        "a box is rotated",
        "the upright box around it is used; its area is that of the rotated box",
    ),
    "LS-23": Rule(
        Severity.WARNING,
        "the shape of a region cannot be used",
        "counted for its label without a place; correct or delete it in Label Studio",
    ),
    "LS-24": Rule(
        Severity.QUESTION,
        "several versions of a model predicted",
        "the one that predicted last was read; answer model=VERSION for another",
    ),
    "LS-25": Rule(
        Severity.NOTE,
        "a region is a prediction that nobody changed",
        "kept and marked as automatic",
    ),
    "LS-26": Rule(
        Severity.REPAIRED,
        "the size of an image is not in the export, as nothing was drawn on it",
        "read from the image where it is there, else unknown",
    ),
    "LS-27": Rule(Severity.SKIPPED, "a record is no task: it has no data", "left out"),
    "LS-28": Rule(
        Severity.NOTE,
        "a task was skipped by everybody who opened it",
        "kept as skipped; the time it took counts",
    ),
}
