"""Checks of what holds for every component: backends, determinism, files, pictures."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from chainrule.errors import ChainRuleError, ConformanceError
from chainrule.execution import open_backend
from chainrule.kinds.activation import Activation
from chainrule.kinds.module import Module
from chainrule.model.foreign import classes_in
from chainrule.model.loading import load
from chainrule.model.model import Model
from chainrule.node import Input, Node
from chainrule.notation.styles import Style
from chainrule.program.program import FloatDtype
from chainrule.registry import registry
from chainrule.testing.again import again
from chainrule.testing.functions import outputs_of
from chainrule.testing.parity import check_parity
from chainrule.testing.parity_cases import case_of
from chainrule.testing.values import Array, Sizes


def available_backends() -> Iterator[str]:
    """Yield the names of the backends that have a device here, NumPy first."""
    names = registry.names("backends")
    for name in sorted(names, key=lambda name: name != "numpy"):
        try:
            backend = open_backend(name)
            if backend.devices() and backend.number() >= 0:
                yield name
        except ChainRuleError:  # no driver, say
            continue


def check_on_backends(component: Any, shape: Sizes = (3, 4), *, seed: int = 0) -> None:
    """Check that every backend here computes what NumPy computes in float64.

    Raises:
        ConformanceError: one does not; says which, and by how much.
    """
    case = case_of(component)
    if case is None:
        return
    for name in available_backends():
        for dtype in get_args(FloatDtype):
            if name != "numpy" and dtype == "float64":
                continue  # which a device may lack
            try:
                check_parity(case, name, shape=shape, dtype=dtype, seed=seed)
            except ConformanceError:
                raise
            except ChainRuleError as error:
                raise ConformanceError(f"on {name}: {error}") from error


def check_saved(module: Module, values: Sequence[Array]) -> None:
    """Check that a model with a layer or activation predicts the same when loaded.

    Raises:
        ConformanceError: it does not.
    """
    copy: Any = again(module)
    layer = copy if not isinstance(copy, Activation) else _layer_of(copy)
    leaves = [
        Input(f"x{i}", (None, *value.shape[1:])) for i, value in enumerate(values)
    ]
    model = Model(leaves, outputs_of(layer, leaves))
    custom = {cls.type_name: cls for cls in classes_in(module)}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it need not be registered
        path = Path(folder) / "model.safetensors"
        model.save(path)
        _check_same(model, load(path, custom=custom), values)


def _layer_of(activation: Activation) -> Any:
    return registry.find("layers", "activation").target(activation)


def _check_same(one: Model, other: Model, values: Sequence[Array]) -> None:
    a, b = (_predicted(model, values) for model in (one, other))
    if [x.tobytes() for x in a] != [x.tobytes() for x in b]:
        raise ConformanceError(
            f"a model with it predicts {a!r}, and when it was saved and loaded {b!r}"
        )


def _predicted(model: Model, values: Sequence[Array]) -> list[Array]:
    predicted = model.predict(list(values) if len(values) > 1 else values[0])
    return predicted if isinstance(predicted, list) else [predicted]


def check_drawn(y: Node, styles: Sequence[str] = get_args(Style)) -> None:
    """Check that a node is drawn, forward and backward, with a formula for each op.

    Raises:
        ConformanceError: it cannot be drawn.
    """
    draw = registry.find("renderers", "draw").target
    loss = y if y.shape == () else y.sum()
    try:
        for what, direction in ((y, "forward"), (loss, "both")):
            if direction == "both" and y.dtype != "float":
                continue
            draw(what, level="op", direction=direction).render("svg")
    except ChainRuleError as error:
        raise ConformanceError(f"it cannot be drawn: {error}") from error
