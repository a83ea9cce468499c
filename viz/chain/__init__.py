"""One derivative as a chain of factors."""
