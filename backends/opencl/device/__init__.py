"""The device: which one it is, its queue, and the memory that lies on it."""
