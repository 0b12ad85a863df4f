"""Numbers, times and amounts as the user reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale

if TYPE_CHECKING:
    from collections.abc import Mapping

MINUTE = 60
HOUR = 3600


def number(value: float, decimals: int = 1) -> str:
    """Return a number with the group separators of the user's language; whole numbers without decimals.

    >>> number(1234567), number(2.25)
    ('1,234,567', '2.3')
    """
    locale = QLocale()
    if locale.language() == QLocale.Language.C:  # it has no group separators, and nobody reads it at home
        locale = QLocale(QLocale.Language.English)
    if isinstance(value, int):
        return locale.toString(value)
    return locale.toString(float(value), "f", decimals)


def counted(amount: int, singular: str, plural: str) -> str:
    """Return an amount with its unit.

    >>> counted(1, "image", "images"), counted(3812, "image", "images")
    ('1 image', '3,812 images')
    """
    return f"{number(amount)} {singular if amount == 1 else plural}"


def joined_counts(amounts: Mapping[tuple[str, str], int]) -> str:
    """Return the amounts that are not zero, joined; empty when all are.

    >>> joined_counts({("image added", "images added"): 2, ("record skipped", "records skipped"): 0})
    '2 images added'
    """
    return ", ".join(counted(n, one, many) for (one, many), n in amounts.items() if n)


def time_left(seconds: float) -> str:
    """Return an estimate, rounded so that it does not pretend to know more than it does.

    >>> [time_left(s) for s in (2, 23, 75, 140, 4700)]
    ['a few seconds left', 'about 25 s left', 'about 1 min left', 'about 2 min left', 'about 1 h 20 min left']
    """
    if seconds < 5:
        return "a few seconds left"
    if seconds < 0.95 * MINUTE:
        return f"about {max(5, 5 * round(seconds / 5))} s left"
    if seconds < HOUR:
        return f"about {max(1, round(seconds / MINUTE))} min left"
    hours, minutes = divmod(round(seconds / 600) * 10, 60)
    return f"about {hours} h {minutes} min left" if minutes else f"about {hours} h left"


def ago(then_utc: str, now: datetime | None = None) -> str:
    """Return how long ago an ISO 8601 time was, in days; the text itself if it is no time.

    >>> now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> [ago(t, now) for t in ("2026-11-23T08:00:00+00:00", "2026-11-22T11:00:00+00:00", "2026-11-03T11:00:00+00:00")]
    ['today', 'yesterday', '20 days ago']
    """
    try:
        then = datetime.fromisoformat(then_utc)
    except ValueError:
        return then_utc
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    now = now if now is not None else datetime.now(UTC)
    days = (now.astimezone().date() - then.astimezone().date()).days
    if days <= 0:
        return "today"
    return "yesterday" if days == 1 else f"{number(days)} days ago"


def size(amount: int) -> str:
    """Return bytes in the unit a file manager would use."""
    return QLocale(QLocale.Language.English).formattedDataSize(amount, 1)
