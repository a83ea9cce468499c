"""Every public function with its parameters, and wrong values for each of them.

What is public is found by walking ``cr.*``, so a new function is tested without being
named here. What a parameter takes is read from its annotation, by rules of their own:
the ones that `chainrule.annotations` follows are what is tested.
"""

from __future__ import annotations

import collections.abc
import decimal
import inspect
import math
import os
import pathlib
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union

import numpy as np

import chainrule as cr
from chainrule.annotations import Converted, OfKind, Range, SuchThat
from chainrule.component import Component
from chainrule.viz.difference import Snapshot

HUGE = 10**400
ITSELF: list[Any] = []
ITSELF.append(ITSELF)


class Unprintable:
    """An object that fails where a message would show it."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")


WRONG: dict[str, Any] = {
    "None": None, "True": True, "-1": -1, "2.5": 2.5, "nan": math.nan,
    "inf": math.inf, "huge": HUGE, "text": "nonsense", "empty text": "",
    "surrogate": "\ud800", "bytes": b"x", "object": object(), "set": {1, 2},
    "empty dict": {}, "empty list": [], "list of None": [None], "class": dict,
    "function": len, "complex": 1j, "array of text": np.array(["a", "b"]),
    "slice": slice(0, 2), "ragged": [[1], [1, 2]], "-huge": -HUGE, "0": 0,
    "escape": "a\x1b[31m", "NUL": "a\0b", "newline": "a\nb", "Ellipsis": ...,
    "array of None": np.array([None]), "a None in an array": np.array(None),
    "one number": np.array(2.5), "no rows": np.empty((0, 3)),
    "half NaN": np.float16("nan"),
    "complex scalar": np.complex64(1j), "date": np.datetime64("2020-01-01"),
    "record": np.zeros(2, [("a", "i4")]), "NaN within": np.array([math.nan, 1.0]),
    "pair": (1, 2), "negative pair": (-1, -2), "seven": [1.0] * 7, "range": range(3),
    "decimal": decimal.Decimal("1.5"), "path": pathlib.PurePosixPath("nowhere/x"),
    "numbers by number": {1: 2}, "type": int, "module": math, "error": ValueError("x"),
    "buffer": bytearray(b"ab"), "frozenset": frozenset({1}), "raises": lambda *_: 1 / 0,
    "itself": ITSELF, "no repr": Unprintable(), "node": cr.input("x", (2, 3)),
    "component": cr.layers.Dense(2), "class of components": cr.layers.Dense,
}  # fmt: skip
"""Values of every type, by a name."""

CATALOGS = (
    "activations", "layers", "losses", "optimizers", "regularizers", "initializers",
    "schedules", "metrics", "callbacks",
)  # fmt: skip

MADE_BY_THE_FRAMEWORK = {cr.Node, cr.Backend, cr.ChainRuleError}
"""Classes that users name, but never construct."""


@dataclass(frozen=True)
class Door:
    """A public callable."""

    name: str
    function: Callable[..., Any]
    signature: inspect.Signature
    hints: dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One wrong value for one parameter of a door."""

    door: Door
    parameter: str
    value: str

    def __str__(self) -> str:
        return f"{self.door.name}-{self.parameter}-{self.value}"


def node() -> cr.Node:
    return cr.input("x", (2, 3))


def loss() -> cr.Node:
    return cr.ops.mean(cr.parameter("w", np.ones(3)) ** 2)


def model() -> cr.Sequential:
    return cr.Sequential([cr.layers.Dense(2)], input_shape=3)


def instances() -> dict[str, Any]:
    """One object of each class whose methods are public."""
    drawn = cr.draw(loss())
    trained = model()
    history = trained.fit(
        np.ones((4, 3)), np.ones((4, 2)), loss="mse", verbose=0, profile=False
    )
    return {
        "Node": node(), "Model": model(), "Graph": cr.Graph([loss()]),
        "Diagram": drawn, "Worksheet": cr.worksheet(loss()),
        "Snapshot": cr.snapshot(loss(), {}),
        "Explanation": cr.explain(loss(), "w", 0), "Profile": history.profile,
        "layer": cr.layers.Dense(2), "loss": cr.losses.mse,
        "Op": cr.ops.tanh,
    }  # fmt: skip


