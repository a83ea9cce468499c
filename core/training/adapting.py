"""Modules that learn from the rows that enter them, before the first step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.data.arrays import Array
from chainrule.data.batches import Feeds, Shapes
from chainrule.errors import GraphError
from chainrule.graph import topological
from chainrule.kinds.backend import Backend, Executable
from chainrule.kinds.module import Module, modules_of
from chainrule.node import Constant, Input, Node, Parameter
from chainrule.program import Program
from chainrule.program.program import FloatDtype
from chainrule.training.inference import BATCH_SIZE, in_batches
from chainrule.training.session import Session


def adapt(
    session: Session, rows: Sequence[Array], backend: Backend, dtype: FloatDtype
) -> None:
    """Let modules learn from the rows that enter them, if they await data.

    One that stands behind another is given what the other makes of the rows when it has
    learned.

    Args:
        session: the network.
        rows: the training part, an array for each input of the network.
        backend: computes what enters a module.
        dtype: the NumPy dtype of floats.

    Raises:
        DataError: what they would learn is not finite.
        GraphError: several calls of a module differ in the shape of their rows.
    """
    feeds = list(zip(session.network.inputs, rows, strict=True))
    for module, nodes in _entered(session.network.outputs).items():
        with session.using(backend):
            parts = [_rows(node, feeds, backend, dtype) for node in nodes]
        if len({part.shape[1:] for part in parts}) > 1:
            shapes = " and ".join(str(part.shape[1:]) for part in parts)
            raise GraphError(
                f"{module.scope.title} is called on rows of the shapes {shapes}, and "
                "learns from rows of one shape: call its adapt(x) before fit"
            )
        module.adapt(np.concatenate(parts), dtype=dtype)


def _entered(outputs: Sequence[Node]) -> dict[Module, dict[Node, None]]:
    """Return the modules that await data, in order, with the nodes that enter them."""
    found: dict[Module, dict[Node, None]] = {}
    for node in topological(outputs):
        for module in modules_of(node):
            if module.awaits_data:
                entering = found.setdefault(module, {})
                for x in node.inputs:
                    inside = module in modules_of(x)
                    if not inside and not isinstance(x, (Parameter, Constant)):
                        entering[x] = None
    return found


def _rows(node: Node, feeds: Feeds, backend: Backend, dtype: FloatDtype) -> Array:
    """Return the values of a node for all rows, in inference mode."""
    leaves = [leaf for leaf in topological([node]) if isinstance(leaf, Input)]
    used = [(leaf, array) for leaf, array in feeds if leaf in leaves]
    if leaves == [node]:
        return used[0][1]

    def program(shapes: Shapes) -> Executable:
        return backend.compile(
            Program(outputs=[node], shapes=dict(shapes), dtype=dtype)
        )

    (values,) = in_batches(used, BATCH_SIZE, program)
    return values
