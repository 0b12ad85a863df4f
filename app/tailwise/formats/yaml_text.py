"""YAML from strangers: every scalar stays text, a doubled key is an error, and size and aliases are limited.

Text stays text because a class called `no` or `007` would otherwise become False or 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from tailwise.domain.errors import UnreadableSourceError

if TYPE_CHECKING:
    from collections.abc import Hashable

MAX_BYTES = 2_000_000  # the largest published class lists (20,000 names) take a quarter of this
MAX_ALIASES = 100  # shared nodes load cheaply, but walking what they stand for can explode

NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
"""What an empty optional value looks like when every scalar stays text."""


class _TextLoader(yaml.BaseLoader):
    """The loader that builds text only; no tag of any kind is acted on."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._aliases = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            self._aliases += 1
            if self._aliases > MAX_ALIASES:
                raise yaml.YAMLError(f"more than {MAX_ALIASES} aliases")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            name = str(key.value)
            if name in lines:
                raise yaml.YAMLError(f"the key {name!r} is given twice, in lines {lines[name]} and {line}")
            lines[name] = line
        return super().construct_mapping(node, deep)


def load(text: str, name: str) -> object:
    """Return the document as nested dicts, lists and text.

    Raises:
        UnreadableSourceError: the file is too large, no YAML, or not plain; the sentence names it and the place.
    """
    if len(text) > MAX_BYTES:
        raise UnreadableSourceError(
            f"{name} is larger than {MAX_BYTES:,} characters",
            "Check that it is the description of the dataset and not the data",
        )
    try:
        return yaml.load(text, _TextLoader)  # noqa: S506  builds text only
    except RecursionError as error:
        raise UnreadableSourceError(f"{name} is nested too deep", "Check that it is a plain data.yaml") from error
    except yaml.MarkedYAMLError as error:
        place = f" line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UnreadableSourceError(f"{name}{place}: {error.problem}", "Correct that line") from error
    except yaml.YAMLError as error:
        raise UnreadableSourceError(f"{name}: {str(error).splitlines()[0]}", "Correct the file") from error
