"""Numbers and names in sentences: one way to say `1 item`, `2 items` and `a, b, …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def counted(amount: int, singular: str, plural: str = "") -> str:
    """Return an amount with its noun; the plural is the singular with an s unless given.

    >>> counted(1, "item"), counted(1200, "item"), counted(2, "class", "classes")
    ('1 item', '1,200 items', '2 classes')
    """
    return f"{amount:,} {singular if amount == 1 else plural or singular + 's'}"


def first_names(names: Sequence[str], most: int = 3) -> str:
    """Return the first names of a list, and how many more there are.

    >>> first_names(["a", "b", "c"], 2), first_names(["a", "b"], 2)
    ('a, b and 1 more', 'a, b')
    """
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")
