"""Which kinds of stored thing an operation touched; each view decides whether that concerns it."""

from __future__ import annotations

from enum import Flag, auto


class Changes(Flag):
    """A set of kinds. Use `|` to join and `&` to ask."""

    NONE = 0
    ITEMS = auto()
    ANNOTATIONS = auto()
    CATEGORIES = auto()
    CONDITIONS = auto()
    FINDINGS = auto()
    PLANS = auto()
    SPLITS = auto()
    EXPORTS = auto()
    CANDIDATES = auto()
    VERDICTS = auto()
    INDEX = auto()  # hashes, vectors, pairs of duplicates and what was said about them
    RECIPES = auto()

    @classmethod
    def data(cls) -> Changes:
        """Return everything an import touches."""
        return cls.ITEMS | cls.ANNOTATIONS | cls.CATEGORIES | cls.CONDITIONS | cls.FINDINGS | cls.SPLITS
