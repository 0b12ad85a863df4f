"""What a transformed box must be, found in another way than the program does it.

Straight maps: points by complex arithmetic, the visible part of a convex polygon as the hull of its corners inside the
picture, the picture's corners inside it, and the crossings of their edges. Bent grids: by looking at a dense lattice of
points of the result and asking for each whether its source lies in the box.
"""

import cmath
import math

import numpy as np

from tailwise.imaging import augment_maps as maps


def turned(points, size, degrees):
    """Return points turned clockwise about the centre, by complex numbers."""
    centre = complex(size[0] / 2, size[1] / 2)
    factor = cmath.exp(1j * math.radians(degrees))
    return [((complex(*p) - centre) * factor + centre) for p in points]


def corners_of(box):
    x, y, w, h = box
    return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]


def convex_part(points, size):
    """Return box and area of the part of a convex polygon (complex points) inside of a picture; None where none is."""
    width, height = size
    found = [p for p in points if 0 <= p.real <= width and 0 <= p.imag <= height]
    frame = [complex(0, 0), complex(width, 0), complex(width, height), complex(0, height)]
    found += [c for c in frame if _holds(points, c)]
    for a, b in _edges(points):
        for c, d in _edges(frame):
            crossing = _crossing(a, b, c, d)
            if crossing is not None:
                found.append(crossing)
    if len(found) < 3:
        return None
    middle = sum(found) / len(found)
    ring = sorted(found, key=lambda p: cmath.phase(p - middle))
    area = abs(sum((a.conjugate() * b).imag for a, b in _edges(ring))) / 2
    left, right = min(p.real for p in found), max(p.real for p in found)
    top, below = min(p.imag for p in found), max(p.imag for p in found)
    return (left, top, right - left, below - top), area


def polygon_area(points):
    return abs(sum((a.conjugate() * b).imag for a, b in _edges(points))) / 2


def _edges(points):
    return list(zip(points, [*points[1:], points[0]], strict=True))


def _holds(points, p):
    signs = [((b - a).conjugate() * (p - a)).imag for a, b in _edges(points)]
    return all(s >= 0 for s in signs) or all(s <= 0 for s in signs)


def _crossing(a, b, c, d):
    under = ((b - a).conjugate() * (d - c)).imag
    if abs(under) < 1e-12:
        return None
    t = ((c - a).conjugate() * (d - c)).imag / under
    u = ((c - a).conjugate() * (b - a)).imag / under
    return a + t * (b - a) if 0 <= t <= 1 and 0 <= u <= 1 else None


def random_case(rng):
    """Return a size, a box inside of it, a map of the program, and the corners after it by the oracle."""
    size = (int(rng.integers(40, 900)), int(rng.integers(40, 900)))
    x, y = rng.random(2) * np.array(size) * 0.9
    box = (x, y, rng.random() * (size[0] - x) + 1e-3, rng.random() * (size[1] - y) + 1e-3)
    points = corners_of(box)
    kind = int(rng.integers(0, 7))
    if kind == 0:
        return size, box, maps.flip(size), [complex(size[0] - px, py) for px, py in points]
    if kind == 1:
        return size, box, maps.flip(size, vertical=True), [complex(px, size[1] - py) for px, py in points]
    if kind == 2:
        turns = int(rng.integers(0, 4))
        placed, (w, h) = points, size
        for _ in range(turns):
            placed, (w, h) = [(h - py, px) for px, py in placed], (h, w)
        return size, box, maps.quarter_turns(size, turns), [complex(*p) for p in placed]
    if kind == 3:
        left, top = (int(rng.integers(0, side)) for side in size)
        out = (int(rng.integers(1, size[0] - left + 1)), int(rng.integers(1, size[1] - top + 1)))
        return size, box, maps.crop(left, top, out), [complex(px - left, py - top) for px, py in points]
    if kind == 4:
        out = (int(rng.integers(10, 900)), int(rng.integers(10, 900)))
        scaled = [complex(px * out[0] / size[0], py * out[1] / size[1]) for px, py in points]
        return size, box, maps.resized(size, out), scaled
    if kind == 5:
        degrees = float(rng.uniform(-180, 180))
        return size, box, maps.rotation(size, degrees), turned(points, size, degrees)
    scale, shear, shift = rng.uniform(0.5, 1.6), rng.uniform(-0.6, 0.6), rng.uniform(-0.4, 0.4, 2) * size
    linear = np.array([[scale, scale * shear], [0, scale]])
    centre = np.array(size) / 2
    moved = [
        complex(
            scale * (px - centre[0]) + scale * shear * (py - centre[1]) + centre[0] + shift[0],
            scale * (py - centre[1]) + centre[1] + shift[1],
        )
        for px, py in points
    ]
    return size, box, maps.about_centre(size, linear, tuple(shift)), moved


def lattice_box(grid, box, pieces=400):
    """Return the box around the lattice points of a bent grid's result whose source lies in `box`, and the spacing."""
    width, height = grid.out_size
    rows, columns = grid.nodes.shape[0] - 1, grid.nodes.shape[1] - 1
    u, v = np.meshgrid(np.linspace(0, 1, pieces + 1), np.linspace(0, 1, pieces + 1))
    c, r = np.minimum((u * columns).astype(int), columns - 1), np.minimum((v * rows).astype(int), rows - 1)
    s, t = (u * columns - c)[..., None], (v * rows - r)[..., None]
    n = grid.nodes
    source = (
        (1 - s) * (1 - t) * n[r, c] + s * (1 - t) * n[r, c + 1] + (1 - s) * t * n[r + 1, c] + s * t * n[r + 1, c + 1]
    )
    x, y, w, h = box
    inside = (source[..., 0] >= x) & (source[..., 0] <= x + w) & (source[..., 1] >= y) & (source[..., 1] <= y + h)
    px, py = u[inside] * width, v[inside] * height
    return (px.min(), py.min(), px.max() - px.min(), py.max() - py.min()), max(width, height) / pieces


def wrong_boxes(count, seed):
    """Return the cases out of `count` random ones in which the program and the oracle differ."""
    from tailwise.imaging.augment_shapes import box_shape, moved

    rng = np.random.default_rng(seed)
    wrong = []
    for number in range(count):
        _size, box, point_map, points = random_case(rng)
        shape = moved(box_shape(0, box), point_map)
        part = convex_part(points, point_map.out_size)
        whole = polygon_area(points)
        if part is None or part[1] <= 1e-9 * whole:
            if shape.visible > 1e-6:
                wrong.append((number, box, shape.box(), part))
            continue
        share = part[1] / whole
        same_box = shape.box() is not None and np.allclose(shape.box(), part[0], atol=1e-6, rtol=1e-9)
        # A sliver thinner than rounding may be there or not.
        if abs(shape.visible - share) > 1e-6 or (not same_box and part[1] > 1e-6):
            wrong.append((number, box, shape.box(), part))
    return wrong
