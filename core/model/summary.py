"""A table of a model's layers."""

from __future__ import annotations

import math

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chainrule.calls import calls
from chainrule.kinds.module import is_from_data
from chainrule.model.missing import Missing
from chainrule.model.structure import Structure, called
from chainrule.node import Node, Parameter
from chainrule.shapes import shape_text
from chainrule.terminal import visible_line
from chainrule.training.network import Network


def show(structure: Structure) -> None:
    """Print the table."""
    Console().print(table(structure))


def table(structure: Structure) -> Table:
    """Return a table of calls: layer, shape of its output, number of its parameters.

    Parameters that no layer owns are in a row of their own; those of a shared layer are
    counted once.
    """
    network = structure.network
    made = Table(show_footer=True, header_style="bold")
    made.add_column("Layer", "Total")
    made.add_column("Output")
    made.add_column("Parameters", _totals(network), justify="right")
    counted: set[Parameter] = set()
    for leaf in network.inputs:
        made.add_row(_cell(leaf.name or "input"), shape_text(leaf.shape), "")
    outputs: dict[int, list[Node]] = {}
    for node in called(structure.order, structure.places):
        outputs.setdefault(id(calls[node].inputs), []).append(node)
    for nodes in outputs.values():
        part = calls[nodes[0]].module
        missing = ", missing" if isinstance(part, Missing) else ""
        name = f"{part.scope.name} ({type(part).__name__}{missing})"
        own = {owned.node for _, owned in part.owned_parameters()} - counted
        counted |= own
        shapes = ", ".join(shape_text(node.shape) for node in nodes)
        made.add_row(_cell(name), shapes, _count(own))
    rest = set(network.parameters.values()) - counted
    if rest:
        made.add_row("(no layer)", "", _count(rest))
    return made


def _totals(network: Network) -> str:
    """Return how many numbers there are, and what training does with them."""
    every = set(network.parameters.values())
    trained = {p for p in every if p.trainable}
    updated = {p for p in every & network.averages - trained if not p.frozen}
    from_data = {p for p in every - trained if is_from_data(p) and not p.frozen}
    parts = {"trained": trained, "running averages": updated, "from data": from_data}
    parts["frozen"] = every - trained - updated - from_data
    lines = [f"{_size(part):,} {what}" for what, part in parts.items() if part]
    total = f"{_size(every):,}"
    return total if len(lines) < 2 and trained else "\n".join([total, *lines])


def _count(parameters: set[Parameter]) -> str:
    """Return how many numbers a layer has, and whether all are frozen."""
    frozen = parameters and all(p.frozen for p in parameters)
    return f"{_size(parameters):,}" + " frozen" * bool(frozen)


def _cell(name: str) -> Text:
    """Return a name as it stands: no markup, nothing that a terminal would obey."""
    return Text(visible_line(name))


def _size(parameters: set[Parameter]) -> int:
    return sum(math.prod(p.value.shape) for p in parameters)
