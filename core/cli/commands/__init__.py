"""The commands of the ``chainrule`` program, one module for each."""
