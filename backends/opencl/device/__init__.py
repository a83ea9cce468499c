"""The device: how it is chosen, its queue and its memory."""
