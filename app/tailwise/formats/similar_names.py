"""Names that probably mean the same: proposals for the user, nothing is ever merged by itself.

Two names are alike when they are equal but for case, accents, separators and plurals; when every word of one fits a
word of the other, at most a slip of the keyboard or a short form (GA for Georgia) apart; and when three quarters of the
words fit and one of them holds a slip. Names with different numbers are never alike.
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
    if [word for word in one if word.isdecimal()] != [word for word in other if word.isdecimal()]:
        return False
    left = list(other)
    fits: list[str] = []
    for word in one:
        for candidate in left:
            if fit := _fit(word, candidate):
                left.remove(candidate)
                fits.append(fit)
                break
    longest = max(len(one), len(other), 1)
    if len(fits) == longest:
        # A short form needs words around it that hold it in place: "GA" alone could be anything.
        return "short" not in fits or fits.count("equal") >= 2
    return len(fits) >= 0.75 * longest and "slip" in fits


def _fit(one: str, other: str) -> str:
    """Say how two words fit: equal, slip, short, or not at all."""
    if _singular(one) == _singular(other):
        return "equal"
    short, long = sorted((one, other), key=len)
    if len(short) >= _MIN_SLIP and _is_one_slip(one, other):
        return "slip"
    if len(short) == 2 and len(long) > 3 and short[0] == long[0] and short[1] == long[-1] and not short.isdecimal():
        return "short"
    return ""


def _is_one_slip(one: str, other: str) -> bool:
    """Tell whether one letter was changed, left out or added, or two neighbours changed places."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    return (len(a) <= 1 and len(b) <= 1) or (len(a) == len(b) == 2 and a == b[::-1])
