"""Names that probably mean the same: proposals for the user, nothing is ever merged by itself.

Two names are alike when they are equal but for case, accents, separators and plurals, or when at least three quarters
of their words fit: equal words, words one slip of the keyboard apart, or a short form such as GA for Georgia. Names
with different numbers are never alike.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_NAMES = 2000
_MAX_COMPARED = 150
_WORD = re.compile(r"\w+")
_SHORT_FORM = 3
_MIN_SLIP = 6  # in shorter words one letter changes the meaning: cat and car, night and right


def alike(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pairs of names that probably mean the same, each pair once, in order of the names.

    >>> alike(["Athens, GA, USA", "Athens, Georgia, USA", "Saratoga, CA, USA"])
    [('Athens, GA, USA', 'Athens, Georgia, USA')]
    >>> alike(["8/6/18", "8/16/18"]), alike(["traffic_light", "Traffic Lights"])
    ([], [('traffic_light', 'Traffic Lights')])
    """
    words = {name: _words(name) for name in names[:MAX_NAMES]}
    first: dict[tuple[str, ...], str] = {}
    found: list[tuple[str, str]] = []
    for name, parts in words.items():
        other = first.setdefault(tuple(_singular(part) for part in parts), name)
        if other != name and parts:
            found.append((other, name))
    compared = list(words)[:_MAX_COMPARED]
    known = set(found)
    for index, one in enumerate(compared):
        others = (other for other in compared[index + 1 :] if (one, other) not in known)
        found.extend((one, other) for other in others if _words_fit(words[one], words[other]))
    return found


def _words(name: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return _WORD.findall(plain.replace("_", " "))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _words_fit(one: list[str], other: list[str]) -> bool:
    if {word for word in one if word.isdecimal()} != {word for word in other if word.isdecimal()}:
        return False
    left = list(other)
    fitting = 0
    for word in one:
        match = next((candidate for candidate in left if _fits(word, candidate)), None)
        if match is not None:
            left.remove(match)
            fitting += 1
    return fitting >= 0.75 * max(len(one), len(other), 1)


def _fits(one: str, other: str) -> bool:
    if _singular(one) == _singular(other):
        return True
    short, long = sorted((one, other), key=len)
    if 2 <= len(short) <= _SHORT_FORM and len(long) > len(short) + 1 and not short.isdecimal():
        return short[0] == long[0] and short[-1] == long[-1] and _is_subsequence(short, long)
    return len(short) >= _MIN_SLIP and _is_one_slip(one, other)


def _is_subsequence(short: str, long: str) -> bool:
    letters = iter(long)
    return all(letter in letters for letter in short)


def _is_one_slip(one: str, other: str) -> bool:
    """Tell whether one letter was changed, left out or added, or two neighbours changed places."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    return (len(a) <= 1 and len(b) <= 1) or (len(a) == len(b) == 2 and a == b[::-1])
