"""The device side: what runs, what it is fed, and what it remembers."""
