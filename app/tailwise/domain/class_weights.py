"""Class weights for a loss: the schemes, when to use which, and what comes of them class by class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tailwise.domain.coverage import Unit
from tailwise.domain.errors import RequestError
from tailwise.domain.plan import Tier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailwise.domain.resampling import TrainingPart

TIER_WEIGHTS: dict[str, float] = {
    Tier.MUST_NOT_MISS.value: 2.0,
    Tier.NICE_TO_HAVE.value: 1.0,
    Tier.EXPERIMENTAL.value: 0.5,
}
"""How much a class counts by tier where tiers are asked for."""
POS_WEIGHT_CAP = 100.0
FOCAL_GAMMA, FOCAL_ALPHA = 2.0, 0.25
MILD_RATIO, STRONG_RATIO = 3.0, 20.0
"""Up to the first imbalance ratio no weights are needed, up to the second the square root does."""
LEAST_BETA, MOST_BETA = 0.99, 0.9999


class Scheme(StrEnum):
    """How a weight follows from a count (algorithms reference, section 3)."""

    AUTO = "auto"  # by the imbalance ratio
    NONE = "none"
    BALANCED = "balanced"  # N / (K n)
    INVERSE = "inverse"  # 1 / n
    SQRT = "sqrt"  # 1 / sqrt(n)
    EFFECTIVE = "effective"  # (1 - b) / (1 - b^n), Cui et al. 2019
    MEDIAN = "median"  # median frequency, Eigen and Fergus 2015
    POS_WEIGHT = "pos-weight"  # negatives / positives per class

    @staticmethod
    def of(text: str) -> Scheme:
        """Read a name; the longer names of other tools are understood too.

        >>> Scheme.of("effective_number").value, Scheme.of("sqrt-inverse").value
        ('effective', 'sqrt')
        """
        name = text.strip().casefold().replace("_", "-")
        name = _OTHER_NAMES.get(name, name)
        try:
            return Scheme(name)
        except ValueError:
            known = ", ".join(s.value for s in Scheme)
            raise RequestError(f"There is no weighting scheme {text!r}", f"Choose one of: {known}") from None


_OTHER_NAMES = {
    "effective-number": "effective",
    "effective-num": "effective",
    "sqrt-inverse": "sqrt",
    "inverse-sqrt": "sqrt",
    "square-root": "sqrt",
    "median-frequency": "median",
    "posweight": "pos-weight",
}


class Normalise(StrEnum):
    """What the weights are scaled to."""

    NONE = "none"
    SUM1 = "sum1"  # they sum to 1
    MEAN1 = "mean1"  # their mean over the classes is 1, so they sum to the number of classes


DEFAULT_NORMALISE = {
    Scheme.INVERSE: Normalise.SUM1,
    Scheme.SQRT: Normalise.MEAN1,
    Scheme.EFFECTIVE: Normalise.MEAN1,
}
"""How each scheme is published; the others are not scaled."""


@dataclass(frozen=True, slots=True)
class WeightsRequest:
    """Which weights are wanted.

    Attributes:
        unit: what is counted; None for objects where there are boxes, else images.
        normalise: None for what the scheme is published with.
        beta: b of the effective number; None for (n - 1) / n with n the median number of different scenes per class.
        use_tiers: multiply by `TIER_WEIGHTS` before scaling.
        pos_weight_cap: positive weights are cut there, and it is said.
        cap: weights are cut there; None for no limit.
    """

    scheme: Scheme = Scheme.AUTO
    unit: Unit | None = None
    normalise: Normalise | None = None
    beta: float | None = None
    use_tiers: bool = False
    pos_weight_cap: float = POS_WEIGHT_CAP
    cap: float | None = None

    def __post_init__(self) -> None:
        if self.beta is not None and not 0 <= self.beta <= 1:
            raise RequestError(f"Beta is {self.beta:g}", "Choose a number from 0 to 1, such as 0.999")
        for name, value in (("positive weights", self.pos_weight_cap), ("weights", self.cap)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise RequestError(f"The cap of the {name} is {value:g}", "Choose a number above 0, such as 100")

    def parameters(self) -> dict[str, object]:
        """Return the request as plain values."""
        return {
            "scheme": self.scheme.value,
            "unit": None if self.unit is None else self.unit.value,
            "normalise": None if self.normalise is None else self.normalise.value,
            "beta": self.beta,
            "use_tiers": self.use_tiers,
            "pos_weight_cap": self.pos_weight_cap,
            "cap": self.cap,
        }

    @staticmethod
    def of(told: Mapping[str, object]) -> WeightsRequest:
        """Rebuild the request that `parameters` wrote."""
        values = dict(told)
        values["scheme"] = Scheme(str(values["scheme"]))
        values["unit"] = Unit(str(values["unit"])) if values["unit"] else None
        values["normalise"] = Normalise(str(values["normalise"])) if values["normalise"] else None
        return WeightsRequest(**values)  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True, slots=True)
class ClassWeight:
    """The weight of one class; None where the class has no sample, for which no weight is defined.

    Attributes:
        index: position in the class list. count: samples in the unit of the outcome; items: items that hold the class.
        pos_weight: items without over items with the class, cut at the cap; `pos_weight_exact` before the cut.
        logit_bias: ln of the share of the class, for logit adjustment.
        multiplier: of the class in the planned resampling; `product`: weight (scaled so that the mean sample weighs 1)
            times multiplier; None without such a plan.
    """

    index: int
    name: str
    tier: str
    count: int
    items: int
    weight: float | None
    pos_weight: float | None
    pos_weight_exact: float | None
    logit_bias: float | None
    multiplier: float | None = None
    product: float | None = None


@dataclass(frozen=True, slots=True)
class WeightsOutcome:
    """The weights and how they were chosen.

    Attributes:
        scheme: the scheme used; `request.scheme` may be `auto`.
        rule: why this one, a sentence. focal: when to use focal loss instead, a sentence or two.
        beta: b of the effective number, None for other schemes.
        exponent: w goes about with count to the minus this power; what Ultralytics calls `cls_pw`.
    """

    request: WeightsRequest
    part: TrainingPart
    scheme: Scheme
    unit: Unit
    normalise: Normalise
    beta: float | None
    imbalance_ratio: float | None
    rows: tuple[ClassWeight, ...]
    rule: str
    focal: str
    exponent: float
    warnings: tuple[str, ...] = ()


def focal_factor(probability: float, gamma: float = FOCAL_GAMMA) -> float:
    """Return by how much focal loss turns down a sample whose true class got `probability`.

    >>> focal_factor(0.5), round(focal_factor(0.9), 6), round(focal_factor(0.968), 6)
    (0.25, 0.01, 0.001024)
    """
    return (1.0 - probability) ** gamma


def corrected_probability(probability: float, trained_share: float, true_share: float) -> float:
    """Take the share a class had in training out of a probability, and put in the share it has in truth.

    >>> round(corrected_probability(0.9, 0.5, 0.02), 6), round(corrected_probability(0.98, 0.5, 0.02), 6)
    (0.155172, 0.5)
    """
    yes = probability * true_share / trained_share
    no = (1.0 - probability) * (1.0 - true_share) / (1.0 - trained_share)
    return yes / (yes + no)
