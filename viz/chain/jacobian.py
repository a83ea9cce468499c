"""Jacobian-vector products of one op, from its vector-Jacobian product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule.autodiff import grad
from chainrule.errors import GradientError
from chainrule.execution import open_backend
from chainrule.node import Constant, Input, Node
from chainrule.ops import identity, mul, sum
from chainrule.ops.control import AlsoUpdate
from chainrule.program import Program
from chainrule.viz.values import Values

Array: TypeAlias = npt.NDArray[Any]


def jacobian_product(
    y: Node, position: int, values: Values
) -> Callable[[Array], Array]:
    """Return the function u ↦ (∂y/∂x) u for one operand x of one op.

    vjp(g) is linear in g, so its derivative with respect to g, applied to u, is that.
    """
    assert y.op is not None
    if isinstance(y.op, AlsoUpdate):
        return lambda u: u
    leaves: list[Node] = []
    feeds: dict[Input, Array] = {}
    for i, x in enumerate(y.inputs):
        if isinstance(x, Constant):
            leaves.append(x)
            continue
        leaf = Input(f"x{i}", values[x].shape, x.dtype)
        leaves.append(leaf)
        feeds[leaf] = values[x]
    op: Any = y.op
    again = op(*leaves)
    g, u = Input("g", again.shape), Input("u", leaves[position].shape)
    feeds[g] = np.zeros(again.shape)
    try:
        (vjp,) = grad(sum(mul(again, g)), [leaves[position]])
        (product,) = grad(sum(mul(vjp, u)), [g])
    except GradientError:
        return lambda u: np.zeros(values[y].size)

    shapes = {leaf: value.shape for leaf, value in feeds.items()}
    shapes[u] = values[y.inputs[position]].shape
    program = Program(outputs=[identity(product)], shapes=shapes, dtype="float64")
    executable = open_backend(None).compile(program)
    for leaf, value in feeds.items():
        executable.put(leaf, value)

    def apply(direction: Array) -> Array:
        executable.put(u, direction)
        executable.run()
        return executable.fetch(0)

    return apply
