"""Write hard negatives for training: confirmed and random ones with their weights, and what reviewers said."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tailwise.domain.exports import Audience
from tailwise.exports.table_files import add_csv
from tailwise.exports.tables import Row, table_of
from tailwise.exports.texts import natural_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.negatives_export import JudgedRow, NegativeRow, NegativesExport, VerdictRow
    from tailwise.domain.review import Box
    from tailwise.exports.package import Package
    from tailwise.ops.progress import Progress

SCHEMA = "tailwise.negatives/1"
FOLDER = "negatives"
SEPARATOR = "; "

NEGATIVE_COLUMNS = (
    "class", "item_id", "source", "file_name", "x", "y", "width", "height", "origin", "sample_weight", "candidate",
    "kind", "score", "reasons", "reviewers", "why",
)  # fmt: skip
JUDGED_COLUMNS = (
    "class", "item_id", "source", "file_name", "x", "y", "width", "height", "candidate", "decision", "score", "reasons",
    "reviewers",
)  # fmt: skip
VERDICT_COLUMNS = ("candidate", "class", "reviewer", "verdict", "reasons", "utc")

_README = """Hard negatives

negatives.csv       What is not the class. origin "mined": looks like it, and a reviewer confirmed that it is not.
                    origin "random": drawn from all other negatives. Boxes are pixels; no box means the whole image.
judged.csv          Candidates that are no confirmed negatives: missed labels to annotate, duplicates or loose boxes,
                    and escalated ones on which reviewers are unsure or contradict each other.
verdicts.csv        Every verdict ever given, oldest first; a take-back withdraws the reviewer's verdict before it.
negatives.json      Figures per class.

Train with sample_weight. Mined negatives alone are not a fair picture of what is out there: a model trained on them
unweighted can become worse than one trained on random negatives. A mined negative counts 1; a random one stands for all
that were not drawn: (pool - mined) / random. Mine again after training, at least three times in all.
Only items of the training split are here. Reviewers are named by number.
"""


def write_negatives(export: NegativesExport, package: Package, progress: Progress) -> None:
    """Write and register the tables, the figures and the README."""
    rows = sorted(export.rows, key=_order)
    tables = (
        table_of("negatives", NEGATIVE_COLUMNS, [_negative(row) for row in rows]),
        table_of("judged", JUDGED_COLUMNS, [_judged(row) for row in sorted(export.judged, key=_order)]),
        table_of("verdicts", VERDICT_COLUMNS, [_verdict(row) for row in export.verdicts]),
    )
    for table in tables:
        add_csv(table, f"{FOLDER}/{table.name}.csv", Audience.TRAINING, package, progress)
    package.add_json(f"{FOLDER}/negatives.json", _figures(export), len(export.classes), "figures", Audience.TRAINING)
    package.add_text(f"{FOLDER}/README.txt", _README, "readme", Audience.TRAINING)
    package.warn("NG-01", "negatives whose items are no longer in the training split were left out", export.held_out)
    waiting = [c for c in export.classes if c.waiting]
    package.warn(
        "NG-02", "candidates nobody decided on were left out", sum(c.waiting for c in waiting),
        (c.class_name for c in waiting),
    )  # fmt: skip
    package.check("weights_off", sum(not _adds_up(export, c.class_name, c.pool) for c in export.classes))


def _figures(export: NegativesExport) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "weights": "mined 1, random (pool - mined) / random",
        "classes": [
            {
                "class": c.class_name, "pool": c.pool, "mined": c.mined, "random": c.random,
                "random_weight": c.random_weight, "waiting": c.waiting,
            }
            for c in export.classes
        ],
    }  # fmt: skip


def _adds_up(export: NegativesExport, class_name: str, pool: int) -> bool:
    total = math.fsum(row.sample_weight for row in export.rows if row.class_name == class_name)
    has_random = any(row.class_name == class_name and row.origin == "random" for row in export.rows)
    return not has_random or math.isclose(total, pool, rel_tol=1e-9)


def _order(row: NegativeRow | JudgedRow) -> tuple[object, ...]:
    return row.class_name, natural_key(row.file_name), row.box or (), row.item_id


def _place(row: NegativeRow | JudgedRow) -> Row:
    return (row.class_name, row.item_id, row.source, row.file_name, *_sides(row.box))


def _sides(box: Box | None) -> Row:
    return (None,) * 4 if box is None else box


def _negative(row: NegativeRow) -> Row:
    return (
        *_place(row), row.origin, float(row.sample_weight), row.candidate, row.kind, row.score, _joined(row.reasons),
        _joined(row.reviewers), row.why,
    )  # fmt: skip


def _judged(row: JudgedRow) -> Row:
    return (*_place(row), row.candidate, row.decision, row.score, _joined(row.reasons), _joined(row.reviewers))


def _verdict(row: VerdictRow) -> Row:
    return row.candidate, row.class_name, row.reviewer, row.verdict, _joined(row.reasons), row.utc


def _joined(texts: Sequence[str]) -> str:
    return SEPARATOR.join(texts)
