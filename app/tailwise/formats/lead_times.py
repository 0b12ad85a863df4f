"""Seconds of labelling while a source is read: what one person needed for an item, as the mean over those who did."""

from __future__ import annotations

from collections import defaultdict

from tailwise.domain.records import LeadColumns


class LeadGatherer:
    """Adds up the sittings of every person at every item.

    >>> times = LeadGatherer("a stopwatch")
    >>> for person, seconds in (("A01", 20.0), ("A01", 10.0), ("A02", 50.0)):
    ...     times.add(3, person, seconds)
    >>> times.columns()
    LeadColumns(origin='a stopwatch', item=array('i', [3]), seconds=array('f', [40.0]))
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._seconds: dict[int, defaultdict[str, float]] = {}

    def add(self, item: int, person: str, seconds: float) -> None:
        """State that a person spent seconds on an item; an unknown person is one of their own."""
        self._seconds.setdefault(item, defaultdict(float))[person] += seconds

    def columns(self) -> LeadColumns:
        """Return the seconds per item, in the order of the items."""
        if not self._seconds:
            return LeadColumns()
        columns = LeadColumns(self._origin)
        for item, people in sorted(self._seconds.items()):
            columns.append(item, sum(people.values()) / len(people))
        return columns
