"""Resampling: how often each training item is used in an epoch, what is asked and what comes of it.

Only items of the training split are ever repeated; validation and test never are, in any export.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError

if TYPE_CHECKING:
    from array import array
    from collections.abc import Mapping

BACKGROUND = "(background)"
"""Row of items that were looked at and hold nothing, where every item has one class at most."""
MAX_TOTAL = 1_000_000_000
MAX_CAP = 1_000_000.0
MAX_EPOCHS = 1_000
UNDER = 50
"""Classes below this many effective samples are counted as still too thin."""


class TargetShape(StrEnum):
    """Which class totals are aimed at before caps; shares go with the count to the power of `temperature`."""

    UNIFORM = "uniform"  # all classes alike
    SQRT = "sqrt"
    NATURAL = "natural"  # as they are
    TIERS = "tiers"  # must-not-miss twice, experimental half of nice-to-have


TEMPERATURES = {TargetShape.UNIFORM: 0.0, TargetShape.SQRT: 0.5, TargetShape.NATURAL: 1.0}


class Method(StrEnum):
    """How the repeats are found."""

    WATER_FILLING = "water-filling"  # one class per item: exact
    TARGET_LP = "target-lp"  # several classes per item: a linear program over kinds of items
    RFS = "rfs"  # repeat factor sampling (Gupta et al. 2019)
    IRFS = "irfs"  # the same with images and objects (Yaman et al. 2023)


@dataclass(frozen=True, slots=True)
class ResamplingRequest:
    """What an epoch should look like.

    Attributes:
        total: items per epoch; None for as many as there are training items.
        cap: an item (with `per_scene`: all items of a scene together) is used at most this often on average.
        floor: and at least this often; None for 0 where each item has one class, 1 ("repeat only") where items hold
            several, and 0 again where the total is below the number of items.
        target: class totals aimed at. `temperature`, if given, replaces it: 0 uniform, 0.5 square root, 1 natural.
        per_scene: near-duplicates and identical files count as one; caps and floors hold for each scene (for each class
            in it where every item has one class).
        over_weight: how much a surplus of a class weighs against a shortage of the same share, several classes only.
        epochs: how many epochs are laid out.
        seed: decides which items fill up a class; the same seed gives the same epochs.

    Raises:
        RequestError: a number is impossible; the sentence names it.
    """

    total: int | None = None
    cap: float = 5.0
    floor: float | None = None
    target: TargetShape = TargetShape.UNIFORM
    temperature: float | None = None
    per_scene: bool = False
    over_weight: float = 0.25
    epochs: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.total is not None and not 1 <= self.total <= MAX_TOTAL:
            raise RequestError(f"The total is {self.total:,} items", f"Choose 1 to {MAX_TOTAL:,} items per epoch")
        if not (math.isfinite(self.cap) and 0 < self.cap <= MAX_CAP):
            raise RequestError(f"The cap is {self.cap:g}", "Choose a number above 0, such as 5")
        if self.floor is not None and not (math.isfinite(self.floor) and self.floor >= 0):
            raise RequestError(f"The floor is {self.floor:g}", "Choose 0 (items may be left out), 0.2 or 1")
        if self.floor is not None and self.floor > self.cap:
            raise RequestError(
                f"The floor of {self.floor:g} is above the cap of {self.cap:g}", "Lower the floor or raise the cap"
            )
        if self.temperature is not None and not 0 <= self.temperature <= 2:
            raise RequestError(f"The temperature is {self.temperature:g}", "Choose 0 (uniform) to 1 (natural)")
        if not (math.isfinite(self.over_weight) and 0 <= self.over_weight <= 100):
            raise RequestError(f"The weight of a surplus is {self.over_weight:g}", "Choose 0 to 100, such as 0.25")
        if not 1 <= self.epochs <= MAX_EPOCHS:
            raise RequestError(f"{self.epochs} epochs are asked for", f"Choose 1 to {MAX_EPOCHS}")
        if not 0 <= self.seed < 2**63:
            raise RequestError(f"The seed is {self.seed}", "Choose a whole number from 0 to 9223372036854775807")

    def parameters(self) -> dict[str, object]:
        """Return the request as plain values for the project file and the manifest."""
        return {
            "total": self.total,
            "cap": self.cap,
            "floor": self.floor,
            "target": self.target.value,
            "temperature": self.temperature,
            "per_scene": self.per_scene,
            "over_weight": self.over_weight,
            "epochs": self.epochs,
            "seed": self.seed,
        }

    @staticmethod
    def of(told: Mapping[str, object]) -> ResamplingRequest:
        """Rebuild the request that `parameters` wrote."""
        values = dict(told)
        values["target"] = TargetShape(str(values["target"]))
        return ResamplingRequest(**values)  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True, slots=True)
class TrainingPart:
    """Which items may be repeated and why these.

    Attributes:
        name: the training split; empty where the project has no split and every labelled item is used.
        items: how many; `held_out` labelled items are in other splits, `unassigned` in none (both never repeated).
        leaked: items that published lists name for training and for validation or test; they are not repeated.
        warning: what to know, one sentence, or empty.
    """

    name: str
    items: int
    held_out: int = 0
    unassigned: int = 0
    leaked: int = 0
    warning: str = ""


@dataclass(frozen=True, slots=True)
class ClassEffect:
    """One class before and after.

    Attributes:
        count: samples of the class in the training items; `items` how many items hold it; `scenes` how many different
            ones (near-duplicates once).
        target: total aimed at; `effective`: total per epoch on average.
        multiplier: `effective / count`; None for a class without samples.
        share_before, share_after: of all samples.
        is_capped: the class is held by the cap: every item that holds it is used as often as allowed.
    """

    name: str
    count: int
    items: int
    scenes: int
    target: float
    effective: float
    multiplier: float | None
    share_before: float
    share_after: float
    is_capped: bool = False

    @property
    def surplus(self) -> float:
        """Samples above the target: the price of repeating items that hold this class beside a rarer one."""
        return max(0.0, self.effective - self.target)


@dataclass(frozen=True, slots=True)
class BalanceMeasures:
    """Measures of class totals; None where undefined. Classes without samples are left out.

    Attributes:
        total: samples; smallest: of the smallest class; `under`: classes below `UNDER` samples.
        tail_multiplier: mean multiplier of the classes in at most 10 items, None where there are none.
    """

    total: float
    imbalance_ratio: float | None
    evenness: float | None
    effective_classes: float | None
    gini: float | None
    smallest: float | None
    under: int
    tail_multiplier: float | None


@dataclass(frozen=True, slots=True)
class MethodResult:
    """What one method makes of the same total and cap. `threshold` is the t of RFS and IRFS."""

    method: Method
    measures: BalanceMeasures
    mean_change: float
    max_repeat: float
    threshold: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Emission:
    """How the epochs use the items.

    Attributes:
        items: items used in the first epoch, each counted once; `max_repeats` of one item, `max_scene_repeats` of all
            items of one scene together, over all epochs laid out.
        epochs_to_see_all: after so many epochs every item was used at least once; None if that never happens.
    """

    items: int
    max_repeats: int
    max_scene_repeats: int
    epochs_to_see_all: int | None


@dataclass(frozen=True, slots=True)
class ResamplingOutcome:
    """The answer to a resampling request.

    Attributes:
        total: items per epoch that the plan has; `asked` is what was wanted.
        lowest, highest: the fewest and most items per epoch that floor and cap allow.
        cap_needed: the cap that would reach the total, None where nothing is missing.
        rows: the classes, largest first. before, after: measures of their totals.
        mean_change: mean |repeats - 1| over the items: 0 is the natural epoch.
        notes: what to know, in sentences: what changes nothing, what cannot be met, what to do.
        comparison: other methods at the same total and cap, for several classes per item.
    """

    request: ResamplingRequest
    part: TrainingPart
    method: Method
    unit: str
    asked: int
    total: int
    floor: float
    lowest: int
    highest: int
    cap_needed: float | None
    rows: tuple[ClassEffect, ...]
    before: BalanceMeasures
    after: BalanceMeasures
    mean_change: float
    emission: Emission
    changes_nothing: bool
    notes: tuple[str, ...] = ()
    comparison: tuple[MethodResult, ...] = ()

    @property
    def is_feasible(self) -> bool:
        """Whether the total asked for is met."""
        return self.total == self.asked


@dataclass(frozen=True, slots=True)
class RepeatColumns:
    """The plan item by item, aligned arrays in the order of the manifest.

    Attributes:
        driver: position in `drivers` of the class an item is repeated for or held back by, -1 for none.
        factor: mean uses per epoch. repeats: uses in the epoch of the same position.
        capped: 1 where the item is used as often as the cap allows.
    """

    item_id: array[int]
    file_name: tuple[str, ...]
    factor: array[float]
    driver: array[int]
    capped: array[int]
    drivers: tuple[str, ...]
    repeats: tuple[array[int], ...]


@dataclass(frozen=True, slots=True)
class ResamplingExport:
    """A resampling plan as it is handed out.

    Attributes:
        held_out_ids: items of validation, test and every other split; none of them may be written.
        order_ref: which split the ids are of.
    """

    outcome: ResamplingOutcome
    columns: RepeatColumns
    split: str
    order_ref: str
    held_out_ids: frozenset[int] = frozenset()
    plan_id: str = ""
