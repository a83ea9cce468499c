"""The style and the scripts of the page."""
