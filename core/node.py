"""Nodes of the graph: leaves, and applications of ops to other nodes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule.annotations import Name
from chainrule.arguments import checked
from chainrule.dtypes import Dtype, as_array, dtype_of
from chainrule.errors import ArgumentTypeError, GraphError, shown
from chainrule.frozen import SetOnce
from chainrule.habits import advice
from chainrule.scopes import Scope, current_scope
from chainrule.shapes import Axis, Shape, Sizes, shape_text
from chainrule.symbolic import Symbolic

if TYPE_CHECKING:
    from chainrule.ops.base import Op


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Where a node of the backward pass comes from.

    Attributes:
        of: the forward node whose gradient it is, or contributes to.
        loss: what was differentiated.
        consumer: for what came along one edge, the node it came from.
        position: for what came along one edge, its index among ``consumer.inputs``.
        whole: whether it is the gradient itself, the sum over all paths.
    """

    of: Node
    loss: Node
    consumer: Node | None = None
    position: int | None = None
    whole: bool = False


@functools.cache
def _function(name: str) -> Callable[..., Node]:
    """Return a function of `chainrule.ops`, which itself imports this module."""
    found: Callable[..., Node] = getattr(import_module("chainrule.ops"), name)
    return found


@functools.cache
def _body(name: str) -> Callable[..., Node]:
    """Return such a function without its door, for arguments that were checked."""
    found: Callable[..., Node] = _function(name).__wrapped__  # type: ignore[attr-defined]
    return found


