"""Scenes as files: DOT, SVG, PNG, PDF, TikZ, JSON and HTML."""
