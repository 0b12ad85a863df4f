"""Read the demo's recipe and lay out its parts: who was photographed when, how often, and with which defects."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

LABELLED, POOL = "labelled", "pool"
_STARTS = {"day": time(6, 30), "night": time(22, 15)}


@dataclass(frozen=True, slots=True)
class DemoClass:
    """A class of the demo; `most` is how often it may be on one part, `not_on` names kinds of part it never is on."""

    name: str
    supercategory: str
    most: int
    not_on: frozenset[str]


@dataclass(frozen=True, slots=True)
class Session:
    """One camera under one light during one shift. The mappings count parts (`empty` counts frames)."""

    set: str
    line: str
    day: date
    shift: str
    camera: str
    lighting: str
    parts: Mapping[str, int]
    defects: Mapping[str, int]
    lookalikes: Mapping[str, int]
    empty: int

    @property
    def conditions(self) -> dict[str, str]:
        """The values of the condition axes that all its frames share."""
        return {"lighting": self.lighting, "camera": self.camera, "shift": self.shift}


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything the demo is made from.

    Sizes are pixels; `frames[set][n]` is the share of parts of a set with n + 1 frames; `lost` labelled frames have no
    file.
    """

    name: str
    seed: int
    width: int
    height: int
    jpeg_quality: int
    frames: Mapping[str, tuple[float, ...]]
    lost: int
    classes: tuple[DemoClass, ...]
    sessions: tuple[Session, ...]


@dataclass(frozen=True, slots=True)
class Burst:
    """One part (or the empty belt, `family` None) in front of a camera: one to four frames in a row.

    `number` is the running number the line prints on its parts; `seed` makes the burst the same every time.
    """

    session: Session
    number: int
    taken: datetime
    frames: int
    family: str | None
    defects: tuple[str, ...]
    lookalikes: tuple[str, ...]
    seed: tuple[int, int]

    @property
    def part(self) -> str:
        """Name of the part: what a split must not cut."""
        return f"{self.session.day:%Y%m%d}_{self.session.shift[0].upper()}_{self.number:04d}"

    def file_name(self, frame: int) -> str:
        """Return where frame 1, 2, … lies below the images, such as `line1/cam2/20260914_D_0123_f2.jpg`."""
        return f"{self.session.line}/{self.session.camera}/{self.part}_f{frame}.jpg"


def read_recipe(path: Path) -> Recipe:
    """Read a recipe; it is one of our own files, so whatever is wrong with it is a bug and raises as such."""
    with path.open("rb") as file:
        raw: dict[str, Any] = tomllib.load(file)
    demo = raw["demo"]
    return Recipe(
        name=demo["name"],
        seed=demo["seed"],
        width=demo["width"],
        height=demo["height"],
        jpeg_quality=demo["jpeg_quality"],
        frames={name: tuple(shares) for name, shares in demo["frames"].items()},
        lost=demo["lost"],
        classes=tuple(_class(c) for c in raw["class"]),
        sessions=tuple(_session(s) for s in raw["session"]),
    )


def _class(raw: Mapping[str, Any]) -> DemoClass:
    return DemoClass(raw["name"], raw["supercategory"], raw.get("most", 1), frozenset(raw.get("not_on", ())))


def _session(raw: Mapping[str, Any]) -> Session:
    return Session(
        set=raw["set"],
        line=raw["line"],
        day=raw["day"],
        shift=raw["shift"],
        camera=raw["camera"],
        lighting=raw["lighting"],
        parts=raw["parts"],
        defects=raw.get("defects", {}),
        lookalikes=raw.get("lookalikes", {}),
        empty=raw.get("empty", 0),
    )


def bursts(recipe: Recipe) -> Iterator[Burst]:
    """Yield every burst of every session in the order of recording. Depends on nothing but the recipe."""
    number = 100
    for at, session in enumerate(recipe.sessions):
        rng = np.random.default_rng((recipe.seed, at))
        families: list[str | None] = [name for name, count in session.parts.items() for _ in range(count)]
        defects = _spread(session.defects, families, rng, recipe.classes)
        lookalikes = _spread(session.lookalikes, families, rng, ())
        frames = _frame_counts(recipe.frames[session.set], len(families), rng)
        families += [None] * session.empty
        taken = datetime.combine(session.day, _STARTS[session.shift])
        for place in rng.permutation(len(families)):
            # Most parts pass unrecorded, so the running numbers have gaps.
            number += int(rng.integers(1, 5))
            taken += timedelta(seconds=int(rng.integers(9, 40)))
            is_part = families[place] is not None
            yield Burst(
                session=session,
                number=number,
                taken=taken,
                frames=frames[place] if is_part else 1,
                family=families[place],
                defects=defects[place] if is_part else (),
                lookalikes=lookalikes[place] if is_part else (),
                seed=(recipe.seed, number),
            )


def _spread(
    wanted: Mapping[str, int], families: Sequence[str | None], rng: np.random.Generator, classes: Sequence[DemoClass]
) -> list[tuple[str, ...]]:
    """Deal each name to exactly as many parts as wanted, and to none that its class is never on."""
    dealt: list[tuple[str, ...]] = [()] * len(families)
    # Every fourth part stays clean: good parts are what a line sees most.
    dirty = rng.permutation(len(families))[: (3 * len(families)) // 4]
    known = {c.name: c for c in classes}
    for name, count in wanted.items():
        rule = known.get(name)
        possible = [int(p) for p in dirty if rule is None or families[p] not in rule.not_on]
        for part in rng.choice(possible, size=count, replace=False):
            dealt[part] += (name,) * int(rng.integers(1, (rule.most if rule else 1) + 1))
    return dealt


def _frame_counts(shares: tuple[float, ...], parts: int, rng: np.random.Generator) -> list[int]:
    """Return how often each part is photographed, hitting the shares as exactly as whole parts allow."""
    borders = np.round(np.cumsum(shares) * parts).astype(int)
    counts = np.searchsorted(borders, np.arange(parts), side="right") + 1
    return [int(n) for n in rng.permutation(counts)]
