"""The style of the lecture's pages."""
