"""Read conditions and groups out of file names: templates such as `{site}_{camera}_{number}`, or regular expressions.

A regular expression of the user may take forever on the wrong name. What is known to explode (a repeat inside a
repeat, an alternative inside a repeat, a back reference) is refused with a sentence; for what remains the caller keeps
a clock, because Python cannot stop a match that has begun.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tailwise.domain.errors import RequestError
from tailwise.domain.records import AxisKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_NAME: Final = 400
"""Characters of a name that are looked at; the file systems we know allow 255."""
MAX_FIELDS: Final = 12
MAX_CONDITION_VALUES: Final = 50
GROUP_WORDS: Final = frozenset({"scene", "video", "track", "patient", "sequence", "burst", "session", "drive", "clip"})
"""Fields that name what a split must not cut, whatever their number of values."""
RUNNING_NUMBERS: Final = frozenset({"number", "frame", "index"})
"""Fields that count items up; they are no condition unless the user calls them a group."""
NUMBER_WORDS: Final = RUNNING_NUMBERS | {"year", "month", "day", "hour", "time", "date"}
_FIELD = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A pattern that was read and is safe to try: `text` as the user wrote it."""

    text: str
    expression: re.Pattern[str]
    fields: tuple[str, ...]
    is_template: bool

    def part_of(self, file_name: str) -> str:
        """Return what of a file name the pattern is held against.

        A pattern with `/` sees the whole path, one without the last part; a template without a dot sees no suffix.
        """
        seen = file_name if "/" in self.text else file_name.rpartition("/")[2]
        if self.is_template and "." not in self.text:
            stem, dot, suffix = seen.rpartition(".")
            seen = stem if dot and stem and "/" not in suffix else seen
        return seen[:MAX_NAME]

    def capture(self, file_name: str) -> Mapping[str, str] | None:
        """Return what each field holds in a file name, None where the pattern does not fit."""
        seen = self.part_of(file_name)
        match = self.expression.fullmatch(seen) if self.is_template else self.expression.search(seen)
        return None if match is None else {name: match.group(name) or "" for name in self.fields}


@dataclass(frozen=True, slots=True)
class CapturedField:
    """What one field found: the distinct values with their items, and what it would become.

    Attributes:
        values: most frequent first.
        kind: None where the field names every single item, or counts them, and is no condition.
    """

    name: str
    values: tuple[tuple[str, int], ...]
    kind: AxisKind | None


@dataclass(frozen=True, slots=True)
class Captures:
    """What a pattern finds in names: one mapping per name, None where it does not fit."""

    fields: tuple[CapturedField, ...]
    rows: tuple[Mapping[str, str] | None, ...]

    @property
    def unfit(self) -> int:
        """How many names the pattern does not fit."""
        return sum(row is None for row in self.rows)


def name_pattern(text: str) -> NamePattern:
    """Read a template or, where it has a named group, a regular expression.

    Raises:
        RequestError: it names nothing, is no regular expression, or could take forever.

    >>> name_pattern("{site}_{camera}_{number}").capture("day/gate_cam2_0001.jpg")
    {'site': 'gate', 'camera': 'cam2', 'number': '0001'}
    >>> name_pattern("(?P<camera>cam[0-9]+)").capture("gate_cam2_0001.jpg")
    {'camera': 'cam2'}
    """
    if "(?P<" in text:
        _refuse_explosive(text)
        expression = _compiled(text)
        return NamePattern(text, expression, tuple(expression.groupindex), is_template=False)
    expression = _compiled(_template(text))
    return NamePattern(text, expression, tuple(expression.groupindex), is_template=True)


