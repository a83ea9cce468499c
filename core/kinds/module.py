"""Modules: components that may own parameters, such as layers and activations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Annotated, Any, ClassVar, cast

import numpy.typing as npt

from chainrule.annotations import OfKind
from chainrule.arguments import checked
from chainrule.calls import Call, calls
from chainrule.checks import check_value
from chainrule.component import Component
from chainrule.data.arrays import Array, as_rows
from chainrule.errors import GraphError, ShapeError, shown
from chainrule.kinds.initializer import Initializer
from chainrule.kinds.operands import Takes
from chainrule.kinds.owned import OwnedParameter, first_value
from chainrule.kinds.sublayers import entries, named
from chainrule.node import Input, Node, Parameter, Value, as_node
from chainrule.ops import identity
from chainrule.program.program import FloatDtype
from chainrule.scopes import Scope, current_scope, scope
from chainrule.shapes import Shape, shape_text


class Module(Component, ABC):
    """A function of nodes that may own parameters.

    Calling it builds nodes in a scope of its own. Parameters are created by the first
    call, when shapes are known, and shared by all later calls.
    """

    symbols: ClassVar[Mapping[str, str]] = {}
    """How formulas write its parameters, such as ``{"kernel": "W"}``."""
    drops: ClassVar[bool] = False
    """Whether it sets elements to 0 while training; diagrams mark these as dropped."""

    _owned: dict[str, OwnedParameter] = field(init=False, default_factory=dict)
    _scope: Scope = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._scope = Scope(self.type_name, None, self)

    @abstractmethod
    def apply(self, *inputs: Any) -> Any:
        """Return the value of the function, or several as a tuple.

        Args:
            *inputs: nodes; subclasses name them, as in ``def apply(self, a, b)``.
        """

    @checked
    def __call__(self, *inputs: Value | Sequence[Value]) -> Node:
        """Apply the module to nodes, in the module's scope.

        Several inputs are given one by one or as a list, as in tf.keras. What `apply`
        returns as a tuple comes back as a tuple; type checkers see a node, which can be
        unpacked into nodes as well.

        Raises:
            GraphError: it takes another number of inputs, or `apply` returns something
                else than nodes, or calls itself without end; or a sublayer with
                parameters is not in a field.
        """
        given = Takes.of(self.apply).inputs(inputs, self.scope.title)
        nodes = tuple(map(as_node, given))
        self.children()  # which gives them their names
        with scope(self._scope):
            made = self._applied(nodes)
            results = self._results(made, nodes)
        for number, y in enumerate(results):
            calls[y] = Call(self, nodes, number)
        self._check_owner()
        returned = results if isinstance(made, tuple) else results[0]
        return cast("Node", returned)

    def _applied(self, nodes: tuple[Node, ...]) -> Any:
        """Return what `apply` returns, and say so if it calls itself without end."""
        try:
            return self.apply(*nodes)
        except RecursionError:
            outer = current_scope()[:-1]
            if any(isinstance(part.component, Module) for part in outer):
                raise  # the outermost module says it, in a short traceback
            cls = type(self).__name__
            raise GraphError(
                f"applying {self.scope.title} does not end: {cls}.apply, or that of a "
                "layer in it, calls its own layer again; write what it computes, or "
                "give it another layer in a field"
            ) from None

    def _results(self, made: Any, inputs: tuple[Node, ...]) -> tuple[Node, ...]:
        """Return what `apply` returned, as nodes by which this call is found."""
        results: list[Node] = []
        for y in made if isinstance(made, tuple) else (made,):
            if not isinstance(y, Node):
                raise GraphError(
                    f"{type(self).__name__}.apply must return a node of the graph, or "
                    f"a tuple of nodes, got {shown(made)}"
                )
            known = y in inputs or y in results or not y.inputs
            results.append(identity(y) if known else y)
        if not results:
            raise GraphError(f"{type(self).__name__}.apply must return a node, got ()")
        return tuple(results)

    def _check_owner(self) -> None:
        """Reject a call within another module that would not own the parameters."""
        path = current_scope()
        outer = path[-1].component if path else None
        if not isinstance(outer, Module) or self in outer.children().values():
            return
        if any(self.owned_parameters()):
            raise GraphError(
                f"{outer.scope.title} applies {self!r}, which is in none of its fields,"
                " so its parameters would be nobody's: declare a field, such as inner: "
                "cr.Layer, or inner: tuple[cr.Layer, ...] for several; with "
                "= field(init=False) for layers that it makes itself"
            )

    def _instead_of_setting(self, name: str, value: Any) -> str:
        if name in ("trainable", "frozen", "requires_grad"):
            verb = "freeze" if bool(value) == (name == "frozen") else "unfreeze"
            return (
                f"{self.scope.title}: {name} cannot be set; write "
                f"model.{verb}({self.scope.title!r})"
            )
        return super()._instead_of_setting(name, value)

    @property
    def scope(self) -> Scope:
        """The scope of its nodes; the scope's name is the module's name in a model."""
        return self._scope

    def parameter(
        self,
        name: str,
        shape: Shape,
        initializer: Initializer,
        *,
        trainable: bool = True,
    ) -> Parameter:
        """Return the module's parameter of a name, created when it is first used.

        Raises:
            ShapeError: the shape is open, or differs from that of the first use.
        """
        owned = self._owned
        label = f"{self.scope.title}/{name}"
        if None in shape:
            raise ShapeError(
                f"{label}: the shape of a parameter must be known, got "
                f"{shape_text(shape)}"
            )
        if name in owned and owned[name].node.shape != tuple(shape):
            raise ShapeError(
                f"{label}: must keep the shape {owned[name].node.shape} of its first "
                f"use, got {tuple(shape)}; give a different parameter a different name"
            )
        if name not in owned:
            given = Annotated[Initializer, OfKind("initializers")]
            initializer = check_value(initializer, given, label)
            known = cast("tuple[int, ...]", shape)
            value = first_value(initializer, known, name, label)
            node = Parameter(name, value, trainable=trainable)
            learns = type(self).learned_from is not Module.learned_from
            from_data = learns and not trainable
            owned[name] = OwnedParameter(node, initializer, (0, name), from_data)
        return owned[name].node

    def features_of(self, x: Node, owned: str) -> int:
        """Return the size of the last axis of x.

        Args:
            x: what the module is applied to.
            owned: the name of a parameter whose first axis must have that size, if it
                exists already.

        Raises:
            ShapeError: the size is open, or not the one the module was built for.
        """
        label = self.scope.title
        features = x.shape[-1] if x.shape else None
        if features is None:
            raise ShapeError(
                f"{label}: the size of the last axis must be known, "
                f"got {shape_text(x.shape)}"
            )
        if owned in self._owned:
            expected = self._owned[owned].node.shape[0]
            if expected != features:
                raise ShapeError(
                    f"{label}: expected {expected} features, got {features} from "
                    f"{_source(x)} (shape {shape_text(x.shape)})"
                )
        return features

    def learned_from(self, rows: Array) -> Mapping[str, npt.ArrayLike]:
        """Return values for parameters of its own that its input determines, by name.

        `fit` asks a module that defines this once, before the first step, and gives it
        all the rows that enter it, those of the training part alone; it has one input.
        The parameters are made with ``trainable=False``.
        """
        return {}

    @checked
    def adapt(self, x: npt.ArrayLike, *, dtype: FloatDtype = "float32") -> None:
        """Learn from examples what `fit` would learn from those that it trains on.

        Args:
            x: the examples: rows of what enters the module, or a data frame.
            dtype: the NumPy dtype of floats.

        Raises:
            GraphError: it is of a class that learns nothing in this way.
            DataError: x has no rows, is not numeric or not finite; or what follows from
                it is not finite.
        """
        name, cls = self.scope.title, type(self).__name__
        rows = as_rows(x, "x", floats=dtype)
        self(Input("x", (None, *rows.shape[1:])))  # which makes the parameters
        values = self.learned_from(rows)
        if not values:
            raise GraphError(
                f"{name} learns nothing from its input alone, so there is nothing to "
                "adapt; model.fit trains what can be trained"
            )
        owned = {path: one for path, one in self._owned.items() if one.from_data}
        if values.keys() != owned.keys():
            raise GraphError(
                f"{cls}.learned_from must return values for the parameters that it "
                f"makes with trainable=False ({', '.join(owned)}), got "
                f"{', '.join(map(str, values))}"
            )
        for path, one in owned.items():
            one.learn(values[path], f"{name}/{path}", rows.dtype)

    @property
    def awaits_data(self) -> bool:
        """Whether it would learn from data, and has its initial values yet."""
        owned = [one for one in self._owned.values() if one.from_data]
        waiting = (one.untouched and not one.node.frozen for one in owned)
        return bool(owned) and all(waiting)

    def children(self) -> dict[str, Module]:
        """Return the modules among the fields, by their names in paths.

        That is their own name if they have one, and else that of the field, with a
        number for one of several: ``inner``, ``blocks_0``. An activation is called by
        its type, as in ``prelu_1``, if it is the only one of that type.

        Raises:
            GraphError: two of them have one name.
        """
        stored: dict[Module, str] = {}
        for place, value in entries(vars(self)):
            if isinstance(value, Module):
                stored.setdefault(value, place)
        return named({place: inner for inner, place in stored.items()}, self.scope)

    def owned_parameters(self) -> Iterator[tuple[str, OwnedParameter]]:
        """Yield (path, parameter) for each one of the module and its children."""
        yield from self._owned.items()
        for name, child in self.children().items():
            for path, owned in child.owned_parameters():
                yield f"{name}/{path}", owned


def modules_of(node: Node) -> Iterator[Module]:
    """Yield the modules in whose scopes a node lies, the outermost first."""
    for part in node.scope:
        if isinstance(part.component, Module):
            yield part.component


def is_from_data(parameter: Parameter) -> bool:
    """Return whether a module learns a parameter from its input before training."""
    return any(
        owned.node is parameter and owned.from_data
        for module in modules_of(parameter)
        for _, owned in module.owned_parameters()
    )


def _source(x: Node) -> str:
    if not x.scope:
        return x.name or "its input"
    named = [part for part in x.scope if part.name]
    layers = [p for p in named if getattr(p.component, "kind", "") != "activations"]
    last = (layers or named or x.scope[:1])[-1]
    return last.title