class Node(SetOnce, Symbolic):
    """An expression: an op applied to inputs, or a leaf.

    Attributes:
        op: the op applied, or None for a leaf.
        inputs: the operands, in order (``x * x`` has two).
        shape: sizes; None is an open dimension, such as the batch.
        dtype: ``"float"``, ``"int"`` or ``"bool"``; a program chooses the precision.
        name: the name given by the user, or None.
        scope: the scopes it was made in, outermost first.
        origin: for a node of the backward pass, what it is a derivative of.
    """

    __slots__ = (
        "__weakref__", "dtype", "inputs", "name", "op", "origin", "scope", "shape",
    )  # fmt: skip
    fixed = frozenset({"op", "inputs", "shape", "dtype"})

    op: Op | None
    inputs: tuple[Node, ...]
    shape: Shape
    dtype: Dtype
    name: str | None
    scope: tuple[Scope, ...]
    origin: Origin | None

    def __init__(
        self,
        op: Op | None,
        inputs: tuple[Node, ...],
        shape: Shape,
        dtype: Dtype,
        name: str | None = None,
    ) -> None:
        _set_op(self, op)
        _set_inputs(self, inputs)
        _set_shape(self, shape)
        _set_dtype(self, dtype)
        _set_name(self, name)
        _set_scope(self, current_scope())
        _set_origin(self, None)

    def _instead_of_setting(self, name: str, value: Any) -> str:
        write = advice(name, "setting a node", "node") or "a node never changes"
        return f"{describe(self)}: {name} cannot be set: {write}"

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    @checked
    def named(self, name: Name) -> Node:
        """Name this node, for diagrams and messages, and return it."""
        self.name = name
        return self

    def __repr__(self) -> str:
        what = self.op.type_name if self.op else type(self).__name__.lower()
        name = f" {self.name!r}" if self.name else ""
        return f"<{what}{name} {shape_text(self.shape)} {self.dtype}>"

    def __iter__(self) -> Iterator[Node]:
        if not self.shape or self.shape[0] is None:
            raise GraphError(f"cannot iterate over {self!r}: its length is unknown")
        return (self[i] for i in range(self.shape[0]))

    def __len__(self) -> int:
        if not self.shape or self.shape[0] is None:
            raise GraphError(f"the length of {self!r} is unknown")
        return self.shape[0]

    def __add__(self, other: Value) -> Node:
        return _function("add")(self, other)

    def __radd__(self, other: Value) -> Node:
        return _function("add")(other, self)

    def __sub__(self, other: Value) -> Node:
        return _function("sub")(self, other)

    def __rsub__(self, other: Value) -> Node:
        return _function("sub")(other, self)

    def __mul__(self, other: Value) -> Node:
        return _function("mul")(self, other)

    def __rmul__(self, other: Value) -> Node:
        return _function("mul")(other, self)

    def __truediv__(self, other: Value) -> Node:
        return _function("div")(self, other)

    def __rtruediv__(self, other: Value) -> Node:
        return _function("div")(other, self)

    def __pow__(self, other: Value, modulus: None = None) -> Node:
        if modulus is not None:
            self._no_modulus(modulus)
        return _function("pow")(self, other)

    def __rpow__(self, other: Value) -> Node:
        return _function("pow")(other, self)

    def __matmul__(self, other: Value) -> Node:
        return _function("matmul")(self, other)

    def __rmatmul__(self, other: Value) -> Node:
        return _function("matmul")(other, self)

    def __neg__(self) -> Node:
        return _function("neg")(self)

    def __pos__(self) -> Node:
        return self

    def __abs__(self) -> Node:
        return _function("abs")(self)

    def __lt__(self, other: Value) -> Node:
        return _function("less")(self, other)

    def __le__(self, other: Value) -> Node:
        return _function("less_equal")(self, other)

    def __gt__(self, other: Value) -> Node:
        return _function("greater")(self, other)

    def __ge__(self, other: Value) -> Node:
        return _function("greater_equal")(self, other)

    def __and__(self, other: Value) -> Node:
        return _of_truth_values("logical_and", self, other)

    def __rand__(self, other: Value) -> Node:
        return _of_truth_values("logical_and", other, self)

    def __or__(self, other: Value) -> Node:
        return _of_truth_values("logical_or", self, other)

    def __ror__(self, other: Value) -> Node:
        return _of_truth_values("logical_or", other, self)

    def __invert__(self) -> Node:
        return _of_truth_values("logical_not", self)

    def __getitem__(self, key: Any) -> Node:
        return _function("slice_")(self, key)

    @property
    def T(self) -> Node:  # noqa: N802 - NumPy's name
        """The transpose: all axes reversed."""
        return _function("transpose")(self)

    @checked
    def sum(self, axis: Axis = None, keepdims: bool = False) -> Node:
        """Sum over `axis`; see `chainrule.ops.sum`."""
        return _body("sum")(self, axis, keepdims)

    @checked
    def mean(self, axis: Axis = None, keepdims: bool = False) -> Node:
        """Mean over `axis`; see `chainrule.ops.mean`."""
        return _body("mean")(self, axis, keepdims)

    @checked
    def reshape(self, *shape: int | None) -> Node:
        """Reshape; see `chainrule.ops.reshape`."""
        return _function("reshape")(self, shape)


_set_op, _set_inputs, _set_shape, _set_dtype, _set_name, _set_scope, _set_origin = (
    vars(Node)[name].__set__
    for name in ("op", "inputs", "shape", "dtype", "name", "scope", "origin")
)
"""Set the attributes of a new node, as fast as can be."""

Value: TypeAlias = Node | npt.ArrayLike
"""What an operand may be: a node, or what becomes a constant."""


class Input(Node):
    """A leaf that is fed at run time."""

    __slots__ = ()

    @checked
    def __init__(self, name: Name, shape: Sizes, dtype: Dtype = "float") -> None:
        super().__init__(None, (), tuple(shape), dtype, name)

    def __reduce_ex__(self, protocol: Any) -> Any:
        only = _only.get(self.name or "") is self
        return (only_input, (self.name,)) if only else super().__reduce_ex__(protocol)


_only: dict[str, Input] = {}


def only_input(name: str) -> Input:
    """Return the one input of a name, a number; copies and pickles of it are itself."""
    return _only.setdefault(name, Input(name, ()))


