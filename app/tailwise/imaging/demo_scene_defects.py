"""Draw defects on the parts of the demo, and look-alikes that are none.

Every defect says which points it covers, so that its box in a frame is exact however the camera sees the part. A
look-alike is drawn in the same way and says nothing: it is what a reviewer has to tell from a defect by eye.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from tailwise.imaging.demo_scene_parts import (
    CANVAS_HEIGHT,
    CANVAS_WIDTH,
    Mark,
    Part,
    Patch,
    Point,
    blend,
    disc,
    filled,
    fit_screws,
    shade,
    stroke,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cv2.typing import MatLike

MISSING_SCREW = "missing screw"


def spoil(part: Part, defects: Sequence[str], lookalikes: Sequence[str], rng: np.random.Generator) -> None:
    """Put the screws in and draw the named defects and look-alikes; a name given twice is drawn twice."""
    absent = rng.choice(len(part.screws), size=list(defects).count(MISSING_SCREW), replace=False)
    fit_screws(part, rng, frozenset(int(n) for n in absent))
    for number in absent:
        x, y, radius = part.screws[int(number)]
        part.marks.append(Mark(MISSING_SCREW, _ellipse((x, y), (radius + 2, radius + 2), 0.0)))
    for name in lookalikes:
        LOOKALIKES[name](part, rng)
    for name in defects:
        if name != MISSING_SCREW:
            part.marks.append(Mark(name, DEFECTS[name](part, rng)))


def _ellipse(centre: Point, axes: tuple[float, float], angle: float) -> MatLike:
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    return _turned(np.column_stack((axes[0] * np.cos(turns), axes[1] * np.sin(turns))), centre, angle)


def _turned(points: MatLike, centre: Point, angle: float) -> MatLike:
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array([[cos, sin], [-sin, cos]]) + centre


def _spot(part: Part, rng: np.random.Generator, margin: int) -> Point:
    """Choose a place `margin` pixels inside the part, clear of screws and, where there is room, of other defects."""
    # A quarter of the resolution is plenty for choosing a place, and sixteen times as fast.
    free = (part.alpha[::4, ::4] > 0.9).astype(np.uint8)
    for x, y, radius in part.screws:
        cv2.circle(free, (int(x / 4), int(y / 4)), int(radius / 4) + 1, 0, -1)
    reach = margin // 4
    free = cv2.erode(free, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    roomy = free.copy()
    for mark in part.marks:
        (left, top), (right, bottom) = mark.points.min(axis=0) / 4 - 3, mark.points.max(axis=0) / 4 + 3
        roomy[max(0, int(top)) : int(bottom) + 1, max(0, int(left)) : int(right) + 1] = 0
    places = np.argwhere(roomy if roomy.any() else free)
    row, column = places[rng.integers(len(places))]
    return float(column * 4 + rng.uniform(-2, 2)), float(row * 4 + rng.uniform(-2, 2))


def _bent_line(centre: Point, length: float, bend: float, angle: float) -> MatLike:
    t = np.linspace(-0.5, 0.5, 24)
    return _turned(np.column_stack((t * length, bend * (4 * t * t - 0.5))), centre, angle)


def _on_part(part: Part, points: MatLike) -> MatLike:
    """Return the points that lie on the part; all of them should fewer than two do."""
    columns = np.clip(points[:, 0], 0, CANVAS_WIDTH - 1).astype(np.int32)
    rows = np.clip(points[:, 1], 0, CANVAS_HEIGHT - 1).astype(np.int32)
    kept = points[part.alpha[rows, columns] > 0.5]
    return kept if len(kept) > 1 else points


def _blob(centre: Point, radius: float, rng: np.random.Generator, room: float) -> Patch:
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    reach = np.full(40, radius)
    for k in (1, 2, 3, 5):
        reach += radius * rng.uniform(0.06, 0.2) / k * np.cos(k * angles + rng.uniform(0, 2 * np.pi))
    squeeze = rng.uniform(0.65, 1.0)
    outline = np.column_stack((reach * np.cos(angles), squeeze * reach * np.sin(angles))) + centre
    return filled(outline, room=room)


def scratch(part: Part, rng: np.random.Generator) -> MatLike:
    """Draw a bright groove with a dark flank."""
    centre = _spot(part, rng, 12)
    points = _bent_line(centre, rng.uniform(46, 130), rng.uniform(-16, 16), rng.uniform(0, np.pi))
    width = int(rng.integers(1, 3))
    shade(part, stroke(np.add(points, (1.6, 1.9)), width), -0.30)
    shade(part, stroke(points, width), rng.uniform(0.28, 0.42))
    return _on_part(part, points)


def dent(part: Part, rng: np.random.Generator) -> MatLike:
    """Draw a hollow: dark towards the light, bright on the far side, with a faint raised rim."""
    centre = _spot(part, rng, 14)
    axes, angle = (float(rng.uniform(11, 20)), float(rng.uniform(9, 15))), float(rng.uniform(0, np.pi))
    window = disc(centre, 34)
    height, width = window.mask.shape
    xs, ys = np.meshgrid(np.arange(width) + window.left - centre[0], np.arange(height) + window.top - centre[1])
    u = (xs * np.cos(angle) + ys * np.sin(angle)) / axes[0]
    v = (ys * np.cos(angle) - xs * np.sin(angle)) / axes[1]
    square = u * u + v * v
    depth = (np.exp(-square * 1.6) - 0.25 * np.exp(-((square - 1.3) ** 2) * 3)).astype(np.float32)
    slope = cv2.Sobel(depth, cv2.CV_32F, 1, 0, ksize=3) * 0.5 + cv2.Sobel(depth, cv2.CV_32F, 0, 1, ksize=3)
    shade(part, Patch(window.left, window.top, np.clip(-slope, -0.5, 0.5)), rng.uniform(0.5, 0.75))
    return _ellipse(centre, (axes[0] * 1.15, axes[1] * 1.15), angle)


def stain(part: Part, rng: np.random.Generator) -> MatLike:
    """Draw a dried brown drop: a thin film with a darker rim."""
    blob = _blob(_spot(part, rng, 14), rng.uniform(13, 27), rng, room=6)
    film = blob.softened(1.2)
    inside = cv2.GaussianBlur(cv2.erode(blob.mask, np.ones((5, 5), np.uint8)), (0, 0), 1.5)
    blend(part, film, (0.10, 0.22, 0.34), rng.uniform(0.34, 0.50))
    blend(part, Patch(film.left, film.top, np.clip(film.mask - inside, 0, 1)), (0.05, 0.11, 0.19), 0.55)
    rows, columns = np.nonzero(film.mask * part.alpha[film.window] > 0.35)
    return np.column_stack((columns + film.left, rows + film.top)).astype(np.float64)


def contamination(part: Part, rng: np.random.Generator) -> MatLike:
    """Scatter swarf: a few curled fibres and crumbs."""
    centre = np.array(_spot(part, rng, 14))
    seen = [centre[None, :]]
    for _ in range(int(rng.integers(2, 5))):
        x, y = centre + rng.normal(0, 7, 2)
        fibre = _bent_line((x, y), rng.uniform(10, 24), rng.uniform(-9, 9), rng.uniform(0, np.pi))
        blend(part, stroke(fibre, 2), (0.36, 0.16, 0.10) if rng.random() < 0.5 else (0.07, 0.07, 0.08), 0.9)
        seen.append(fibre)
    for _ in range(int(rng.integers(7, 14))):
        x, y = centre + rng.normal(0, 10, 2)
        size = float(rng.uniform(1.2, 3.2))
        blend(part, disc((x, y), size), (0.08, 0.09, 0.10), 0.95)
        seen.append(np.array([(x - size, y - size), (x + size, y + size)]))
    return _on_part(part, np.concatenate(seen))


def burr(part: Part, rng: np.random.Generator) -> MatLike:
    """Leave jagged metal standing out from the outer edge."""
    solid = (part.alpha > 0.5).astype(np.uint8)
    outlines, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(outlines, key=len)[:, 0, :].astype(np.float64)
    start, middle = int(rng.integers(len(outline))), outline.mean(axis=0)
    teeth: list[MatLike] = []
    for k in range(int(rng.integers(6, 11))):
        here, there = outline[(start + 5 * k) % len(outline)], outline[(start + 5 * k + 6) % len(outline)]
        out = (here + there) / 2 - middle
        out /= np.linalg.norm(out)
        tip = (here + there) / 2 + out * rng.uniform(6, 15) + rng.normal(0, 1.5, 2)
        tooth = np.array([here - 3 * out, tip, there - 3 * out])
        patch = filled(tooth)
        part.alpha[patch.window] = np.maximum(part.alpha[patch.window], patch.mask)
        blend(part, patch, (0.86, 0.87, 0.88))
        blend(part, stroke(tooth[1:], 1), (0.34, 0.34, 0.35), 0.8)
        teeth.append(tooth)
    return np.concatenate(teeth)


def crack(part: Part, rng: np.random.Generator) -> MatLike:
    """Draw a dark jagged fracture with a branch or two and a faint bright lip."""
    trunk = _walk(_spot(part, rng, 12), rng.uniform(0, 2 * np.pi), int(rng.integers(9, 15)), rng)
    lines = [trunk]
    for _ in range(int(rng.integers(1, 3))):
        x, y = trunk[int(rng.integers(2, len(trunk) - 2))]
        lines.append(_walk((x, y), rng.uniform(0, 2 * np.pi), int(rng.integers(3, 6)), rng))
    for line in lines:
        shade(part, stroke(np.add(line, 1.2), 2), 0.14)
    for line in lines:
        blend(part, stroke(line, 2), (0.05, 0.05, 0.06), 0.9)
    return _on_part(part, np.concatenate(lines))


def _walk(start: Point, heading: float, steps: int, rng: np.random.Generator) -> MatLike:
    turns = heading + np.cumsum(rng.normal(0, 0.28, steps)) + rng.choice([-0.5, 0.5], steps)
    lengths = rng.uniform(4, 10, steps)
    moves = np.column_stack((lengths * np.cos(turns), lengths * np.sin(turns)))
    corners = np.vstack((start, np.array(start) + np.cumsum(moves, axis=0)))
    # Points between the corners too: where the line leaves the part, the box must end there and not at a corner.
    at = np.arange(0, steps + 0.01, 0.2)
    return np.column_stack([np.interp(at, np.arange(steps + 1), corners[:, axis]) for axis in (0, 1)])


def oil_film(part: Part, rng: np.random.Generator) -> None:
    """Smear a thin film with a rainbow along its sides: long like a scratch, but soft and without a flank."""
    points = _bent_line(_spot(part, rng, 12), rng.uniform(70, 140), rng.uniform(-20, 20), rng.uniform(0, np.pi))
    for shift, colour in ((-3, (0.80, 0.40, 0.70)), (0, (0.60, 0.85, 0.88)), (3, (0.40, 0.72, 0.45))):
        blend(part, stroke(np.add(points, shift), 4, room=8).softened(2.2), colour, 0.55)


def shadow(part: Part, rng: np.random.Generator) -> None:
    """Cast a soft round shadow: dark like a dent, but without the bright far side."""
    blob = _blob(_spot(part, rng, 12), rng.uniform(14, 22), rng, room=18)
    shade(part, blob.softened(6), -rng.uniform(0.20, 0.28))


def glare(part: Part, rng: np.random.Generator) -> None:
    """Reflect a lamp: a straight bright streak, wider and softer than a scratch."""
    points = _bent_line(_spot(part, rng, 12), rng.uniform(50, 100), 0.0, rng.uniform(0, np.pi))
    shade(part, stroke(points, 5, room=8).softened(2.2), rng.uniform(0.30, 0.45))


DEFECTS: dict[str, Callable[[Part, np.random.Generator], MatLike]] = {
    "scratch": scratch,
    "stain": stain,
    "dent": dent,
    "contamination": contamination,
    "burr": burr,
    "crack": crack,
}
"""The defects drawn on a finished part, by class. A missing screw is decided before the screws go in."""

LOOKALIKES: dict[str, Callable[[Part, np.random.Generator], None]] = {
    "oil film": oil_film,
    "shadow": shadow,
    "glare": glare,
}
"""What resembles a defect and is none, by the name the recipe gives it."""
