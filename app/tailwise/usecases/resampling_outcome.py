"""A resampling in words and numbers: classes before and after, measures, what changes nothing, what cannot be met."""

from __future__ import annotations

from dataclasses import asdict
from math import floor
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.analysis import measures
from tailwise.domain.resampling import (
    BACKGROUND,
    UNDER,
    BalanceMeasures,
    ClassEffect,
    Emission,
    Method,
    MethodResult,
    ResamplingOutcome,
)
from tailwise.domain.wording import first_names
from tailwise.planning.resampling import baselines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.planning.resampling import ResamplingSolution
    from tailwise.usecases.training_part import TrainingBase

_NEAR = 1e-9


def describe(base: TrainingBase, solution: ResamplingSolution) -> ResamplingOutcome:
    """Return what a solution does to every class, with measures before and after and the sentences to know."""
    counts, class_items = _counts(solution)
    rows = _rows(base, solution, counts, class_items)
    mean_change = float(np.abs(solution.factor - 1).mean())
    after = _measures(counts, class_items, solution.effective)
    found = baselines(solution)
    comparison: list[MethodResult] = []
    if found:
        comparison.append(MethodResult(solution.method, after, mean_change, float(solution.factor.max(initial=0.0))))
    comparison.extend(
        MethodResult(
            other.method,
            _measures(counts, class_items, other.effective),
            float(np.abs(other.factor - 1).mean()),
            float(other.factor.max(initial=0.0)),
            other.threshold,
            "counts near-duplicates as different images" if solution.request.per_scene else "",
        )
        for other in found
    )
    return ResamplingOutcome(
        request=solution.request,
        part=base.part,
        method=solution.method,
        unit=base.unit,
        asked=solution.asked,
        total=solution.total,
        floor=solution.floor,
        lowest=solution.lowest,
        highest=solution.highest,
        cap_needed=solution.cap_needed,
        rows=rows,
        before=_measures(counts, class_items, counts.astype(np.float64)),
        after=after,
        mean_change=mean_change,
        emission=_emission(solution),
        changes_nothing=mean_change < _NEAR,
        notes=_notes(base, solution, rows, is_unchanged=mean_change < _NEAR),
        comparison=tuple(comparison),
    )


def class_names_of(base: TrainingBase, solution: ResamplingSolution) -> tuple[str, ...]:
    """Return the names that class codes of a solution mean; items without a class are one more where they count."""
    extra = solution.target.size > len(base.class_names)
    return (*base.class_names, BACKGROUND) if extra else base.class_names


def outcome_json(outcome: ResamplingOutcome) -> dict[str, Any]:
    """Return the document that `plan resample --json` prints."""
    return {
        "total": outcome.total,
        "cap": outcome.request.cap,
        "rows": [
            {
                "class": r.name,
                "count": r.count,
                "effective": _plain(r.effective),
                "multiplier": None if r.multiplier is None else round(r.multiplier, 6),
                "items": r.items,
                "scenes": r.scenes,
                "target": _plain(r.target),
                "surplus": _plain(r.surplus),
                "share_before": round(r.share_before, 6),
                "share_after": round(r.share_after, 6),
                "capped": r.is_capped,
            }
            for r in outcome.rows
        ],
        "before": measures_json(outcome.before),
        "after": {**measures_json(outcome.after), "mean_change": round(outcome.mean_change, 6)},
        "asked": outcome.asked,
        "feasible": outcome.is_feasible,
        "lowest_total": outcome.lowest,
        "highest_total": outcome.highest,
        "cap_needed": outcome.cap_needed,
        "floor": outcome.floor,
        "method": outcome.method.value,
        "unit": outcome.unit,
        "training": asdict(outcome.part),
        "epoch": asdict(outcome.emission),
        "changes_nothing": outcome.changes_nothing,
        "notes": list(outcome.notes),
        "comparison": [
            {
                "method": m.method.value,
                **measures_json(m.measures),
                "mean_change": round(m.mean_change, 6),
                "max_repeat": round(m.max_repeat, 6),
                "threshold": m.threshold,
                "note": m.note,
            }
            for m in outcome.comparison
        ],
        "request": outcome.request.parameters(),
    }


def measures_json(found: BalanceMeasures) -> dict[str, Any]:
    """Return measures as plain numbers."""
    return {k: round(v, 6) if isinstance(v, float) else v for k, v in asdict(found).items()}


def _plain(value: float) -> float | int:
    return round(value) if abs(value - round(value)) < 1e-6 else round(value, 4)


