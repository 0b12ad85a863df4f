"""Draw the parts of the demo's inspection line: a milled plate, a turned flange and a circuit board.

A part is drawn once, on a canvas finer than any picture of it, and then seen by a camera in every frame of its burst.
Colours are BGR, float32, black 0 and white 1; highlights may exceed that until a camera cuts them off. What is drawn
on a part stays inside its outline.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from cv2.typing import MatLike

SUPER = 2  # canvas pixels per picture pixel at zoom 1
CANVAS_HEIGHT, CANVAS_WIDTH = 320, 400
CENTRE = (CANVAS_WIDTH / 2, CANVAS_HEIGHT / 2)
_SUBPIXEL = 3  # cv2 draws with coordinates in 1/8 pixel

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """One defect: its class, and the points (n x 2, canvas pixels) whose hull it fills."""

    category: str
    points: MatLike


@dataclass(slots=True)
class Part:
    """A part on its canvas.

    Attributes:
        colour: what it looks like under even light, `CANVAS_HEIGHT` x `CANVAS_WIDTH` x 3.
        alpha: 1 where the part is, 0 where the belt is seen (also through its holes).
        screws: centre x, centre y and radius of every screw place, canvas pixels.
        marks: the defects drawn on it so far.
    """

    colour: MatLike
    alpha: MatLike
    screws: list[tuple[float, float, float]] = field(default_factory=list[tuple[float, float, float]])
    marks: list[Mark] = field(default_factory=list[Mark])

    def finished(self) -> MatLike:
        """Return the part as it goes before the camera: BGRA, uint8, transparent where the belt is seen."""
        planes = (*cv2.split(self.colour), self.alpha)
        return cv2.merge([cv2.convertScaleAbs(np.maximum(plane, 0), alpha=255) for plane in planes])


@dataclass(frozen=True, slots=True)
class Patch:
    """A mask 0..1 that covers a window of the canvas; drawing costs what the window costs, not the canvas."""

    left: int
    top: int
    mask: MatLike

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the canvas that the mask covers."""
        return (
            slice(self.top, self.top + self.mask.shape[0]),
            slice(self.left, self.left + self.mask.shape[1]),
        )

    def softened(self, sigma: float) -> Patch:
        """Return the mask blurred by `sigma` canvas pixels, in the same window."""
        return Patch(self.left, self.top, cv2.GaussianBlur(self.mask, (0, 0), sigma))


def disc(centre: Point, radius: float, *, room: float = 0) -> Patch:
    """Return a filled circle, with `room` pixels around it for a blur to spread into."""
    points = np.array([(centre[0] - radius, centre[1] - radius), (centre[0] + radius, centre[1] + radius)])
    left, top, layer = _window(points, room + 2)
    x, y = _fixed(np.array([centre]) - (left, top))[0]
    cv2.circle(layer, (int(x), int(y)), int(radius * 2**_SUBPIXEL), 255, -1, cv2.LINE_AA, _SUBPIXEL)
    return Patch(left, top, _as_mask(layer))


def stroke(points: MatLike, thickness: int, *, room: float = 0) -> Patch:
    """Return an open polyline."""
    left, top, layer = _window(points, room + thickness + 1)
    cv2.polylines(layer, [_fixed(points - (left, top))], False, 255, thickness, cv2.LINE_AA, _SUBPIXEL)
    return Patch(left, top, _as_mask(layer))


def filled(points: MatLike, *, room: float = 0) -> Patch:
    """Return a filled polygon."""
    left, top, layer = _window(points, room + 2)
    cv2.fillPoly(layer, [_fixed(points - (left, top))], 255, cv2.LINE_AA, _SUBPIXEL)
    return Patch(left, top, _as_mask(layer))


def text(words: str, origin: Point, size: float) -> Patch:
    """Return a line of text; `origin` is the left end of its base line."""
    (width, height), base = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    corners = np.array([(origin[0], origin[1] - height), (origin[0] + width, origin[1] + base)])
    left, top, layer = _window(corners, 2)
    place = (int(origin[0]) - left, int(origin[1]) - top)
    cv2.putText(layer, words, place, cv2.FONT_HERSHEY_SIMPLEX, size, 255, 1, cv2.LINE_AA)
    return Patch(left, top, _as_mask(layer))


