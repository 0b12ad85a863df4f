"""Where the points of a picture go: flips, quarter turns, crops, sizes, affine maps and bent grids.

Coordinates are continuous pixels: the pixel in column i covers i to i + 1, so the right edge of a picture is its width.
A map moves points and pictures by the same rule; flips, quarter turns and crops copy pixels and lose nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]
Size = tuple[int, int]
"""Width and height in pixels."""

BORDER_GREY = 114
"""What lies outside of a picture that was turned or moved: the grey that detectors are padded with."""
_EDGE_PIECES = 16
_PIECE_PX = 2.0
_EPSILON = 1e-9
_NOWHERE = 1e9


class PointMap(Protocol):
    """One way to move the points of a picture."""

    @property
    def out_size(self) -> Size:
        """Width and height of the picture that comes out."""
        ...

    @property
    def is_mirror(self) -> bool:
        """Whether left and right change places."""
        ...

    def area_factor(self) -> float:
        """Return by how much areas grow; NaN where that depends on the place."""
        ...

    def points(self, xy: Floats) -> Floats:
        """Return where points (n, 2) go."""
        ...

    def polygon(self, ring: Floats) -> Floats:
        """Return a closed ring (n, 2) after the map, with more points where straight edges bend."""
        ...

    def image(self, pixels: Pixels, *, nearest: bool = False) -> Pixels:
        """Return the picture after the map; `nearest` for masks, whose values must not be mixed."""
        ...


@dataclass(frozen=True, slots=True)
class AffineMap:
    """A 2 × 3 matrix that takes source points to points of a picture of `out_size`."""

    matrix: Floats
    out_size: Size

    @property
    def is_mirror(self) -> bool:
        """Whether the determinant is negative."""
        return bool(np.linalg.det(self.matrix[:, :2]) < 0)

    def area_factor(self) -> float:
        """Return the determinant without its sign."""
        return abs(float(np.linalg.det(self.matrix[:, :2])))

    def points(self, xy: Floats) -> Floats:
        """Return `matrix` times the points."""
        return xy @ self.matrix[:, :2].T + self.matrix[:, 2]

    def polygon(self, ring: Floats) -> Floats:
        """Return the ring; straight edges stay straight."""
        return self.points(ring)

    def image(self, pixels: Pixels, *, nearest: bool = False) -> Pixels:
        """Return the picture resampled; what comes from outside is grey, or 0 in a mask."""
        exact = self._copied(pixels)
        if exact is not None:
            return exact
        # OpenCV counts from pixel centres, we from pixel edges: shift by half a pixel on both sides.
        centred = self.matrix.copy()
        centred[:, 2] += self.matrix[:, :2].sum(axis=1) / 2 - 0.5
        method = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
        fill = (0, 0, 0) if nearest else (BORDER_GREY,) * 3
        warped = cv2.warpAffine(
            pixels, centred, self.out_size, flags=method, borderMode=cv2.BORDER_CONSTANT, borderValue=fill
        )
        return cast("Pixels", warped)

    def _copied(self, pixels: Pixels) -> Pixels | None:
        """Return the picture by copying pixels where the map allows it: flips, quarter turns, crops, whole shifts."""
        linear = np.round(self.matrix[:, :2])
        whole = np.round(self.matrix[:, 2])
        is_copy = (
            np.allclose(linear, self.matrix[:, :2], atol=_EPSILON)
            and np.allclose(whole, self.matrix[:, 2], atol=1e-6)
            and np.array_equal(np.abs(linear).sum(axis=0), [1, 1])
            and np.array_equal(np.abs(linear).sum(axis=1), [1, 1])
        )
        if not is_copy:
            return None
        height, width = pixels.shape[:2]
        turned = pixels
        if linear[0, 0] == 0:
            turned = turned.swapaxes(0, 1)
        sign_x, sign_y = linear[0].sum(), linear[1].sum()
        turned = turned[:, ::-1] if sign_x < 0 else turned
        turned = turned[::-1] if sign_y < 0 else turned
        corners = self.points(np.array([[0, 0], [width, height]], np.float64))
        left, top = np.round(corners.min(axis=0)).astype(int)
        across, down = self.out_size
        if left > 0 or top > 0 or left + turned.shape[1] < across or top + turned.shape[0] < down:
            return None  # something from outside is in sight
        return np.ascontiguousarray(turned[-top : -top + down, -left : -left + across])


def flip(size: Size, *, vertical: bool = False) -> AffineMap:
    """Mirror left to right, or top to bottom.

    >>> flip((100, 80)).points(np.array([[10.0, 20.0], [40.0, 60.0]])).tolist()
    [[90.0, 20.0], [60.0, 60.0]]
    """
    width, height = size
    matrix = [[1, 0, 0], [0, -1, height]] if vertical else [[-1, 0, width], [0, 1, 0]]
    return AffineMap(np.array(matrix, np.float64), size)


def quarter_turns(size: Size, turns: int) -> AffineMap:
    """Turn clockwise by `turns` times 90 degrees.

    >>> quarter_turns((100, 80), 1).points(np.array([[10.0, 20.0]])).tolist()
    [[60.0, 10.0]]
    """
    width, height = size
    matrices = (
        ([[1, 0, 0], [0, 1, 0]], size),
        ([[0, -1, height], [1, 0, 0]], (height, width)),
        ([[-1, 0, width], [0, -1, height]], size),
        ([[0, 1, 0], [-1, 0, width]], (height, width)),
    )
    matrix, out_size = matrices[turns % 4]
    return AffineMap(np.array(matrix, np.float64), out_size)


def crop(left: int, top: int, out_size: Size) -> AffineMap:
    """Keep the window that begins at `left`, `top`."""
    return AffineMap(np.array([[1, 0, -left], [0, 1, -top]], np.float64), out_size)


def resized(size: Size, out_size: Size) -> AffineMap:
    """Bring the whole picture to another size."""
    across, down = out_size[0] / size[0], out_size[1] / size[1]
    return AffineMap(np.array([[across, 0, 0], [0, down, 0]], np.float64), out_size)


def about_centre(size: Size, linear: Floats, shift: tuple[float, float] = (0.0, 0.0)) -> AffineMap:
    """Apply a 2 × 2 matrix about the centre and shift by pixels; the frame stays."""
    centre = np.array(size, np.float64) / 2
    offset = centre - linear @ centre + np.array(shift)
    return AffineMap(np.column_stack([linear, offset]), size)


def rotation(size: Size, degrees: float) -> AffineMap:
    """Turn clockwise about the centre; the frame stays."""
    angle = np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    return about_centre(size, np.array([[cos, -sin], [sin, cos]]))


class FoldedGridError(ValueError):
    """The grid would lay one part of the picture over another."""


@dataclass(frozen=True, slots=True)
class GridMap:
    """A bent grid: every cell of a regular grid on the result shows one quadrilateral of the source.

    `nodes` (rows + 1, columns + 1, 2) are the source points behind the regular nodes of the result. Nodes on the border
    stay on it, so that nothing leaves the picture. Within a cell source points depend bilinearly on the place.

    Raises:
        FoldedGridError: the map is not one to one (a Jacobian is not positive).
    """

    nodes: Floats
    out_size: Size

    def __post_init__(self) -> None:
        """Refuse a grid that folds: the Jacobian of a bilinear cell is smallest at one of its corners."""
        if not cell_jacobians(self.nodes).min() > 0:
            raise FoldedGridError

    @property
    def is_mirror(self) -> bool:
        """Never: the grid keeps its orientation."""
        return False

    def area_factor(self) -> float:
        """Return NaN: it differs from place to place."""
        return float("nan")

    def points(self, xy: Floats) -> Floats:
        """Return where source points go: the cell they lie in is found and its bilinear map inverted exactly."""
        rows, columns = self.nodes.shape[0] - 1, self.nodes.shape[1] - 1
        size = np.array(self.out_size, np.float64)
        inside = np.clip(xy, 0, size)
        n = self.nodes
        quads = np.stack([n[:-1, :-1], n[:-1, 1:], n[1:, :-1], n[1:, 1:]], axis=2).reshape(-1, 4, 2)
        low, high = quads.min(axis=1) - _EPSILON, quads.max(axis=1) + _EPSILON
        near = ((inside[:, None] >= low) & (inside[:, None] <= high)).all(axis=2)
        point, cell = np.nonzero(near)
        shares = _inverse_bilinear(quads[cell], inside[point])
        kept = np.clip(shares, 0, 1)
        # How far outside of the unit square: 0 for the right cell, rounding for its neighbours.
        miss = np.abs(shares - kept).max(axis=1)
        best = np.lexsort((miss, point))
        first = best[np.concatenate(([True], np.diff(point[best]) > 0))] if len(best) else best
        corner = np.stack([cell[first] % columns, cell[first] // columns], axis=1)
        found = np.zeros((len(xy), 2))
        found[point[first]] = (kept[first] + corner) / np.array([columns, rows]) * size
        return found

    def polygon(self, ring: Floats) -> Floats:
        """Return the ring with its edges cut into pieces, because they bend."""
        return self.points(_in_pieces(ring, _EDGE_PIECES))

    def image(self, pixels: Pixels, *, nearest: bool = False) -> Pixels:
        """Return the picture resampled through the grid."""
        across, down = self._sources()
        method = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
        return cast("Pixels", cv2.remap(pixels, across, down, method, borderMode=cv2.BORDER_REPLICATE))

    def _sources(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return for every pixel of the result the column and row, counted from pixel centres, that it shows."""
        width, height = self.out_size
        rows, columns = self.nodes.shape[0] - 1, self.nodes.shape[1] - 1
        across, down = _hat_weights(width, columns), _hat_weights(height, rows)
        shown = [(down @ self.nodes[..., axis] @ across.T - 0.5).astype(np.float32) for axis in (0, 1)]
        return shown[0], shown[1]


