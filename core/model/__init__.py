"""Models: layers put together, trained, saved and loaded."""
