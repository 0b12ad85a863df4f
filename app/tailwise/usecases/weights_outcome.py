"""Class weights in words and numbers: the scheme and why, every class, and what to be warned of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.analysis import measures
from tailwise.domain.class_weights import (
    DEFAULT_NORMALISE,
    FOCAL_ALPHA,
    FOCAL_GAMMA,
    TIER_WEIGHTS,
    ClassWeight,
    Normalise,
    Scheme,
    WeightsOutcome,
    WeightsRequest,
    focal_factor,
)
from tailwise.domain.coverage import Unit
from tailwise.domain.wording import first_names
from tailwise.planning import class_weights as formulas

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.domain.resampling import TrainingPart


@dataclass(frozen=True, slots=True)
class WeightsBase:
    """What weights are made from, loaded once for many previews; arrays are aligned with `names`.

    Attributes:
        counts: samples by unit. items: items that hold the class. scenes: different scenes of them.
        room: pixels of the images that hold the class; `unsized` images have no known size.
        total: training items. multipliers: of the planned resampling, with its cap.
    """

    part: TrainingPart
    names: tuple[str, ...]
    tiers: tuple[str, ...]
    default_unit: Unit
    counts: dict[Unit, NDArray[np.int64]]
    items: NDArray[np.int64]
    scenes: NDArray[np.int64]
    room: NDArray[np.float64]
    unsized: int
    total: int
    has_boxes: bool
    multipliers: dict[str, float] | None
    cap: float
    data_version: int


def preview_weights(base: WeightsBase, request: WeightsRequest) -> WeightsOutcome:
    """Work weights out without storing anything."""
    unit = request.unit or (Unit.PIXELS if request.scheme is Scheme.MEDIAN and base.has_boxes else base.default_unit)
    counts = base.counts[unit]
    ratio = measures.imbalance_ratio(counts)
    scheme = formulas.chosen_scheme(ratio) if request.scheme is Scheme.AUTO else request.scheme
    normalise = request.normalise or DEFAULT_NORMALISE.get(scheme, Normalise.NONE)
    beta = None
    if scheme is Scheme.EFFECTIVE:
        beta = formulas.default_beta(base.scenes) if request.beta is None else request.beta
    positive = formulas.positive_weight(base.items, base.total)
    weights = _weights(base, scheme, unit, beta, positive)
    if request.use_tiers:
        weights = weights * np.array([TIER_WEIGHTS[t] for t in base.tiers])
    weights = formulas.normalised(weights, normalise)
    uncut = weights
    if scheme is Scheme.POS_WEIGHT:
        weights = np.minimum(weights, request.pos_weight_cap)
    if request.cap is not None:
        weights = np.minimum(weights, request.cap)
    multipliers = np.array([(base.multipliers or {}).get(name, np.nan) for name in base.names], dtype=np.float64)
    products = formulas.per_sample(weights, counts) * multipliers
    rows = _rows(base, counts, weights, positive, request.pos_weight_cap, multipliers, products)
    outcome = WeightsOutcome(
        request=request,
        part=base.part,
        scheme=scheme,
        unit=unit,
        normalise=normalise,
        beta=beta,
        imbalance_ratio=ratio,
        rows=rows,
        rule=_rule(ratio, unit, request.scheme, scheme),
        focal=_focal(base),
        exponent=formulas.exponent_of(weights, counts),
    )
    return replace(outcome, warnings=_warnings(base, outcome, int((weights < uncut).sum())))


def outcome_json(outcome: WeightsOutcome) -> dict[str, Any]:
    """Return the document that `plan weights --json` prints."""
    return {
        "scheme": outcome.scheme.value,
        "rows": [
            {
                "class": r.name,
                "count": r.count,
                "weight": r.weight,
                "pos_weight": r.pos_weight,
                "pos_weight_exact": r.pos_weight_exact,
                "logit_bias": r.logit_bias,
                "items": r.items,
                "tier": r.tier,
                "index": r.index,
                "multiplier": r.multiplier,
                "product": r.product,
            }
            for r in outcome.rows
        ],
        "warnings": list(outcome.warnings),
        "rule": outcome.rule,
        "focal": {"gamma": FOCAL_GAMMA, "alpha": FOCAL_ALPHA, "text": outcome.focal},
        "unit": outcome.unit.value,
        "normalise": outcome.normalise.value,
        "beta": outcome.beta,
        "imbalance_ratio": outcome.imbalance_ratio,
        "cls_pw": round(outcome.exponent, 4),
        "split": outcome.part.name or None,
        "request": outcome.request.parameters(),
    }


def _weights(
    base: WeightsBase, scheme: Scheme, unit: Unit, beta: float | None, positive: NDArray[np.float64]
) -> NDArray[np.float64]:
    counts = base.counts[unit]
    if scheme is Scheme.BALANCED:
        return formulas.balanced(counts)
    if scheme is Scheme.INVERSE:
        return formulas.inverse(counts)
    if scheme is Scheme.SQRT:
        return formulas.square_root(counts)
    if scheme is Scheme.EFFECTIVE and beta is not None:
        return formulas.effective(counts, beta)
    if scheme is Scheme.MEDIAN:
        whole = np.full(counts.size, max(1, int(counts.sum())), dtype=np.float64)
        return formulas.median_frequency(counts, base.room if unit is Unit.PIXELS else whole)
    if scheme is Scheme.POS_WEIGHT:
        return positive
    return np.where(counts > 0, 1.0, np.nan)


def _rows(
    base: WeightsBase,
    counts: NDArray[np.int64],
    weights: NDArray[np.float64],
    positive: NDArray[np.float64],
    positive_cap: float,
    *planned: NDArray[np.float64],
) -> tuple[ClassWeight, ...]:
    multipliers, products = planned
    total = max(1, int(counts.sum()))
    order = sorted(range(counts.size), key=lambda k: (-int(counts[k]), base.names[k]))
    return tuple(
        ClassWeight(
            index=k,
            name=base.names[k],
            tier=base.tiers[k],
            count=int(counts[k]),
            items=int(base.items[k]),
            weight=_number(weights[k]),
            pos_weight=_number(min(positive[k], positive_cap)) if base.items[k] else None,
            pos_weight_exact=_number(positive[k]),
            logit_bias=float(np.log(counts[k] / total)) if counts[k] else None,
            multiplier=_number(multipliers[k]),
            product=_number(products[k]),
        )
        for k in order
    )


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _rule(ratio: float | None, unit: Unit, asked: Scheme, used: Scheme) -> str:
    if ratio is None:
        return "No class has a sample, so there is nothing to weigh"
    found = f"The largest class has {ratio:,.4g} times the {unit.value} of the smallest"
    advice = {
        Scheme.NONE: "up to 3 times no weights are needed",
        Scheme.SQRT: "from 3 to 20 times square-root weights do",
        Scheme.EFFECTIVE: "above 20 times the effective number is steadier than the plain inverse",
    }[formulas.chosen_scheme(ratio)]
    chosen = "" if asked is Scheme.AUTO else f"; {used.value} was chosen by hand"
    return f"{found}: {advice}{chosen}"


def _focal(base: WeightsBase) -> str:
    turned_down = f"a sample that is right with 0.9 counts {1 / focal_factor(0.9):,.0f} times less"
    if base.has_boxes:
        return (
            f"Detectors that look at every place of an image meet far more background than objects: there take focal "
            f"loss with gamma {FOCAL_GAMMA:g} and alpha {FOCAL_ALPHA:g} ({turned_down}; gamma 0.5 to 5 works), and no "
            "class weights on top"
        )
    return (
        f"Focal loss (gamma {FOCAL_GAMMA:g}; {turned_down}) helps where easy samples drown the hard ones; "
        "it does not replace class weights for rare classes"
    )


def _warnings(base: WeightsBase, outcome: WeightsOutcome, cut: int) -> tuple[str, ...]:
    request, scheme, rows = outcome.request, outcome.scheme, outcome.rows
    warnings = [base.part.warning] if base.part.warning else []
    missing = [r.name for r in rows if r.weight is None]
    if missing:
        warnings.append(f"No weight is defined without a training sample: {first_names(missing)}")
    over = [r for r in rows if (r.pos_weight_exact or 0.0) > request.pos_weight_cap]
    if over:
        worst = max(over, key=lambda r: r.pos_weight_exact or 0.0)
        warnings.append(
            f"Positive weights are cut at {request.pos_weight_cap:g} ({len(over)} of {len(rows)} classes): "
            f"{worst.name} would have {worst.pos_weight_exact:,.4g}"
        )
    if cut and scheme is not Scheme.POS_WEIGHT:
        warnings.append(f"Weights are cut at {request.cap:g} ({cut} of {len(rows)} classes)")
    if scheme is Scheme.MEDIAN and outcome.unit is Unit.PIXELS and base.unsized:
        warnings.append(f"The size of {base.unsized:,} images is unknown; their pixels are missing in the frequencies")
    return (*warnings, *_twice(base, rows, outcome.imbalance_ratio))


def _twice(base: WeightsBase, rows: tuple[ClassWeight, ...], ratio: float | None) -> list[str]:
    """Warn when weights and resampling together push the rarest class further than its imbalance calls for."""
    known = [r for r in rows if r.product is not None and r.count]
    if not known or ratio is None:
        return []
    rarest = min(known, key=lambda r: (r.count, r.name))
    limit = base.cap * ratio**0.5
    product, multiplier = rarest.product or 0.0, rarest.multiplier or 0.0
    if product <= limit:
        return []
    text = (
        f"Corrected twice: {rarest.name} is repeated {multiplier:,.2f} times and weighted {product / multiplier:,.2f}, "
        f"together {product:,.1f}, above {limit:,.1f} (cap times the root of the imbalance ratio). Use the weights or "
        "the resampling, not both in full"
    )
    return [text]
