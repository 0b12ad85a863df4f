"""What the reader of Hugging Face image folders may find: severity, words and action of every code.

HF-04 (a class NA, which others read as nothing) needs no finding: every cell stays text. HF-06 comes from the table.
"""

from __future__ import annotations

from tailwise.domain.findings import Severity
from tailwise.formats.finding_rules import Rule
from tailwise.formats.gathering import Codes

CODES = Codes(extra="HF-07", undeclared="HF-11")

RULES = {
    "HF-01": Rule(
        Severity.NOTE,
        "one metadata file at the root describes the folders of several splits",
        "read; version 2.15 of the datasets library ignores it",
    ),
    "HF-02": Rule(
        Severity.WARNING,
        "a folder has metadata files of several kinds",
        "the first of jsonl, parquet and csv was read; the datasets library refuses such folders",
    ),
    "HF-03": Rule(Severity.WARNING, "metadata files have different columns", "all columns are used where they are"),
    "HF-05": Rule(
        Severity.WARNING,
        "classes are numbers, and README.md does not name them",
        "called class_ and the number; name them on the page of classes",
    ),
    "HF-07": Rule(
        Severity.QUESTION,
        "an image is on disk but no metadata names it",
        "added as unlabelled; answer extra_images=ignore to leave such images out",
    ),
    "HF-08": Rule(Severity.NOTE, "a Python file lies beside the data, as loading scripts do", "never run"),
    "HF-09": Rule(Severity.SKIPPED, "a row has no file_name", "left out"),
    "HF-10": Rule(
        Severity.WARNING,
        "objects of a row do not have as many boxes as classes, or boxes that are not four numbers",
        "what fits was read; the others count without a place",
    ),
    "HF-11": Rule(Severity.NOTE, "the sizes of images are only known from the images", "read from there"),
}
