"""The audit of a recipe: draw a sample of its variants, keep what a reviewer says of each, and write it as sheets.

The sample is stratified over the steps: variants are ordered by the steps they get and taken at equal distances, so
that every combination of steps has its share. Every variant has the same chance, which the bound needs.
"""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING, Any, Final, cast

from tailwise.domain.changes import Changes
from tailwise.domain.errors import RequestError
from tailwise.domain.label_audit import AUDIT_SIZE, AuditedVariant, LabelAudit, LabelVerdict, audit_result, checked_size
from tailwise.domain.recipe import Recipe, StepKind, checked
from tailwise.domain.recipe_json import recipe_from_json, recipe_json
from tailwise.imaging.augment_run import steps_of, variant_seed
from tailwise.storage import plan_tables
from tailwise.usecases.augment_preview import ORIGINAL, PreviewTile, preview_tiles
from tailwise.usecases.augmentation import Studio, step_plan
from tailwise.usecases.projects import versions

if TYPE_CHECKING:
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

FACT: Final = "label audits"
_TIMES: Final = 10
"""The sample is drawn from at least so many times as many variants."""
_MOST_DRAWN_FROM: Final = 4000
"""Variants that are told apart by their steps; of larger classes every n-th image takes part."""


def draw_audit(
    project: Project, recipe: Recipe, progress: Progress, size: int = AUDIT_SIZE, studio: Studio | None = None
) -> LabelAudit:
    """Return a sample of the variants of a recipe, without verdicts; the same for the same project, recipe and size.

    Raises:
        RequestError: the recipe has no step, no picture of the class is here, or the size is out of range.
    """
    checked_size(size)
    if not checked(recipe).active:
        raise RequestError(f"The recipe {recipe.name!r} has no step that is on", "Switch one on")
    studio = studio or Studio(project, recipe.class_name)
    progress.stage("Drawing a sample")
    rows = studio.own_rows
    if not rows:
        raise RequestError(
            f"None of the pictures of {recipe.class_name!r} is on this computer",
            "Bring them to where they were imported from",
        )
    rows = rows[:: math.ceil(len(rows) / _MOST_DRAWN_FROM)]
    copies = math.ceil(_TIMES * size / len(rows))
    cube, plan = project.cube().cube, step_plan(project, recipe)
    entries, ids = project.cube().entries, project.columns.item_ids
    codes = project.columns.annotations["category"]
    drawn: list[tuple[tuple[str, ...], int, AuditedVariant]] = []
    for row in rows:
        name = studio.name(row)
        shown = set(codes[entries[cube.annotations_of(row)]].tolist())
        for number in range(copies):
            seed = variant_seed(recipe.seed, name, number)
            steps = steps_of(plan, seed, shown)
            variant = AuditedVariant(int(ids[row]), name, number, steps)
            drawn.append((tuple(k.value for k in steps), seed, variant))
    drawn.sort(key=lambda each: each[:2])
    taken = min(size, len(drawn))
    start = variant_seed(recipe.seed, recipe.class_name, 0) / 2**64
    chosen = [drawn[int((i + start) * len(drawn) / taken)] for i in range(taken)]
    # Shown in no order of steps, so that the verdicts given so far speak for all of them.
    chosen.sort(key=lambda each: each[1])
    return LabelAudit(recipe, len(drawn), tuple(variant for _steps, _seed, variant in chosen))


def audit_tiles(
    studio: Studio, audit: LabelAudit, position: int, side: int, progress: Progress
) -> tuple[PreviewTile, PreviewTile]:
    """Return the original and one variant of the sample, at most `side` pixels long."""
    variant = audit.variants[position]
    row = studio.project.cube().row_of.get(variant.item_id, -1)
    if row < 0:
        return PreviewTile(row, ORIGINAL, variant.file_name), PreviewTile(row, variant.number, variant.file_name)
    original, made = preview_tiles(studio, audit.recipe, [(row, ORIGINAL), (row, variant.number)], side, progress)
    return original, made


def save_audit(project: Project, audit: LabelAudit) -> Changes:
    """Keep an audit with its verdicts, in place of an earlier one of the recipe of that name."""
    began = time.monotonic()
    with project.file.writing() as db:
        kept = json.loads(plan_tables.load_fact(db, FACT) or "{}")
        before = _audit_from(kept[audit.recipe.name]) if audit.recipe.name in kept else None
        kept[audit.recipe.name] = _document(audit)
        plan_tables.save_fact(db, FACT, json.dumps(kept, ensure_ascii=False, sort_keys=True))
        was_complete = before == audit or (before is not None and audit_result(before).is_complete)
        if audit_result(audit).is_complete and not was_complete:
            plan_tables.log_entry(
                db, "audit", {"recipe": audit.recipe.name, "class": audit.recipe.class_name}, versions().as_json(),
                time.monotonic() - began, audit_result(audit).text,
            )  # fmt: skip
    return Changes.RECIPES


def load_audit(project: Project, recipe_name: str) -> LabelAudit | None:
    """Return the audit of a recipe, None where there is none. Its recipe may have been changed since: compare."""
    with project.file.reading() as db:
        kept = json.loads(plan_tables.load_fact(db, FACT) or "{}")
    return _audit_from(kept[recipe_name]) if recipe_name in kept else None


def same_variants(audit: LabelAudit, recipe: Recipe) -> bool:
    """Return whether a recipe still makes the variants that were audited; names do not matter."""
    one, other = recipe_json(audit.recipe), recipe_json(recipe)
    return all(one[key] == other[key] for key in ("class", "seed", "steps", "classes"))


def _document(audit: LabelAudit) -> dict[str, Any]:
    variants = [
        [v.item_id, v.file_name, v.number, [k.value for k in v.steps], v.verdict.value if v.verdict else ""]
        for v in audit.variants
    ]
    return {"recipe": recipe_json(audit.recipe), "population": audit.population, "variants": variants}


def _audit_from(document: object) -> LabelAudit:
    members = cast("dict[str, Any]", document)
    variants = tuple(
        AuditedVariant(item_id, name, number, tuple(StepKind(k) for k in steps), LabelVerdict(said) if said else None)
        for item_id, name, number, steps, said in members["variants"]
    )
    return LabelAudit(recipe_from_json(members["recipe"], "the audited recipe"), members["population"], variants)
