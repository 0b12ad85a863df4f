"""Cells of an editable sheet: what a column takes, how text becomes a value, and values that cannot be used."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from PySide6.QtCore import QLocale

from tailwise.gui.texts import number

if TYPE_CHECKING:
    from collections.abc import Callable

MOST: Final = 1_000_000_000.0


class Kind(Enum):
    """What a cell holds. A SHARE is a fraction 0..1 that is read and written in percent."""

    TEXT = auto()
    WHOLE = auto()
    NUMBER = auto()
    SHARE = auto()
    CHOICE = auto()


@dataclass(frozen=True, slots=True)
class Bad:
    """What was entered although it cannot be used, and why; it stays visible until it is corrected."""

    text: str
    reason: str


Value: TypeAlias = str | int | float | Bad | None


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column.

    Attributes:
        key: name of the value in a row.
        title: heading, sentence case.
        kind: what it holds.
        tip: what it means, with its unit.
        width: preferred width in average characters; 0 takes the rest.
        is_editable: others are computed and drawn grey.
        is_optional: an empty cell is fine and means None.
        choices: pairs of value and text, for CHOICE.
        least, most: range of a number; a share is always within 0 and 1.
        decimals: shown for numbers.
        step: of the editor.
        read: turns a text into a value or `Bad`, for a TEXT with a form of its own.
    """

    key: str
    title: str
    kind: Kind
    tip: str = ""
    width: int = 10
    is_editable: bool = True
    is_optional: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    least: float = 0.0
    most: float = MOST
    decimals: int = 1
    step: float = 1.0
    read: Callable[[str], Value] | None = None

    @property
    def is_number(self) -> bool:
        """Whether it is aligned right."""
        return self.kind in {Kind.WHOLE, Kind.NUMBER, Kind.SHARE}


def show(column: SheetColumn, value: Value) -> str:
    """Return a value as the cell shows it."""
    if value is None:
        return ""
    if isinstance(value, Bad):
        return value.text
    if isinstance(value, str):
        return dict(column.choices).get(value, value)
    if column.kind is Kind.SHARE:
        return f"{_short(value * 100, column.decimals)} %"
    return _short(value, 0 if column.kind is Kind.WHOLE else column.decimals)


def plain(column: SheetColumn, value: Value) -> str:
    """Return a value as it is copied: numbers without group separators, shares in percent."""
    if value is None or isinstance(value, (str, Bad)):
        return show(column, value)
    scaled = value * 100 if column.kind is Kind.SHARE else value
    return f"{round(scaled, 6):.10g}"


def parse(column: SheetColumn, text: str) -> Value:
    """Return the value a text stands for, or `Bad` with the reason."""
    text = text.strip()
    if not text:
        return None if column.is_optional else Bad(text, f"{column.title} is missing")
    if column.kind is Kind.TEXT:
        return text if column.read is None else column.read(text)
    if column.kind is Kind.CHOICE:
        return _choice(column, text)
    amount = _amount(text.removesuffix("%") if column.kind is Kind.SHARE else text)
    if amount is None or not math.isfinite(amount):
        return Bad(text, f"{column.title} takes a number")
    if column.kind is Kind.SHARE:
        return amount / 100 if 0 <= amount <= 100 else Bad(text, f"{column.title} is between 0 and 100 %")
    if not column.least <= amount <= column.most:
        low, high = number(round(column.least)), number(round(column.most))
        return Bad(text, f"{column.title} is between {low} and {high}")
    if column.kind is Kind.WHOLE:
        return int(amount) if amount == int(amount) else Bad(text, f"{column.title} takes a whole number")
    return amount


def check(column: SheetColumn, value: Any) -> Value:  # what Qt's editors hand over  # noqa: ANN401
    """Return a value from an editor as the column keeps it."""
    if value is None or isinstance(value, Bad):
        return value
    if isinstance(value, str):
        return parse(column, value)
    scaled = float(value) * 100 if column.kind is Kind.SHARE else float(value)
    return parse(column, f"{scaled:.12g}")


def _choice(column: SheetColumn, text: str) -> Value:
    for value, shown in column.choices:
        if text.casefold() in {value.casefold(), shown.casefold()}:
            return value
    names = ", ".join(shown for _value, shown in column.choices)
    return Bad(text, f"{column.title} is one of: {names}")


def _amount(text: str) -> float | None:
    """Read a number as the user's locale writes it, or as programs do."""
    text = text.strip().replace("\u00a0", "").replace("\u202f", "")
    try:
        return float(text)
    except ValueError:
        pass
    for locale in (QLocale(), QLocale(QLocale.Language.English)):
        amount, is_number = locale.toDouble(text)
        if is_number:
            return amount
    return None


def _short(value: float, decimals: int) -> str:
    rounded = round(value, decimals)
    return number(int(rounded)) if rounded == int(rounded) else number(float(rounded), decimals)
