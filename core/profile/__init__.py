"""Profiles: how long each task of a program takes, and which operations it computes."""
