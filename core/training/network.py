"""The network: the part of a model that training uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chainrule.graph import topological
from chainrule.node import Input, Node, Parameter
from chainrule.ops import AlsoUpdate


@dataclass(frozen=True)
class Network:
    """The graph of a model: inputs, outputs, and parameters by path.

    Attributes:
        inputs: the leaves that are fed.
        outputs: the predictions.
        output_names: a name for each output.
        parameters: path such as ``"dense_1/kernel"`` → parameter, in a fixed order.
    """

    inputs: tuple[Input, ...]
    outputs: tuple[Node, ...]
    output_names: tuple[str, ...]
    parameters: Mapping[str, Parameter]

    @property
    def input_names(self) -> list[str]:
        """What the inputs are called; one without a name is x."""
        return [leaf.name or "x" for leaf in self.inputs]

    @property
    def trainable(self) -> list[Parameter]:
        """The parameters that training changes by their gradients."""
        return [p for p in self.parameters.values() if p.trainable]

    @property
    def averages(self) -> set[Node]:
        """The parameters that layers update themselves, such as running averages."""
        return {
            node.inputs[1]
            for node in topological(self.outputs)
            if isinstance(node.op, AlsoUpdate)
        }

    @property
    def frozenness(self) -> tuple[tuple[bool, bool], ...]:
        """Whether each parameter is trainable, and whether it is frozen."""
        return tuple((p.trainable, p.frozen) for p in self.parameters.values())

    @property
    def weights(self) -> list[Parameter]:
        """The parameters that penalties and constraints act on: not biases or scales.

        These are the trainable ones with two axes or more, and those called kernel or
        weights.
        """
        return [
            p for p in self.trainable if p.ndim >= 2 or p.name in ("kernel", "weights")
        ]