def _window(points: MatLike, room: float) -> tuple[int, int, MatLike]:
    """Return an empty layer over the points, cut at the border of the canvas but never empty."""
    x, y, w, h = cv2.boundingRect(points.astype(np.float32))
    reach = int(room) + 1
    left, top = max(0, min(x - reach, CANVAS_WIDTH - 2)), max(0, min(y - reach, CANVAS_HEIGHT - 2))
    right, bottom = min(x + w + reach, CANVAS_WIDTH), min(y + h + reach, CANVAS_HEIGHT)
    return left, top, np.zeros((max(bottom - top, 1), max(right - left, 1)), np.uint8)


def _fixed(points: MatLike) -> MatLike:
    """Turn points into the fixed-point integers that the `shift` argument of cv2's drawing functions expects."""
    return np.round(np.asarray(points, np.float64) * 2**_SUBPIXEL).astype(np.int32)


def _as_mask(layer: MatLike) -> MatLike:
    return layer.astype(np.float32) * np.float32(1 / 255)


def blend(part: Part, patch: Patch, colour: tuple[float, float, float], strength: float = 1.0) -> None:
    """Paint `colour` over the part where the patch is."""
    rows, columns = patch.window
    below = part.colour[rows, columns]
    weight = (patch.mask * part.alpha[rows, columns] * np.float32(strength))[..., None]
    below += (np.array(colour, np.float32) - below) * weight


def shade(part: Part, patch: Patch, amount: float) -> None:
    """Lighten (positive) or darken (negative) the part by at most `amount` where the patch is."""
    rows, columns = patch.window
    below = part.colour[rows, columns]
    below += (patch.mask * part.alpha[rows, columns] * np.float32(amount))[..., None]


def _cut(part: Part, patch: Patch) -> None:
    rows, columns = patch.window
    part.alpha[rows, columns] *= 1 - patch.mask


def _chamfer(part: Part, strength: float) -> None:
    """Catch the light on the upper left edges and lose it on the lower right ones."""
    solid = cv2.GaussianBlur(part.alpha, (0, 0), 2.2)
    slope = cv2.Sobel(solid, cv2.CV_32F, 1, 0, ksize=3) * 0.6 + cv2.Sobel(solid, cv2.CV_32F, 0, 1, ksize=3)
    bevel = np.clip(slope * np.float32(strength), -0.35, 0.35)
    part.colour += cv2.merge((bevel, bevel, bevel))


def _rounded_rectangle(width: float, height: float, radius: float) -> MatLike:
    half = np.array((width / 2 - radius, height / 2 - radius))
    inner = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half + CENTRE
    layer = np.zeros((CANVAS_HEIGHT, CANVAS_WIDTH), np.uint8)
    cv2.fillPoly(layer, [_fixed(inner)], 255, cv2.LINE_AA, _SUBPIXEL)
    cv2.polylines(layer, [_fixed(inner)], True, 255, int(2 * radius), cv2.LINE_AA, _SUBPIXEL)
    return _as_mask(layer)


def _noise(rng: np.random.Generator) -> MatLike:
    """Return a canvas of white noise, mean 0 and standard deviation 1; bytes are the cheapest there is."""
    raw = np.frombuffer(rng.bytes(CANVAS_HEIGHT * CANVAS_WIDTH), np.uint8).reshape(CANVAS_HEIGHT, CANVAS_WIDTH)
    return (raw.astype(np.float32) - np.float32(127.5)) * np.float32(1 / 73.9)


def _tinted(grey: MatLike, tint: tuple[float, float, float]) -> MatLike:
    grey = grey.astype(np.float32)
    return cv2.merge([grey * np.float32(channel) for channel in tint])


