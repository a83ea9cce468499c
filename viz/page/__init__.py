"""A diagram as an HTML page that computes: one file for use offline."""
