"""Training items of a class as scenes: pictures with every shape on them, and other scenes they may be joined with."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.domain.records import SCENE_AXES, AnnotationFlag, AnnotationKind, AxisKind, MediaState
from tailwise.formats.shapes import ShapeQuery, ShapeSource, SourceShape, best_match, read_shapes
from tailwise.imaging.augment_files import map_from_source, read_picture, upright_shape
from tailwise.imaging.augment_scene import Donor, Scene, cut_out, reduced
from tailwise.imaging.augment_shapes import LabelShape, ShapeKind, box_shape
from tailwise.storage import plan_tables, source_tables
from tailwise.usecases.generated import real_rows
from tailwise.usecases.training_part import training_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.storage.source_tables import SourceRow
    from tailwise.usecases.projects import Project
    from tailwise.usecases.slices import ProjectCube

KEPT_SCENES: Final = 64
_DRAWN: Final = frozenset({AnnotationKind.POLYGON, AnnotationKind.MASK, AnnotationKind.BOX})
_MOST_VALUES: Final = 12
_MOST_PARTNERS: Final = 200
"""So many partners are drawn from at most; reading the shapes of all items of a large class would take minutes."""


@dataclass(frozen=True, slots=True)
class ClassItems:
    """The training items that show a class.

    Attributes:
        rows: of the cube, in order; only those with a file.
        missing: how many more have no file on this computer.
        leaky: how many were left out because their twin is in validation or test.
        generated: how many were left out because a generator made them: variants come from real pictures.
        warning: what the user should know about where they come from; empty if nothing.
        part: name of the training part, empty without a split.
    """

    class_name: str
    category: int
    rows: NDArray[np.int64]
    missing: int
    leaky: int
    warning: str
    part: str
    generated: int = 0


def classes_here(project: Project) -> frozenset[str]:
    """Return the classes of which a labelled picture is on this computer."""
    sliced = project.cube()
    is_here = sliced.labelled & (sliced.columns.media == MediaState.PRESENT)
    shown = np.unique(sliced.cube.category[is_here[sliced.cube.item]])
    return frozenset(sliced.columns.categories[code].name for code in shown.tolist())


def class_items(project: Project, class_name: str) -> ClassItems:
    """Return the items of a class that may be augmented: labelled, and never of validation or test.

    Raises:
        RequestError: no such class, or no training item shows it.
    """
    sliced = project.cube()
    category = sliced.class_index(class_name)
    rows, part = training_rows(sliced)
    shown, is_real = sliced.cube.class_mask([category]), real_rows(sliced)
    of_class = rows[shown[rows] & is_real[rows]]
    if not len(of_class):
        elsewhere = int((shown & sliced.labelled).sum())
        raise RequestError(
            f"No real image of the training part shows {class_name!r} ({elsewhere:,} labelled elsewhere)",
            "Validation and test are never augmented: label more of the class, or make another split",
        )
    safe = of_class[~_has_twin_outside(sliced, of_class, rows)]
    there = safe[sliced.columns.media[safe] == MediaState.PRESENT]
    missing, leaky = len(safe) - len(there), len(of_class) - len(safe)
    generated = int((shown & ~is_real)[rows].sum())
    return ClassItems(class_name, category, there, missing, leaky, part.warning, part.name, generated)


def _has_twin_outside(sliced: ProjectCube, rows: NDArray[np.int64], training: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark rows that show the same as a labelled item of another part: their variants would leak into it."""
    found = np.zeros(len(rows), np.bool_)
    outside = np.zeros(sliced.cube.n_items, np.bool_)
    outside[sliced.split_axis.rows] = True
    outside[training] = False
    for axis in SCENE_AXES:
        if axis in sliced.cube.axes:
            for column in sliced.group_columns([axis]):
                held = np.unique(column[outside & (column >= 0)])
                found |= np.isin(column[rows], held)
    return found


