"""Ops: a rule for the shape, a derivative, and a notation."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import operator
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import NoneType
from typing import Any, ClassVar, TypeAlias, TypeVar

from chainrule.arguments import checked
from chainrule.component import snake_case
from chainrule.dtypes import Dtype
from chainrule.errors import (
    ArgumentTypeError,
    ComponentError,
    GradientError,
    GraphError,
    ShapeError,
    shown,
)
from chainrule.node import Constant, Node, Value, as_node, describe
from chainrule.shapes import (
    Shape,
    broadcast_shapes,
    mixes_batches,
    shape_fits,
    shape_text,
)

SUM, PRODUCT, POWER, ATOM = 1, 3, 5, 9
"""How tightly a notation binds; an operand that binds less gets parentheses."""

OpClass = TypeVar("OpClass", bound="Op")
Derivatives: TypeAlias = tuple[Node | float | None, ...]
"""∂y/∂x for each operand x; None where no gradient flows."""
Gradients: TypeAlias = tuple[Node | None, ...]
"""∂L/∂x for each operand x; None where no gradient flows."""


@typing.dataclass_transform(eq_default=True, frozen_default=True)
class Op:
    """The smallest unit of mathematics. Subclasses become frozen dataclasses.

    A subclass has fields for its attributes (such as ``axis``), `infer` for the shape
    that comes out, `vjp` for its derivative, and `notation` for how it is written. Its
    methods name the operands, and so say how many there are: ``infer(self, x, like)``.
    """

    type_name: ClassVar[str] = "op"
    notation: ClassVar[str] = ""
    """How it is written in Unicode, with ``{0}``, ``{1}`` for the operands."""
    latex: ClassVar[str] = ""
    """The same in LaTeX, where it differs."""
    precedence: ClassVar[int] = ATOM
    """How tightly the notation binds."""
    associative: ClassVar[bool] = False
    """Whether ``a ∘ (b ∘ c)`` may be written ``a ∘ b ∘ c``."""
    operands: ClassVar[tuple[str, ...] | None] = None
    """The names that its methods give the operands; None: it takes any number."""
    view: ClassVar[bool] = False
    """Whether the result is the first operand's numbers, arranged in another way."""
    takes: ClassVar[Dtype] = "bool"
    """The narrowest dtype it computes with, bool < int < float: narrower operands are
    converted, so that truth values count as 0 and 1."""
    key: tuple[Any, ...]
    """Class and attributes: two ops with one key compute the same."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "type_name" not in cls.__dict__:
            cls.type_name = snake_case(cls.__name__)
        cls.operands = _operand_names(cls)
        dataclass(frozen=True)(cls)
        cls.__init__ = checked(cls.__init__, cls)  # type: ignore[method-assign]
        names = [f.name for f in dataclasses.fields(cls)]  # type: ignore[arg-type]
        cls.key = _key_of(cls, names) if names else (cls,)  # type: ignore[assignment]

    def __call__(self, *values: Value, **unknown: Any) -> Node:
        """Apply the op to its operands, which are given by position.

        Raises:
            ArgumentTypeError: an operand is given by name.
            GraphError: there are too many operands or too few.
            ShapeError: the operands' shapes do not fit; names the operands.
        """
        inputs: Any = values
        for x in values:
            if not isinstance(x, Node):
                inputs = tuple([as_node(x) for x in values])
                break
        names = self.operands
        if names is not None and len(inputs) != len(names):
            raise self._wrong_number(names, inputs)
        if unknown:
            raise ArgumentTypeError(
                f"{self.type_name} takes operands by position, "
                f"got {', '.join(f'{name}=…' for name in unknown)}"
            )
        if self.takes != "bool" and inputs:
            inputs = self.widened(inputs)
        inferred = self.infer(*inputs)
        try:
            shape, dtype = inferred
        except (TypeError, ValueError):
            raise self._wrong("infer", "shape and dtype", inferred) from None
        if dtype not in _ORDER or not isinstance(shape, tuple):
            raise self._wrong("infer", "shape and dtype", inferred)
        return Node(self, inputs, shape, dtype)

    def gradients(self, g: Node, y: Node) -> Gradients:
        """Return what `vjp` returns for a node y of this op.

        Raises:
            ComponentError: that is not one node, or None, for each operand, of a shape
                that broadcasting leads back to the operand's.
        """
        parts = self.vjp(g, y, *y.inputs)
        self._check_one_each("vjp", parts, y, (Node, NoneType))
        if type(self).vjp.__module__.startswith("chainrule."):
            return parts
        for i, (part, x) in enumerate(zip(parts, y.inputs, strict=True)):
            if part is not None and not _fits_operand(part.shape, x.shape, y.shape):
                raise ComponentError(
                    f"{type(self).__name__}.vjp returned shape {shape_text(part.shape)}"
                    f" for operand {i}, {describe(x)}: sum over axes that the op "
                    "repeats, with cr.ops.sum_like(…, x), and repeat along those that "
                    "it sums over, with cr.ops.broadcast_like(…, x)"
                )
        return parts

    def _check_one_each(
        self, method: str, given: Any, y: Node, kinds: tuple[type, ...]
    ) -> None:
        if type(given) is not tuple and not isinstance(given, list):
            raise self._wrong(method, f"a tuple of {len(y.inputs)}", given)
        if len(given) != len(y.inputs):
            raise self._wrong(
                method,
                f"{len(y.inputs)} derivatives, one for each operand "
                f"({', '.join(self.operands or ())})",
                given,
            )
        for one in given:
            if not isinstance(one, kinds):
                raise self._wrong(method, "nodes, which cr.ops computes with", one)

    def _wrong(self, method: str, wanted: str, got: object) -> ComponentError:
        return ComponentError(
            f"{type(self).__name__}.{method} must return {wanted}, got {shown(got)}"
        )

    def widened(self, inputs: tuple[Node, ...]) -> tuple[Node, ...]:
        """Return the operands, narrower ones converted to the dtype that it takes."""
        for x in inputs:
            if x.dtype != "float":
                break
        else:
            return inputs
        return tuple(
            x if widest(x.dtype, self.takes) == x.dtype else _converted(x, self.takes)
            for x in inputs
        )

    def _wrong_number(self, names: Sequence[str], inputs: Sequence[Node]) -> GraphError:
        got = f"{len(inputs)}: {', '.join(map(describe, inputs))}" if inputs else "none"
        return GraphError(
            f"{self.type_name}({', '.join(names)}) takes {len(names)} operand"
            f"{'' if len(names) == 1 else 's'}, got {got}"
        )

    def infer(self, *inputs: Any) -> tuple[Shape, Dtype]:
        """Return shape and dtype of the result; each operand is a node.

        Raises:
            ShapeError: the shapes do not fit.
        """
        raise NotImplementedError

    def vjp(self, g: Node, y: Node, *inputs: Any) -> Gradients:
        """Return ∂L/∂x for every operand, given g = ∂L/∂y, as graph expressions.

        None stands for an operand through which no gradient flows.
        """
        raise GradientError(
            f"{self.type_name} has no derivative: define vjp() on {type(self).__name__}"
            ", or wrap its result in cr.ops.stop_gradient"
        )

    def written(self, node: Node) -> tuple[str, str]:
        """Return (notation, LaTeX) for one use of this op; either may be empty."""
        return self.notation, self.latex

    def expand(self, *inputs: Any) -> Node:
        """Write the op in terms of others, for backends that have no kernel for it."""
        raise NotImplementedError

    @classmethod
    def expands(cls) -> bool:
        """Whether the op can be written in terms of others."""
        return cls.expand is not Op.expand


_FIRST_OPERAND = {"infer": 1, "derivatives": 2, "vjp": 3, "expand": 1}
"""Method of an op → at which of its parameters the operands begin."""


def _operand_names(cls: type) -> tuple[str, ...] | None:
    """Read the operands' names from the first method that spells them out."""
    for method, first in _FIRST_OPERAND.items():
        if hasattr(cls, method):
            parameters = inspect.signature(getattr(cls, method)).parameters.values()
            if not any(p.kind is p.VAR_POSITIONAL for p in parameters):
                return tuple(p.name for p in parameters)[first:]
    return None


