"""Ids of COCO files as one column of 64-bit integers, whatever a file wrote: numbers, digits, names, huge numbers.

Files mix `7` and `"7"`, so ids are matched by their text. Whole numbers stand for themselves; anything else gets a code
below all of them. No array is ever indexed by an id.
"""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.formats.geometry import Ints

NO_ID = -(1 << 62)
_OWN = 1 << 61
_CANONICAL = re.compile(r"0|-?[1-9][0-9]{0,17}")


class IdCodes:
    """Codes of the ids of one file.

    >>> codes = IdCodes()
    >>> codes.column([7, "7", 7.0, None, "a7"]).tolist() == [7, 7, 7, NO_ID, NO_ID - 1]
    True
    >>> codes.text(NO_ID - 1), codes.written_as_text
    ('a7', 1)
    """

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._texts: dict[int, str] = {}
        self.written_as_text = 0

    def column(self, values: Sequence[object]) -> Ints:
        """Return the codes of a run of ids; `NO_ID` where there is none."""
        try:
            numbers = np.frombuffer(array("q", cast("list[int]", values)), np.int64)
        except (TypeError, OverflowError):
            return np.array([self.code(value) for value in values], np.int64)
        if len(numbers) and (int(numbers.min()) <= -_OWN or int(numbers.max()) >= _OWN):
            return np.array([self.code(value) for value in values], np.int64)
        return numbers

    def code(self, value: object) -> int:
        """Return the code of one id; `NO_ID` for anything that can be none."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, str):
            value = value.strip()
            if not _CANONICAL.fullmatch(value):
                return self._other(value) if value else NO_ID
            self.written_as_text += 1
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            return NO_ID
        return value if -_OWN < value < _OWN else self._other(str(value))

    def text(self, code: int) -> str:
        """Return the id that a code stands for as text; empty for `NO_ID`."""
        if code == NO_ID:
            return ""
        return str(code) if code > -_OWN else self._texts[code]

    def number(self, code: int) -> int:
        """Return the id that a code stands for if it is a whole number of 64 bits, else -1."""
        return code if code > -_OWN else -1

    def _other(self, text: str) -> int:
        code = self._codes.get(text)
        if code is None:
            code = self._codes[text] = NO_ID - 1 - len(self._codes)
            self._texts[code] = text
        return code


class IdIndex:
    """From the ids of a section to the positions of their records, for whole columns at once."""

    def __init__(self, codes: Ints, positions: Ints) -> None:
        order = np.argsort(codes, kind="stable")  # stable: the first of equal codes stays first
        self._codes, self._positions = codes[order], positions[order]

    def find(self, codes: Ints) -> Ints:
        """Return the position of every code, -1 where there is none; the first of equal codes counts."""
        if not len(self._codes):
            return np.full(len(codes), -1, np.int64)
        places = np.searchsorted(self._codes, codes)
        places[places == len(self._codes)] = 0
        return np.where((self._codes[places] == codes) & (codes != NO_ID), self._positions[places], -1)

    def find_all(self, codes: Ints) -> Ints:
        """Return the position of every code; all of them, `NO_ID` too, must be there."""
        return self._positions[np.searchsorted(self._codes, codes)] if len(codes) else np.zeros(0, np.int64)


def repeated(codes: Ints) -> Ints:
    """Return the codes that occur more than once, in order; `NO_ID` is no id and cannot repeat."""
    ordered = np.sort(codes[codes != NO_ID])
    return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
