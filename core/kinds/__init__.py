"""Base classes of what plugins register by name, one file for each kind."""
