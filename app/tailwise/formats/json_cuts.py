"""Where a window over an array of JSON records can be cut, by the depth of its brackets.

Used where records hold others that begin alike, so that the beginning of a record cannot be told by its first name.
"""

from __future__ import annotations

import numpy as np

_STEP = np.zeros(256, np.int8)
_STEP[[ord("{"), ord("[")]] = 1
_STEP[[ord("}"), ord("]")]] = -1
_COMMA = 2
_STEP[ord(",")] = _COMMA
_QUOTE, _ESCAPE = ord('"'), ord("\\")


def last_separator(data: bytes, start: int) -> int:
    r"""Return the last comma between the values of an array, which goes on at `start` outside of any text; -1 for none.

    The array may end within `data`, and `data` within a value.

    >>> last_separator(b'[{"a": [1, 2]}, {"b,": 3}, {"c', 1), last_separator(b'[1, 2], [3, 4]', 1)
    (25, 2)
    """
    view = np.frombuffer(data, np.uint8)[start:]
    is_quote = view == _QUOTE
    escapes = np.flatnonzero(view == _ESCAPE)
    if len(escapes):
        # A quote behind an odd number of backslashes is part of its text.
        is_last = np.append(np.diff(escapes) != 1, True)
        last = escapes[is_last]
        first = escapes[np.append(True, is_last[:-1])]
        after = last[(last - first) % 2 == 0] + 1
        is_quote[after[after < len(view)]] = False
    # The count of quotes may wrap around at 256: only its parity matters.
    steps = np.where(np.cumsum(is_quote, dtype=np.uint8) & 1, 0, _STEP[view])
    marks = np.flatnonzero(steps)
    kinds = steps[marks]
    depth = np.cumsum(np.where(kinds == _COMMA, 0, kinds), dtype=np.int64)
    ended = np.flatnonzero(depth < 0)
    end = int(ended[0]) if len(ended) else len(marks)
    commas = marks[:end][(kinds[:end] == _COMMA) & (depth[:end] == 0)]
    return start + int(commas[-1]) if len(commas) else -1
