"""Split results as they are stored and printed: to JSON and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tailwise.domain.split import (
    ClassShare,
    ScarceClass,
    SplitChecks,
    SplitMeasures,
    SplitRequest,
    SplitResult,
    SplitSize,
)


def result_json(result: SplitResult) -> dict[str, Any]:
    """Return a result without its request; `classes` and `checks` have the keys that `split --json` promises."""
    return {
        "score": result.measures.score,
        "items": result.items,
        "groups": result.groups,
        "sizes": [asdict(s) for s in result.sizes],
        "classes": [
            {"class": c.category, "split": c.split, "asked": c.asked, "achieved": c.achieved} for c in result.classes
        ],
        "scarce": [
            {"class": s.category, "groups": s.groups, "empty_splits": list(s.empty_splits)} for s in result.scarce
        ],
        "checks": asdict(result.checks),
        "measures": asdict(result.measures),
        "quarantined": result.quarantined,
        "conflicts": result.conflicts,
        "stopped_early": result.stopped_early,
        "is_proven": result.is_proven,
        "leaks": [{"a_split": a, "b_split": b, "clusters": n} for a, b, n in result.leaks],
        "notes": list(result.notes),
    }


def result_from_json(request: SplitRequest, told: dict[str, Any]) -> SplitResult:
    """Rebuild the result that `result_json` wrote."""
    measures = told["measures"]
    at = measures["max_deviation_at"]
    return SplitResult(
        request=request,
        items=told["items"],
        groups=told["groups"],
        sizes=tuple(SplitSize(**s) for s in told["sizes"]),
        classes=tuple(ClassShare(c["class"], c["split"], c["asked"], c["achieved"]) for c in told["classes"]),
        scarce=tuple(ScarceClass(s["class"], s["groups"], tuple(s["empty_splits"])) for s in told["scarce"]),
        checks=SplitChecks(**told["checks"]),
        measures=SplitMeasures(
            score=measures["score"],
            lower_bound=measures["lower_bound"],
            label_score=measures["label_score"],
            label_lower_bound=measures["label_lower_bound"],
            label_distribution=measures["label_distribution"],
            size_deviation=measures["size_deviation"],
            js_bits=measures["js_bits"],
            js_pairs=tuple((first, second, bits) for first, second, bits in measures["js_pairs"]),
            max_deviation=measures["max_deviation"],
            max_deviation_at=(at[0], at[1]) if at else None,
            label_pair_distribution=measures.get("label_pair_distribution", 0.0),
        ),
        quarantined=told["quarantined"],
        conflicts=told["conflicts"],
        stopped_early=told["stopped_early"],
        is_proven=told.get("is_proven", False),
        leaks=tuple((p["a_split"], p["b_split"], p["clusters"]) for p in told.get("leaks", ())),
        notes=tuple(told.get("notes", ())),
    )
