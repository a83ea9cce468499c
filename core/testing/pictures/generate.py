"""Random networks, each drawn in one of the ways that pictures can be drawn."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import GraphError
from chainrule.registry import registry
from chainrule.testing.architectures import Architecture

LEVELS = ("op", "layer", "model", "neuron")
DIRECTIONS = ("both", "backward", "forward")
RANKDIRS = ("LR", "TB")
BATCHES = (1, 3)


@dataclass(frozen=True)
class Sketch:
    """A network, and how to draw it.

    Attributes:
        seed: of the network and of all choices.
        net: the network, with an example.
        options: those of `cr.draw`.
    """

    seed: int
    net: Architecture
    options: dict[str, Any]

    def diagram(self) -> Any:
        """Draw the network with the values of its example.

        A network that is not made of units is drawn by operations instead.
        """
        draw = registry.find("renderers", "draw").target
        drawn = functools.partial(draw, self.net.loss, values=self.net.feeds)
        try:
            return drawn(**self.options)
        except GraphError:
            if self.options["level"] != "neuron":
                raise
            return drawn(**{**self.options, "level": "op", "example": 0})

    def __str__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return f"seed {self.seed}, batch of {self.net.batch}: {self.net}; {options}"


def sketch(seed: int) -> Sketch:
    """Return a random network, and a way to draw it: the same for the same seed."""
    random = np.random.default_rng(seed)

    def choose(n: int) -> int:
        return int(random.integers(n))

    options = {
        "level": LEVELS[choose(len(LEVELS))],
        "direction": DIRECTIONS[choose(len(DIRECTIONS))],
        "rankdir": RANKDIRS[choose(len(RANKDIRS))],
        "training": bool(choose(2)),
        "fold": bool(choose(2)),
    }
    batch = BATCHES[choose(len(BATCHES))]
    if options["level"] == "neuron":
        options["example"] = choose(batch)
    return Sketch(seed, Architecture(choose, batch), options)
