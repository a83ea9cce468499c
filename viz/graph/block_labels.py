"""The labels of blocks: title, formulas, parameters, shapes and values."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.kinds.loss import Loss
from chainrule.kinds.module import is_from_data
from chainrule.node import Constant, Node, Parameter
from chainrule.notation.naming import Naming
from chainrule.notation.styles import Written
from chainrule.shapes import shape_text
from chainrule.viz.graph.partition import Part
from chainrule.viz.graph.subject import Subject
from chainrule.viz.graph.tidying import settled
from chainrule.viz.readings import range_reading
from chainrule.viz.scene import BlockKind, Line
from chainrule.viz.text import Formula, Plain, row
from chainrule.viz.values import Values

MOST_FORMULAS = 5
"""Formulas that one block lists; the rest becomes ⋮."""


@dataclass(frozen=True)
class BlockLabels:
    """Writes what blocks say, but for their gradients.

    Attributes:
        subject: the graph.
        naming: the symbols of its nodes.
        values: of the nodes that are shown.
        show_shapes: whether shapes are written.
        show_counts: whether the numbers of parameters are.
        show_dtypes: whether dtypes are.
    """

    subject: Subject
    naming: Naming
    values: Values
    show_shapes: bool
    show_counts: bool = False
    show_dtypes: bool = False

    def kind(self, part: Part) -> BlockKind:
        """Say what kind of block a part is."""
        if part.whole and isinstance(part.component, Loss):
            return "loss"
        outputs = self.subject.graph.outputs
        if any(n in outputs and n.shape == () and n.inputs for n in part.exits):
            return "loss"
        if part.whole:
            return "layer"
        node = part.nodes[-1]
        if isinstance(node, Parameter):
            return "parameter"
        if not node.inputs:
            return "constant" if isinstance(node, Constant) else "input"
        return "op"

    def title(self, part: Part, last: Part | None = None, times: int = 1) -> Written:
        """Return the heading: a symbol, or the name of a layer.

        Where the block stands for several parts, `last` is the last of them; it says
        how many where they are a row of `times`.
        """
        if part.label:
            return Plain(part.label)
        count = f"  × {times}" if times > 1 else ""
        if part.whole:
            name, end = part.scope[-1], last.scope[-1] if last else part.scope[-1]
            call = f", call {part.call[0]} of {part.call[1]}" if part.call else ""
            return Plain(name + call + (f" … {end}" if end != name else "") + count)
        symbol = self.naming.symbol(part.result)
        if last is None:
            return symbol or Plain("?")
        end_symbol = self.naming.symbol(last.result)
        return row(symbol or "?", " … ", end_symbol or "?", count)

    def stands_for(self, times: int) -> list[Line]:
        """Say that what a block writes is that of the first of several."""
        return [Line(Plain("written for the first:"), "note")] if times > 1 else []

    def lines(self, part: Part) -> list[Line]:
        """Return what a block says under its heading."""
        if part.label:
            return []
        return [
            *self._description(part),
            *self._formulas(part),
            *self._parameters(part),
            *self._shapes(part),
            *self._counts(part),
            *self._frozen(part),
            *self._value(part),
        ]

    def _description(self, part: Part) -> list[Line]:
        """Write a component's hyperparameters, if they say more than its name."""
        if not part.whole or part.component is None:
            return []
        described = repr(part.component)
        if described.rstrip("()").lower() == part.scope[-1].replace("_", ""):
            return []
        return [Line(Plain(described), "note")]

    def _formulas(self, part: Part) -> list[Line]:
        """Write what a block computes: one line for each named node in it."""
        lines = []
        for node in part.nodes:
            symbol = self.naming.symbol(node)
            if not node.inputs or symbol is None:
                continue
            formula = Formula(settled(node, self.naming), self.naming)
            alone = not part.whole and node is part.nodes[-1]
            text = formula if alone else row(symbol, " = ", formula)
            lines.append(Line(text, "formula"))
        if len(lines) > MOST_FORMULAS:
            lines[MOST_FORMULAS - 2 : -1] = [Line(Plain("⋮"), "formula")]
        return lines

    def _parameters(self, part: Part) -> list[Line]:
        if not part.whole:
            return []
        texts: list[Written | str] = []
        for node in part.nodes:
            symbol = self.naming.symbol(node)
            if isinstance(node, Parameter) and symbol:
                texts += ["   " if texts else "", symbol]
                texts += [" ", Plain(shape_text(node.shape))]
        return [Line(row(*texts), "shape", "parameter")] if texts else []

    def _shapes(self, part: Part) -> list[Line]:
        shapes = dict.fromkeys(self._shape(node) for node in part.exits)
        shown = [text for text in shapes if text not in ("", "()")]
        return [Line(Plain(", ".join(shapes)), "shape")] if shown else []

    def _shape(self, node: Node) -> str:
        """Write the shape and the dtype of a node, as far as they were asked for."""
        shape = shape_text(node.shape) if self.show_shapes else ""
        return f"{shape} {node.dtype}".strip() if self.show_dtypes else shape

    def _counts(self, part: Part) -> list[Line]:
        """Write how many numbers the parameters of a block have."""
        sizes = [n.value.size for n in part.nodes if isinstance(n, Parameter)]
        if not self.show_counts or not sizes:
            return []
        count = f"{sum(sizes):,}".replace(",", "\u202f")
        word = "parameter" if sum(sizes) == 1 else "parameters"
        return [Line(Plain(f"{count} {word}"), "shape", "parameter")]

    def _frozen(self, part: Part) -> list[Line]:
        """Mark parameters that training does not change."""
        parameters = [n for n in part.nodes if isinstance(n, Parameter)]
        moving = self.subject.averages
        frozen = [
            n
            for n in parameters
            if n.frozen or not (n.trainable or n in moving or is_from_data(n))
        ]
        if not frozen:
            return []
        if len(frozen) == len(parameters):
            return [Line(Plain("❄ frozen"), "note")]
        symbols = [self.naming.symbol(n) for n in frozen]
        named = ", ".join(symbol.unicode() if symbol else "?" for symbol in symbols)
        return [Line(Plain(f"❄ frozen: {named}"), "note")]

    def _value(self, part: Part) -> list[Line]:
        if len(part.exits) != 1 or part.exits[0] not in self.values:
            return []
        (node,) = part.exits
        return [Line(range_reading(node, self.values[node]), "value")]
