"""Doubted labels for people: each with its picture and those it is compared with, and all of them as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tailwise.domain.errors import ExportTargetError
from tailwise.domain.exports import Dialect
from tailwise.exports.tables import Row, table_of, write_csv
from tailwise.usecases.items import item_rows
from tailwise.usecases.verdicts import CANDIDATE_MARK, NEIGHBOURS_SHOWN, pictured

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tailwise.domain.coverage import ItemRow
    from tailwise.domain.label_doubts import LabelDoubt
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

PICTURES: Final = NEIGHBOURS_SHOWN + 1
"""Pictures of one doubted label: its own and those of the nearest examples."""
COLUMNS: Final = (
    *("item", "file_name", "x", "y", "width", "height"),
    *("class", "confidence", "looks_like", "looks_like_confidence", "nearest"),
)
"""Of the CSV file; the box is empty where the label is of the whole image, `nearest` are items with spaces between."""


@dataclass(frozen=True, slots=True)
class DoubtCard:
    """A doubted label as the window shows it.

    Attributes:
        picture: its item; the first annotation is the doubted one, where it is of a box.
        neighbours: items of the nearest examples of the class it looks like, drawn with the box that is meant alone.
            Ids of pictures are unique among the cards made together and are no item ids: an item may come twice.
    """

    doubt: LabelDoubt
    picture: ItemRow
    neighbours: tuple[ItemRow, ...]


def doubt_cards(project: Project, doubts: Sequence[LabelDoubt], first: int = 0) -> tuple[DoubtCard, ...]:
    """Return doubted labels with their pictures, in the order given; those whose item is gone are left out.

    Args:
        project: where the items are.
        doubts: of one weighing.
        first: number of the first picture; every label takes `PICTURES` of them.
    """
    wanted = {d.item for d in doubts} | {n.item for d in doubts for n in d.nearest[:NEIGHBOURS_SHOWN]}
    rows = {row.id: row for row in item_rows(project, sorted(wanted))}
    cards: list[DoubtCard] = []
    for place, doubt in enumerate(doubts):
        row = rows.get(doubt.item)
        if row is None:
            continue
        number = first + place * PICTURES
        picture = pictured(row, number, f"{doubt.looks_like}{CANDIDATE_MARK}", doubt.box, alone=False)
        near = [
            pictured(rows[n.item], number + at, doubt.looks_like, n.box, alone=True)
            for at, n in enumerate(doubt.nearest[:NEIGHBOURS_SHOWN], start=1)
            if n.item in rows
        ]
        cards.append(DoubtCard(doubt, picture, tuple(near)))
    return tuple(cards)


def write_doubts_csv(doubts: Sequence[LabelDoubt], path: Path, progress: Progress) -> None:
    """Write doubted labels, one per row in the order given.

    Texts a spreadsheet would run as a formula are escaped. The file is written beside its place and moved, so it is
    whole or not there.

    Raises:
        ExportTargetError: it cannot be written.
    """
    half = path.with_name(f".{path.name}.part")
    try:
        with half.open("w", encoding="utf-8", newline="") as file:
            write_csv(table_of("Doubted labels", COLUMNS, [_row(d) for d in doubts]), file, Dialect.ESCAPED, progress)
        half.replace(path)
    except OSError as error:
        raise ExportTargetError(
            f"{path.name} was not written: {error.strerror}", "Choose a folder you may write to", str(path.parent)
        ) from error
    finally:
        half.unlink(missing_ok=True)


def _row(doubt: LabelDoubt) -> Row:
    box = doubt.box or (None, None, None, None)
    nearest = " ".join(str(near.item) for near in doubt.nearest)
    claimed = doubt.looks_like, doubt.looks_like_confidence
    return doubt.item, doubt.file_name, *box, doubt.class_name, doubt.confidence, *claimed, nearest
