"""Data: read from files and checked before anything is computed."""