def plate(rng: np.random.Generator) -> Part:
    """Draw a brushed steel plate with two slots, a bore and four screw places."""
    width, height = rng.uniform(330, 350), rng.uniform(196, 212)
    noise = _noise(rng)
    grey = rng.uniform(0.56, 0.64) + 0.36 * cv2.blur(noise, (61, 1)) + 0.011 * noise
    part = Part(_tinted(grey, (1.0, 0.985, 0.965)), _rounded_rectangle(width, height, 16))
    cx, cy = CENTRE
    for side in (-1, 1):
        x = cx + side * width * 0.24
        ends = np.array([(x, cy - 34), (x, cy + 34)])
        shade(part, stroke(ends, 20, room=9).softened(3), -0.15)
        _cut(part, stroke(ends, 20))
    _cut(part, disc((cx, cy + 8), 24))
    _chamfer(part, 0.16)
    serial = f"TW-{rng.integers(100, 999)} B{rng.integers(1, 9)}"
    shade(part, text(serial, (cx - 41, cy - 51), 0.5), 0.10)
    shade(part, text(serial, (cx - 42, cy - 52), 0.5), -0.20)
    part.screws = [(cx + sx * (width / 2 - 27), cy + sy * (height / 2 - 26), 13.0) for sx in (-1, 1) for sy in (-1, 1)]
    return part


def flange(rng: np.random.Generator) -> Part:
    """Draw a turned aluminium flange: lathe marks, a bore and six screw places on a circle."""
    cx, cy = CENTRE
    outer = float(rng.uniform(134, 142))
    xs, ys = np.meshgrid(
        np.arange(CANVAS_WIDTH, dtype=np.float32) - cx, np.arange(CANVAS_HEIGHT, dtype=np.float32) - cy
    )
    radius, angle = cv2.cartToPolar(xs.astype(np.float32), ys.astype(np.float32))
    profile = cv2.blur(rng.standard_normal((1, 400), dtype=np.float32), (3, 1))[0] * 0.030
    for ring, amount in ((0.58, -0.16), (0.60, 0.12), (0.93, -0.06)):
        profile += amount * np.exp(-((np.arange(400, dtype=np.float32) - outer * ring) ** 2) / 3)
    # Turned metal throws two opposite bright fans of light.
    fans = 0.11 * np.cos(2 * (angle - np.float32(rng.uniform(0.5, 0.9))))
    grey = rng.uniform(0.60, 0.67) + profile[radius.astype(np.int32)] + fans
    part = Part(_tinted(grey, (1.0, 1.0, 0.99)), np.zeros((CANVAS_HEIGHT, CANVAS_WIDTH), np.float32))
    rim = disc((cx, cy), outer)
    part.alpha[rim.window] = rim.mask
    _cut(part, disc((cx, cy), outer * 0.33))
    _chamfer(part, 0.18)
    start, circle = float(rng.uniform(0, np.pi / 3)), outer * 0.765
    turns = start + np.arange(6) * np.pi / 3
    part.screws = [(cx + circle * float(np.cos(t)), cy + circle * float(np.sin(t)), 12.0) for t in turns]
    return part


def board(rng: np.random.Generator) -> Part:
    """Draw a populated circuit board with four screw places."""
    width, height = 336.0, 216.0
    part = Part(_tinted(1 + 0.05 * _noise(rng), (0.22, 0.40, 0.12)), _rounded_rectangle(width, height, 7))
    cx, cy = CENTRE
    left, top = cx - width / 2, cy - height / 2
    for _ in range(18):
        _trace(part, rng, (left + rng.uniform(30, width - 30), top + rng.uniform(20, height - 20)))
    for column, row in ((0.30, 0.36), (0.66, 0.40), (0.44, 0.74), (0.74, 0.76)):
        centre = (left + width * column + rng.uniform(-6, 6), top + height * row + rng.uniform(-5, 5))
        _chip(part, rng, centre, (float(rng.uniform(34, 62)), float(rng.uniform(26, 40))))
    for _ in range(16):
        _passive(part, (left + rng.uniform(36, width - 36), top + rng.uniform(22, height - 22)))
    _chamfer(part, 0.08)
    part.screws = [(cx + sx * (width / 2 - 19), cy + sy * (height / 2 - 19), 11.0) for sx in (-1, 1) for sy in (-1, 1)]
    for x, y, radius in part.screws:
        blend(part, disc((x, y), radius + 5), (0.35, 0.62, 0.72))
    return part


