"""The uses of each named node by the next ones: what explains any number of it.

A gradient is the sum, over the named nodes that use a node, of their gradients times
the derivatives in between. A page multiplies and adds them for the number that a reader
asks for, so that no explanation has to travel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chainrule.autodiff import Backward, backward
from chainrule.graph import topological
from chainrule.node import Input, Node
from chainrule.notation.naming import Naming
from chainrule.notation.styles import Written
from chainrule.notation.symbols import Symbol
from chainrule.ops import identity, mul, sum
from chainrule.ops.arithmetic import Add
from chainrule.ops.linalg import Matmul
from chainrule.substitution import substitute
from chainrule.viz.graph.edge_rules import EdgeRule, edge_rule
from chainrule.viz.graph.options import Options
from chainrule.viz.graph.products import is_view
from chainrule.viz.graph.tidying import tidied
from chainrule.viz.text import Formula
from chainrule.viz.values import evaluated


@dataclass(frozen=True)
class Partner:
    """The other operand of the matrix product that a node is used in.

    Attributes:
        node: the other operand.
        position: 0 if the node is on the left of the product, 1 if on the right.
    """

    node: Node
    position: int


@dataclass(frozen=True)
class Use:
    """The use of one named node by another, the other named nodes held fixed.

    Attributes:
        user: what it is used for.
        seed: a gradient of `user`, which may be chosen freely.
        product: what that seed makes arrive at the node.
        rule: the derivative in between, where it can be printed.
        elementwise: whether each number is used for the number in the same place alone.
        partner: what the node is multiplied by, in a matrix product.
    """

    user: Node
    seed: Input
    product: Node
    rule: Written | None = None
    elementwise: bool = False
    partner: Partner | None = None


@dataclass(frozen=True)
class Uses:
    """All named nodes with a gradient, the loss included, and what uses them.

    Attributes:
        sweep: has the gradients.
        naming: has the names.
        of: node → its uses.
        shapes: node → the shape of its value.
    """

    sweep: Backward
    naming: Naming
    of: Mapping[Node, Sequence[Use]]
    shapes: Mapping[Node, tuple[int, ...]]

    @property
    def seeds(self) -> dict[Input, tuple[int, ...]]:
        """The seeds of all uses, and their shapes."""
        return {
            use.seed: self.shapes[use.user] for uses in self.of.values() for use in uses
        }

    @property
    def factors(self) -> list[Node]:
        """The named nodes without a gradient that others are multiplied by."""
        partners = [use.partner for uses in self.of.values() for use in uses]
        nodes = [partner.node for partner in partners if partner is not None]
        return [node for node in dict.fromkeys(nodes) if node not in self.of]

    def read(self) -> Iterator[Node]:
        """Yield the nodes whose values explanations read."""
        yield from self.factors
        for node, uses in self.of.items():
            yield from (node, self.sweep.gradient[node])
            yield from (use.product for use in uses)


def uses_in(sweep: Backward, naming: Naming, options: Options) -> Uses:
    """Find the uses in a graph, whose inputs have values."""
    found = _find(sweep, naming)
    values = evaluated(
        found, options.values or {}, options.seed, training=options.training
    )
    shapes = {node: values[node].shape for node in found}
    return Uses(sweep, naming, found, shapes)


def _find(sweep: Backward, naming: Naming) -> dict[Node, list[Use]]:
    """Return for each named node with a gradient what uses it."""
    order = topological([sweep.loss])
    named = [
        node for node in order
        if node in sweep.gradient
        and (node is sweep.loss or isinstance(naming.symbol(node), Symbol))
    ]  # fmt: skip
    uses: dict[Node, list[Use]] = {node: [] for node in named}
    for user in named:
        between = _between(user, uses)
        operands = [x for x in _operands(between) if x in uses]
        for operand, seed, product in _products(user, operands):
            part = _from(operand, between)
            edges = [
                (y, i) for y in part for i, x in enumerate(y.inputs) if x is operand
            ]
            rule = edge_rule(sweep, operand, edges, part, [user])
            uses[operand].append(
                Use(
                    user, seed, product, _written(rule, user is sweep.loss, naming),
                    elementwise=rule is not None and rule.of is not None,
                    partner=_partner(operand, part, naming),
                )
            )  # fmt: skip
    return uses


def _between(user: Node, named: Mapping[Node, object]) -> list[Node]:
    """Return a node and what it is computed with but has no name, in order."""
    found = {user}
    waiting = [user]
    while waiting:
        for x in waiting.pop().inputs:
            if x not in named and x not in found:
                found.add(x)
                waiting.append(x)
    return [node for node in topological([user]) if node in found]


def _operands(nodes: list[Node]) -> dict[Node, None]:
    return {x: None for node in nodes for x in node.inputs}


def _from(operand: Node, nodes: list[Node]) -> list[Node]:
    """Return those of some nodes, in order, that are computed with an operand."""
    reached = {operand: None}
    for node in nodes:
        if any(x in reached for x in node.inputs):
            reached[node] = None
    return list(reached)[1:]


def _edges(operand: Node, part: list[Node]) -> list[tuple[Node, int]]:
    """Return who uses an operand, and as which."""
    return [(y, i) for y in part for i, x in enumerate(y.inputs) if x is operand]


def _products(user: Node, operands: list[Node]) -> Iterator[tuple[Node, Input, Node]]:
    """Yield operand, seed, and the seed times the derivative of `user` by it."""
    cuts: dict[Node, Node] = {
        x: Input(f"x{i}", x.shape, x.dtype) for i, x in enumerate(operands)
    }
    if not cuts:
        return
    (alone,) = substitute([user], cuts)
    seed = Input("seed", user.shape)
    gradient = backward(sum(mul(alone, seed)), list(cuts.values())).gradient
    whole = {cut: x for x, cut in cuts.items()}
    for operand, cut in cuts.items():
        if cut in gradient:
            (product,) = substitute([gradient[cut]], whole)
            yield operand, seed, identity(product)


def _written(rule: EdgeRule | None, from_loss: bool, naming: Naming) -> Written | None:
    """Write the derivative along a use, where one expression is that."""
    if rule is None or not (from_loss or rule.of is not None):
        return None
    return Formula(tidied(rule.expression, naming), naming)


def _partner(operand: Node, part: list[Node], naming: Naming) -> Partner | None:
    """Find what a node is multiplied by, if sums alone follow the product."""
    products = [node for node in part if isinstance(node.op, Matmul)]
    if len(products) != 1:
        return None
    (product,) = products
    assert isinstance(product.op, Matmul)
    plain = not (product.op.transpose_a or product.op.transpose_b)
    others = [node for node in part if node is not product]
    if product.ndim != 2 or not plain or not all(_passes(node) for node in others):
        return None
    a, b = map(_origin, product.inputs)
    if (a is operand) == (b is operand):
        return None
    other, position = (b, 0) if a is operand else (a, 1)
    named = isinstance(naming.symbol(other), Symbol)
    return Partner(other, position) if named else None


def _passes(node: Node) -> bool:
    return isinstance(node.op, Add) or is_view(node)


def _origin(node: Node) -> Node:
    """Return what a view is a view of."""
    while is_view(node):
        (node,) = node.inputs
    return node