class Parameter(Node):
    """A leaf with a value that training may change.

    Attributes:
        value: a NumPy array. It is authoritative: a backend that keeps a copy on a
            device writes it back here.
        learned: whether it was made to be changed by its gradient; a running average is
            not.
        frozen: whether training leaves it as it is, whatever it was made for.
    """

    __slots__ = ("_value", "frozen", "learned")

    @checked
    def __init__(
        self, name: Name, value: npt.ArrayLike, *, trainable: bool = True
    ) -> None:
        array = as_array(value)
        if array.dtype.kind not in "fiub":
            raise GraphError(f"parameter {name!r} must be numeric, got {array.dtype}")
        self._value: npt.NDArray[Any] = (
            array if array.dtype.kind == "f" else array.astype(np.float32)
        )
        self.learned = trainable
        self.frozen = False
        super().__init__(None, (), self._value.shape, "float", name)

    @property
    def value(self) -> npt.NDArray[Any]:
        """The value, an array; it may be changed in place, or replaced.

        Raises:
            GraphError: when replaced: by another shape, or by what is not an array of
                numbers.
        """
        return self._value

    @value.setter
    def value(self, value: npt.ArrayLike) -> None:
        # NumPy makes single numbers of arrays without axes: w.value - 0.1 * g
        array = value if isinstance(value, np.ndarray) else as_array(value)
        if array.dtype.kind not in "fiub" or array.shape != self.shape:
            raise GraphError(
                f"the value of {self.name!r} must be numbers of shape "
                f"{shape_text(self.shape)}, got {shape_text(array.shape)} of "
                f"{array.dtype}"
            )
        if array is not value:
            array = array.astype(self._value.dtype)
        self._value = array

    @property
    def trainable(self) -> bool:
        """Whether training changes it by its gradient: it is learned and not frozen.

        To set it to False freezes the parameter, a running average too. To set it to
        True makes the parameter learned.
        """
        return self.learned and not self.frozen

    @trainable.setter
    @checked
    def trainable(self, value: bool) -> None:
        self.learned = self.learned or value
        self.frozen = not value

    requires_grad = trainable  # PyTorch's name


class Constant(Node):
    """A leaf with a value that never changes."""

    __slots__ = ("value",)
    fixed = Node.fixed | {"value"}

    @checked
    def __init__(self, value: npt.ArrayLike, name: Name | None = None) -> None:
        self.value: npt.NDArray[Any] = as_array(value)
        super().__init__(None, (), self.value.shape, dtype_of(self.value), name)


def as_node(value: Value) -> Node:
    """Return `value` itself if it is a node, a constant otherwise.

    Raises:
        ArgumentTypeError: it is one of Python's truth values, as ``a == b`` is.
        GraphError: it is not an array of numbers.
    """
    if isinstance(value, Node):
        return value
    if value is True or value is False:
        raise ArgumentTypeError(
            f"an operand must be a node, a number or an array, got {value}; between "
            "nodes == asks whether they are the same: write cr.ops.equal(a, b), or "
            f"cr.constant({value}) for a truth value"
        )
    return Constant(value)


def _of_truth_values(name: str, *operands: Value) -> Node:
    """Apply a logical op; & and | of integers would be those of their bits."""
    nodes = [as_node(operand) for operand in operands]
    for node in nodes:
        if node.dtype != "bool":
            raise ArgumentTypeError(
                f"& | ~ take truth values such as x > 0, got {describe(node)} of "
                f"{node.dtype}; cr.ops.{name} takes numbers too"
            )
    return _function(name)(*nodes)


def describe(node: Node) -> str:
    """Name a node in a message: where it is, what it is called, and its shape.

    A node without a name is called after its op; a view also after what it shows, as
    in ``transpose of W (3, 4)``; a view of a view is a ``view of W (3, 4)``.
    """
    path = "".join(f"{s.title}/" for s in node.scope)
    views: list[str] = []
    seen = node
    while not seen.name and seen.op and seen.op.view:
        views.append(_what(seen))
        seen = seen.inputs[0]
    view = "" if not views else f"{views[0] if len(views) == 1 else 'view'} of "
    return f"{path}{view}{_what(seen)} {shape_text(node.shape)}"


def described(value: object) -> str:
    """Return a value as messages name it: a node as `describe` does."""
    return describe(value) if isinstance(value, Node) else shown(value)


def _what(node: Node) -> str:
    if node.name:
        return node.name
    return node.op.type_name if node.op else type(node).__name__.lower()
