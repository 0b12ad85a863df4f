"""One function per user verb; the only layer that opens the project file."""
