"""The base classes of everything that can be registered by name, one kind a file."""
