"""What regularizers do to a loss: penalties, and other targets while training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chainrule.errors import ComponentError
from chainrule.kinds.regularizer import Batch, Regularizer
from chainrule.node import Node, describe, described
from chainrule.ops import training
from chainrule.scopes import Scope, inside
from chainrule.training.network import Network


def penalties(
    network: Network, regularizers: Sequence[Regularizer], batch: Batch
) -> list[Node]:
    """Return what regularizers add to the loss of a network, one scalar each.

    Raises:
        ComponentError: a penalty is not one number.
    """
    return [
        _number(penalty, regularizer, method)
        for regularizer in regularizers
        for method, penalty in _made(regularizer, network, batch)
        if penalty is not None
    ]


def _made(
    regularizer: Regularizer, network: Network, batch: Batch
) -> Iterator[tuple[str, Node | None]]:
    for weight in network.weights:
        yield "penalty", regularizer.penalty(weight)
    yield "batch_penalty", regularizer.batch_penalty(batch)


def _number(penalty: object, regularizer: Regularizer, method: str) -> Node:
    if isinstance(penalty, Node) and penalty.shape == ():
        return penalty
    raise ComponentError(
        f"{type(regularizer).__name__}.{method} must return one number, as a node, got "
        f"{described(penalty)}; take its sum or mean, as in cr.ops.mean(penalty)"
    )


def transforms_targets(regularizer: Regularizer) -> bool:
    """Whether a regularizer puts other targets in the place of the given ones."""
    own = type(regularizer).transform_target
    return own is not Regularizer.transform_target


def in_training(target: Node, regularizers: Sequence[Regularizer]) -> Node:
    """Return a target with what takes its place in training.

    Raises:
        ComponentError: what takes its place has another shape or dtype.
    """
    for number, regularizer in enumerate(regularizers, start=1):
        name = f"{regularizer.type_name}_{number}"
        with inside((Scope(regularizer.type_name, None, regularizer),)):
            stream = f"{name}/{target.name or 'target'}"
            other = regularizer.transform_target(target, stream)
            if other is None:
                continue
            if (
                not isinstance(other, Node)
                or other.shape != target.shape
                or other.dtype != target.dtype
            ):
                kind = f" of {other.dtype}" if isinstance(other, Node) else ""
                raise ComponentError(
                    f"{type(regularizer).__name__}.transform_target must return a node "
                    f"of the shape and dtype of {describe(target)} of {target.dtype}, "
                    f"got {described(other)}{kind}"
                )
            target = training(other, target)
    return target