def _key_of(cls: type, names: list[str]) -> property:
    read = operator.attrgetter(*names)
    said = "Class and attributes: two ops with one key compute the same."
    return property(lambda op: (cls, read(op)), doc=said)


def made(cls: type[OpClass], *attributes: Any) -> OpClass:
    """Return the op with these attributes, which were checked before; one for all uses.

    Ops do not change, and those with equal attributes compute the same.
    """
    key: Any = cls
    op: OpClass = _made(key, *attributes)
    return op


def ready(cls: type[Op]) -> Op:
    """Return an op that has no attributes to give.

    Raises:
        ArgumentTypeError: it has some; says what to write.
    """
    required = [
        f.name
        for f in dataclasses.fields(cls)  # type: ignore[arg-type]
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]
    if required:
        given = ", ".join(f"{name}=…" for name in required)
        raise ArgumentTypeError(
            f"{cls.type_name} needs {', '.join(required)}: write "
            f"cr.ops.{cls.__name__}({given})(…)"
        )
    return cls()


@functools.lru_cache(maxsize=4096, typed=True)
def _made(cls: Any, *attributes: Any) -> Any:
    return cls(*attributes)


class Elementwise(Op):
    """An op that acts on each element alone, after broadcasting its operands.

    A subclass gives local derivatives; the framework multiplies them by ∂L/∂y. The
    label on a backward edge is printed from the same expression.
    """

    domain: ClassVar[tuple[tuple[float, float], ...]] = ()
    """For each operand, the open interval where the derivative exists; default: ℝ."""
    result: ClassVar[Dtype | None] = None
    """The dtype of the result; None: the widest of the operands' dtypes."""
    takes: ClassVar[Dtype] = "int"
    """The narrowest dtype it computes with; by default that of `result`, or int. One
    operand that has it is enough."""

    def widened(self, inputs: tuple[Node, ...]) -> tuple[Node, ...]:
        takes = self.takes
        for x in inputs:
            if x.dtype == "float" or x.dtype == takes:
                return inputs  # the arithmetic of a wide operand is that of all
        return super().widened(inputs)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if cls.__dict__.get("result") and "takes" not in cls.__dict__:
            cls.takes = cls.__dict__["result"]
        super().__init_subclass__(**kwargs)

    def infer(self, *inputs: Any) -> tuple[Shape, Dtype]:
        shape, dtype = inputs[0].shape, inputs[0].dtype
        for other in inputs[1:]:
            if other.shape != shape:
                shape = common_shape(self.type_name, inputs)
            if other.dtype != dtype:
                dtype = widest(dtype, other.dtype)
        return shape, self.result or dtype

    def slopes(self, y: Node) -> Derivatives:
        """Return what `derivatives` returns for a node y of this op.

        Raises:
            ComponentError: that is not one node or number, or None, for each operand.
        """
        given = self.derivatives(y, *y.inputs)
        self._check_one_each("derivatives", given, y, (Node, int, float, NoneType))
        return given

    def derivatives(self, y: Node, *inputs: Any) -> Derivatives:
        """Return ∂y/∂x for every operand x, as graph expressions.

        None stands for an operand through which no gradient flows.
        """
        raise GradientError(
            f"{self.type_name} has no derivative: define derivatives() on "
            f"{type(self).__name__}, or wrap its result in cr.ops.stop_gradient"
        )


