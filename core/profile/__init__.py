"""Profiles: how long each kernel takes, and which operations it computes."""
