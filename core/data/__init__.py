"""Data: read from files, checked, and cut into batches."""
