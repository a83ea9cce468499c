"""The proof-reader: a finished picture, read back and held against the numbers."""
