"""Resampling, quotas and splits over arrays it is given."""
