"""Meanings of a printed formula: every array that a reader may compute from it.

Mathematics on paper leaves out what is clear: over which axis Σ sums, which axis a
softmax normalizes, along which axis two arrays are aligned. So a formula has several
meanings, a few; it is true if one of them is what it should be.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from chainrule.errors import DataError
from chainrule.viz.formulas.measures import Array, Measure, apply, literal
from chainrule.viz.formulas.parser import Term, parse

Names: TypeAlias = Mapping[str, Sequence[Array]]
"""The arrays that a name can stand for: one, unless the name is used twice."""
Function: TypeAlias = Callable[..., Iterable[Any]]
"""Arrays → every result that they may have."""

MOST = 100
"""Meanings that are followed; a formula with more says too little."""
MOST_TRIED = 2_000
"""Combinations of meanings that are tried for one operation."""


class UnreadableError(DataError):
    """A formula leaves out what it takes to compute it, as ``…`` does."""


def meanings(
    text: str, names: Names, functions: Mapping[str, Function] | None = None
) -> list[Measure]:
    """Return every array that a formula can mean.

    Args:
        text: the formula.
        names: what its names stand for.
        functions: by name, what it may call beside those that everybody knows.

    Raises:
        UnreadableError: it leaves something out, or may mean too many things.
        DataError: it is not a formula, or names something unknown.
    """
    reader = _Reader(names, {**FUNCTIONS, **(functions or {})})
    with np.errstate(all="ignore"):
        return reader.read(parse(text, names))


class _Reader:
    def __init__(self, names: Names, functions: Mapping[str, Function]) -> None:
        self.names = names
        self.functions = functions
        arrays = [array for choices in names.values() for array in choices]
        self.sizes = sorted({size for array in arrays for size in array.shape} | {1})

    def read(self, term: Term) -> list[Measure]:
        if term.head == "number":
            return [literal(term.text)]
        if term.head == "name":
            return self._named(term.text)
        if term.head == "…":
            raise UnreadableError("the formula is cut short")
        if term.head == "slice":
            (of,) = term.parts[:1]
            cut = _slicer(term.parts[1:])
            return _distinct(_all(lambda x: [cut(x)], [self.read(of)]))
        function = self._function(term)
        return _distinct(_all(function, [self.read(part) for part in term.parts]))

    def _named(self, name: str) -> list[Measure]:
        if name not in self.names:
            known = ", ".join(list(self.names)[:12])
            raise DataError(f"the formula names {name!r}; known here: {known}")
        return [Measure(np.asarray(array)) for array in self.names[name]]

    def _function(self, term: Term) -> Function:
        if term.head != "call":
            return _OPERATORS[term.head]
        if term.text in ("reshape", "onehot"):
            shaping = _reshaped if term.text == "reshape" else _one_hot
            return lambda x: shaping(x, self.sizes)
        if term.text not in self.functions:
            raise DataError(f"the formula calls {term.text!r}, which is not known")
        return self.functions[term.text]


def _all(function: Function, operands: Sequence[Sequence[Measure]]) -> list[Measure]:
    """Apply a function to every combination of what its operands can mean."""
    found: list[Measure] = []
    if math.prod(map(len, operands)) > MOST_TRIED:
        raise UnreadableError("the formula may mean too many things")
    for combination in itertools.product(*operands):
        arrays = [x.value for x in combination]
        try:
            results = list(function(*arrays))
        except (ValueError, IndexError, TypeError):
            continue  # the shapes do not fit: that is not what is meant
        if all(x.error is None for x in combination):
            found += [Measure(np.asarray(result)) for result in results]
            continue
        for i in range(len(results)):
            found.append(apply(_nth(function, i), *combination))
    if not found:
        raise DataError("the shapes in the formula do not fit in any way")
    return found


def _nth(function: Function, i: int) -> Callable[..., Any]:
    return lambda *arrays: list(function(*arrays))[i]


def _distinct(found: Sequence[Measure]) -> list[Measure]:
    kept = list({measure.key: measure for measure in found}.values())
    if len(kept) > MOST:
        raise UnreadableError("the formula may mean too many things")
    return kept


# -- operators ------------------------------------------------------------------


def _aligned(a: Array, b: Array) -> Iterator[tuple[Array, Array]]:
    """Yield the ways to align two arrays: from the right, or with axes put in."""
    if a.ndim > b.ndim:
        yield from ((y, x) for x, y in _aligned(b, a))
        return
    for axes in itertools.combinations(range(b.ndim), b.ndim - a.ndim):
        x = np.expand_dims(a, axes)
        if all(m == n or 1 in (m, n) for m, n in zip(x.shape, b.shape, strict=True)):
            yield x, b


def _entrywise(function: Callable[[Any, Any], Any]) -> Function:
    def results(a: Array, b: Array) -> Iterator[Any]:
        for x, y in _aligned(a, b):
            yield function(x, y)

    return results


def _one(function: Callable[[Any], Any]) -> Function:
    return lambda x: [function(x)]


def _product(a: Array, b: Array) -> Iterator[Any]:
    """Multiply numbers, or matrices; a vector is a row or a column."""
    if a.size == 1 or b.size == 1:
        yield from _entrywise(np.multiply)(a, b)
        return
    if a.ndim == b.ndim == 1 and len(a) == len(b):
        yield a @ b
    for x, y in itertools.product(_matrices(a), _matrices(b)):
        if x.shape[-1] == y.shape[-2]:
            yield np.squeeze(x @ y) if min(a.ndim, b.ndim) == 1 else x @ y


def _matrices(x: Array) -> list[Array]:
    return [x[None, :], x[:, None]] if x.ndim == 1 else [x]


def _over_axes(function: Callable[..., Any]) -> Function:
    """Reduce over all axes, or over some of them."""

    def results(x: Array) -> Iterator[Any]:
        yield function(x)
        for count in range(1, x.ndim):
            for axes in itertools.combinations(range(x.ndim), count):
                yield function(x, axis=axes)

    return results


def _along_axes(function: Callable[[Array, int], Any]) -> Function:
    return lambda x: [function(x, axis) for axis in reversed(range(x.ndim))]


def _transposed(x: Array) -> Iterator[Any]:
    yield x.T
    if x.ndim > 2:
        for axes in itertools.permutations(range(x.ndim)):
            yield x.transpose(axes)


def _listed(*parts: Array) -> Iterator[Any]:
    """Read ``[a, b]``, a vector or arrays one after the other, or ``[x > 0]``."""
    if len(parts) == 1:
        yield parts[0].astype(float) if parts[0].ndim else parts[0].reshape(1) * 1.0
    if all(x.size == 1 for x in parts):
        yield np.array([x.reshape(()) for x in parts])
    for axis in range(parts[0].ndim):
        beside = {(*x.shape[:axis], *x.shape[axis + 1 :]) for x in parts}
        if len(beside) == 1:
            yield np.concatenate(parts, axis)


def _indexed(x: Array, t: Array) -> Iterator[Any]:
    t = t.astype(int)
    if x.ndim == t.ndim + 1 and np.max(t, initial=0) < x.shape[-1]:
        yield np.take_along_axis(x, t[..., None], -1)[..., 0]
    if np.max(t, initial=0) < x.shape[0]:
        yield x[t]


def _slicer(keys: Sequence[Term]) -> Callable[[Any], Any]:
    cut = []
    for key in keys:
        if key.head == ":":
            bounds = [int(b) if b else None for b in key.text.split(":")]
            cut.append(slice(*bounds))
        else:
            cut.append(slice(int(key.text), int(key.text) + 1))
    return lambda x: x[tuple(cut)]


def _reshaped(x: Array, sizes: Sequence[int]) -> Iterator[Any]:
    yield x.reshape(-1)
    for size in sizes:
        if size > 1 and x.size % size == 0:
            yield x.reshape(-1, size)
            yield x.reshape(size, -1)


def _one_hot(t: Array, sizes: Sequence[int]) -> Iterator[Any]:
    t = t.astype(int)
    for size in sizes:
        if size > np.max(t):
            yield np.eye(size)[t]


def _chosen(condition: Array, yes: Array, no: Array) -> Iterator[Any]:
    for a, b in _aligned(yes, no):
        both = np.stack(np.broadcast_arrays(a, b))
        for c, _ in _aligned(condition, both[0]):
            yield np.where(c, *both)
        if condition.ndim > both.ndim - 1:
            for c, x in _aligned(condition, both[0]):
                yield np.where(c, x, both[1].reshape(x.shape))


_OPERATORS: Mapping[str, Function] = {
    "+": _entrywise(np.add), "-": _entrywise(np.subtract),
    "⊙": _entrywise(np.multiply), "/": _entrywise(np.divide), "·": _product,
    "^": _entrywise(lambda a, b: np.power(np.asarray(a, float), b)),
    "neg": _one(np.negative), "ᵀ": _transposed, "Σ": _over_axes(np.sum),
    "=": _entrywise(np.equal), "≠": _entrywise(np.not_equal),
    "<": _entrywise(np.less), "≤": _entrywise(np.less_equal),
    ">": _entrywise(np.greater), "≥": _entrywise(np.greater_equal),
    "∧": _entrywise(np.logical_and), "∨": _entrywise(np.logical_or),
    "if": _chosen, "list": _listed, "index": _indexed,
}  # fmt: skip


# -- functions ------------------------------------------------------------------


def _softmax(x: Array, axis: int) -> Any:
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def _log_softmax(x: Array, axis: int) -> Any:
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def _logsumexp(x: Array, axis: Any = None) -> Any:
    top = np.max(x, axis=axis, keepdims=True)
    total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return np.squeeze(total, axis) if axis is not None else total.reshape(())


def _sigmoid(x: Array) -> Any:
    return np.exp(-np.logaddexp(0, -x))


def _extremum(over: Callable[..., Any], of_two: Callable[[Any, Any], Any]) -> Function:
    def results(*parts: Array) -> Iterable[Any]:
        function = _over_axes(over) if len(parts) == 1 else _entrywise(of_two)
        return function(*parts)

    return results


def _reverse_cumsum(x: Array, axis: int) -> Any:
    return np.flip(np.cumsum(np.flip(x, axis), axis), axis)


def _clipped(x: Array, low: Array, high: Array) -> Iterator[Any]:
    for a, b in _aligned(x, low):
        for c, d in _aligned(np.maximum(a, b), high):
            yield np.minimum(c, d)


def _norm(x: Array) -> Any:
    return np.sqrt(np.sum(np.square(np.asarray(x, float))))


_OF_ONE: Mapping[str, Callable[[Any], Any]] = {
    "σ": _sigmoid, "sigmoid": _sigmoid, "tanh": np.tanh, "exp": np.exp, "ln": np.log,
    "log": np.log, "sin": np.sin, "cos": np.cos, "√": np.sqrt, "sqrt": np.sqrt,
    "abs": np.abs, "|": np.abs, "‖": _norm, "sign": np.sign, "expm1": np.expm1,
    "log1p": np.log1p, "erf": np.vectorize(math.erf), "¬": np.logical_not,
    "floor": np.floor, "ceil": np.ceil,
    "round": np.rint,
    "relu": lambda x: np.maximum(x, 0), "softplus": lambda x: np.logaddexp(0, x),
    "log_cosh": lambda x: np.logaddexp(x, -x) - math.log(2),
    "finite": np.isfinite, "int": lambda x: np.asarray(x).astype(int),
    "stop": lambda x: x,
}  # fmt: skip

FUNCTIONS: Mapping[str, Function] = {
    **{name: _one(function) for name, function in _OF_ONE.items()},
    "max": _extremum(np.max, np.maximum), "min": _extremum(np.min, np.minimum),
    "mean": _over_axes(np.mean), "prod": _over_axes(np.prod),
    "cumsum": _along_axes(np.cumsum), "reverse_cumsum": _along_axes(_reverse_cumsum),
    "argsort": _along_axes(lambda x, axis: np.argsort(x, axis, "stable")),
    "clip": _clipped, "sum": _over_axes(np.sum),
    "logsumexp": _over_axes(_logsumexp), "softmax": _along_axes(_softmax),
    "log_softmax": _along_axes(_log_softmax), "argmax": _along_axes(np.argmax),
}  # fmt: skip
"""The functions that formulas may call, by name."""
