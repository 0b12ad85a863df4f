"""From a name in an annotation file to the image on disk, in steps from exact to forgiving.

The order is exact, Unicode form, letter case, last part of the path, stem; every step that was needed is told, so that
readers can count it. A step never picks among equals. Dictionaries are built once, on first need; a look-up is O(1).
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from tailwise.formats.listing import IMAGE_SUFFIXES
from tailwise.formats.paths import clean, last_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tailwise.formats.listing import Listing

Level = Literal["exact", "nfc", "case", "basename", "stem", "missing", "ambiguous", "unsafe"]


class Match(NamedTuple):
    """Where a name leads: a path of the listing (None when nowhere) and the step that led there.

    `ambiguous`: several paths fit equally well. `unsafe`: the name leaves the root and no path has its last part.
    """

    path: str | None
    level: Level


_STRICTNESS: tuple[Level, ...] = ("exact", "nfc", "case", "basename", "stem")
MISSING = Match(None, "missing")
AMBIGUOUS = Match(None, "ambiguous")
UNSAFE = Match(None, "unsafe")


class NameMatcher:
    """Finds relative POSIX paths by the names that annotation files use for them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(paths)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to find, so that every name is missing."""
        return not self._paths

    def find(self, name: str, folders: Sequence[str] = ()) -> Match:
        """Find the path called `name` below one of `folders` (relative to the root, tried in order) or the root.

        Names that leave the root are looked for by their last part only.
        """
        for folder in folders:
            path = f"{folder}/{name}" if folder else name
            if path in self._paths:
                return Match(path, "exact")
        if name in self._paths:
            return Match(name, "exact")
        if not self._paths or not name:
            return MISSING
        return self._find_otherwise(name.replace("\\", "/"), folders)

    def find_all(self, names: Iterable[str], folders: Sequence[str] = ()) -> dict[str, Match]:
        """Find many names at once; a forgiving step must then be unique on both sides.

        A path goes to the name that claims it by the strictest step. Two different names may both be exact (`a.jpg`
        and `./a.jpg`); where several claim it by the same forgiving step, none of them gets it.
        """
        if not self._paths:
            return dict.fromkeys(names, MISSING)
        found = {name: self.find(name, folders) for name in names}
        claims: dict[str, Counter[Level]] = {}
        for path, level in found.values():
            if path is not None and level != "exact":
                claims.setdefault(path, Counter())[level] += 1
        for path, level in found.values():
            if level == "exact" and path in claims:
                claims[path][level] += 1
        for name, (path, level) in found.items():
            if path is not None and level != "exact":
                found[name] = _settled(Match(path, level), claims[path])
        return found

    def _find_otherwise(self, name: str, folders: Sequence[str]) -> Match:
        cleaned = [path for folder in (*folders, "") if (path := clean(name, folder)) is not None]
        for path in cleaned:
            if path in self._paths:
                return Match(path, "exact")
        for path in cleaned:
            if (hit := self._by_nfc.get(_nfc(path))) is not None:
                return hit
        for path in cleaned:
            if (hit := self._by_case.get(_fold(path))) is not None:
                return hit
        return self._by_last_part(name, is_safe=bool(cleaned))

    def _by_last_part(self, name: str, *, is_safe: bool) -> Match:
        basename = _fold(last_part(name))
        if not basename or "\0" in basename:
            return MISSING if is_safe else UNSAFE
        if candidates := self._by_basename.get(basename):
            return _closest(name, candidates, "basename")
        if not is_safe:
            return UNSAFE
        if candidates := self._by_stem.get(_stem(basename)):
            return _closest(name, candidates, "stem")
        return MISSING

    @cached_property
    def _by_nfc(self) -> dict[str, Match]:
        return _unique({path: _nfc(path) for path in self._paths}, "nfc")

    @cached_property
    def _by_case(self) -> dict[str, Match]:
        return _unique({path: _fold(path) for path in self._paths}, "case")

    @cached_property
    def _by_basename(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in sorted(self._paths):
            found.setdefault(_fold(last_part(path)), []).append(path)
        return found

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for basename, paths in self._by_basename.items():
            found.setdefault(_stem(basename), []).extend(paths)
        return found


class ImageMatcher(NameMatcher):
    """Finds the images of one listing."""

    def __init__(self, listing: Listing) -> None:
        super().__init__(entry.path for entry in listing.entries if entry.is_image)


def stem_of(name: str) -> str:
    """Return the last part of a name without its image suffix; other dots belong to the stem.

    >>> stem_of("a/b.v2.jpg"), stem_of("a/b.v2")
    ('b.v2', 'b.v2')
    """
    return _stem(last_part(name))


def _stem(basename: str) -> str:
    dot = basename.rfind(".")
    return basename[:dot] if dot > 0 and basename[dot:].lower() in IMAGE_SUFFIXES else basename


def _nfc(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _fold(text: str) -> str:
    return (
        text.lower() if text.isascii() else unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    )


def _unique(keys: dict[str, str], level: Level) -> dict[str, Match]:
    found: dict[str, Match] = {}
    for path, key in keys.items():
        found[key] = AMBIGUOUS if key in found else Match(path, level)
    return found


def _settled(match: Match, claims: Counter[Level]) -> Match:
    strictest = min(claims, key=_STRICTNESS.index)
    if match.level != strictest:
        return MISSING
    return match if claims[strictest] == 1 else AMBIGUOUS


def _closest(name: str, candidates: list[str], level: Level) -> Match:
    """Pick the only candidate, or the one that shares most folders with `name` counted from the end."""
    if len(candidates) == 1:
        return Match(candidates[0], level)
    wanted = _fold(name).split("/")[-2::-1]
    shared = [_common(wanted, _fold(path).split("/")[-2::-1]) for path in candidates]
    best = max(shared)
    return Match(candidates[shared.index(best)], level) if best and shared.count(best) == 1 else AMBIGUOUS


def _common(one: list[str], other: list[str]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
