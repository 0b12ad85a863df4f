"""Dataset readers and writers; they know paths and records, no database and no window."""