def doors() -> Iterator[Door]:
    """Find every public callable."""
    for name in cr.__all__:
        public = getattr(cr, name)
        if isinstance(public, type) and public not in MADE_BY_THE_FRAMEWORK:
            if not inspect.isabstract(public) and not issubclass(public, cr.Op):
                yield from door(name, public)
        elif inspect.isfunction(public):
            yield from door(name, public)
    for name in cr.ops.__all__ if hasattr(cr.ops, "__all__") else dir(cr.ops):
        public = getattr(cr.ops, name)
        concrete = isinstance(public, type) and issubclass(public, cr.Op)
        if name.startswith("_") or getattr(public, "__module__", "").endswith("errors"):
            continue
        if inspect.isfunction(public) or (
            concrete and public not in (cr.Op, cr.Elementwise)
        ):
            yield from door(f"ops.{name}", public)
        elif isinstance(public, cr.Op):
            yield operation(f"ops.{name}", public)
    for kind in CATALOGS:
        catalog = getattr(cr, kind)
        for name in catalog:
            yield from door(f"{kind}.{name}", catalog._registry.find(kind, name).target)
    for name in cr.datasets:
        yield from door(f"datasets.{name}", cr.datasets[name])
    for name in cr.plot:
        yield from door(f"plot.{name}", cr.plot[name])
    for label, instance in instances().items():
        for name, method in inspect.getmembers(instance, inspect.ismethod):
            public = name == "__call__" or not name.startswith("_")
            if public and not overridable(type(instance), name):
                yield from door(f"{label}.{name}", method)