def cell_jacobians(nodes: Floats) -> Floats:
    """Return the Jacobian at the four corners of every cell (rows, columns, 4); positive everywhere means one to one.

    >>> regular = np.stack(np.meshgrid([0.0, 1.0], [0.0, 1.0]), axis=-1)
    >>> cell_jacobians(regular).ravel().tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    along, below = np.diff(nodes, axis=1), np.diff(nodes, axis=0)
    top, bottom, left, right = along[:-1], along[1:], below[:, :-1], below[:, 1:]
    pairs = ((top, left), (top, right), (bottom, left), (bottom, right))
    return np.stack([a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0] for a, b in pairs], axis=-1)


def bent_grid(size: Size, shifts: Floats) -> GridMap:
    """Return the grid whose nodes are moved by `shifts` (rows + 1, columns + 1, 2), in cells of the regular grid.

    Raises:
        FoldedGridError: the shifts are so large that the picture would fold.
    """
    rows, columns = shifts.shape[0] - 1, shifts.shape[1] - 1
    cell = np.array([size[0] / columns, size[1] / rows])
    regular = np.stack(np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0)), axis=-1)
    moved = shifts.copy()
    moved[:, [0, -1], 0] = 0
    moved[[0, -1], :, 1] = 0
    return GridMap((regular + moved) * cell, size)


def _hat_weights(pixels: int, cells: int) -> Floats:
    """Return how much each node of a line counts at each pixel centre (pixels, cells + 1): linear between nodes."""
    place = (np.arange(pixels) + 0.5) / pixels * cells
    cell = np.minimum(place.astype(int), cells - 1)
    weights = np.zeros((pixels, cells + 1))
    weights[np.arange(pixels), cell] = 1 - (place - cell)
    weights[np.arange(pixels), cell + 1] = place - cell
    return weights


def _inverse_bilinear(quads: Floats, xy: Floats) -> Floats:
    """Return u, v (n, 2) with p00 + u e + v f + u v g = xy; not within 0..1 where the point is not in the cell.

    `quads` (n, 4, 2) holds the corners of a cell per point: top left, top right, bottom left, bottom right.
    """
    origin, e, f = quads[:, 0], quads[:, 1] - quads[:, 0], quads[:, 2] - quads[:, 0]
    g = quads[:, 0] - quads[:, 1] - quads[:, 2] + quads[:, 3]
    h = xy - origin
    # Eliminating u leaves a quadratic in v.
    roots = _roots(_cross(g, f), _cross(e, f) + _cross(h, g), _cross(h, e))
    shares = np.stack([np.stack([_u_of(v, h, e, f, g), v], axis=-1) for v in roots])
    miss = np.abs(shares - np.clip(shares, 0, 1)).max(axis=2)
    return np.where((miss[0] <= miss[1])[:, None], shares[0], shares[1])


def _cross(one: Floats, other: Floats) -> Floats:
    return one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]


def _roots(a: Floats, b: Floats, c: Floats) -> tuple[Floats, Floats]:
    """Return both roots of a v² + b v + c without cancellation, 1e9 for one that is not there."""
    inner = b * b - 4 * a * c
    # No root at all: the point is not in this cell. Rounding of a double root is let through.
    is_real = inner >= -_EPSILON * b * b
    q = -0.5 * (b + np.where(b >= 0, 1.0, -1.0) * np.sqrt(np.maximum(inner, 0)))
    # A cell that is nearly a parallelogram has a nearly linear equation: its only root is the second one.
    is_curved = np.abs(a) > _EPSILON * np.abs(b)
    first = np.where(is_real & is_curved, q / np.where(is_curved, a, 1), _NOWHERE)
    second = np.where(is_real, np.where(q == 0, 0.0, c / np.where(q == 0, 1, q)), _NOWHERE)
    return first, second


def _u_of(v: Floats, h: Floats, e: Floats, f: Floats, g: Floats) -> Floats:
    """Return u for known v, from the coordinate along which the cell is longer there."""
    along = e + v[:, None] * g
    axis = np.argmax(np.abs(along), axis=1)
    rows = np.arange(len(h))
    under = along[rows, axis]
    return np.where(under == 0, _NOWHERE, (h[rows, axis] - v * f[rows, axis]) / np.where(under == 0, 1, under))


def _in_pieces(ring: Floats, most: int) -> Floats:
    """Return a ring with its edges cut into equal pieces of about two pixels, `most` of each edge.

    Short edges stay whole: outlines that were cut before are not cut into ever more points.
    """
    along = np.roll(ring, -1, axis=0) - ring
    pieces = np.clip(np.ceil(np.hypot(along[:, 0], along[:, 1]) / _PIECE_PX), 1, most).astype(np.int64)
    edge = np.repeat(np.arange(len(ring)), pieces)
    nth = np.arange(len(edge)) - (np.cumsum(pieces) - pieces)[edge]
    return ring[edge] + (nth / pieces[edge])[:, None] * along[edge]
