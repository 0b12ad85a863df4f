"""What the sheet of an audit asks of the use cases; everything here runs on worker threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.gui.widgets.variant_paint import ShownTile, shown_tile

if TYPE_CHECKING:
    from tailwise.domain.changes import Changes
    from tailwise.domain.label_audit import LabelAudit
    from tailwise.domain.recipe import Recipe
    from tailwise.ops.progress import Progress
    from tailwise.usecases.augmentation import Studio
    from tailwise.usecases.projects import Project


@dataclass(frozen=True, slots=True)
class AuditPair:
    """One variant of the sample beside its original, ready to be painted."""

    position: int
    original: ShownTile
    variant: ShownTile


def begin_audit(project: Project, studio: Studio, recipe: Recipe, progress: Progress) -> LabelAudit:
    """Go on with the audit of a recipe if it still makes those variants, else draw a new sample."""
    from tailwise.usecases.label_audit import draw_audit, load_audit, same_variants

    kept = load_audit(project, recipe.name)
    audit = (
        kept
        if kept is not None and same_variants(kept, recipe)
        else draw_audit(project, recipe, progress, studio=studio)
    )
    rows = project.cube().row_of
    studio.prepare([rows[v.item_id] for v in audit.variants if v.item_id in rows])
    return audit


def load_pair(studio: Studio, audit: LabelAudit, position: int, side: int, progress: Progress) -> AuditPair:
    """Make one variant of the sample."""
    from tailwise.usecases.label_audit import audit_tiles

    original, variant = audit_tiles(studio, audit, position, side, progress)
    return AuditPair(position, shown_tile(original), shown_tile(variant))


def keep_audit(project: Project, audit: LabelAudit) -> Changes:
    """Store the verdicts given so far."""
    from tailwise.usecases.label_audit import save_audit

    return save_audit(project, audit)
