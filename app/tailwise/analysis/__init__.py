"""Counts, measures and associations over columns it is given."""
