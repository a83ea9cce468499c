"""The picture of an explanation: the chain, its factors on the edges, the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.node import Node, Parameter
from chainrule.notation.symbols import Derivative
from chainrule.notation.writer import Written, number
from chainrule.viz.chain.branches import add_branches, sum_text
from chainrule.viz.chain.chain import Chain, Factor, context
from chainrule.viz.chain.entries import Element
from chainrule.viz.chain.paths import best_paths, between, count_and_sum
from chainrule.viz.derivative_lines import derivative_lines, measured
from chainrule.viz.scene import Block, BlockKind, Line, Link, Role, Scene
from chainrule.viz.text import Formula, Plain, Tinted, row
from chainrule.viz.values import spanned

if TYPE_CHECKING:
    from chainrule.viz.chain.explanation import Explanation


MOST_BRANCHES = 4
"""Paths whose numbers are written out on an edge; more are only counted."""


def chain_scene(
    explanation: Explanation, chain: Chain, rankdir: str, unfold: int = 0
) -> Scene:
    """Draw the numbers of a chain, what else they use, and the factors between them.

    A factor that is a sum is one edge, or the `unfold` paths that contribute most.
    """
    scene = Scene(explanation.symbol.unicode(), rankdir=rankdir)
    factors = explanation.factors[::-1]  # the weight's first, as the graph runs
    stops = [f.bottom for f in factors] + [f.top for f in factors[-1:]]
    ids = {stop: f"s{place}" for place, stop in enumerate(stops)}
    drawn: dict[Node, str] = {}
    role = {factor.bottom: factor.role for factor in factors}
    for stop in stops:
        scene.blocks.append(_block(ids[stop], stop, chain, role.get(stop)))
    for factor in factors:
        if unfold and factor.count > 1:
            _unfold(scene, factor, ids, chain, unfold)
        else:
            _add_factor(scene, factor, ids, chain, drawn)
    scene.caption = _caption(explanation) + scene.caption
    return scene


def _block(identity: str, stop: Element, chain: Chain, role: Role | None) -> Block:
    """Draw a number; its gradient has the role of the edge that ends here.

    The loss, where no edge ends, has None.
    """
    node = stop.node
    kind: BlockKind = "op"
    if isinstance(node, Parameter):
        kind = "parameter"
    elif role is None:
        kind = "loss"
    symbol = chain.symbol(stop)
    block = Block(identity, kind, symbol, nodes=(node,), group="chain")
    if node.inputs:
        block.lines.append(Line(Formula(node, chain.naming), "formula"))
    value = float(chain.values[node].reshape(-1)[stop.entry])
    block.lines.append(Line(Plain(number(value)), "value"))
    if role is not None:
        _, slope = count_and_sum(chain.within, stop, chain.within.end)
        top = chain.symbol(chain.within.end)
        text = measured(Derivative(top, (symbol,)), number(slope))
        block.lines.append(Line(text, "gradient", role))
    return block


def _unfold(
    scene: Scene, factor: Factor, ids: dict[Element, str], chain: Chain, most: int
) -> None:
    def add_block(element: Element) -> None:
        ids[element] = f"b{len(ids)}"
        block = _block(ids[element], element, chain, factor.role)
        block.group = ""
        scene.blocks.append(block)

    add_branches(scene, factor, ids, chain, most, add_block)


def _add_factor(
    scene: Scene,
    factor: Factor,
    ids: dict[Element, str],
    chain: Chain,
    drawn: dict[Node, str],
) -> None:
    tail, head = ids[factor.bottom], ids[factor.top]
    scene.links.append(Link(tail, head, "forward", straight=True))
    terms = []
    if 1 < factor.count <= MOST_BRANCHES:
        branches = best_paths(chain.within, factor.bottom, factor.top, factor.count)
        sums = sum_text([path.contribution for path in branches])
        terms.append(Line(Plain(f"= {sums}"), "value", factor.role))
    lines = derivative_lines(
        factor.symbol, factor.rule, number(factor.value), factor.role, terms
    )
    scene.links.append(Link(tail, head, "backward", factor.role, lines))
    segment = [
        e for e in between(chain.within, factor.bottom, factor.top)
        if e != factor.bottom
    ]  # fmt: skip
    for leaf in context(segment, {stop.node for stop in ids}):
        if leaf not in drawn:
            drawn[leaf] = f"leaf{len(drawn)}"
            symbol = chain.naming.symbol(leaf)
            block = Block(drawn[leaf], "input", symbol or Plain("?"), nodes=(leaf,))
            value = Plain(spanned(chain.values[leaf]))
            block.lines.append(Line(value, "value"))
            scene.blocks.append(block)
        scene.links.append(Link(drawn[leaf], head, "forward"))


def _caption(explanation: Explanation) -> list[Line]:
    """Write the equation under the picture, each factor in the colour of its edge."""
    factors = explanation.factors
    symbols: list[tuple[Written | str, Factor | None]] = [(explanation.symbol, None)]
    numbers: list[tuple[Written | str, Factor | None]] = [
        (Plain(number(explanation.value)), None)
    ]
    for place, factor in enumerate(factors):
        symbols += [
            ("   =   " if not place else "  ·  ", None),
            (factor.symbol, factor),
        ]
        text = number(factor.value)
        text = f"({text})" if factor.value < 0 and place else text
        numbers += [("   =   " if not place else "  ·  ", None), (Plain(text), factor)]
    lines = [
        Line(row(*(_tinted(*part) for part in parts)), "equation")
        for parts in (symbols, numbers)
    ]
    check = explanation.check()
    marks = [f"{'✓' if ok else '✗'} {text}" for ok, text in check.lines()]
    marks.append(explanation.counted)
    verdict = Plain("     ".join(marks))
    lines.append(Line(verdict, "good" if check.agrees else "mark"))
    return lines


def _tinted(text: Written | str, factor: Factor | None) -> Written | str:
    return Tinted(text, factor.role) if factor and not isinstance(text, str) else text
