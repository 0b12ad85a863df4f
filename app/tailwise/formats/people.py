"""People who labelled, under names that say nothing about them: A01, A02, … in the order in which a source names them.

Who they are is not kept anywhere. The numbers hold within one source: A01 of another is somebody else.
"""

from __future__ import annotations

from typing import Any, cast

_KEYS = ("id", "email", "username", "name")


class Pseudonyms:
    """Gives every person of a source a number.

    >>> people = Pseudonyms()
    >>> people.of({"id": 7, "email": "eve@example.org"}), people.of("adam"), people.of(7), people.of(None)
    ('A01', 'A02', 'A01', '')
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self.is_named = False
        """Whether a name or an address was met, not only numbers."""

    def of(self, person: object) -> str:
        """Return the pseudonym of an id, a name, or an object that holds one; empty for nobody."""
        if isinstance(person, dict):
            members = cast("dict[str, Any]", person)
            self.is_named = self.is_named or any(members.get(key) for key in _KEYS[1:])
            person = next((members[key] for key in _KEYS if members.get(key)), None)
        if isinstance(person, bool) or not isinstance(person, int | str) or not str(person).strip():
            return ""
        text = str(person).strip().casefold()
        self.is_named = self.is_named or not text.isdecimal()
        number = self._numbers.setdefault(text, len(self._numbers) + 1)
        return f"A{number:02}"