def _counts(solution: ResamplingSolution) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return samples and items per class, with one more entry for items without a class where they count."""
    items = solution.items
    if solution.target.size == items.n_classes:
        return items.class_counts, items.class_items
    without = int((np.diff(items.matrix.indptr) == 0).sum())
    return np.append(items.class_counts, without), np.append(items.class_items, without)


def _rows(
    base: TrainingBase, solution: ResamplingSolution, counts: NDArray[np.int64], class_items: NDArray[np.int64]
) -> tuple[ClassEffect, ...]:
    items, effective = solution.items, solution.effective
    scenes = items.class_scenes
    if counts.size > items.n_classes:
        without = np.diff(items.matrix.indptr) == 0
        scenes = np.append(scenes, np.unique(items.scene[without]).size)
    rows_of = np.repeat(np.arange(items.n_items), np.diff(items.matrix.indptr))
    held = np.bincount(items.matrix.indices[solution.is_capped[rows_of]], minlength=counts.size)
    if counts.size > items.n_classes:
        held[-1] = int(solution.is_capped[np.diff(items.matrix.indptr) == 0].sum())
    before, after = max(1, int(counts.sum())), max(_NEAR, float(effective.sum()))
    order = sorted(range(counts.size), key=lambda k: (-int(counts[k]), class_names_of(base, solution)[k]))
    names = class_names_of(base, solution)
    return tuple(
        ClassEffect(
            name=names[k],
            count=int(counts[k]),
            items=int(class_items[k]),
            scenes=int(scenes[k]),
            target=float(solution.target[k]),
            effective=float(effective[k]),
            multiplier=float(effective[k] / counts[k]) if counts[k] else None,
            share_before=float(counts[k] / before),
            share_after=float(effective[k] / after),
            is_capped=bool(counts[k] and held[k] == class_items[k]),
        )
        for k in order
    )


def _measures(
    counts: NDArray[np.int64], class_items: NDArray[np.int64], effective: NDArray[np.float64]
) -> BalanceMeasures:
    used = counts > 0
    values = effective[used]
    rare = used & (class_items <= measures.RARE_IMAGES)
    return BalanceMeasures(
        total=float(values.sum()),
        imbalance_ratio=measures.imbalance_ratio(values),
        evenness=measures.evenness(values),
        effective_classes=measures.effective_classes(values),
        gini=measures.gini(values),
        smallest=float(values.min()) if values.size else None,
        under=int((values < UNDER - _NEAR).sum()),
        tail_multiplier=float((effective[rare] / counts[rare]).mean()) if rare.any() else None,
    )


def _emission(solution: ResamplingSolution) -> Emission:
    highest = scene_highest = used = 0
    for number, uses in enumerate(solution.epochs.epochs(solution.request.epochs)):
        highest = max(highest, int(uses.max(initial=0)))
        scene_highest = max(scene_highest, int(np.bincount(solution.items.scene, weights=uses).max(initial=0)))
        if number == 0:
            used = int((uses > 0).sum())
    return Emission(used, highest, scene_highest, solution.epochs.epochs_to_see_all())


def _notes(
    base: TrainingBase, solution: ResamplingSolution, rows: tuple[ClassEffect, ...], *, is_unchanged: bool
) -> tuple[str, ...]:
    notes = [base.part.warning] if base.part.warning else []
    notes += _out_of_reach(solution)
    if is_unchanged:
        notes.append("This setting changes nothing: every training item is used once per epoch")
    else:
        notes += _idle_settings(solution)
    if solution.request.per_scene and not base.scene_axes:
        notes.append(
            "No near-duplicates are known, so every item is a scene of its own; build the image index to find them"
        )
    empty = [r.name for r in rows if not r.count]
    if empty:
        notes.append(f"No training item holds {first_names(empty)}, so nothing can be balanced there")
    if solution.method is Method.TARGET_LP:
        notes += _collateral(rows)
    if solution.is_reduced:
        notes.append("There are too many kinds of items; they were told apart by their three rarest classes only")
    return tuple(notes)


def _out_of_reach(solution: ResamplingSolution) -> list[str]:
    cap, unit = solution.request.cap, "scene" if solution.request.per_scene else "item"
    if solution.asked > solution.total:
        text = (
            f"{solution.asked:,} items per epoch are out of reach: with at most {cap:g} uses per {unit} there are "
            f"{solution.highest:,}, short by {solution.asked - solution.total:,}. Raise the cap to "
            f"{solution.cap_needed:.4f}, or plan {solution.total:,}"
        )
        return [text]
    if solution.asked < solution.total:
        reachable = floor(solution.floor * solution.asked / solution.total * 1e4) / 1e4
        text = (
            f"{solution.asked:,} items per epoch are too few: a floor of {solution.floor:g} uses per {unit} alone "
            f"takes {solution.lowest:,}. Lower the floor to {reachable:g}, or plan {solution.total:,}"
        )
        return [text]
    return []


def _idle_settings(solution: ResamplingSolution) -> list[str]:
    """Say which settings have no effect, so that nobody turns them in vain."""
    notes: list[str] = []
    cap, is_single = solution.request.cap, solution.method is Method.WATER_FILLING
    reachable = solution.target < cap * np.maximum(_counts(solution)[0], 1) * (1 - _NEAR)
    if not solution.is_capped.any() and reachable.all():
        most = float(solution.factor.max(initial=0.0))
        notes.append(f"The cap of {cap:g} holds nothing back: no item is used more than {most:.2f} times on average")
    if is_single and solution.floor > 0 and float(solution.factor.min(initial=np.inf)) > solution.floor + _NEAR:
        notes.append(f"The floor of {solution.floor:g} changes nothing: no class would fall below it")
    return notes


def _collateral(rows: tuple[ClassEffect, ...]) -> list[str]:
    """Name the classes that grow only because they share items with rarer ones."""
    grown = [r for r in rows if r.multiplier is not None and r.multiplier > 1 + 1e-6 and r.surplus >= 0.5]
    if not grown:
        return []
    grown.sort(key=lambda r: (-(r.effective - r.count), r.name))
    named = first_names([f"{r.name} +{r.effective - r.count:,.0f}" for r in grown])
    return [f"Above their target, because they share items with rarer classes: {named}"]
