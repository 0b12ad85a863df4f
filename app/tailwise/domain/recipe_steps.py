"""What a strength means: every step has one amount that grows with it, in the unit the step is known by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tailwise.domain.recipe import StepKind

if TYPE_CHECKING:
    from collections.abc import Mapping


class StepGroup(StrEnum):
    """What a step changes: where things are, how they look, what hides them, or which pictures are joined."""

    PLACE = "place"
    LOOK = "look"
    WEATHER = "weather"
    COVER = "cover"
    MIX = "mix"


@dataclass(frozen=True, slots=True)
class StepFacts:
    """A step as people know it.

    Attributes:
        title: its name on screen.
        note: one sentence on what it does and to what it is exact.
        low, high: the amount at strength 0 and at strength 1.
        shown: how the amount is printed; empty where only the probability counts.
    """

    title: str
    group: StepGroup
    note: str
    low: float = 0.0
    high: float = 0.0
    shown: str = ""

    def amount(self, strength: float) -> float:
        """Return the amount at a strength of 0..1."""
        return self.low + (self.high - self.low) * strength

    def text(self, strength: float) -> str:
        """Return the amount as people read it, empty where there is none.

        >>> STEPS[StepKind.ROTATE].text(0.5)
        'up to 22° either way'
        """
        return self.shown.format(self.amount(strength))


_P, _L, _W, _C, _M = StepGroup.PLACE, StepGroup.LOOK, StepGroup.WEATHER, StepGroup.COVER, StepGroup.MIX

STEPS: Final[Mapping[StepKind, StepFacts]] = {
    StepKind.FLIP: StepFacts("Flip left to right", _P, "Mirrors the picture; left and right classes change places."),
    StepKind.FLIP_VERTICAL: StepFacts("Flip upside down", _P, "Mirrors the picture top to bottom."),
    StepKind.QUARTER: StepFacts("Quarter turns", _P, "Turns by 90, 180 or 270 degrees, without any loss."),
    StepKind.ROTATE: StepFacts(
        "Rotate", _P, "Turns about the centre; the frame stays.", 0, 45, "up to {:.0f}° either way"
    ),
    StepKind.CROP: StepFacts(
        "Crop", _P, "Keeps a part of the picture at its size.", 0, 0.6, "cuts ≤ {:.0%} of each side"
    ),
    StepKind.RESIZE: StepFacts("Resize", _P, "Makes the whole picture larger or smaller.", 0, 0.5, "scale ±{:.0%}"),
    StepKind.AFFINE: StepFacts(
        "Shift, scale, shear", _P, "Moves, scales and shears about the centre; the frame stays.", 0, 0.3, "±{:.0%}"
    ),
    StepKind.GRID: StepFacts(
        "Grid distortion", _P, "Moves the corners of a 5 × 5 grid; a grid that would overlap itself is refused.",
        0, 0.5, "corners move ±{:.2f} cells",
    ),
    StepKind.ELASTIC: StepFacts(
        "Elastic", _P, "Bends the picture smoothly; a bend that would overlap itself is refused.",
        0, 0.08, "bends ≤ {:.1%} of side",
    ),
    StepKind.BRIGHTNESS: StepFacts("Brightness", _L, "Lighter or darker.", 0, 0.6, "±{:.0%}"),
    StepKind.CONTRAST: StepFacts("Contrast", _L, "Stronger or flatter about middle grey.", 0, 0.6, "±{:.0%}"),
    StepKind.SATURATION: StepFacts("Saturation", _L, "More or less colourful.", 0, 0.9, "±{:.0%}"),
    StepKind.HUE: StepFacts("Hue", _L, "Turns all colours; not for classes told by colour.", 0, 60, "±{:.0f}°"),
    StepKind.BLUR: StepFacts("Blur", _L, "Out of focus.", 0, 0.012, "sigma ≤ {:.1%} of side"),
    StepKind.MOTION_BLUR: StepFacts(
        "Motion blur", _L, "Smears along one direction.", 0, 0.08, "≤ {:.1%} of the side"
    ),
    StepKind.NOISE: StepFacts("Noise", _L, "Noise of a sensor.", 0, 40, "sigma ≤ {:.0f} grey levels"),
    StepKind.JPEG: StepFacts("JPEG", _L, "Blocks of strong compression.", 95, 10, "quality down to {:.0f}"),
    StepKind.FOG: StepFacts("Fog", _W, "Lays uneven haze over the picture.", 0, 0.85, "up to {:.0%} dense"),
    StepKind.RAIN: StepFacts("Rain", _W, "Streaks and duller light.", 0, 1, "up to {:.0%} of heavy rain"),
    StepKind.LOW_LIGHT: StepFacts(
        "Low light", _W, "Darkens by a gamma curve, with the noise of a dark sensor.", 1, 3.5, "gamma up to {:.1f}"
    ),
    StepKind.CUTOUT: StepFacts(
        "Cut-out", _C, "Hides patches; objects hidden by more than 70 % lose their label.",
        0, 0.5, "hides up to {:.0%}",
    ),
    StepKind.COPY_PASTE: StepFacts(
        "Copy-paste", _M, "Pastes objects of the class from other scenes of the training part.",
        1, 5, "up to {:.0f} objects",
    ),
    StepKind.MIXUP: StepFacts("MixUp", _M, "Blends two pictures; whole-image classes only.", 0, 0.4, "alpha {:.2f}"),
    StepKind.CUTMIX: StepFacts(
        "CutMix", _M, "Puts a patch of another picture in; whole-image classes only.", 0, 2, "alpha {:.1f}"
    ),
}  # fmt: skip
"""Every step that there is, in the order lists show them."""

GRID_STEPS: Final = 5
"""Cells of a grid distortion along each side."""

ELASTIC_STEPS: Final = 9

MIN_VISIBLE: Final = 0.3
"""An object of which less than this share is still visible loses its label."""

MIN_AREA_PX: Final = 16.0
"""An object smaller than this, in square pixels, loses its label."""

MIRRORING: Final = frozenset({StepKind.FLIP, StepKind.FLIP_VERTICAL})
SOFT_LABELS: Final = frozenset({StepKind.MIXUP, StepKind.CUTMIX})
PARTNERED: Final = frozenset({StepKind.MIXUP, StepKind.CUTMIX, StepKind.COPY_PASTE})
