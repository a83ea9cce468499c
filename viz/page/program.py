"""A graph as data, which the interpreter of a page computes again and again.

To the page a graph is what it is to a backend: a program, lowered for the ops that
there are kernels for.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule import ops
from chainrule.data.inputs import values_for
from chainrule.graph import dependents, topological
from chainrule.node import Constant, Input, Node, Parameter
from chainrule.philox import stream_key
from chainrule.program.passes.specialise import BoundInput
from chainrule.program.phase import Assignment
from chainrule.program.program import LEARNING_RATE, STEP, Program
from chainrule.viz.page.javascript import KERNELS


@dataclass(frozen=True)
class PageProgram:
    """A program for the page.

    Attributes:
        place: node → its place among the nodes of the data.
        leaf: input or parameter → its place among the leaves of the data.
        data: leaves, nodes and assignments, ready for JSON.
        size: the numbers of all nodes together, but for what depends on seeds.
    """

    place: Mapping[Node, int]
    leaf: Mapping[Node, int]
    data: Mapping[str, Any]
    size: int


def page_program(
    outputs: Iterable[Node],
    assigns: Sequence[Assignment],
    feeds: Mapping[Any, Any],
    *,
    lr: float = 0.0,
    training: bool = False,
    seed: int = 0,
    seeds: Mapping[Input, tuple[int, ...]] | None = None,
) -> PageProgram:
    """Lower a graph for the page.

    Args:
        outputs: the nodes whose values the page reads.
        assigns: the parameters that a step changes, and their new values.
        feeds: values for the inputs, by node or by name.
        lr: the learning rate that optimizers see.
        training: whether dropout and its like are active.
        seed: of the random numbers.
        seeds: inputs that the page sets by itself, and their shapes.

    Raises:
        BackendError: an op has neither a kernel in JavaScript nor an expansion.
    """
    wanted = list(dict.fromkeys(outputs))
    given = _given(wanted, assigns, feeds, lr, seeds or {})
    shapes = {leaf: value.shape for leaf, value in given.items()}
    program = Program(
        wanted, phases=[assigns], shapes=shapes, training=training, dtype="float64"
    )
    (phase,) = program.lower(KERNELS)
    order = topological(phase.roots)
    leaves = _leaves(order, [target for target, _ in phase.assigns])
    leaf = {_source(node): i for i, node in enumerate(leaves)}
    place = {node: i for i, node in enumerate(order)}
    own = [node for node in leaves if _source(node) in (seeds or {})]
    on_request = dependents(own, order)
    return PageProgram(
        {node: place[root] for node, root in zip(wanted, phase.outputs, strict=True)},
        leaf,
        {
            "leaves": [_leaf(node, given) for node in leaves],
            "nodes": [_node(node, place, leaf) for node in order],
            "assigns": [[leaf[p], place[new]] for p, new in phase.assigns],
            "seed": str(seed),
            "step": leaf[STEP],
            "rate": leaf[LEARNING_RATE],
        },
        sum(math.prod(_sizes(node)) for node in order if node not in on_request),
    )


def _given(
    wanted: Sequence[Node],
    assigns: Sequence[Assignment],
    feeds: Mapping[Any, Any],
    lr: float,
    seeds: Mapping[Input, tuple[int, ...]],
) -> dict[Input, npt.NDArray[Any]]:
    """Return the values of all inputs, those that no reader feeds included."""
    own = {LEARNING_RATE: np.asarray(lr), STEP: np.asarray(1.0)}
    own |= {seed: np.zeros(shape) for seed, shape in seeds.items()}
    order = topological([*wanted, *(new for _, new in assigns)])
    fed = [node for node in order if isinstance(node, Input) and node not in own]
    return {**values_for(fed, wanted, feeds), **own}


def _leaves(order: Sequence[Node], targets: Iterable[Node]) -> list[Node]:
    """Return the leaves, with what a step needs though no node reads it."""
    found = [node for node in order if node.op is None]
    return list(dict.fromkeys([*found, *targets, STEP, LEARNING_RATE]))


def _source(node: Node) -> Node:
    return node.source if isinstance(node, BoundInput) else node


def _leaf(node: Node, given: Mapping[Input, npt.NDArray[Any]]) -> dict[str, Any]:
    source = _source(node)
    if isinstance(source, (Constant, Parameter)):
        array = np.asarray(source.value)
    else:
        assert isinstance(source, Input)
        array = given[source]
    if not array.any():
        return {"shape": array.shape}
    return {"shape": array.shape, "value": [_number(v) for v in array.reshape(-1)]}


def _number(value: Any) -> float | str:
    """Return a number for JSON, which knows none that is not finite."""
    number = float(value)
    if math.isfinite(number):
        return int(number) if number == int(number) and abs(number) < 1e15 else number
    return "NaN" if math.isnan(number) else f"{'-' * (number < 0)}Infinity"


def _node(
    node: Node, place: Mapping[Node, int], leaf: Mapping[Node, int]
) -> dict[str, Any]:
    if node.op is None:
        return {"leaf": leaf[_source(node)]}
    data = {
        "op": node.op.type_name,
        "inputs": [place[x] for x in node.inputs],
        "shape": node.shape,
    }
    if isinstance(node.op, ops.Uniform):
        return {**data, "key": str(stream_key(str(node.op.stream)))}
    names = [field.name for field in dataclasses.fields(node.op)]  # type: ignore[arg-type]
    return {name: getattr(node.op, name) for name in names} | data


def _sizes(node: Node) -> list[int]:
    return [size or 0 for size in node.shape]