@dataclass(slots=True)
class SceneReader:
    """Reads items as scenes; shapes are read once for all rows that are asked for together. Safe from any thread."""

    project: Project
    _sources: dict[int, SourceRow] = field(default_factory=dict[int, "SourceRow"])
    _files: dict[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])
    _shapes: dict[int, list[SourceShape]] = field(default_factory=dict[int, list[SourceShape]])
    _names: dict[int, tuple[str, str]] = field(default_factory=dict[int, tuple[str, str]])
    _kept: OrderedDict[tuple[int, int], Scene | None] = field(
        default_factory=OrderedDict[tuple[int, int], Scene | None]
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def sliced(self) -> ProjectCube:
        """The project's cube."""
        return self.project.cube()

    def prepare(self, rows: Sequence[int]) -> None:
        """Read names and shapes of these rows, each source once."""
        with self._lock:
            self._prepare([r for r in rows if r not in self._shapes])

    def name(self, row: int) -> str:
        """Return the file name of an item, relative to its source."""
        self.prepare([row])
        return self._names[row][0]

    def path(self, row: int) -> Path:
        """Return where the picture of an item lies."""
        self.prepare([row])
        source = self._sources[int(self.sliced.columns.source[row])]
        return Path(source.root, *self._names[row][0].split("/"))

    def scene(self, row: int, side: int = 0) -> Scene | None:
        """Return an item as a scene, at most `side` pixels long (0: full size); None where there is no picture."""
        self.prepare([row])
        with self._lock:
            if (row, side) in self._kept:
                self._kept.move_to_end((row, side))
                return self._kept[row, side]
            sides = [s for r, s in self._kept if r == row and s > side > 0]
            larger = self._kept[row, min(sides)] if sides else None
        # A slider that is dragged wants the same pictures smaller: no need to decode them again.
        scene = reduced(larger, side) if larger is not None else self._read(row, side)
        if side:  # full pictures are large and asked for once
            with self._lock:
                self._kept[row, side] = scene
                while len(self._kept) > KEPT_SCENES:
                    self._kept.popitem(last=False)
        return scene

    def labels(self, row: int) -> tuple[tuple[int, int], list[LabelShape]]:
        """Return size and shapes of an item as its source draws them, without its picture; size 0 where unknown."""
        self.prepare([row])
        columns = self.sliced.columns
        declared = (int(columns.width[row]), int(columns.height[row]))
        return declared, self._labels(row, declared)

    def _prepare(self, rows: list[int]) -> None:
        if not rows:
            return
        columns = self.sliced.columns
        ids = columns.item_ids[rows].tolist()
        with self.project.file.reading() as db:
            names = plan_tables.item_names(db, ids)
            if not self._sources:
                listed = {s.id: s for s in source_tables.list_sources(db)}
                self._sources = {i: listed[s] for i, s in enumerate(columns.source_ids)}
                self._files = {
                    i: tuple(f[0] for f in source_tables.source_files(db, s)) for i, s in enumerate(columns.source_ids)
                }
        self._names.update(zip(rows, (names[i] for i in ids), strict=True))
        for code in np.unique(columns.source[rows]).tolist():
            own = [r for r in rows if columns.source[r] == code]
            source = self._sources[code]
            answers = {k: str(v) for k, v in source.answers.items()}
            wanted = ShapeSource(source.format, Path(source.root), self._files[code], answers)
            queries = [
                ShapeQuery(*self._names[r], (int(columns.width[r]), int(columns.height[r])), int(columns.file[r]))
                for r in own
            ]
            self._shapes.update(zip(own, read_shapes(wanted, queries), strict=True))

    def _read(self, row: int, side: int) -> Scene | None:
        columns = self.sliced.columns
        if columns.media[row] != MediaState.PRESENT:
            return None
        found = read_picture(str(self.path(row)), side)
        if found is None:
            return None
        pixels, frame = found
        declared = (int(columns.width[row]), int(columns.height[row]))
        size = (pixels.shape[1], pixels.shape[0])
        to = map_from_source(declared, frame, size)
        shapes = self._labels(row, declared)
        upright = tuple(upright_shape(s, to) for s in shapes) if to is not None else ()
        return Scene(pixels, upright, scale=size[0] / frame.upright_size[0])

    def _labels(self, row: int, declared: tuple[int, int]) -> list[LabelShape]:
        """Return the annotations of an item with the best shape there is: the source's own, else the box."""
        sliced = self.sliced
        stored = sliced.columns.annotations
        found = self._shapes[row]
        # A turned box is never taken for a polygon with the same box around it, and the other way round.
        taken = {is_box: {i for i, shape in enumerate(found) if shape.is_box != is_box} for is_box in (True, False)}
        labels: list[LabelShape] = []
        for position in sliced.cube.annotations_of(row).tolist():
            entry = int(sliced.entries[position])
            category = int(stored["category"][entry])
            box = tuple(float(stored[n][entry]) for n in ("x", "y", "width", "height"))
            if np.isnan(box[0]):
                if stored["kind"][entry] == AnnotationKind.LABEL:
                    labels.append(LabelShape(category, ShapeKind.LABEL, source=entry))
                continue
            if stored["flags"][entry] & AnnotationFlag.DEGENERATE:
                continue
            plain = box_shape(category, (box[0], box[1], box[2], box[3]), entry)
            match, used = None, taken[stored["kind"][entry] == AnnotationKind.BOX]
            if stored["kind"][entry] in _DRAWN:
                match = best_match((box[0], box[1], box[2], box[3]), found, used, int(stored["ext_id"][entry]))
            if match is None:
                labels.append(plain)
                continue
            used.add(match)
            labels.append(_with_shape(plain, found[match], declared))
        return labels


def _with_shape(plain: LabelShape, shape: SourceShape, declared: tuple[int, int]) -> LabelShape:
    if shape.is_box:
        return replace(plain, rings=shape.rings)
    if shape.rings:
        return replace(plain, kind=ShapeKind.POLYGON, rings=shape.rings)
    mask = shape.mask()
    if mask is not None and mask.shape == declared[::-1]:
        return replace(plain, kind=ShapeKind.MASK, rings=(), mask=mask)
    return plain


@dataclass(frozen=True, slots=True)
class TrainPartners:
    """Other training scenes for steps that join pictures: of another scene, and of the same conditions.

    Attributes:
        row: the item that gets something; its own scene (any group it shares) gives nothing.
        category: the class whose objects are pasted.
        own: rows of the class; everyone: rows of all classes that may be blended in.
        axes: what `partner_axes` says of the project.
    """

    reader: SceneReader
    row: int
    category: int
    own: NDArray[np.int64]
    everyone: NDArray[np.int64]
    axes: Sequence[tuple[NDArray[np.int64], str]] = ()
    side: int = 0

    def donor(self, draw: float) -> Donor | None:
        """Return an object of the class from a scene that fits."""
        row, rest = self._drawn(self.own, draw)
        scene = self.reader.scene(row, self.side) if row >= 0 else None
        if scene is None:
            return None
        shapes = [s for s in scene.shapes if s.category == self.category and s.kind is not ShapeKind.LABEL]
        return cut_out(scene, shapes[int(rest * len(shapes))]) if shapes else None

    def scene(self, draw: float) -> Scene | None:
        """Return a picture that fits."""
        row, _rest = self._drawn(self.everyone, draw)
        return self.reader.scene(row, self.side) if row >= 0 else None

    def _drawn(self, rows: NDArray[np.int64], draw: float) -> tuple[int, float]:
        """Return the row at 0..1 of those that fit, and what is left of the draw; -1 where none fits."""
        fitting = self._fitting(rows)
        if len(fitting) > _MOST_PARTNERS:
            fitting = fitting[:: -(-len(fitting) // _MOST_PARTNERS)]
        if not len(fitting):
            return -1, 0.0
        self.reader.prepare(fitting.tolist())  # in one pass: a source is not read anew for every partner
        place, rest = divmod(draw * len(fitting), 1)
        return int(fitting[int(place)]), float(rest)

    def _fitting(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of other scenes whose single-valued conditions are those of `row`."""
        fits = rows != self.row
        for axis, kind in self.axes:
            values = axis[rows]
            if kind == AxisKind.GROUP:
                fits &= (values != axis[self.row]) | (values < 0)
            else:
                fits &= values == axis[self.row]
        return rows[fits]


def partner_axes(sliced: ProjectCube) -> list[tuple[NDArray[np.int64], str]]:
    """Return one code per row for every axis of the data, -1 where an item has none, with the kind of the axis.

    Conditions with several values per item, or with so many values that they name a day rather than a kind of scene,
    are left out: by them no two pictures would ever fit.
    """
    found: list[tuple[NDArray[np.int64], str]] = []
    for axis in sliced.columns.axes:
        columns = sliced.group_columns([axis.name])
        if axis.kind == AxisKind.GROUP:
            found += [(column, axis.kind) for column in columns]
        elif len(columns) == 1 and len(axis.values) <= _MOST_VALUES:
            found.append((columns[0], axis.kind))
    return found
