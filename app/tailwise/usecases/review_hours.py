"""Share out review hours over the classes of a project, from a table of what checking has shown so far."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError
from tailwise.planning.review_allocation import FLOOR_ITEMS, ReviewClass, ReviewShare, allocate_review, upper_error

if TYPE_CHECKING:
    from tailwise.usecases.projects import Project

COLUMNS = ("class", "checked", "wrong", "cost", "seconds")


def share_review_hours(
    project: Project, table: str, hours: float, floor: int = FLOOR_ITEMS, origin: str = "table"
) -> tuple[ReviewShare, ...]:
    """Return how many labels of each class to check, in the order of the table.

    How many labels a class has comes from the project. Its error is Wilson's upper 80 % bound of what was wrong among
    those checked, so that a class nobody checked counts as all wrong.

    Args:
        project: holds the labels.
        table: CSV text with the columns class, checked, wrong, cost, seconds.
        hours: review hours there are.
        floor: labels of each class that are checked in any case.
        origin: what to call the table in messages.

    Raises:
        RequestError: a column is missing, a class is unknown or there twice, or a number cannot be used.
    """
    sliced = project.cube()
    have = {row.name: row.objects if sliced.has_boxes else row.images for row in sliced.labelled_rows}
    reader = csv.DictReader(io.StringIO(table))
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise RequestError(f"{origin} has no column {missing[0]!r}", f"Its columns must be: {', '.join(COLUMNS)}")
    classes: list[ReviewClass] = []
    for line, row in enumerate(reader, 2):
        name = (row["class"] or "").strip()
        if name not in have or any(c.name == name for c in classes):
            sentence = f"has no class {name!r}" if name not in have else f"names {name!r} twice"
            raise RequestError(
                f"{origin}, line {line}: the project {sentence}", "Correct the name, or take the line out"
            )
        checked, wrong, cost, seconds = (_number(origin, line, row, key) for key in COLUMNS[1:])
        if wrong > checked:
            raise RequestError(f"{origin}, line {line}: {wrong:g} wrong of {checked:g} checked", "Correct the counts")
        classes.append(ReviewClass(name, have[name], upper_error(int(wrong), int(checked)), cost, seconds))
    return allocate_review(classes, hours, floor)


def _number(origin: str, line: int, row: dict[str, str], key: str) -> float:
    text = (row[key] or "").strip()
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise RequestError(f"{origin}, line {line}: {key} is {text!r}", "Give a number from 0")
    return number
