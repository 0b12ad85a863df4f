"""What the columns of a table meant in an earlier import is taken over for a table of the same header."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tailwise.domain.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tailwise.domain.findings import FindingLog

HEADER_KEY = "header"
"""Kept with the answers of a source: which header they were given for. Not an answer that anybody gives."""

_TOGETHER = (
    {"file_name", "text", "item_id"},
    {"label", "labels", "one_hot", "votes", "spans", "separator", "null_labels", "annotator"},
    {"box", "box_form", "xmin", "ymin", "xmax", "ymax", "width", "height"},
    {"group"},
    {"condition"},
    {"ignore"},
    {"split"},
    {"score"},
)
"""Answers that only make sense together: whoever gives one of them anew means none of the former ones."""


def header_print(columns: Iterable[str]) -> str:
    """Return a short text that is the same for the same columns in the same order."""
    return hashlib.blake2b("\0".join(columns).encode("utf-8", "replace"), digest_size=8).hexdigest()


def with_remembered(
    answers: Mapping[str, str], columns: Sequence[str], earlier: Iterable[Mapping[str, str]], log: FindingLog
) -> dict[str, str]:
    """Return the answers, with those of the last import of the same columns for what they leave open.

    Args:
        answers: what was answered now.
        columns: the header of the table.
        earlier: stored answers of tables imported before, the last one first.
        log: gets what was taken over.
    """
    header = header_print(columns)
    found = next((former for former in earlier if former.get(HEADER_KEY) == header), {})
    settled = {key.removeprefix("map.") for key in answers}
    taken: dict[str, str] = {}
    for key, value in found.items():
        bare = key.removeprefix("map.")
        family = next((keys for keys in _TOGETHER if bare in keys), None)
        if family is not None and not family & settled:
            taken[key] = value
    if taken:
        message = "the columns mean what an earlier import of the same header was told"
        shown = ", ".join(f"{key}={value}" for key, value in sorted(taken.items()))
        log.add("CS-33", Severity.NOTE, message, "taken over; answer otherwise to change it", shown)
    return {**taken, **answers, HEADER_KEY: header}
