"""chainrule: a deep-learning framework that you can see through."""
