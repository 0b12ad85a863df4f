"""Class weights for training code, in the forms that scikit-learn, Keras and PyTorch take (formats reference, 4.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tailwise.domain.coverage import Unit
from tailwise.domain.exports import Audience
from tailwise.exports.resampling_readme import weights_readme
from tailwise.exports.table_files import add_csv
from tailwise.exports.tables import Row, table_of

if TYPE_CHECKING:
    from tailwise.domain.class_weights import ClassWeight, WeightsOutcome
    from tailwise.exports.package import Package
    from tailwise.ops.progress import Progress

SCHEMA = "planner.class_weights/1"
FOLDER = "resampling"
COLUMNS = ("index", "class", "tier", "count", "items", "weight", "pos_weight", "logit_bias", "multiplier", "product")
MISSING_WEIGHT, MISSING_POSITIVE = 0.0, 1.0
"""What the lists, which cannot leave a class out, hold for one without samples."""
_BASIS = {Unit.IMAGES: "image", Unit.OBJECTS: "instance", Unit.PIXELS: "pixel", Unit.TEXTS: "text"}


def write_weights(outcome: WeightsOutcome, package: Package, progress: Progress) -> None:
    """Write `class_weights.json`, `class_weights.csv` and a README."""
    rows = sorted(outcome.rows, key=lambda r: r.index)
    package.add_json(
        f"{FOLDER}/class_weights.json", _document(outcome, rows), len(rows), "class weights", Audience.TRAINING
    )
    cells: list[Row] = [
        (r.index, r.name, r.tier, r.count, r.items, r.weight, r.pos_weight, r.logit_bias, r.multiplier, r.product)
        for r in rows
    ]
    table = table_of("class_weights.csv", COLUMNS, cells)
    add_csv(table, f"{FOLDER}/class_weights.csv", Audience.TRAINING, package, progress)
    package.add_text(f"{FOLDER}/README.txt", weights_readme(outcome), "readme", Audience.TRAINING)
    missing = [r.name for r in rows if r.weight is None]
    package.warn("CW-01", "classes without a training sample, for which no weight is defined", len(missing), missing)
    for warning in outcome.warnings:
        package.warn("CW-02", warning, 1)
    package.check("classes_weighted", len(rows) - len(missing))


def _document(outcome: WeightsOutcome, rows: list[ClassWeight]) -> dict[str, Any]:
    request = outcome.request
    return {
        "schema": SCHEMA,
        "basis": _BASIS[outcome.unit],
        "split": outcome.part.name or None,
        "scheme": outcome.scheme.value,
        "params": {
            "beta": outcome.beta,
            "tiers": request.use_tiers,
            "pos_weight_cap": request.pos_weight_cap,
            "missing_in_torch": MISSING_WEIGHT,
            "missing_in_pos_weight": MISSING_POSITIVE,
        },
        "normalise": outcome.normalise.value,
        "cap": request.cap,
        "classes": [
            {
                "index": r.index,
                "class_id": r.index,
                "name": r.name,
                "count": r.count,
                "weight": r.weight,
                "pos_weight": r.pos_weight,
                "logit_bias": r.logit_bias,
                "effective_factor": r.product,
            }
            for r in rows
        ],
        "sklearn": {r.name: r.weight for r in rows if r.weight is not None},
        "keras": {str(r.index): r.weight for r in rows if r.weight is not None},
        "torch": [MISSING_WEIGHT if r.weight is None else r.weight for r in rows],
        "pos_weight": [MISSING_POSITIVE if r.pos_weight is None else r.pos_weight for r in rows],
        "cls_pw": round(outcome.exponent, 4),
        "rule": outcome.rule,
        "focal": outcome.focal,
        "warnings": list(outcome.warnings),
    }
