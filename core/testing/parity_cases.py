"""Parity cases: a workload for each registered component, for backends to compute."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule.graph import topological
from chainrule.kinds.loss import Loss
from chainrule.kinds.module import Module
from chainrule.kinds.optimizer import Optimizer
from chainrule.kinds.regularizer import Regularizer
from chainrule.node import Input, Node, Parameter
from chainrule.ops import Op
from chainrule.program import LEARNING_RATE, STEP, Flat
from chainrule.program.sizes import sizes
from chainrule.registry import registry
from chainrule.substitution import substitute
from chainrule.testing.again import again
from chainrule.testing.examples import example
from chainrule.testing.functions import (
    applied,
    batch_of,
    inputs_for,
    leaves_for,
    outputs_of,
    with_gradients,
)
from chainrule.testing.samples import sample
from chainrule.testing.targets import sample_target
from chainrule.testing.values import Array, Sizes, between


@dataclass(frozen=True)
class Workload:
    """The nodes to compute for one case, and all that this takes.

    Attributes:
        nodes: what to compute.
        feeds: values for the inputs.
        training: whether dropout and its like are active.
        assigned: parameters, and what is assigned to them in each step.
        steps: how many steps to run.
    """

    nodes: Sequence[Node]
    feeds: Mapping[Input, Array]
    training: bool = False
    assigned: Sequence[tuple[Parameter, Node]] = ()
    steps: int = 1


Build: TypeAlias = Callable[[Sizes, np.random.Generator], Workload]


@dataclass(frozen=True)
class Case:
    """One component, in one mode; `build` makes its workload for any shape."""

    kind: str
    name: str
    build: Build

    def __str__(self) -> str:
        return f"{self.kind}-{self.name}"


def parity_cases() -> Iterator[Case]:
    """List a case for every registered component that has arithmetic."""
    for kind, build in _BUILDERS.items():
        for entry in registry.entries(kind):
            yield Case(kind, entry.name, functools.partial(build, entry.target))
    for entry in registry.entries("layers"):
        build = functools.partial(_module, entry.target, training=True)
        yield Case("layers", f"{entry.name}-training", build)


def case_of(component: Any) -> Case | None:
    """Return the case of one component, or class; None if it has no arithmetic."""
    cls: Any = component if isinstance(component, type) else type(component)
    kind = "ops" if issubclass(cls, Op) else getattr(cls, "kind", "")
    build = _BUILDERS.get(kind)
    if build is None:
        return None
    return Case(kind, cls.type_name, functools.partial(build, component))


def _made(component: Any) -> Any:
    """Return a component of its own: an example of a class, a copy of an object."""
    if isinstance(component, type):
        return example(component)
    return again(component)


def _op(cls: type[Op], shape: Sizes, random: np.random.Generator) -> Workload:
    op, operands = sample(cls if isinstance(cls, type) else type(cls), shape, random)
    values = [_rounded(x) for x in operands if not isinstance(x, Parameter)]
    leaves = leaves_for(values)
    nodes = with_gradients(applied(op, operands)(*leaves), leaves)
    return Workload(nodes, dict(zip(leaves, values, strict=True)))


def _module(
    cls: type[Module],
    shape: Sizes,
    random: np.random.Generator,
    *,
    training: bool = False,
) -> Workload:
    module = _made(cls)
    assert isinstance(module, Module)
    inputs = [_rounded(x) for x in inputs_for(module, shape, random)]
    given = leaves_for(inputs)
    outputs = outputs_of(module, given)
    owned = [owned.node for _, owned in module.owned_parameters()]
    weights = [p for p in owned if p.trainable]
    values = [_rounded(random.uniform(-0.5, 0.5, p.value.shape)) for p in weights]
    leaves = leaves_for(values)
    outputs = tuple(substitute(outputs, dict(zip(weights, leaves, strict=True))))
    nodes = [n for y in outputs for n in with_gradients(y, [*given, *leaves])]
    feeds = dict(zip([*given, *leaves], [*inputs, *values], strict=True))
    return Workload(nodes, feeds, training)


def _loss(cls: type[Loss], shape: Sizes, random: np.random.Generator) -> Workload:
    loss = _made(cls)
    assert isinstance(loss, Loss)
    prediction = between(loss.prediction_range, shape, random)
    values = [_rounded(sample_target(loss, shape, random)), _rounded(prediction)]
    leaves = leaves_for(values)
    nodes = with_gradients(loss(*leaves), leaves[1:])
    return Workload(nodes, dict(zip(leaves, values, strict=True)))


def _optimizer(
    cls: type[Optimizer], shape: Sizes, random: np.random.Generator
) -> Workload:
    optimizer = _made(cls)
    assert isinstance(optimizer, Optimizer)
    value = _rounded(random.uniform(0.5, 1.5, shape))
    parts = [Parameter("kernel", value), Parameter("bias", value[..., :1] - 2)]
    p = Flat("parameters", parts)
    slots: dict[str, Parameter] = {}
    for slot in (*optimizer.slots, *optimizer.scalar_slots):
        size = () if slot in optimizer.scalar_slots else p.value.shape
        slots[slot] = Parameter(slot, np.full(size, optimizer.slot_start(slot)))
    g = p.pack([_slope(part) for part in parts])
    new = optimizer.new_values(p, g, LEARNING_RATE, STEP, slots)
    targets = {"p": p, **slots}
    assigned = [(targets[name], node) for name, node in new.items()]
    return Workload([], {}, True, assigned, steps=3)


def _slope(p: Parameter) -> Node:
    """Return a gradient that depends on the parameter: that of p⁴ / 4 + p."""
    return p * p * p + 1.0


def _regularizer(
    cls: type[Regularizer], shape: Sizes, random: np.random.Generator
) -> Workload:
    regularizer = _made(cls)
    assert isinstance(regularizer, Regularizer)
    value = _rounded(random.standard_normal(shape))
    kernel, leaf = Parameter("kernel", value), Input("x", shape)
    nodes: list[Node] = []
    penalty = regularizer.penalty(kernel)
    if penalty is not None:
        nodes += with_gradients(penalty, [kernel])
    constrained = regularizer.constrain(kernel)
    if constrained is not None:
        nodes.append(constrained)
    changed = regularizer.transform(leaf, "check")
    if changed is not None:
        nodes += with_gradients(changed, [leaf])
    leaves = [leaf]
    if kernel.ndim == 2:
        batch, given = batch_of(kernel)
        leaves += given
        penalty = regularizer.batch_penalty(batch)
        if penalty is not None:
            nodes += with_gradients(penalty, [kernel])
        target = regularizer.transform_target(given[1], "check")
        if target is not None:
            nodes.append(target)
    used = set(topological(nodes))
    feeds = {x: _rounded(random.standard_normal(sizes(x))) for x in leaves if x in used}
    return Workload(nodes, feeds, True)


def _rounded(value: npt.ArrayLike) -> Array:
    """Return numbers that float32 can hold: every dtype starts from the same ones."""
    array: Array = np.asarray(value)
    return array.astype(np.float32) if array.dtype.kind == "f" else array


_BUILDERS: Mapping[str, Callable[..., Workload]] = {
    "ops": _op, "activations": _module, "layers": _module, "losses": _loss,
    "optimizers": _optimizer, "regularizers": _regularizer,
}  # fmt: skip
"""Kind → what makes the workload of a component, or of an example of a class."""
