"""Where a span of text begins and ends: tools count characters in two ways, which differ behind the first emoji."""

from __future__ import annotations

from enum import Enum


class Counted(Enum):
    """How the offsets of a span were counted."""

    CHARACTERS = "characters"
    UTF16 = "UTF-16 units"
    NEITHER = "neither"


def counted(text: str, start: int, end: int, quoted: str) -> Counted:
    r"""Tell how offsets were counted, by the text that they are said to enclose.

    >>> counted("a\U0001f600bc", 2, 3, "b"), counted("a\U0001f600bc", 3, 4, "b")
    (<Counted.CHARACTERS: 'characters'>, <Counted.UTF16: 'UTF-16 units'>)
    """
    wanted = _tidy(quoted)
    if _tidy(text[max(0, start) : max(0, end)]) == wanted:
        return Counted.CHARACTERS
    units = text.encode("utf-16-le", "surrogatepass")
    part = units[2 * max(0, start) : 2 * max(0, end)].decode("utf-16-le", "replace")
    return Counted.UTF16 if _tidy(part) == wanted else Counted.NEITHER


def _tidy(text: str) -> str:
    """Return text as it reads: tools write line breaks out (a backslash and an n) and trim what was selected."""
    return " ".join(text.replace("\\n", "\n").split())