def _fits_operand(part: Shape, x: Shape, y: Shape) -> bool:
    """Whether a gradient has the shape of its operand, or that it was repeated to."""
    if len(part) == len(x) and shape_fits(part, x):
        return True
    spread = broadcast_shapes(x, y)
    return spread is not None and len(part) == len(y) and shape_fits(part, spread)


def common_shape(op: str, inputs: Sequence[Node]) -> Shape:
    """Return the shape to which all operands of an op broadcast.

    Raises:
        ShapeError: there is none; names the operands.
    """
    shape = inputs[0].shape
    for other in inputs[1:]:
        common = broadcast_shapes(shape, other.shape)
        if common is None:
            raise ShapeError(
                f"{op}: shapes of {' and '.join(map(describe, inputs))} do not "
                "broadcast; align them from the right, each pair equal or 1"
            )
        if mixes_batches(shape, other.shape):
            batches = [x for x in inputs if None in x.shape]
            low = min(batches, key=lambda x: x.ndim)
            raise ShapeError(
                f"{op}: {' and '.join(map(describe, inputs))} have their batches on "
                "different axes, and would be combined each with each; write "
                f"cr.ops.expand_dims(x, 1) for x = {describe(low)}"
            )
        shape = common
    return shape


_ORDER: tuple[Dtype, ...] = ("bool", "int", "float")


def _converted(node: Node, dtype: Dtype) -> Node:
    """Return a node of truth values or integers as one of a wider dtype."""
    if isinstance(node, Constant):
        return Constant(node.value.astype(dtype), node.name)
    wide: Node = getattr(import_module("chainrule.ops"), f"to_{dtype}")(node)
    return wide


def widest(a: Dtype, b: Dtype) -> Dtype:
    """Return the dtype that holds both: bool < int < float."""
    return _ORDER[max(_ORDER.index(a), _ORDER.index(b))]
