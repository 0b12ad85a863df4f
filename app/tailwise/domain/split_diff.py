"""What differs between two splits: what was asked for, which items changed sides, and what that did to every class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tailwise.domain.plan_diff import NumberChange, RequestChange, numbers_json
from tailwise.domain.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.split import SplitResult

NO_SPLIT = ""
"""Where an item was or is that the other split does not know: new since, quarantined, or no longer labelled."""


@dataclass(frozen=True, slots=True)
class SplitMove:
    """Items that are in one split before and in another after; an empty name stands for no split."""

    before: str
    after: str
    item_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SplitDiff:
    """Two splits side by side; only what differs is listed.

    Attributes:
        before, after: numbers of the splits.
        kept: items that are in a split of the same name in both.
        moves: where the others were and are, most items first.
        request, measures, sizes, classes: what was asked, the score, images per split, images per class and split.
    """

    before: int
    after: int
    kept: int
    moves: tuple[SplitMove, ...]
    request: tuple[RequestChange, ...]
    measures: tuple[NumberChange, ...]
    sizes: tuple[NumberChange, ...]
    classes: tuple[NumberChange, ...]

    @property
    def moved(self) -> int:
        """Items that are in both but under another name: models trained before have seen or not seen them."""
        return sum(len(m.item_ids) for m in self.moves if m.before and m.after)

    @property
    def is_same(self) -> bool:
        """Whether every item is where it was and nothing else was asked."""
        return not (self.moves or self.request)

    def sentence(self) -> str:
        """Say on one line how much changed sides.

        >>> moves = SplitMove("train", "test", (4, 9)), SplitMove("", "val", (7,))
        >>> SplitDiff(1, 2, 90, moves, (), (), (), ()).sentence()
        'Split 1 → 2: 90 items stay, 2 items change sides, 1 item is new'
        """
        if self.is_same:
            return f"Split {self.before} → {self.after}: no difference"
        new = sum(len(m.item_ids) for m in self.moves if not m.before)
        gone = sum(len(m.item_ids) for m in self.moves if not m.after)
        parts = [
            f"{counted(self.kept, 'item stays', 'items stay')}",
            f"{counted(self.moved, 'item changes', 'items change')} sides",
            counted(new, "item is new", "items are new") if new else "",
            counted(gone, "item is", "items are") + " in no split any more" if gone else "",
        ]
        return f"Split {self.before} → {self.after}: " + ", ".join(filter(None, parts))

    def as_json(self) -> dict[str, object]:
        """Return the answer of `splits --compare --json`."""
        return {
            "before": self.before,
            "after": self.after,
            "kept": self.kept,
            "moved": self.moved,
            "moves": [{"before": m.before, "after": m.after, "items": list(m.item_ids)} for m in self.moves],
            "request": [{"place": c.place, "before": c.before, "after": c.after} for c in self.request],
            "measures": numbers_json(self.measures),
            "sizes": numbers_json(self.sizes),
            "classes": numbers_json(self.classes),
        }


def diff_splits(
    ids: tuple[int, int], results: tuple[SplitResult, SplitResult], moves: Sequence[SplitMove]
) -> SplitDiff:
    """Return what differs from one split to another.

    Args:
        ids: their numbers.
        results: what was found.
        moves: every pair of places that items have in the two, those that stay included.
    """
    first, second = results
    asked = [{key: _text(value) for key, value in result.request.parameters().items()} for result in results]
    changed = [key for key in asked[0] if asked[0][key] != asked[1][key]]
    sides = sorted((m for m in moves if m.before != m.after), key=lambda m: (-len(m.item_ids), m.before, m.after))
    return SplitDiff(
        before=ids[0],
        after=ids[1],
        kept=sum(len(m.item_ids) for m in moves if m.before == m.after),
        moves=tuple(sides),
        request=tuple(RequestChange(key, asked[0][key], asked[1][key]) for key in changed),
        measures=_changes("", _measures(first), _measures(second)),
        sizes=_changes("images", {s.split: s.items for s in first.sizes}, {s.split: s.items for s in second.sizes}),
        classes=_changes("images", _classes(first), _classes(second)),
    )


def _changes(unit: str, before: dict[str, float], after: dict[str, float]) -> tuple[NumberChange, ...]:
    names = dict.fromkeys((*before, *after))
    both = [NumberChange(name, unit, before.get(name, 0), after.get(name, 0)) for name in names]
    return tuple(change for change in both if change.change)


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {share:g}" for name, share in cast("dict[str, float]", value).items())
    if isinstance(value, list):
        return ", ".join(cast("list[str]", value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _measures(result: SplitResult) -> dict[str, float]:
    measures, checks = result.measures, result.checks
    return {
        "score": round(measures.score, 4),
        "largest deviation of a class": round(measures.max_deviation, 4),
        "groups cut": checks.cut_groups,
        "twins across splits": checks.leaked_duplicates,
        "classes missing from a split": checks.empty_cells,
    }


def _classes(result: SplitResult) -> dict[str, float]:
    return {f"{share.category} in {share.split}": share.achieved for share in result.classes}