def operation(name: str, op: cr.Op) -> Door:
    """Take an op for a function of its operands."""
    parameters = [
        inspect.Parameter(operand, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        for operand in op.operands or ()
    ]

    def apply(*operands: Any, nonsense: Any = None, **named: Any) -> cr.Node:
        unknown = {} if nonsense is None else {"nonsense": nonsense}
        return op(*operands, *named.values(), **unknown)

    return Door(name, apply, inspect.Signature(parameters), {})


def overridable(cls: type, name: str) -> bool:
    """Whether a method is there for authors to define and for the framework to call."""
    if name == "__call__":
        return False
    kinds = (Component, cr.Op)
    return issubclass(cls, kinds) and not name.startswith("from_")


def door(name: str, function: Callable[..., Any]) -> Iterator[Door]:
    """Read the signature of a public callable, unless it takes nothing."""
    signature = inspect.signature(function)
    parameters = [p for p in signature.parameters.values() if p.name != "self"]
    if isinstance(function, type) and dataclass_like(function):
        hints = typing.get_type_hints(function, include_extras=True)
    else:
        plain = function.__init__ if isinstance(function, type) else function  # type: ignore[misc]
        hints = typing.get_type_hints(plain, include_extras=True)
    yield Door(name, function, signature.replace(parameters=parameters), hints)


def dataclass_like(cls: type) -> bool:
    return hasattr(cls, "__dataclass_fields__")


def cases(*, said: bool = True) -> Iterator[Case]:
    """Give every parameter every value that its annotation does not take.

    Args:
        said: False gives the values of which the annotation does not say whether it
            takes them, such as data.
    """
    for found in doors():
        for name, parameter in found.signature.parameters.items():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            annotation = found.hints.get(name, Any)
            for label, value in WRONG.items():
                if takes(annotation, value) is (False if said else None):
                    yield Case(found, name, label)


def misuses(found: Door) -> Iterator[tuple[str, Callable[[], object]]]:
    """Call a door with an unknown name, with too many arguments, and with too few."""
    every = found.signature.parameters.values()
    given = arguments_of(Case(found, "", ""))
    kinds = {p.kind for p in every}
    if inspect.Parameter.VAR_KEYWORD not in kinds or found.name.startswith("Op."):
        yield "unknown", lambda: found.function(**given, nonsense=1)
    if inspect.Parameter.VAR_POSITIONAL not in kinds:
        yield "too many", lambda: found.function(*[node()] * (len(every) + 1))
    if given:
        yield "too few", found.function


def takes(annotation: Any, value: Any) -> bool | None:
    """Whether a declared type takes a value; None if the annotation does not say."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is Any or annotation is object:
        return None
    if annotation in (int, float, bool, str) and isinstance(
        value, np.generic | np.ndarray
    ):
        value = (
            value.item() if value.ndim == 0 else value
        )  # NumPy's numbers are numbers
    if origin is Annotated:
        return _takes_marked(arguments[0], arguments[1:], value)
    if origin in (Union, types.UnionType):
        every = [takes(option, value) for option in arguments]
        return True if True in every else None if None in every else False
    if origin is Literal:
        return any(type(value) is type(one) and value == one for one in arguments)
    if annotation in (type(None), None):
        return value is None
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if annotation is float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and abs(value) != HUGE and math.isfinite(value)
    if annotation is bool:
        return isinstance(value, bool)
    if annotation is str:
        return isinstance(value, str) and value != "\ud800"
    if origin is tuple:
        return None if isinstance(value, (tuple, list, np.ndarray)) else False
    if origin in (collections.abc.Sequence, collections.abc.Iterable):
        several = isinstance(value, (list, tuple, set, np.ndarray))
        return (
            None
            if (several and origin is not collections.abc.Sequence)
            or isinstance(value, (list, tuple, range, np.ndarray))
            else False
        )
    if origin is collections.abc.Mapping:
        return None if isinstance(value, dict) else False
    if origin is collections.abc.Callable:
        return callable(value)
    if origin is os.PathLike:
        return None if isinstance(value, os.PathLike) else False
    if isinstance(annotation, type):
        if annotation.__module__.startswith("numpy"):
            return None
        return isinstance(value, annotation)
    return None


def _takes_marked(base: Any, marks: tuple[Any, ...], value: Any) -> bool | None:
    for mark in marks:
        if isinstance(mark, OfKind):
            return (
                None
                if value is None or isinstance(value, (str, type)) or callable(value)
                else False
            )
    if takes(base, value) is False:
        return False
    for mark in marks:
        if isinstance(mark, Range) and value is not None and value not in mark:
            return False
        if isinstance(mark, SuchThat) and value is not None and not mark.holds(value):
            return False
        if isinstance(mark, Converted):
            return None
    return takes(base, value)


def right(annotation: Any, name: str) -> Any:
    """Return a value that a parameter takes, for those that a case is not about."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    known = {
        "nodes": [loss()], "outputs": loss(), "wrt": [loss()], "loss": loss(),
        "inputs": cr.input("x", (2, 3)), "what": loss(), "w": "w",
        "layers": ["dropout"], "value": 1.0, "xs": [node()], "shape": (3, 2), "axis": 0,
        "key": 0, "pad_width": 1, "indices": cr.constant([0, 1]), "weights": {},
        "layer": cr.layers.Dense(2), "probability": 0.5, "number": 1,
        "draw": len, "model": model(),
    }  # fmt: skip
    several = (collections.abc.Sequence, collections.abc.Iterable)
    if origin in several and arguments[0] is cr.Node:
        return [loss()]
    if name in known:
        return known[name]
    if origin is Annotated:
        for mark in arguments[1:]:
            if isinstance(mark, OfKind):
                return next(iter(getattr(cr, mark.kind)))
        inside = right(arguments[0], name)
        fits = [mark for mark in arguments[1:] if isinstance(mark, Range)]
        return next((x for x in (inside, 1, 0.5) if all(x in f for f in fits)), inside)
    if origin in (Union, types.UnionType):
        return right(arguments[0], name)
    if origin is Literal:
        return arguments[0]
    if origin is tuple:
        inner = arguments[0] if arguments else int
        return (right(inner, ""),)
    if annotation is Snapshot:
        return cr.snapshot(loss(), {})
    simple = {int: 1, float: 0.5, bool: False, str: "x"}
    if annotation in simple:
        return simple[annotation]
    if origin is collections.abc.Mapping:
        return {}
    return node()


def arguments_of(case: Case) -> dict[str, Any]:
    """Return the arguments of a call in which only one is wrong."""
    given = {
        name: right(case.door.hints.get(name, Any), name)
        for name, p in case.door.signature.parameters.items()
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    }
    return given | ({case.parameter: WRONG[case.value]} if case.parameter else {})
