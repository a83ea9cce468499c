"""Notation: expressions, symbols and names as they are written on paper."""