def _trace(part: Part, rng: np.random.Generator, start: Point) -> None:
    x, y = start
    run, rise = rng.uniform(30, 90), rng.choice([-1.0, 1.0]) * rng.uniform(10, 26)
    points = np.array([(x, y), (x + run * 0.5, y), (x + run * 0.5 + abs(rise), y + rise), (x + run, y + rise)])
    blend(part, stroke(points, 2), (0.30, 0.56, 0.22), 0.8)
    blend(part, disc(start, 3.2), (0.45, 0.68, 0.72))


def _chip(part: Part, rng: np.random.Generator, centre: Point, size: tuple[float, float]) -> None:
    half_w, half_h = size[0] / 2, size[1] / 2
    x, y = centre
    for k in np.linspace(-half_w + 5, half_w - 5, max(3, int(size[0] / 9))):
        blend(part, stroke(np.array([(x + k, y - half_h - 5), (x + k, y + half_h + 5)]), 3), (0.68, 0.70, 0.70))
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (half_w, half_h) + np.array(centre)
    blend(part, filled(corners), (0.11, 0.11, 0.12))
    blend(part, stroke(corners[[3, 0, 1]], 1), (0.30, 0.30, 0.31), 0.8)
    blend(part, disc((x - half_w + 6, y - half_h + 6), 2), (0.40, 0.40, 0.40))
    code = f"{rng.integers(10, 99)}A{rng.integers(1, 9)}"
    blend(part, text(code, (x - 13, y + 5), 0.35), (0.55, 0.55, 0.55), 0.8)


def _passive(part: Part, centre: Point) -> None:
    x, y = centre
    blend(part, stroke(np.array([(x - 5, y), (x + 5, y)]), 6), (0.72, 0.74, 0.74))
    blend(part, stroke(np.array([(x - 2, y), (x + 2, y)]), 6), (0.22, 0.28, 0.42))


def fit_screws(part: Part, rng: np.random.Generator, missing: frozenset[int] = frozenset()) -> None:
    """Put a screw into every screw place but the `missing` ones, which stay open threaded holes."""
    for number, (x, y, radius) in enumerate(part.screws):
        turn = float(rng.uniform(0, np.pi / 2))
        if number in missing:
            _threaded_hole(part, (x, y), radius)
        else:
            _screw(part, (x, y), radius, turn)


def _threaded_hole(part: Part, centre: Point, radius: float) -> None:
    for smaller, grey in ((-1.0, 0.42), (2.0, 0.16), (4.0, 0.30), (5.5, 0.03)):
        blend(part, disc(centre, radius - smaller), (grey, grey, grey))


def _screw(part: Part, centre: Point, radius: float, turn: float) -> None:
    x, y = centre
    shade(part, disc((x + 2, y + 3), radius + 1, room=6).softened(2.5), -0.28)
    blend(part, disc(centre, radius), (0.30, 0.31, 0.32))
    blend(part, disc(centre, radius - 1.5), (0.66, 0.67, 0.68))
    blend(part, disc((x - 2.5, y - 3), radius * 0.62), (0.84, 0.85, 0.86), 0.6)
    arm = (radius - 4.5) * np.array((np.cos(turn), np.sin(turn)))
    for direction in (arm, np.array((-arm[1], arm[0]))):
        blend(part, stroke(np.add(centre, (-direction, direction)), 3), (0.14, 0.14, 0.15))


FAMILIES: dict[str, Callable[[np.random.Generator], Part]] = {"plate": plate, "flange": flange, "board": board}
"""The kinds of part by the name the recipe gives them; each draws one without its screws."""
