"""What the reader of Supervisely may find: severity, words and action of every code.

SV-03 (points beside or inside of the geometry) needs no finding: both are read.
"""

from __future__ import annotations

from tailwise.domain.findings import Severity
from tailwise.formats.finding_rules import Rule
from tailwise.formats.gathering import Codes

CODES = Codes(undeclared="SV-13", differing="SV-09", extra="SV-07")

RULES = {
    "SV-01": Rule(
        Severity.REPAIRED,
        "meta.json is missing, cannot be read, or defines no classes",
        "the classes are those of the annotations",
    ),
    "SV-02": Rule(
        Severity.REPAIRED,
        "an annotation file is called like its image without the suffix, as in old exports",
        "matched by its stem, which is unique here",
    ),
    "SV-04": Rule(
        Severity.REPAIRED,
        "an object names its class by number only, or has one that meta.json does not define",
        "found by its number, else added as a class",
    ),
    "SV-05": Rule(
        Severity.QUESTION,
        "an image has an annotation file without objects, which Supervisely writes for every image",
        "taken as unlabelled; answer no_annotations=empty if all of them were looked at",
    ),
    "SV-06": Rule(
        Severity.ERROR,
        "images lie in an archive with a table of places (.pkl), which is never loaded",
        "these images count as missing; export the project with images",
    ),
    "SV-07": Rule(
        Severity.QUESTION,
        "an image has no annotation file",
        "added as unlabelled; answer extra_images=ignore to leave such images out",
    ),
    "SV-09": Rule(
        Severity.WARNING,
        "the size of an image differs from the one its annotations were made for",
        "the declared size is used; check whether the image was scaled, rotated or exchanged",
    ),
    "SV-10": Rule(
        Severity.NOTE,
        "files hold the logins of people",
        "not kept; people are called A01, A02 and so on in the order in which the files name them",
    ),
    "SV-11": Rule(
        Severity.WARNING,
        "a bitmap cannot be used: it is no packed PNG of a sensible size",
        "counted for its class without a place",
    ),
    "SV-12": Rule(Severity.SKIPPED, "an annotation file cannot be read", "left out; its image is unlabelled"),
    "SV-13": Rule(
        Severity.REPAIRED,
        "the size of an image is not declared",
        "read from the image where it is there, else unknown",
    ),
    "SV-14": Rule(Severity.SKIPPED, "an object has no class, or no shape that can be used", "left out"),
}
