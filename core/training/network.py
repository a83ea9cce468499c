"""What training needs to know of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chainrule.graph import topological
from chainrule.node import Input, Node, Parameter


@dataclass(frozen=True)
class Network:
    """The graph of a model: inputs, outputs, and its parameters by path.

    Attributes:
        inputs: the leaves that are fed.
        outputs: the predictions.
        output_names: what to call them.
        parameters: path such as ``"dense_1/kernel"`` → parameter, in a fixed order.
    """

    inputs: tuple[Input, ...]
    outputs: tuple[Node, ...]
    output_names: tuple[str, ...]
    parameters: Mapping[str, Parameter]

    @property
    def trainable(self) -> list[Parameter]:
        """The parameters that training changes by their gradients."""
        return [p for p in self.parameters.values() if p.trainable]

    @property
    def weights(self) -> list[Parameter]:
        """What penalties and constraints act on: weights, and not biases or scales.

        These are trainable parameters with two axes or more, and those called kernel or
        weights.
        """
        return [
            p for p in self.trainable if p.ndim >= 2 or p.name in ("kernel", "weights")
        ]

    def first_layer(self, leaf: Input) -> str:
        """Return the name of the first layer that an input goes into, or of itself."""
        for node in topological(self.outputs):
            if leaf in node.inputs and node.scope:
                return node.scope[0].name or node.scope[0].label
        return leaf.name or "input"
