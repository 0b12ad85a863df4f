"""How a picture looks after a change of light, colour, sharpness or weather. Nothing here moves a point.

Amounts that are lengths are shares of the shorter side, so that a small preview looks like the large picture. Pictures
are rows × columns × 3, blue first, 8 bits. `draw` are numbers of 0..1 drawn for the step; the same numbers with a
larger amount give the same change, stronger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from tailwise.domain.recipe import StepKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tailwise.imaging.augment_maps import Floats, Pixels

    Change = Callable[[Pixels, float, Floats, np.random.Generator], Pixels]

_RAIN_GREY = 205
_FOG_GREY = 222


def _signed(value: float) -> float:
    """Return -1..1 for 0..1."""
    return 2 * value - 1


def _table(pixels: Pixels, values: NDArray[np.floating]) -> Pixels:
    """Replace every grey level by an entry of a table of 256."""
    return cast("Pixels", cv2.LUT(pixels, np.clip(np.round(values), 0, 255).astype(np.uint8)))


def _brightness(pixels: Pixels, amount: float, draw: Floats, _rng: np.random.Generator) -> Pixels:
    return _table(pixels, np.arange(256) * (1 + amount * _signed(draw[0])))


def _contrast(pixels: Pixels, amount: float, draw: Floats, _rng: np.random.Generator) -> Pixels:
    return _table(pixels, 128 + (np.arange(256) - 128) * (1 + amount * _signed(draw[0])))


def _saturation(pixels: Pixels, amount: float, draw: Floats, _rng: np.random.Generator) -> Pixels:
    grey = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    factor = 1 + amount * _signed(draw[0])
    return cast("Pixels", cv2.addWeighted(pixels, factor, grey, 1 - factor, 0))


def _hue(pixels: Pixels, amount: float, draw: Floats, _rng: np.random.Generator) -> Pixels:
    hsv = cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV_FULL)
    turned = np.round(np.arange(256) + amount * _signed(draw[0]) * 256 / 360) % 256
    hsv[..., 0] = cv2.LUT(hsv[..., 0], turned.astype(np.uint8))
    return cast("Pixels", cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR_FULL))


def _blur(pixels: Pixels, amount: float, draw: Floats, _rng: np.random.Generator) -> Pixels:
    sigma = amount * min(pixels.shape[:2]) * (0.3 + 0.7 * draw[0])
    return pixels if sigma < 0.2 else cast("Pixels", cv2.GaussianBlur(pixels, (0, 0), sigma))


def _motion_blur(pixels: Pixels, amount: float, draw: Floats, _rng: np.random.Generator) -> Pixels:
    length = amount * min(pixels.shape[:2]) * (0.3 + 0.7 * draw[0])
    side = int(length) | 1
    if side < 3:
        return pixels
    kernel = np.zeros((side, side), np.float32)
    angle = np.pi * draw[1]
    middle, reach = side // 2, length / 2
    across, down = float(np.cos(angle) * reach), float(np.sin(angle) * reach)
    first = (round(middle - across), round(middle - down))
    cv2.line(kernel, first, (round(middle + across), round(middle + down)), (1.0,), 1)
    return cast("Pixels", cv2.filter2D(pixels, -1, kernel / kernel.sum()))


def _noise(pixels: Pixels, amount: float, draw: Floats, rng: np.random.Generator) -> Pixels:
    sigma = np.float32(amount * (0.3 + 0.7 * draw[0]))
    grain = rng.standard_normal(pixels.shape, dtype=np.float32)
    grain *= sigma
    return cast("Pixels", cv2.add(pixels, grain, dtype=cv2.CV_8U))


def _jpeg(pixels: Pixels, amount: float, draw: Floats, _rng: np.random.Generator) -> Pixels:
    quality = round(95 + (amount - 95) * (0.3 + 0.7 * draw[0]))
    _ok, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cast("Pixels", cv2.imdecode(data, cv2.IMREAD_COLOR))


def _fog(pixels: Pixels, amount: float, draw: Floats, rng: np.random.Generator) -> Pixels:
    height, width = pixels.shape[:2]
    clouds = cv2.resize(rng.random((5, 5)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    above = np.linspace(1.0, 0.6, height, dtype=np.float32)[:, None]  # the far part, on top, is thicker
    dense = np.clip(amount * (0.4 + 0.6 * draw[0]) * above * (0.7 + 0.6 * clouds), 0, 0.95)[..., None]
    return (pixels * (1 - dense) + _FOG_GREY * dense).astype(np.uint8)


def _rain(pixels: Pixels, amount: float, draw: Floats, rng: np.random.Generator) -> Pixels:
    height, width = pixels.shape[:2]
    short = min(height, width)
    drops = int(600 * amount * (0.4 + 0.6 * draw[0]))
    slant = _signed(draw[1]) * 0.35
    length = max(2.0, short * (0.02 + 0.04 * draw[2]))
    starts = rng.random((drops, 2)) * [width, height]
    streaks = np.zeros((height, width), np.uint8)
    ends = starts + np.array([slant * length, length])
    lines = np.round(np.stack([starts, ends], axis=1) * 16).astype(np.int32)
    thick = max(1, round(short / 500))
    cv2.polylines(streaks, list(lines), isClosed=False, color=(150,), thickness=thick, lineType=cv2.LINE_AA, shift=4)
    share = (cv2.GaussianBlur(streaks, (0, 0), max(0.4, short / 900)).astype(np.float32) / 255)[..., None]
    dull = pixels * (1 - 0.25 * amount)
    return (dull * (1 - share) + _RAIN_GREY * share).astype(np.uint8)


def _low_light(pixels: Pixels, amount: float, draw: Floats, rng: np.random.Generator) -> Pixels:
    gamma = 1 + (amount - 1) * (0.4 + 0.6 * draw[0])
    dark = _table(pixels, 255 * (np.arange(256) / 255) ** gamma)
    return _noise(dark, 5 * (gamma - 1), draw[1:], rng)


CHANGES: dict[StepKind, Change] = {
    StepKind.BRIGHTNESS: _brightness,
    StepKind.CONTRAST: _contrast,
    StepKind.SATURATION: _saturation,
    StepKind.HUE: _hue,
    StepKind.BLUR: _blur,
    StepKind.MOTION_BLUR: _motion_blur,
    StepKind.NOISE: _noise,
    StepKind.JPEG: _jpeg,
    StepKind.FOG: _fog,
    StepKind.RAIN: _rain,
    StepKind.LOW_LIGHT: _low_light,
}
"""Change of the pixels for every step that moves nothing: picture, amount, draws of 0..1, source of further noise."""
