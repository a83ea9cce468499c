"""The example that all topics of the lecture follow, and that a lecturer may change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from chainrule.annotations import NonNegative, Positive, PositiveInt, Seed, SuchThat
from chainrule.component import Component
from chainrule.config.building import fill
from chainrule.config.document import Document
from chainrule.errors import HyperparameterError
from chainrule.registry import registry

Units = Annotated[
    tuple[PositiveInt, ...], SuchThat(bool, "a list of at least one number of units")
]


class Example(Component):
    """One example, one unit, one data set and one network.

    Args:
        x: the two features of one example.
        weights: the two weights of one unit.
        bias: its w₀.
        target: what it should answer.
        data: a data set of two features and two classes: moons, circles, spirals, …
        noise: of the data.
        hidden: the units of each hidden layer.
        activation: of the hidden layers.
        lr: the learning rate η.
        seed: of data, weights and batches.
    """

    x: tuple[float, float] = (-1.0, 2.0)
    weights: tuple[float, float] = (3.0, -2.0)
    bias: float = 1.0
    target: float = 1.0
    data: str = "moons"
    noise: NonNegative = 0.2
    hidden: Units = (4, 3)
    activation: str = "tanh"
    lr: Positive = 0.1
    seed: Seed = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        for kind, name in (("datasets", self.data), ("activations", self.activation)):
            registry.find(kind, name)
        sets = ("moons", "circles", "spirals")
        if self.data not in sets:
            raise HyperparameterError(
                f"data must have two features, two classes and noise: one of "
                f"{', '.join(sets)}, got {self.data!r}"
            )

    @property
    def code(self) -> str:
        """The code that every page begins with."""
        data, after = f"cr.datasets.{self.data}", self.seed + 1
        return (
            "import numpy as np\n\n"
            "import chainrule as cr\n\n"
            f"x, target = {list(self.x)}, {self.target}\n"
            f"weights, bias = {list(self.weights)}, {self.bias}\n"
            f"train = {data}(200, noise={self.noise}, seed={self.seed})\n"
            f"test = {data}(400, noise={self.noise}, seed={after})\n"
            f'hidden, activation = {list(self.hidden)}, "{self.activation}"\n'
            f"lr, seed = {self.lr}, {self.seed}\n"
        )


def read_example(file: str | Path | None) -> Example:
    """Return the example that a TOML file describes, whose keys are its fields.

    Raises:
        ConfigError: the file cannot be read, or a value is unknown or invalid.
    """
    if file is None:
        return Example()
    document = Document(file)
    made: Example = fill(document, Example, document.tables, (), "the example")
    return made
