"""Plotting: what is computed, drawn by matplotlib as a picture that fits its page."""
