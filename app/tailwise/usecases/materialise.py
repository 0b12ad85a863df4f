"""Write augmented training pictures with their labels to a folder of their own: whole, read back, marked synthetic."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tailwise.domain.changes import Changes
from tailwise.domain.coverage import Basis
from tailwise.domain.errors import RequestError
from tailwise.domain.recipe import Recipe, checked, strength_for
from tailwise.domain.records import AnnotationFlag, AxisKind
from tailwise.domain.synthetic import SyntheticImage, SyntheticObject, SyntheticSet
from tailwise.domain.variants import FlagKind, VariantFlag
from tailwise.exports.package import Package
from tailwise.exports.recipe_synthetic import IMAGES, write_synthetic
from tailwise.exports.texts import slug
from tailwise.exports.transaction import ExportFolder, translated
from tailwise.imaging.augment_files import encode_picture, mask_runs, suffix_for
from tailwise.imaging.augment_run import variant_seed
from tailwise.imaging.augment_shapes import LabelShape, ShapeKind
from tailwise.ops.child import Runner, run_in_child
from tailwise.storage import plan_tables, source_tables
from tailwise.usecases.augmentation import Studio, measure_drift, new_recipe, recipe_effect, variant_counts
from tailwise.usecases.package_info import package_info
from tailwise.usecases.projects import open_project, versions

if TYPE_CHECKING:
    from tailwise.domain.exports import ExportFile, ExportWarning, PackageInfo
    from tailwise.domain.recipe_effect import ClassEffect
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

COCO, YOLO, BOTH = "coco", "yolo", "both"
TARGETS: Final = (COCO, YOLO, BOTH)
_AT_ONCE: Final = 256
"""So many items are prepared together: their shapes are in memory at the same time."""


@dataclass(frozen=True, slots=True)
class MaterialiseRequest:
    """What to write.

    Attributes:
        recipe: None for the steps that fit the multiplier.
        multiplier: how often the class counts afterwards, 1 to 5; the natural pictures are one of them.
        target: labels as `coco`, `yolo` or `both`.
        seed: in place of the recipe's own.
        replace: put an unchanged earlier export aside.
    """

    class_name: str
    to: Path
    recipe: Recipe | None = None
    multiplier: float = 2.0
    target: str = COCO
    seed: int | None = None
    replace: bool = False
    created_utc: str | None = None


@dataclass(frozen=True, slots=True)
class Materialised:
    """What was written. `classes` are real counts before and objects (or images) that were added, recipe's first.

    `flags` says how many pictures carry which remark; `notes` what the user should know.
    """

    to: Path
    items: int
    variants: int
    unit: str
    classes: tuple[ClassEffect, ...]
    files: tuple[ExportFile, ...]
    checks: dict[str, int | str]
    warnings: tuple[ExportWarning, ...]
    flags: dict[str, int]
    notes: tuple[str, ...]
    changes: Changes = Changes.EXPORTS


@dataclass(frozen=True, slots=True)
class _Written:
    files: tuple[ExportFile, ...]
    checks: dict[str, int | str]
    warnings: tuple[ExportWarning, ...]
    added: dict[str, int]
    variants: int
    flags: dict[str, int]
    drift: str


def materialise(
    project: Project, request: MaterialiseRequest, progress: Progress, run: Runner = run_in_child
) -> Materialised:
    """Write the variants beside the target, read them back, swap them in, and note it in the journal.

    Raises:
        RequestError: no such class, no training picture of it on this computer, or a multiplier above 5.
        ExportTargetError: the target cannot be used. OpCancelledError: cancelled; nothing is left behind.
    """
    began = time.monotonic()
    recipe = _recipe(project, request)
    effect = recipe_effect(project, recipe, request.multiplier)
    if not effect.variants:
        raise RequestError(
            f"There is nothing to write: {effect.items:,} pictures of {request.class_name!r} on this computer, "
            f"multiplier {request.multiplier:g}",
            "Choose a larger multiplier, or bring the pictures to where they were imported from",
        )
    with project.file.reading() as db:
        roots = tuple(Path(s.root) for s in source_tables.list_sources(db) if s.root)
    with ExportFolder(request.to, replace=request.replace, keep_out=roots) as folder:
        told = replace(request, recipe=recipe)
        written = run(_build_and_write, project.path, told, folder.staging, progress=progress)
        folder.publish()
    classes = [replace(c, added=written.added.get(c.class_name, 0)) for c in effect.classes]
    if not project.read_only:
        _record(project, recipe, request, written, time.monotonic() - began)
    notes = (*effect.notes, *((written.drift,) if written.drift else ()))
    return Materialised(
        folder.target, effect.items, written.variants, effect.unit, tuple(classes), written.files, written.checks,
        written.warnings, written.flags, notes,
    )  # fmt: skip


def _recipe(project: Project, request: MaterialiseRequest) -> Recipe:
    if request.target not in TARGETS:
        raise RequestError(f"There is no kind of labels {request.target!r}", f"Use one of: {', '.join(TARGETS)}")
    strength_for(request.multiplier)
    recipe = request.recipe or new_recipe(project, request.class_name, request.multiplier)
    recipe = replace(recipe, class_name=request.class_name, seed=recipe.seed if request.seed is None else request.seed)
    if not recipe.active:
        raise RequestError(f"The recipe {recipe.name!r} has no step that is on", "Switch one on")
    return checked(recipe)


def _build_and_write(path: Path, request: MaterialiseRequest, staging: Path, progress: Progress) -> _Written:
    """Run in the child: decode, transform, encode and write one picture after the other."""
    assert request.recipe is not None  # noqa: S101  filled by the caller
    project = open_project(path, read_only=True)
    try:
        maker = _Maker(project, request, request.recipe, Package(staging, _info(project, request, progress)))
        with translated(request.to):
            return maker.run(progress)
    finally:
        project.close()


class _Maker:
    """Makes the pictures and gathers their labels."""

    def __init__(self, project: Project, request: MaterialiseRequest, recipe: Recipe, package: Package) -> None:
        self._project = project
        self._request = request
        self._recipe = recipe
        self._package = package
        self._studio = Studio(project, request.class_name)
        self._names = tuple(c.name for c in project.columns.categories)
        self._images: list[SyntheticImage] = []
        self._unreadable: list[str] = []
        self._rare_lost: list[str] = []

    def run(self, progress: Progress) -> _Written:
        rows = self._studio.items.rows.tolist()
        per_item = variant_counts(self._project, self._studio.items, self._recipe, self._request.multiplier)
        counts = per_item.tolist()
        drift = measure_drift(self._studio, self._recipe, progress)
        progress.stage("Making pictures", sum(counts))
        for start in range(0, len(rows), _AT_ONCE):
            self._studio.prepare(rows[start : start + _AT_ONCE])
            for row, count in zip(rows[start : start + _AT_ONCE], counts[start : start + _AT_ONCE], strict=True):
                for number in range(count):
                    progress.advance()
                    self._make(row, number)
        if not self._images:
            raise RequestError(
                f"None of the {len(rows):,} pictures of {self._request.class_name!r} can be decoded",
                "Look at the findings of the source",
            )
        target = self._request.target
        data = SyntheticSet(
            self._recipe, self._names, tuple(self._images), target in {COCO, BOTH}, target in {YOLO, BOTH}
        )
        write_synthetic(data, self._package, progress)
        self._package.warn("AU-01", "pictures that cannot be decoded got no variants", len(self._unreadable),
                           self._unreadable)  # fmt: skip
        self._package.warn(
            "AU-02", "variants lost objects that are hardly visible any more", self._count(FlagKind.LOST)
        )
        self._package.warn("AU-04", "of them lost an object of a rare class", len(self._rare_lost), self._rare_lost)
        report = self._package.seal(progress)
        flags = Counter(flag.partition(":")[0] for image in self._images for flag in set(image.flags))
        return _Written(
            report.files, dict(report.checks), report.warnings, self._added(), len(self._images),
            dict(sorted(flags.items())), drift.text,
        )  # fmt: skip

    def _count(self, kind: FlagKind) -> int:
        return sum(any(flag.startswith(kind.value) for flag in image.flags) for image in self._images)

    def _added(self) -> dict[str, int]:
        """Return objects added per class, or pictures where whole pictures are labelled."""
        added: Counter[str] = Counter()
        for image in self._images:
            added.update(thing.class_name for thing in image.objects)
            added.update(image.labels.keys() - {thing.class_name for thing in image.objects})
        return dict(added)

    def _make(self, row: int, number: int) -> None:
        studio = self._studio
        scene = studio.variant(row, number, self._recipe)
        name = studio.reader.name(row)
        if scene is None:
            if not number:
                self._unreadable.append(name)
            return
        suffix = suffix_for(Path(name))
        item_id = int(self._project.columns.item_ids[row])
        stem = slug(name.rpartition("/")[2].rpartition(".")[0] or name)
        file = f"{IMAGES}/{stem}.i{item_id}.v{number + 1}{suffix}"
        self._package.place(file).write_bytes(encode_picture(scene.pixels, suffix))
        if any(flag.is_loss and flag.subject in studio.rare for flag in scene.flags):
            self._rare_lost.append(file)
        groups, conditions = self._values(row)
        self._images.append(
            SyntheticImage(
                file=file,
                width=scene.size[0],
                height=scene.size[1],
                parent_id=item_id,
                parent_file=name,
                source=self._project.columns.source_names[int(self._project.columns.source[row])],
                seed=variant_seed(self._recipe.seed, name, number),
                variant=number,
                groups={"parent": str(item_id), **groups},
                conditions=conditions,
                labels={self._names[c]: w for c, w in scene.soft_labels().items()},
                objects=tuple(self._object(s) for s in scene.shapes if s.kind is not ShapeKind.LABEL),
                flags=tuple(flag_text(flag, self._names) for flag in scene.flags),
            )
        )

    def _values(self, row: int) -> tuple[dict[str, str], dict[str, str]]:
        """Return the groups and conditions of an item, which its variants inherit."""
        sliced = self._project.cube()
        kinds = {axis.name: axis.kind for axis in sliced.columns.axes}
        values = {k: v for k, v in sliced.cube.values_of(row).items() if k in kinds and k != Basis.SPLIT}
        groups = {k: v for k, v in values.items() if kinds[k] == AxisKind.GROUP}
        return groups, {k: v for k, v in values.items() if k not in groups}

    def _object(self, shape: LabelShape) -> SyntheticObject:
        box = shape.box() or (0.0, 0.0, 0.0, 0.0)
        flags = self._project.columns.annotations["flags"]
        is_polygon = shape.kind is ShapeKind.POLYGON
        return SyntheticObject(
            self._names[shape.category],
            box,
            box[2] * box[3] if shape.kind is ShapeKind.BOX else shape.area,
            tuple(tuple(np.round(ring, 3).ravel().tolist()) for ring in shape.rings) if is_polygon else (),
            tuple(mask_runs(shape.mask)) if shape.mask is not None else (),
            shape.visible,
            is_pasted=shape.source < 0,
            is_crowd=shape.source >= 0 and bool(flags[shape.source] & AnnotationFlag.CROWD),
        )


def flag_text(flag: VariantFlag, names: tuple[str, ...]) -> str:
    """Return a remark in words: what, and which class or step."""
    subject = names[flag.subject] if isinstance(flag.subject, int) else flag.subject
    return f"{flag.kind.value}: {subject}"


def brief_text(flag: VariantFlag, names: tuple[str, ...]) -> str:
    """Return a remark in so few words that they fit on a small picture."""
    subject = names[flag.subject] if isinstance(flag.subject, int) else flag.subject
    return f"{flag.kind.brief}: {subject}"


def _info(project: Project, request: MaterialiseRequest, progress: Progress) -> PackageInfo:
    info = package_info(project, request.created_utc, progress)
    return replace(info, plan_id=request.recipe.name, seed=request.recipe.seed) if request.recipe else info


def _record(project: Project, recipe: Recipe, request: MaterialiseRequest, written: _Written, seconds: float) -> None:
    told = {"files": [[f.path, f.rows, f.bytes] for f in written.files], "checks": written.checks}
    parameters = {
        "class": request.class_name, "recipe": recipe.name, "seed": recipe.seed, "multiplier": request.multiplier,
        "target": request.target, "to": request.to.name,
    }  # fmt: skip
    with project.file.writing() as db:
        plan_tables.add_export(db, "synthetic", request.target, json.dumps(told))
        plan_tables.log_entry(
            db, "augment", parameters, versions().as_json(), seconds, f"{written.variants:,} synthetic pictures"
        )
