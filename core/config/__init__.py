"""Configuration files: TOML that describes a model and how to train it.

Nothing in a file is executed; names are looked up in the registry, and every value is
checked against the fields of what it configures. A mistake is reported with its line.
"""

from __future__ import annotations

from chainrule.config.experiment import Experiment, read

__all__ = ["Experiment", "read"]
