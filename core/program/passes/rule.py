"""Rules: identities of mathematics, where they hold, and graphs that contain them.

Most rules are laws, two expressions that are equal::

    law("ln(1 + exp(z)) = softplus(z)",
        lambda z: log(1.0 + exp(z)), lambda z: softplus(z))

The first is a pattern. An unknown stands for any node, the same one wherever it stands;
those called ``b``, ``c`` and ``d`` stand for numbers. A literal stands for itself.
Operands of sums and products may come in either order; ops of a pattern have no
attributes. What a law needs of its unknowns is said by ``where``. A result of another
shape or dtype than the node is no match.

What a law cannot say, such as what becomes of axes, is a function with `rule`.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, Protocol, TypeAlias, TypeVar

from chainrule.errors import GraphError
from chainrule.node import Constant, Input, Node, Value
from chainrule.ops import Add, BroadcastTo, Identity, Mul, Op
from chainrule.program.passes.domain import number
from chainrule.program.rewrite import Rewrite, Table

T = TypeVar("T")

NUMBERS = frozenset("bcd")
"""The names of unknowns that stand for numbers."""


class Source(Protocol):
    """Where a generator gets its operands from; every call may return another one."""

    def array(self, ndim: int | None = None) -> Node:
        """Return a node of at least one axis, or of exactly `ndim`."""
        ...

    def like(self, x: Node) -> Node:
        """Return a node that broadcasts with x to the shape of x."""
        ...

    def number(self) -> float:
        """Return a number."""
        ...

    def pick(self, options: Sequence[T]) -> T:
        """Return one of several things."""
        ...


Example: TypeAlias = Callable[[Source], Node]
"""Builds a graph that contains what a rule looks for."""


@dataclass(frozen=True)
class Rule:
    """One identity.

    Attributes:
        statement: what it says.
        ops: the ops on whose nodes it is tried.
        apply: returns what a node becomes, or None if the rule does not hold there.
        example: builds a graph that contains it.
    """

    statement: str
    ops: tuple[type[Op], ...]
    apply: Rewrite
    example: Example

    def __post_init__(self) -> None:
        if not callable(self.example):
            raise GraphError(
                f"the rule {self.statement!r} has no generator: give it an example, a "
                "function that builds a graph which contains the pattern"
            )


def rule(*ops: type[Op], example: Example) -> Callable[[Rewrite], Rule]:
    """Make a rule of a function; its docstring is the statement."""

    def decorate(apply: Rewrite) -> Rule:
        return Rule(inspect.getdoc(apply) or apply.__name__, ops, apply, example)

    return decorate


def table_of(*families: Iterable[Rule]) -> Table:
    """Return the rewrites of rules, those of the first family tried first.

    Raises:
        GraphError: something is not a rule, and so has no generator.
    """
    table: dict[type[Op], tuple[Rewrite, ...]] = {}
    for each in itertools.chain(*families):
        if not isinstance(each, Rule):
            raise GraphError(f"{each!r} is not a rule: make one with law() or rule()")
        for op in each.ops:
            table[op] = (*table.get(op, ()), each.apply)
    return table


# -- laws --------------------------------------------------------------------------


class Unknown(Input):
    """A leaf of a pattern: it stands for any node."""

    __slots__ = ()


class Number(Unknown):
    """A leaf of a pattern that stands for a number."""

    __slots__ = ()


Found: TypeAlias = dict[str, Any]
"""Names of unknowns → the nodes, or the numbers, that they stand for."""
Match: TypeAlias = Callable[[Node, Found], bool]


def law(
    statement: str,
    left: Callable[..., Node],
    right: Callable[..., Value],
    where: Callable[..., bool] | None = None,
) -> Rule:
    """Make a rule of two equal expressions; the first becomes the second.

    Args:
        statement: how it is written.
        left: builds the pattern; its parameters are the unknowns.
        right: builds the other expression from what the unknowns stand for.
        where: the condition, as a function of some of the unknowns.
    """
    names = list(inspect.signature(left).parameters)
    pattern = left(*((Number if n in NUMBERS else Unknown)(n, ()) for n in names))
    assert pattern.op is not None

    def example(some: Source) -> Node:
        first = some.array()
        arrays = itertools.chain([first], iter(lambda: some.like(first), None))
        return left(
            *(some.number() if name in NUMBERS else next(arrays) for name in names)
        )

    return Rule(
        statement, (type(pattern.op),), _Law(statement, pattern, right, where), example
    )


class _Law:
    """The rewrite that a law stands for."""

    def __init__(
        self,
        statement: str,
        pattern: Node,
        right: Callable[..., Value],
        where: Callable[..., bool] | None,
    ) -> None:
        self.__doc__ = statement
        orders = list(_orders(pattern))
        self._kinds = [tuple(map(_kind, order.inputs)) for order in orders]
        self._matches = [_matcher(order) for order in orders]
        self._right, self._where = right, where
        self._needed = list(inspect.signature(where).parameters) if where else []

    def may_match(self, kinds: Sequence[type]) -> bool:
        """Whether operands made by ops of these classes can be those of the pattern."""
        return any(
            all(
                wanted is Op or kind is wanted or kind is Identity
                or (wanted is NoneType and kind is BroadcastTo)
                for kind, wanted in zip(kinds, order, strict=True)
            )
            for order in self._kinds
        )  # fmt: skip

    def __call__(self, node: Node) -> Node | None:
        for match in self._matches:
            found: Found = {}
            if match(node, found):
                where = self._where
                if where is not None and not where(*(found[n] for n in self._needed)):
                    continue
                made = self._right(**found)
                result = made if isinstance(made, Node) else Constant(made)
                if result.shape == node.shape and result.dtype == node.dtype:
                    return result
        return None


def _kind(pattern: Node) -> type:
    """Return the class of the op that a node must have to match; `Op`: of any."""
    if isinstance(pattern, Unknown) and not isinstance(pattern, Number):
        return Op
    return type(pattern.op)


def _orders(pattern: Node) -> Iterator[Node]:
    """Yield a pattern with the operands of its sums and products in either order."""
    op = pattern.op
    if op is None:
        yield pattern
        return
    for operands in itertools.product(*map(_orders, pattern.inputs)):
        yield op(*operands)
        if isinstance(op, (Add, Mul)) and operands[0] is not operands[1]:
            yield op(*reversed(operands))


def _matcher(pattern: Node) -> Match:
    """Return a function that compares nodes with a pattern."""
    name = pattern.name or ""
    if isinstance(pattern, Constant):
        literal = float(pattern.value)
        return lambda node, found: number(node) == literal
    if isinstance(pattern, Number):
        return lambda node, found: (
            (value := number(node)) is not None
            and found.setdefault(name, value) == value
        )
    if isinstance(pattern, Unknown):
        return lambda node, found: found.setdefault(name, node) is node
    kind = type(pattern.op)
    parts = [(i, _matcher(x)) for i, x in enumerate(pattern.inputs)]
    parts.sort(key=lambda part: pattern.inputs[part[0]].op is None)  # the rarest first

    def match(node: Node, found: Found) -> bool:
        while type(node.op) is Identity:
            (node,) = node.inputs
        if type(node.op) is not kind:
            return False
        inputs = node.inputs
        for i, part in parts:  # noqa: SIM110 - all() takes twice as long
            if not part(inputs[i], found):
                return False
        return True

    return match
