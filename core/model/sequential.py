"""Sequential models: layers one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from chainrule.annotations import Name, OfKind
from chainrule.arguments import checked
from chainrule.checks import check_value
from chainrule.errors import GraphError, shown
from chainrule.kinds.module import Module
from chainrule.leaves import input
from chainrule.model.description import describe_part
from chainrule.model.layers import Layers
from chainrule.model.model import Model
from chainrule.model.names import name_parts
from chainrule.node import Input, Node
from chainrule.registry.blame import naming_plugins
from chainrule.shapes import Shape


class Sequential(Model):
    """A model that passes its input through layers, one after the other.

    ::

        model = cr.Sequential([
            cr.layers.Dense(32, activation="relu"),
            cr.layers.Dense(10),
        ])

    Args:
        layers: layers, activations, models, or names and configs of layers.
        input_shape: the shape of one example, such as ``(64,)``; if left out, that of
            the first data.
        name: what it is called as part of another model.

    Raises:
        GraphError: there is no layer, or two have one name.
        ShapeError: the layers do not fit together.
    """

    label = "sequential"
    _layers: tuple[Any, ...] = ()

    @checked
    def __init__(
        self,
        layers: Iterable[Any],
        input_shape: int | Sequence[int | None] | None = None,
        *,
        name: Name | None = None,
    ) -> None:
        self._start(name)
        if isinstance(layers, (str, Mapping)) or not isinstance(layers, Iterable):
            raise GraphError(
                f"a Sequential takes a list of layers, got {shown(layers)}: write "
                "cr.Sequential([…])"
            )
        self._layers = tuple(
            layer
            if isinstance(layer, (Module, Model))
            else check_value(layer, Annotated[Any, OfKind("layers")], f"layers[{i}]")
            for i, layer in enumerate(layers)
        )
        if not self._layers:
            raise GraphError("a Sequential needs at least one layer")
        name_parts(dict.fromkeys(self._layers))
        if input_shape is not None:
            sizes = input_shape if isinstance(input_shape, Sequence) else (input_shape,)
            self._build_for([input("input_shape", (None, *sizes)).shape])

    @property
    def layers(self) -> Layers:
        """The layers, in order."""
        return Layers(self._layers)

    def _build_for(self, shapes: Sequence[Shape]) -> None:
        if self._built is None and len(shapes) == 1:
            x = Input("x", (None, *shapes[0][1:]))
            y: Node = x
            for layer in self._layers:
                with naming_plugins():
                    y = layer(y)
                if not isinstance(y, Node):
                    raise GraphError(
                        f"{layer!r} has several outputs; a Sequential passes on one: "
                        "use cr.Model"
                    )
            self._build(x, y)

    @checked
    def to_config(self) -> dict[str, Any]:
        """Return a description that JSON can hold; weights are not in it."""
        shape = None if self._built is None else list(self.inputs[0].shape[1:])
        return {
            "type": self.label,
            "input_shape": shape,
            "layers": [describe_part(layer) for layer in self._layers],
        }

    def __repr__(self) -> str:
        return f"Sequential([{', '.join(map(repr, self._layers))}])"