def captures(pattern: NamePattern, rows: Sequence[Mapping[str, str] | None], groups: Sequence[str] = ()) -> Captures:
    """Sum up what a pattern found and decide what each field becomes.

    Args:
        pattern: what was looked for.
        rows: what `NamePattern.capture` gave for each name.
        groups: fields the user called groups.
    """
    fields: list[CapturedField] = []
    for name in pattern.fields:
        counts = Counter(row[name] for row in rows if row is not None and row[name])
        ranked = tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
        is_group = name in groups or name.removeprefix("group_") in GROUP_WORDS or name.startswith("group_")
        kind = _kind(len(ranked), counts.total(), is_group=is_group)
        if name in RUNNING_NUMBERS and not is_group:
            kind = None
        fields.append(CapturedField(name, ranked, kind))
    return Captures(tuple(fields), tuple(rows))


def _kind(distinct: int, items: int, *, is_group: bool) -> AxisKind | None:
    if not distinct or (items > 2 and distinct > 0.5 * items and (distinct == items or not is_group)):
        return None
    return AxisKind.GROUP if is_group or distinct > MAX_CONDITION_VALUES else AxisKind.CONDITION


def _template(text: str) -> str:
    """Turn a template into an expression: text as it is, fields as short as what follows them allows."""
    parts: list[str] = []
    end = 0
    names: list[str] = []
    for field in _FIELD.finditer(text):
        name = field[1].strip()
        parts.append(re.escape(text[end : field.start()]))
        if end == field.start() and names:
            raise RequestError(f"pattern {text!r}: {{{names[-1]}}} and {{{name}}} touch", "Put what stands between")
        end = field.end()
        if name and not _NAME.fullmatch(name):
            raise RequestError(f"pattern {text!r}: {{{name}}} is no name", "Use letters, digits and _")
        if name and name in names:
            raise RequestError(f"pattern {text!r}: {{{name}}} occurs twice", "Leave the second one empty: {}")
        inside = "[0-9]+" if name in NUMBER_WORDS else "[^/]+?"
        parts.append(f"(?P<{name}>{inside})" if name else "(?:[^/]*?)")
        names.append(name)
    if not any(names):
        raise RequestError(
            f"pattern {text!r} names nothing", "Name the parts of the file names, such as {site}_{camera}_{number}"
        )
    if len(names) > MAX_FIELDS:
        raise RequestError(f"pattern {text!r} has more than {MAX_FIELDS} fields", "Leave some out")
    parts.append(re.escape(text[end:]))
    return "(?:.*/)?" * ("/" in text) + "".join(parts)


def _compiled(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise RequestError(f"pattern {text!r} is no regular expression: {error}", "Correct it") from error


_TOKEN = re.compile(
    r"\\(?P<escaped>.)|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<open>\((?P<ask>\?(?:P<\w+>|:|P=|[^):]{1,3})?)?)|(?P<close>\))"
    r"|(?P<repeat>[*+]|\{[0-9]*,[0-9]*\})[?+]?|(?P<bar>\|)",
    re.DOTALL,
)
_ALLOWED = re.compile(r"\?(?:P<\w+>|:)|")


def _refuse_explosive(text: str) -> None:
    """Refuse what can take time without end, by looking at the groups and what repeats them."""
    stack: list[set[str]] = [set()]
    closed: set[str] = set()
    after_group = -1
    for token in _TOKEN.finditer(text):
        if token["escaped"] and token["escaped"].isdigit() and token["escaped"] != "0":
            raise RequestError(f"pattern {text!r} refers back to a group", "Write out what should stand there")
        if token["open"]:
            if not _ALLOWED.fullmatch(token["ask"] or ""):
                raise RequestError(
                    f"pattern {text!r} holds {token['open']}", "Only (?P<name>…), (?:…) and (…) are understood"
                )
            stack.append(set())
        elif token["close"] and len(stack) > 1:
            closed, after_group = stack.pop(), token.end()
            stack[-1] |= closed
        elif token["repeat"]:
            if after_group == token.start() and closed:
                raise RequestError(
                    f"pattern {text!r} repeats a group that itself holds {' and '.join(sorted(closed))}",
                    "It could take forever on a long name; say what the parts are, for instance [^_]+ up to the next _",
                )
            stack[-1].add("a repeat")
        elif token["bar"]:
            stack[-1].add("alternatives")
