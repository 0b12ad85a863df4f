"""Splits: what is asked (ratios, groups, strata, locks) and what was found, with the measures a lead can read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tailwise.domain.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

TRAIN = "train"
TEST = "test"
QUARANTINE = "quarantine"
RESERVED_NAMES = frozenset({QUARANTINE, "pool"})
MAX_SPLITS = 20
PART = "part-"
"""How parts that are tested in turn are called, before their number."""
RATIO_TOLERANCE = 1e-6


class Floors(StrEnum):
    """How hard a split tries to keep a class from vanishing out of validation and test."""

    OFF = "off"  # balance alone decides
    STANDARD = "standard"  # a class with at least 3 groups (and one per split) is in every split
    SPREAD = "spread"  # a class is in as many splits as it has groups


@dataclass(frozen=True, slots=True)
class SplitRequest:
    """Ratios, what must not be cut, what must stay in proportion, what must not move.

    Attributes:
        ratios: name and share of each split in the order they are shown; the shares sum to 1.
        group_keys: group axes; items that share a value of any of them stay together.
        stratify: condition axes to balance beside the classes.
        locked: splits whose present items stay where they are; ratios then refer to old and new items together.
        seed: decides between equally good answers; the same seed gives the same split.
        floors: see `Floors`.
        test_floor_share, test_floor_items: a must-not-miss class with at least 3 groups gets at least this share of its
            items, or this many items where that is fewer, in the test split (with floors on).
        balance_objects: balance objects per class too, not only items per class.
        balance_pairs: balance pairs of classes that occur together.
        time_axis: axis of dates or numbers; the test split gets the latest groups and the rest is balanced.
        parts: the ratios are this many equal parts, each of which is the test part in turn (cross-validation); 0: no.

    Raises:
        RequestError: the request is impossible; the sentence names the value.
    """

    ratios: tuple[tuple[str, float], ...]
    group_keys: tuple[str, ...] = ()
    stratify: tuple[str, ...] = ()
    locked: frozenset[str] = frozenset()
    seed: int = 0
    floors: Floors = Floors.STANDARD
    test_floor_share: float = 0.3
    test_floor_items: int = 20
    balance_objects: bool = False
    balance_pairs: bool = False
    time_axis: str = ""
    parts: int = 0

    def __post_init__(self) -> None:
        _check_names(self.names)
        _check_shares(self.ratios)
        for what, keys in (("Group", self.group_keys), ("Condition", self.stratify)):
            for key in keys:
                if keys.count(key) > 1:
                    raise RequestError(f"{what} {key!r} is named twice", "Name it once")
        for name in sorted(self.locked):
            if name not in self.names:
                known = ", ".join(self.names)
                raise RequestError(f"There is no split {name!r} to lock", f"Lock one of: {known}")
        if not 0 <= self.seed < 2**63:
            raise RequestError(f"The seed is {self.seed}", "Choose a whole number from 0 to 9223372036854775807")
        if not 0 <= self.test_floor_share <= 1:
            raise RequestError(f"The test floor is {self.test_floor_share}", "Choose a share from 0 to 1")
        if self.test_floor_items < 0:
            raise RequestError(f"The test floor is {self.test_floor_items} items", "Choose 0 or more")
        if self.time_axis and (self.locked or self.parts):
            what = "locked splits" if self.locked else "parts that are tested in turn"
            raise RequestError(f"A split by time cannot have {what}", "Ask for one of them")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the splits in the order they were asked for."""
        return tuple(name for name, _ in self.ratios)

    @property
    def shares(self) -> tuple[float, ...]:
        """Shares aligned with `names`."""
        return tuple(share for _, share in self.ratios)

    @property
    def training(self) -> str:
        """The split models learn from: `train`, else the one with the largest share (the first of equals)."""
        return TRAIN if TRAIN in self.names else max(self.ratios, key=lambda pair: pair[1])[0]

    @property
    def testing(self) -> str:
        """The split the must-not-miss floor is for: `test`, else the last one that is not for training."""
        return TEST if TEST in self.names else [name for name in self.names if name != self.training][-1]

    def parameters(self) -> dict[str, object]:
        """Return the request as plain values for the manifest and the journal."""
        return {
            "ratios": dict(self.ratios),
            "group_by": list(self.group_keys),
            "stratify_by": list(self.stratify),
            "locked": sorted(self.locked),
            "seed": self.seed,
            "floors": self.floors.value,
            "test_floor_share": self.test_floor_share,
            "test_floor_items": self.test_floor_items,
            "balance_objects": self.balance_objects,
            "balance_pairs": self.balance_pairs,
            "time_axis": self.time_axis,
            "parts": self.parts,
        }

    @staticmethod
    def of(told: Mapping[str, Any]) -> SplitRequest:
        """Rebuild the request that `parameters` wrote, of this or an earlier version."""
        return SplitRequest(
            ratios=tuple(told["ratios"].items()),
            group_keys=tuple(told["group_by"]),
            stratify=tuple(told["stratify_by"]),
            locked=frozenset(told["locked"]),
            seed=told["seed"],
            floors=Floors(told["floors"]),
            test_floor_share=told["test_floor_share"],
            test_floor_items=told["test_floor_items"],
            balance_objects=told["balance_objects"],
            balance_pairs=told["balance_pairs"],
            time_axis=told.get("time_axis", ""),
            parts=told.get("parts", 0),
        )


