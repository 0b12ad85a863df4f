"""What the COCO reader may find: severity, words and action of every code, in one place.

CO-15 and CO-18 of the formats reference need no finding: ids of any size and annotations in any order are read alike.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from tailwise.domain.findings import MAX_EXAMPLES, Severity
from tailwise.formats.finding_rules import SHARED_RULES, Rule, RuleBook

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailwise.domain.findings import FindingLog


RULES = SHARED_RULES | {
    "CO-01": Rule(
        Severity.NOTE,
        "a category has the id 0",
        "kept; older versions of several tools take 0 for the background and lose the class",
    ),
    "CO-02": Rule(
        Severity.QUESTION,
        "a category without objects is the supercategory of the others: a placeholder that Roboflow writes",
        "kept as a class; answer placeholder_class=drop to leave it out",
    ),
    "CO-02b": Rule(Severity.WARNING, "one class name stands under several category ids", "merged into one class"),
    "CO-03": Rule(
        Severity.WARNING,
        "an annotation has a category that the file does not define",
        "kept in a class called unknown: and the id; add the category to the file to name it",
    ),
    "CO-04": Rule(
        Severity.SKIPPED,
        "an annotation belongs to an image that the file does not list",
        "left out; export the images and annotations together again",
    ),
    "CO-05": Rule(Severity.REPAIRED, "an id is written as text instead of a number", "matched by its digits"),
    "CO-06": Rule(
        Severity.WARNING,
        "an annotation id stands for several annotations, as in files that were merged",
        "all of them were kept; give them ids of their own before training",
    ),
    "CO-06b": Rule(
        Severity.ERROR,
        "an image id stands for several images, as in files that were merged without renumbering",
        "their annotations were left out, as nobody can tell whose they are; import the original files separately",
    ),
    "CO-07": Rule(Severity.REPAIRED, "iscrowd is missing or empty", "taken as 0"),
    "CO-07b": Rule(
        Severity.REPAIRED,
        "the width or height of an image is missing",
        "read from the image where it is there, else unknown",
    ),
    "CO-08": Rule(
        Severity.REPAIRED,
        "the area of an annotation is missing, not positive, or larger than its box by half",
        "computed from the mask, else the polygon, else the box",
    ),
    "CO-09": Rule(
        Severity.REPAIRED,
        "a polygon is a flat list, empty, or has fewer than three points",
        "a flat list was read as one polygon; where nothing usable is left, the box alone is used",
    ),
    "CO-10": Rule(
        Severity.WARNING,
        "a run-length mask does not fill its image or lies outside of its box",
        "marked as unusable; the box is used. Masks written row by row, or with height and width swapped, look so",
    ),
    "CO-11": Rule(
        Severity.QUESTION,
        "the boxes look as if they were not x, y, width, height in pixels",
        "read as x, y, width, height in pixels",
    ),
    "CO-12": Rule(
        Severity.REPAIRED,
        "an image is not where its file name says, but was found in a less exact way",
        "the image that was found is used",
    ),
    "CO-12b": Rule(
        Severity.WARNING,
        "a file name is missing, leaves the dataset folder, or fits several images alike",
        "the image counts as missing; correct the name, or open the folder that holds images and annotations",
    ),
    "CO-13": Rule(
        Severity.QUESTION,
        "an image is on disk but no annotation file lists it",
        "added as unlabelled; answer extra_images=ignore to leave such images out",
    ),
    "CO-13b": Rule(
        Severity.WARNING,
        "an image is listed more than once",
        "read as one image with the annotations of all its entries",
    ),
    "CO-14": Rule(
        Severity.QUESTION,
        "an image has no annotations in a file that has some",
        "taken as looked at and empty; answer no_annotations=unlabelled if nobody has looked at them",
    ),
    "CO-16": Rule(
        Severity.NOTE,
        "a file lists images without any annotations, as test sets do",
        "its images are unlabelled",
    ),
    "CO-17": Rule(
        Severity.NOTE,
        "an annotation file of another kind lies beside the instances",
        "left out; open that file by itself to read it",
    ),
    "CO-19": Rule(
        Severity.SKIPPED,
        "a record is not an object, or lacks the id or name that everything hangs on",
        "left out",
    ),
    "CO-20": Rule(
        Severity.NOTE,
        "an attribute of the images has too many values for a condition",
        "left out; join it as a column of a conditions CSV, grouped into fewer values",
    ),
    "CO-21": Rule(
        Severity.WARNING,
        "a scene record names a scene category that the file does not define, or an image that it does not list",
        "an undefined category is kept as unknown: and its number; records of unknown images were left out",
    ),
    "CO-22": Rule(
        Severity.WARNING,
        "a prediction has no score, or one that is not between 0 and 1",
        "kept without a score",
    ),
    "CO-23": Rule(
        Severity.QUESTION,
        "every annotation has a score: these are predictions of a model, not labels",
        "imported as predictions; answer predictions=no to count them as labels",
    ),
    "CO-24": Rule(
        Severity.ERROR,
        "one of several annotation files cannot be read",
        "the other files were read; correct or export this one again",
    ),
    "IMG-02": Rule(
        Severity.WARNING,
        "the size of an image differs from the one its annotations were made for",
        "the size of the annotation file is used; check whether the image was scaled, rotated or exchanged",
    ),
    "JSON-01": Rule(Severity.REPAIRED, "a number is NaN or infinite", "taken as missing"),
    "JSON-02": Rule(Severity.REPAIRED, "the file is not plain UTF-8", "read in the encoding found"),
    "JSON-03": Rule(
        Severity.REPAIRED,
        "a name holds a character that cannot be stored (NUL or half of a pair)",
        "the character was replaced by �",
    ),
    "LS-10": Rule(
        Severity.NOTE,
        "the file was exported from Label Studio as COCO",
        "read; people, times and second opinions are only in its export as JSON",
    ),
    "LV-01": Rule(
        Severity.WARNING,
        "the classes are those of LVIS, but no image says which of them were looked for",
        "read as COCO; images without annotations are unlabelled, not empty",
    ),
    "LV-02": Rule(
        Severity.WARNING,
        "the file says per image which classes were looked for (LVIS): absence of others means nothing",
        "images without annotations are unlabelled, not empty",
    ),
    "LV-03": Rule(
        Severity.ERROR,
        "two files give one word sense (synset) different ids or names, as versions 0.5 and 1 of LVIS do",
        "joined by name, so that classes may be apart that are one; import files of one version, or map the classes",
    ),
    "LV-04": Rule(
        Severity.WARNING,
        "a class is listed as absent from an image in which it is annotated",
        "the annotations count; correct the list or the annotations",
    ),
    "LV-05": Rule(
        Severity.REPAIRED,
        "a class does not say how frequent it is",
        "computed here from the images of this source: rare up to 10, common up to 100, else frequent",
    ),
    "LV-06": Rule(
        Severity.ERROR,
        "an image has neither a file name nor an address",
        "kept without a name and without its file; add file_name or coco_url",
    ),
    "LV-09": Rule(
        Severity.NOTE,
        "a class was looked for in an image and is not there",
        "such images are known negatives of the class",
    ),
    "LV-10": Rule(
        Severity.NOTE,
        "not all objects of a class are marked in an image",
        "kept; the counts of the class are at least that many there. The axis “not exhaustive” has these images",
    ),
}


_BOOK = RuleBook(RULES)
report, report_all = _BOOK.report, _BOOK.report_all


@dataclass(slots=True)
class Tally:
    """Occurrences by code that are only told when it is sure that they count."""

    counts: Counter[str] = field(default_factory=Counter[str])
    examples: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def add(self, code: str, count: int, examples: Iterable[str] = ()) -> None:
        """Remember `count` more occurrences of `code`."""
        self.counts[code] += count
        kept = self.examples.setdefault(code, [])
        kept.extend(islice(examples, MAX_EXAMPLES - len(kept)))

    def tell(self, log: FindingLog, without: Iterable[str] = ()) -> None:
        """Add everything to `log`, except the codes in `without`."""
        for code in self.counts.keys() - set(without):
            report_all(log, code, self.counts[code], self.examples[code])
