"""Tailwise: plan labelling so that rare classes do not vanish."""

__version__ = "0.1.0"
