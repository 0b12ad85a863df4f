"""Small pictures of variants with their shapes as fractions: what the page Augment shows while a slider is dragged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tailwise.imaging.augment_files import mask_polygons
from tailwise.imaging.augment_shapes import ShapeKind
from tailwise.usecases.augmentation import Studio
from tailwise.usecases.materialise import brief_text, flag_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.recipe import Recipe
    from tailwise.imaging.augment_scene import Scene
    from tailwise.imaging.augment_shapes import LabelShape
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

ORIGINAL: Final = -1
"""Number of the picture as it is, in place of that of a variant."""


@dataclass(frozen=True, slots=True)
class TileShape:
    """A shape on a tile, in fractions (0..1) of its sides: outlines, and the upright box around what is visible."""

    class_name: str
    outlines: tuple[tuple[tuple[float, float], ...], ...]
    box: tuple[float, float, float, float]
    is_box: bool
    is_pasted: bool


@dataclass(frozen=True, slots=True)
class PreviewTile:
    """One picture of the grid. `pixels` are rows of blue, green, red bytes; empty where there is no picture.

    Attributes:
        flags: remarks in words. marks: the same in few words.
        loses: an object is gone. is_loss: it was of a rare class, the recipe's or one as rare as that.
    """

    row: int
    number: int
    file_name: str
    width: int = 0
    height: int = 0
    pixels: bytes = b""
    shapes: tuple[TileShape, ...] = ()
    flags: tuple[str, ...] = ()
    is_loss: bool = False
    loses: bool = False
    marks: tuple[str, ...] = ()


def open_studio(
    project: Project, class_name: str, progress: Progress, originals: int
) -> tuple[Studio, tuple[int, ...]]:
    """Return a studio for a class, and rows of up to `originals` items spread over it, their shapes read."""
    progress.stage("Reading shapes")
    studio = Studio(project, class_name)
    rows = tuple(studio.spread(originals))
    studio.prepare(rows)
    return studio, rows


def preview_tiles(
    studio: Studio, recipe: Recipe, wanted: Sequence[tuple[int, int]], side: int, progress: Progress
) -> tuple[PreviewTile, ...]:
    """Return the tiles (row, number) at most `side` pixels long; a cancelling point lies before each."""
    names = tuple(c.name for c in studio.project.columns.categories)
    tiles: list[PreviewTile] = []
    for row, number in wanted:
        progress.advance()
        is_original = number == ORIGINAL
        scene = studio.original(row, side) if is_original else studio.variant(row, number, recipe, side)
        tiles.append(_tile(studio, row, number, scene, names))
    return tuple(tiles)


def _tile(studio: Studio, row: int, number: int, scene: Scene | None, names: tuple[str, ...]) -> PreviewTile:
    name = studio.reader.name(row)
    if scene is None:
        return PreviewTile(row, number, name)
    lost = {flag.subject for flag in scene.flags if flag.is_loss}
    return PreviewTile(
        row,
        number,
        name,
        scene.size[0],
        scene.size[1],
        scene.pixels.tobytes(),
        tuple(t for s in scene.shapes if (t := _tile_shape(s, scene, names)) is not None),
        tuple(dict.fromkeys(flag_text(flag, names) for flag in scene.flags)),
        bool(lost & studio.rare),
        bool(lost),
        tuple(dict.fromkeys(brief_text(flag, names) for flag in scene.flags)),
    )


def _tile_shape(shape: LabelShape, scene: Scene, names: tuple[str, ...]) -> TileShape | None:
    box = shape.box()
    if box is None:
        return None
    width, height = scene.size
    if shape.mask is not None:
        flat = mask_polygons(shape.mask)
        rings = [list(zip(part[0::2], part[1::2], strict=True)) for part in flat]
    else:
        rings = [ring.tolist() for ring in shape.rings]
    outlines = tuple(tuple((x / width, y / height) for x, y in ring) for ring in rings)
    fractions = (box[0] / width, box[1] / height, box[2] / width, box[3] / height)
    return TileShape(names[shape.category], outlines, fractions, shape.kind is ShapeKind.BOX, shape.source < 0)
