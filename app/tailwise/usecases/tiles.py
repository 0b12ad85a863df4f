"""Plan tiles of large training pictures: windows that hold rare classes come first."""

from __future__ import annotations

import contextlib
import csv
import io
import os
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import ExportTargetError, RequestError
from tailwise.domain.tiles import Tile, TileClass, TilePlan, TileRequest
from tailwise.exports.texts import writable
from tailwise.exports.transaction import known_fault
from tailwise.imaging.augment_tiles import class_counts, tile_windows
from tailwise.planning.tile_selection import choose_tiles
from tailwise.storage import source_tables
from tailwise.usecases.augment_scenes import SceneReader
from tailwise.usecases.training_part import training_rows

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

_AT_ONCE = 256
_COLUMNS = ("item_id", "file_name", "source", "x", "y", "width", "height", "chosen_for")


def plan_tiles(project: Project, request: TileRequest, progress: Progress) -> TilePlan:
    """Cut every training picture into tiles, count the pixels of every class in each, and choose.

    Validation and test are never planned: cut them without choosing, or the figures lie.

    Raises:
        RequestError: a number is out of range, nothing is labelled, or no picture has shapes and a known size.
    """
    request.checked()
    rows, part = training_rows(project.cube())
    reader = SceneReader(project)
    counted = _count(project, reader, rows, request, progress)
    if not len(counted.pixels):
        raise RequestError(
            "No training picture can be cut into tiles",
            "Import labels with boxes or shapes, and the sizes of the images",
        )
    progress.stage("Choosing tiles")
    is_empty = counted.pixels.sum(axis=1) == 0
    labelled = int((~is_empty).sum())
    n_labelled, n_background = _parts(request, labelled, len(is_empty) - labelled)
    chosen, reason = choose_tiles(counted.pixels, n_labelled)
    drawn = np.random.default_rng(request.seed).permutation(np.flatnonzero(is_empty))[:n_background]
    notes = [part.warning] if part.warning else []
    if counted.skipped:
        notes.append(f"{counted.skipped:,} pictures of unknown size were left out")
    names = [c.name for c in project.columns.categories]
    tiles = [_tile(project, reader, counted, r, names[c], names) for r, c in zip(chosen, reason, strict=True)]
    tiles += [_tile(project, reader, counted, r, "", names) for r in np.sort(drawn)]
    all_chosen = np.concatenate([chosen, drawn]).astype(np.int64)
    classes = _classes(counted.pixels, all_chosen, names)
    return TilePlan(request, counted.images, len(is_empty), labelled, tuple(tiles), classes, tuple(notes))


def _parts(request: TileRequest, labelled: int, empty: int) -> tuple[int, int]:
    """Return how many tiles with a label and how many without are chosen; what one kind lacks the other gives."""
    if not request.total:
        return labelled, min(empty, round(labelled * request.background / (1 - request.background)))
    background = min(empty, round(request.total * request.background))
    return min(request.total - background, labelled), background


class _Counted:
    """All tiles: the row of their item, their windows, and the pixels of every class."""

    def __init__(self, n_classes: int) -> None:
        self.rows: list[int] = []
        self.windows: list[NDArray[np.int64]] = []
        self.parts: list[NDArray[np.int64]] = [np.zeros((0, n_classes), np.int64)]
        self.images = self.skipped = 0
        self.pixels = self.parts[0]


def _count(
    project: Project, reader: SceneReader, rows: NDArray[np.int64], request: TileRequest, progress: Progress
) -> _Counted:
    columns = project.columns
    counted = _Counted(len(columns.categories))
    progress.stage("Counting pixels in tiles", len(rows))
    for start in range(0, len(rows), _AT_ONCE):
        batch = rows[start : start + _AT_ONCE].tolist()
        reader.prepare(batch)
        for row in batch:
            progress.advance()
            size, shapes = reader.labels(row)
            if 0 in size:
                counted.skipped += 1
                continue
            windows = tile_windows(size, request.side, request.stride)
            pixels = np.zeros((len(windows), len(columns.categories)), np.int64)
            for category, counts in class_counts(shapes, size, windows).items():
                pixels[:, category] = counts
            counted.rows += [row] * len(windows)
            counted.windows.append(windows)
            counted.parts.append(pixels)
            counted.images += 1
    counted.pixels = np.concatenate(counted.parts)
    counted.windows = [np.concatenate(counted.windows)] if counted.windows else []
    return counted


def _tile(
    project: Project, reader: SceneReader, counted: _Counted, place: int, chosen_for: str, names: list[str]
) -> Tile:
    row = counted.rows[place]
    x, y, width, height = counted.windows[0][place].tolist()
    shown = counted.pixels[place]
    return Tile(
        int(project.columns.item_ids[row]),
        reader.name(row),
        project.columns.source_names[int(project.columns.source[row])],
        x, y, width, height, chosen_for,
        tuple((names[c], int(shown[c])) for c in np.flatnonzero(shown)),
    )  # fmt: skip


def _classes(pixels: NDArray[np.int64], chosen: NDArray[np.int64], names: list[str]) -> tuple[TileClass, ...]:
    picked = pixels[chosen]
    rows = [
        TileClass(name, int((pixels[:, c] > 0).sum()), int((picked[:, c] > 0).sum()), int(pixels[:, c].sum()),
                  int(picked[:, c].sum()))
        for c, name in enumerate(names)
        if pixels[:, c].any()
    ]  # fmt: skip
    return tuple(sorted(rows, key=lambda r: (r.tiles, r.class_name)))


def write_tiles(project: Project, plan: TilePlan, to: Path) -> int:
    """Write the plan as CSV, one row per tile and one column of pixels per class; return the bytes written.

    Raises:
        ExportTargetError: the file lies in a dataset, or cannot be written; what was there stays.
    """
    with project.file.reading() as db:
        roots = [s.root for s in source_tables.list_sources(db) if s.root]
    if any(to.resolve().is_relative_to(root) for root in roots):
        raise ExportTargetError(f"{to} lies in a dataset, and datasets are never written to", "Choose another place")
    classes = [c.class_name for c in plan.classes]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_COLUMNS, *(writable(f"pixels: {c}") for c in classes)])
    for tile in plan.tiles:
        shown = dict(tile.pixels)
        place = (tile.x, tile.y, tile.width, tile.height)
        texts = (writable(tile.file_name), writable(tile.source))
        writer.writerow([tile.item_id, *texts, *place, writable(tile.chosen_for), *(shown.get(c, 0) for c in classes)])
    data = text.getvalue().encode("utf-8")
    half = to.with_name(f".{to.name}.{os.getpid()}")
    try:
        half.write_bytes(data)
        half.replace(to)
    except OSError as error:
        with contextlib.suppress(OSError):  # where it could not be written there may be nothing to take away
            half.unlink(missing_ok=True)
        raise known_fault(error, to) or ExportTargetError(
            f"{to} cannot be written ({error.strerror})", "Choose another place"
        ) from error
    return len(data)
