"""Where the records of a JSON document go: the arrays that are wanted, and single values sorted by their type."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tailwise.formats.json_text import parse_loosely

if TYPE_CHECKING:
    from collections.abc import Callable

    import msgspec

WHOLE_DOCUMENT = ""
"""The name under which the records of a document that is itself an array are asked for."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Section(Generic[T]):
    """How the records of one array are decoded, and who takes them.

    `take` gets runs of typed records in order; `take_loose` gets records that do not fit the type, as the standard
    library reads them (any JSON value; NaN and infinities are None). `restart` is called when the array begins, also
    when the same name comes a second time: as everywhere, the last one counts.
    """

    many: msgspec.json.Decoder[list[T]]
    one: msgspec.json.Decoder[T]
    restart: Callable[[], None]
    take: Callable[[list[T]], None]
    take_loose: Callable[[list[object]], None]


@dataclass(slots=True)
class Outline:
    """What a document holds: the kind of each member (`array`, `object`, `text`, `number`, `word`), and repairs.

    `not_numbers` counts NaN and infinities, `encoding` names a text encoding other than plain UTF-8, `loose_steps`
    counts how often the tolerant parser was needed. `kept` holds the members that were asked for, None where missing.
    """

    kinds: dict[str, str] = field(default_factory=dict[str, str])
    not_numbers: int = 0
    encoding: str = ""
    loose_steps: int = 0
    kept: dict[str, object] = field(default_factory=dict[str, object])


class Batch:
    """Single values on their way to a section: those that fit the type in runs, the others in runs of their own."""

    def __init__(self, section: Section[Any] | None, on_not_number: Callable[[], None]) -> None:
        self._section = section
        self._on_not_number = on_not_number
        self._typed: list[Any] = []
        self._loose: list[object] = []

    def add(self, data: bytes) -> None:
        """Take the bytes of one JSON value."""
        if self._section is None:
            return
        try:
            record = self._section.one.decode(data)
        except (ValueError, RecursionError):
            value = parse_loosely(data, self._on_not_number)
            if self._typed:
                self.flush()
            self._loose.append(value)
        else:
            if self._loose:
                self.flush()
            self._typed.append(record)

    def flush(self) -> None:
        """Hand over what was taken."""
        if self._section is None:
            return
        if self._typed:
            self._section.take(self._typed)
        if self._loose:
            self._section.take_loose(self._loose)
        self._typed, self._loose = [], []
