"""Formulas as diagrams print them, taken apart and computed."""
