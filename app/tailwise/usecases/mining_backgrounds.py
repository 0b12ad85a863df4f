"""Background to mine: places of labelled images that no label speaks of and that look like the class at a glance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.hard_negatives import scattered
from tailwise.analysis.mining_proposals import Annotated, background_proposals, free_windows, typical_sizes
from tailwise.analysis.mining_screen import canvas_of, learn_screen, looks_of
from tailwise.imaging.decode import decode_file
from tailwise.imaging.thumbnails import upright_fractions
from tailwise.usecases.mining_crops import described, no_places, stored_boxes
from tailwise.usecases.mining_places import joined, places_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.analysis.mining_proposals import Proposals
    from tailwise.analysis.mining_screen import Canvas
    from tailwise.imaging.thumbnails import Box
    from tailwise.ops.progress import Progress
    from tailwise.usecases.mining_crops import Cutter
    from tailwise.usecases.mining_places import MiningProject, Places

MOST_PICTURES = 400
MOST_LEARNED = 60
CROPS_PER_PICTURE = 3
MOST_CROPS = 450
CROPS_PER_CANDIDATE = 3
"""Whoever asks for more candidates than usual has more background looked at: most of it is no candidate."""
PROPOSAL_SIDE = 320
_WINDOWS_LEARNED = 200
"""Windows of one picture that the screen learns from; more would say the same again."""


@dataclass(frozen=True, slots=True)
class _View:
    """A picture small enough to look through, what is annotated on it, and its size in pixels of its dataset."""

    canvas: Canvas
    annotated: Annotated
    declared: NDArray[np.float64]

    @property
    def scale(self) -> NDArray[np.float64]:
        """Pixels of the view per pixel of the dataset, for x, y, width and height."""
        height, width = self.canvas.shape
        return np.array([width, height, width, height]) / self.declared

    def sized(self, sizes: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        """Return sizes of the dataset in pixels of the view."""
        return [(w * self.scale[0], h * self.scale[1]) for w, h in sizes]


def background_places(
    loaded: MiningProject, cutter: Cutter, positives: Places, limit: int, progress: Progress
) -> Places:
    """Cut places without annotations out of labelled images, at the sizes the class has.

    Of at most `MOST_PICTURES` images, drawn by their names, the few best places of each are compared, and those that
    look most like the class are described: `MOST_CROPS`, or more where `limit` candidates need more. The same project
    and limit give the same places.
    """
    rows = _drawn(loaded, cutter)
    most = max(MOST_CROPS, CROPS_PER_CANDIDATE * limit)
    per_picture = max(CROPS_PER_PICTURE, ceil(most / max(len(rows), 1))) if most > MOST_CROPS else CROPS_PER_PICTURE
    sizes = typical_sizes(positives.box)
    views = _Views(loaded, cutter)
    normal = _screen(views, rows, sizes, progress)
    progress.stage("Looking at backgrounds", len(rows))
    found: list[tuple[int, Proposals]] = []
    for row in rows.tolist():
        view = views.of(row)
        if view is not None:
            places = background_proposals(view.canvas, view.annotated, view.sized(sizes), per_picture, normal)
            found.append((row, replace(places, box=places.box / view.scale)))
        progress.advance()
    return _best(loaded, cutter, found, most, progress)


class _Views:
    """Decodes images to look through, with what is annotated on them."""

    def __init__(self, loaded: MiningProject, cutter: Cutter) -> None:
        annotations = loaded.sliced.columns.annotations
        box = stored_boxes(loaded)
        usable = np.flatnonzero(np.isfinite(box).all(axis=1))
        usable = usable[np.argsort(annotations["item"][usable], kind="stable")]
        self._cutter = cutter
        self._item, self._box = annotations["item"][usable], box[usable]
        self._is_class = annotations["category"][usable] == loaded.target
        self._kept: dict[int, _View | None] = {}

    def objects(self, row: int) -> slice:
        """Return where the annotations of an item lie."""
        return slice(*np.searchsorted(self._item, [row, row + 1]).tolist())

    def holds_class(self, row: int) -> bool:
        """Whether an item has an annotated object of the class."""
        return bool(self._is_class[self.objects(row)].any())

    def kept(self, row: int) -> _View | None:
        """Return the view of an item, and keep it for `of`: a megabyte or so, so few should be."""
        self._kept[row] = self.of(row)
        return self._kept[row]

    def of(self, row: int) -> _View | None:
        """Return the view of an item, None where there is no picture or no size is known."""
        if row in self._kept:
            return self._kept[row]
        width, height = self._cutter.declared(row)
        decoded = decode_file(self._cutter.path(row), PROPOSAL_SIDE)
        if decoded.pixels is None or 0 in {width, height}:
            return None
        upright = decoded.frame.upright_size if decoded.frame is not None else (width, height)
        if upright[0] * height != upright[1] * width:
            return None  # declared lying on its side: a proposal could not be handed back in its pixels
        canvas = canvas_of(decoded.pixels)
        objects = self.objects(row)
        as_pixels: list[Box] = [(float(x), float(y), float(w), float(h)) for x, y, w, h in self._box[objects]]
        high, wide = canvas.shape
        shown = np.array(upright_fractions(as_pixels, (width, height), decoded.frame)).reshape(-1, 4)
        annotated = Annotated(shown * np.array([wide, high, wide, high]), self._is_class[objects])
        return _View(canvas, annotated, np.array([width, height, width, height], dtype=np.float64))


def _drawn(loaded: MiningProject, cutter: Cutter) -> NDArray[np.int64]:
    rows = np.array([r for r in np.flatnonzero(loaded.training).tolist() if cutter.is_there(r)], dtype=np.int64)
    whole = places_of(rows, np.full((len(rows), 4), np.nan), np.zeros((len(rows), 1), dtype=np.float32))
    return rows[np.argsort(scattered(loaded.keys(whole)), kind="stable")[:MOST_PICTURES]]


def _screen(
    views: _Views, rows: NDArray[np.int64], sizes: Sequence[tuple[float, float]], progress: Progress
) -> NDArray[np.float64]:
    """Learn what windows on the class look like against windows anywhere else."""
    learned = [row for row in rows.tolist() if views.holds_class(row)][:MOST_LEARNED]
    progress.stage("Learning how the class looks", len(learned))
    ours: list[NDArray[np.float64]] = []
    others: list[NDArray[np.float64]] = []
    for row in learned:
        view = views.kept(row)
        if view is not None:
            ours.append(looks_of(view.canvas, view.annotated.box[view.annotated.is_class]))
            windows = free_windows(view.canvas, view.annotated, view.sized(sizes))
            others.append(looks_of(view.canvas, windows[:: max(1, len(windows) // _WINDOWS_LEARNED)]))
        progress.advance()
    return learn_screen(ours, others)


def _best(
    loaded: MiningProject, cutter: Cutter, found: list[tuple[int, Proposals]], most: int, progress: Progress
) -> Places:
    """Describe the best places of all images, in the order of these."""
    if not found:
        return no_places(loaded)
    owner = np.concatenate([np.full(len(places.box), at) for at, (_row, places) in enumerate(found)])
    value = np.concatenate([places.value for _row, places in found])
    box = np.concatenate([places.box for _row, places in found])
    is_background = np.concatenate([places.is_background for _row, places in found])
    best = np.sort(np.argsort(-value, kind="stable")[:most])
    progress.stage("Describing backgrounds", len(best))
    parts: list[Places] = []
    for at in np.unique(owner[best]).tolist():
        ours = best[owner[best] == at]
        parts.append(replace(described(cutter, found[at][0], box[ours]), is_background=is_background[ours]))
        progress.advance(len(ours))
    return joined(parts) if parts else no_places(loaded)
