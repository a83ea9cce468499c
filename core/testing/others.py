"""Check what is no component: data sets, renderers, commands, and whole plugins."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import ConformanceError
from chainrule.leaves import input, parameter
from chainrule.ops import mean, tanh
from chainrule.testing.conforming import conforming


def check_docstring(function: Any) -> None:
    """Check that something has a docstring.

    Raises:
        ConformanceError: it has none.
    """
    if not (inspect.getdoc(function) or getattr(function, "help", "")):
        raise ConformanceError("it has no docstring: say in one line what it is")


@conforming
def check_dataset(dataset: Callable[..., Any]) -> None:
    """Check a function that loads data: what it returns can be learned from.

    A function that needs arguments is not called.

    Raises:
        ConformanceError: it has no docstring, or returns something else than arrays.
    """
    check_docstring(dataset)
    if required_arguments(dataset):
        return
    arrays = list(_arrays(dataset()))
    if not arrays:
        raise ConformanceError("it must return arrays, such as (x, y), got nothing")
    for array in arrays:
        if array.dtype == object:
            raise ConformanceError(f"it must return arrays of numbers, got {array!r}")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ConformanceError("it returns NaN or infinity")
    rows = {len(array) for array in arrays if array.ndim}
    if len(arrays) == 2 and len(rows) != 1:
        raise ConformanceError(f"x and y must have the same rows, got {sorted(rows)}")


def required_arguments(function: Callable[..., Any]) -> list[str]:
    """Return the names of the arguments that have no default."""
    return [
        p.name
        for p in inspect.signature(function).parameters.values()
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]


def _arrays(value: Any) -> list[np.ndarray[Any, Any]]:
    if isinstance(value, (tuple, list)):
        return [array for item in value for array in _arrays(item)]
    if isinstance(value, dict):
        return [np.asarray(item) for item in value.values()]
    return [] if value is None else [np.asarray(value)]


@conforming
def check_renderer(renderer: Callable[..., Any]) -> None:
    """Check a function that draws: it takes a graph, and returns something.

    Raises:
        ConformanceError: it has no docstring, fails on a small graph, or returns None.
    """
    check_docstring(renderer)
    if len(required_arguments(renderer)) != 1:
        return  # it draws something else than a graph
    x, w = input("x", (None, 3)), parameter("w", np.ones((3, 2), np.float32))
    loss = mean(tanh(x @ w))
    try:
        drawn = renderer(loss)
    except Exception as error:
        raise ConformanceError(
            f"it fails on a graph: {type(error).__name__}: {error}"
        ) from error
    if drawn is None:
        raise ConformanceError("it returns None: return the picture, or its text")


@conforming
def check_command(command: Any) -> None:
    """Check a click command: its help is printed.

    Raises:
        ConformanceError: it has no help, or printing it fails.
    """
    from click.testing import CliRunner

    check_docstring(command)
    result = CliRunner().invoke(command, ["--help"])
    if result.exit_code != 0 or not command.get_short_help_str():
        raise ConformanceError(
            f"--help fails with exit code {result.exit_code}: {result.output}"
            f"{result.exception or ''}"
        )
