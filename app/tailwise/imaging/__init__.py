"""The one place that opens image files."""