def equal_parts(count: int) -> tuple[tuple[str, float], ...]:
    """Return the ratios of parts that are tested in turn: `part-1`, `part-2` and so on.

    >>> equal_parts(2)
    (('part-1', 0.5), ('part-2', 0.5))

    Raises:
        RequestError: fewer than 2 or more than 20 parts.
    """
    if not 2 <= count <= MAX_SPLITS:
        raise RequestError(f"{count} parts are asked for", f"Ask for 2 to {MAX_SPLITS}")
    return tuple((f"{PART}{k}", 1.0 / count) for k in range(1, count + 1))


def _check_names(names: tuple[str, ...]) -> None:
    if not 2 <= len(names) <= MAX_SPLITS:
        raise RequestError(f"{len(names)} splits are asked for", f"Ask for 2 to {MAX_SPLITS}, such as train, val, test")
    seen: dict[str, str] = {}
    for name in names:
        if not name.strip() or name != name.strip() or not name.isprintable() or set(name) & set('/\\:*?"<>|'):
            raise RequestError(f"{name!r} cannot be the name of a split", "Use letters, digits, - and _")
        if name.casefold() in RESERVED_NAMES:
            raise RequestError(f"A split cannot be called {name!r}", "That word means items outside every split")
        if name.casefold() in seen:
            raise RequestError(
                f"Two splits have the same name: {seen[name.casefold()]!r} and {name!r}", "Rename one of them"
            )
        seen[name.casefold()] = name


def _check_shares(ratios: tuple[tuple[str, float], ...]) -> None:
    for name, share in ratios:
        if not (math.isfinite(share) and share > 0):
            raise RequestError(f"Split {name!r} has the ratio {share:g}", "Give every split a ratio above 0")
    total = math.fsum(share for _, share in ratios)
    if abs(total - 1) > RATIO_TOLERANCE:
        said = " + ".join(f"{share:g}" for _, share in ratios)
        raise RequestError(f"The ratios sum to {total:.6g} ({said})", "Make them sum to 1")


@dataclass(frozen=True, slots=True)
class SplitSize:
    """How large one split was asked to be and is. `locked_items` of its items were there before and did not move."""

    split: str
    asked: float
    items: int
    groups: int
    locked_items: int


@dataclass(frozen=True, slots=True)
class ClassShare:
    """Items with one class in one split: asked (ratio times total, not rounded) and achieved."""

    category: str
    split: str
    asked: float
    achieved: int


@dataclass(frozen=True, slots=True)
class ScarceClass:
    """A class with fewer groups than there are splits, and the splits that therefore hold none of it."""

    category: str
    groups: int
    empty_splits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SplitChecks:
    """What was verified on the finished split, counted from the assignment and not from how it was made.

    Attributes:
        cut_groups: groups with items in more than one split; above 0 only where locked items say so.
        leaked_duplicates: near-duplicate clusters with items in more than one split.
        empty_cells: pairs of class and split without an item.
        unavoidable_empty_cells: how many of them no split can avoid because the class has too few groups.
    """

    cut_groups: int
    leaked_duplicates: int
    empty_cells: int
    unavoidable_empty_cells: int


@dataclass(frozen=True, slots=True)
class SplitMeasures:
    """How far the split is from the ratios; 0 is perfect everywhere (algorithms reference, section 4).

    Attributes:
        score: imbalance over all balanced columns with their weights; 1 is what dealing single items at random gives.
        lower_bound: `score` if every column alone were rounded to whole items as well as possible.
        label_score, label_lower_bound: the same over the classes alone, all with the same weight.
        label_distribution: LD of Sechidis et al. 2011: mean difference of odds of a class between split and whole.
        label_pair_distribution: LPD: the same over pairs of classes that occur together.
        size_deviation: mean difference of a split's size from ratio times total, in items.
        js_bits: largest Jensen-Shannon divergence of class shares between two splits, in bits.
        js_pairs: that divergence for every pair of splits.
        max_deviation: largest `|achieved - asked| / max(asked, 1)` over classes and splits.
        max_deviation_at: class and split where that is; None without classes.
    """

    score: float
    lower_bound: float
    label_score: float
    label_lower_bound: float
    label_distribution: float
    size_deviation: float
    js_bits: float
    js_pairs: tuple[tuple[str, str, float], ...]
    max_deviation: float
    max_deviation_at: tuple[str, str] | None
    label_pair_distribution: float = 0.0


@dataclass(frozen=True, slots=True)
class SplitResult:
    """A finished split in words and numbers; the assignment itself is stored as columns.

    Attributes:
        items, groups: what was split, quarantined items not counted.
        quarantined: items that link two locked splits and therefore are in no split.
        conflicts: groups whose locked items are in more than one split.
        is_proven: no split of these groups has a better score with the same floors.
        leaks: every pair of splits with the number of sets of near-duplicates or identical files that lie in both.
        notes: what else to know, in sentences.
        stopped_early: a safety limit on time ended the search; the same request may then give another split.
    """

    request: SplitRequest
    items: int
    groups: int
    sizes: tuple[SplitSize, ...]
    classes: tuple[ClassShare, ...]
    scarce: tuple[ScarceClass, ...]
    checks: SplitChecks
    measures: SplitMeasures
    quarantined: int = 0
    conflicts: int = 0
    is_proven: bool = False
    stopped_early: bool = False
    leaks: tuple[tuple[str, str, int], ...] = ()
    notes: tuple[str, ...] = ()
