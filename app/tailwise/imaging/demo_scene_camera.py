"""Look at the parts of the demo through its three cameras under its three kinds of light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tailwise.imaging.demo_scene_parts import CENTRE, SUPER

if TYPE_CHECKING:
    from cv2.typing import MatLike

    from tailwise.imaging.demo_scene_parts import Mark

_BELT_LENGTH = 1024
_RAIL = 13  # pixels
_LEAST_SIDE = 3.0  # pixels; what is smaller in a frame nobody would label
_LEAST_SEEN = 0.6  # share of a defect's box that lies in the frame

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Camera:
    """How a camera is mounted: magnification, tilt in degrees, and whether the belt runs down its picture."""

    zoom: float
    tilt: float
    upright: bool
    vignette: float


CAMERAS = {
    "cam1": Camera(zoom=1.22, tilt=0.0, upright=False, vignette=0.12),
    "cam2": Camera(zoom=1.04, tilt=-9.0, upright=False, vignette=0.25),
    "cam3": Camera(zoom=1.10, tilt=4.0, upright=True, vignette=0.34),
}


@dataclass(frozen=True, slots=True)
class Light:
    """A kind of light.

    Attributes:
        gain: brightness of the part; `floor` is that of the belt.
        tint: colour of the light, BGR.
        slope: how much brighter the lit side of the picture is.
        noise: standard deviation of the sensor noise, 0..1.
        glow: how far light from below spills over the edges of the part; 0 for light from above.
    """

    gain: float
    floor: float
    tint: tuple[float, float, float]
    slope: float
    noise: float
    glow: float = 0.0


LIGHTS = {
    "bright": Light(gain=1.06, floor=1.0, tint=(1.02, 1.0, 0.98), slope=0.16, noise=0.010),
    "dim": Light(gain=0.44, floor=0.48, tint=(0.82, 0.97, 1.10), slope=0.30, noise=0.020),
    "backlit": Light(gain=0.42, floor=1.0, tint=(1.05, 1.0, 0.95), slope=0.10, noise=0.013, glow=0.55),
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A finished part before the camera: its picture (BGRA, uint8, canvas resolution) and its defects."""

    picture: MatLike
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a part lies in one frame: pixels along and across the belt from the middle, and a turn in degrees."""

    along: float
    across: float
    turn: float


class Stage:
    """What every frame shares: the belt, a bank of sensor noise, and the light over the picture."""

    def __init__(self, width: int, height: int, rng: np.random.Generator) -> None:
        self._width, self._height = width, height
        lying = _belt(rng, height)
        upright = np.ascontiguousarray(_belt(rng, width).transpose(1, 0, 2))
        self._belts = {False: lying, True: upright}
        self._noise = rng.standard_normal((height * 2, width * 2, 3), dtype=np.float32)
        xs, ys = np.meshgrid(np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32))
        self._ramp = -0.3 * xs - 0.4 * ys
        self._rim = (xs * xs + ys * ys) / 2
        self._fields: dict[tuple[Camera, Light], MatLike] = {}

    def photograph(
        self, part: Prepared | None, pose: Pose, camera: Camera, light: Light, rng: np.random.Generator
    ) -> tuple[MatLike, list[tuple[str, Box]]]:
        """Return a frame (height x width x 3, uint8, BGR) and the class and box of every defect seen in it.

        Boxes are `x, y, width, height` in pixels of the frame, cut off at its border. Without a part the belt is empty.
        """
        scene = self._floor(pose, camera, light)
        boxes: list[tuple[str, Box]] = []
        if part is not None:
            matrix = self._placement(pose, camera)
            scene = self._lay_down(scene, part.picture, matrix, light)
            seen = [(mark.category, self._box(mark.points, matrix)) for mark in part.marks]
            boxes = [(category, box) for category, box in seen if box is not None]
        return self._expose(scene, camera, light, rng), boxes

    def _floor(self, pose: Pose, camera: Camera, light: Light) -> MatLike:
        """Return the belt under the part; it moves with it, the rails do not."""
        belt = self._belts[camera.upright]
        start = int(_BELT_LENGTH / 3 - pose.along)
        floor = belt[start : start + self._height] if camera.upright else belt[:, start : start + self._width]
        # Backlight comes through a translucent belt.
        floor = 0.80 + floor * 0.35 if light.glow else floor * np.float32(light.floor)
        _add_rails(floor.transpose(1, 0, 2) if camera.upright else floor)
        return floor

    def _placement(self, pose: Pose, camera: Camera) -> MatLike:
        """Return the 2 x 3 matrix that takes canvas pixels to picture pixels."""
        turn = camera.tilt + pose.turn + (90 if camera.upright else 0)
        matrix = cv2.getRotationMatrix2D(CENTRE, turn, camera.zoom / SUPER)
        right, down = (pose.across, pose.along) if camera.upright else (pose.along, pose.across)
        matrix[:, 2] += (self._width / 2 - CENTRE[0] + right, self._height / 2 - CENTRE[1] + down)
        return matrix

    def _lay_down(self, scene: MatLike, picture: MatLike, matrix: MatLike, light: Light) -> MatLike:
        seen = cv2.warpAffine(picture, matrix, (self._width, self._height), flags=cv2.INTER_LINEAR)
        colour = seen[:, :, :3].astype(np.float32) * np.float32(light.gain / 255)
        alpha = seen[:, :, 3].astype(np.float32) * np.float32(1 / 255)
        if light.glow:
            spill = cv2.GaussianBlur(1 - alpha, (0, 0), 4.5)
            spill = spill * spill * np.float32(light.glow)
            colour += cv2.merge((spill, spill, spill))
        else:
            cast = cv2.GaussianBlur(alpha, (0, 0), 3.5)
            shade = 1 - np.float32(0.55) * cast[:-5, :-4]
            scene[5:, 4:] *= cv2.merge((shade, shade, shade))
        return cv2.blendLinear(colour, scene, alpha, 1 - alpha)

    def _box(self, points: MatLike, matrix: MatLike) -> Box | None:
        seen = points @ matrix[:, :2].T + matrix[:, 2]
        low, high = seen.min(axis=0) - 1, seen.max(axis=0) + 1
        border = np.array((self._width, self._height), np.float64)
        inner_low, inner_high = np.clip(low, 0, border), np.clip(high, 0, border)
        size = inner_high - inner_low
        if float(np.prod(size) / np.prod(high - low)) < _LEAST_SEEN or float(size.min()) < _LEAST_SIDE:
            return None
        x, y, w, h = (round(float(v), 1) for v in (*inner_low, *size))
        return x, y, w, h

    def _expose(self, scene: MatLike, camera: Camera, light: Light, rng: np.random.Generator) -> MatLike:
        field = self._field(camera, light)
        top, left = int(rng.integers(0, self._height)), int(rng.integers(0, self._width))
        grain = self._noise[top : top + self._height, left : left + self._width]
        lit = cv2.multiply(scene, field, scale=float(rng.uniform(0.96, 1.04)))
        # Shot noise grows with the light, on top of what the sensor always has.
        lit += cv2.multiply(lit, grain, scale=0.9 * light.noise)
        lit = cv2.scaleAdd(grain, 0.6 * light.noise, lit)
        return cv2.convertScaleAbs(np.maximum(lit, 0), alpha=255)

    def _field(self, camera: Camera, light: Light) -> MatLike:
        """Return the light over the picture, per pixel and channel; worked out once per camera and light."""
        field = self._fields.get((camera, light))
        if field is None:
            even = 1 + np.float32(light.slope) * self._ramp - np.float32(camera.vignette) * self._rim
            field = self._fields[camera, light] = cv2.merge([even * np.float32(tint) for tint in light.tint])
        return field


def _belt(rng: np.random.Generator, across: int) -> MatLike:
    """Draw a stretch of dark woven rubber with wear along its run: across x length x 3, 0..1."""
    shape = (across, _BELT_LENGTH)
    grain = cv2.GaussianBlur(rng.standard_normal(shape, dtype=np.float32), (0, 0), 0.8) * 0.022
    wear = cv2.blur(rng.standard_normal(shape, dtype=np.float32), (151, 3)) * 0.32
    belt = 0.20 + grain + wear
    for _ in range(26):
        x, y = int(rng.integers(0, _BELT_LENGTH)), int(rng.integers(0, across))
        end = (x + int(rng.integers(10, 45)), y + int(rng.integers(-3, 4)))
        cv2.line(belt, (x, y), end, 0.25, 1, cv2.LINE_AA)
    return np.clip(belt[..., None] * np.array((1.0, 1.0, 0.97), np.float32), 0, 1).astype(np.float32)


def _add_rails(lying: MatLike) -> None:
    """Add the two metal guides at the sides of a belt that runs from left to right."""
    steps = np.arange(_RAIL)
    profile = (0.34 + 0.10 * np.cos(steps * 0.44) - 0.24 * (steps > _RAIL - 3)).astype(np.float32)[:, None, None]
    lying[:_RAIL] = profile
    lying[-_RAIL:] = profile[::-1]
