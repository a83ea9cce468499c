"""The details of a diagram beyond its picture: a page shows them on request."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chainrule.node import Node, Parameter
from chainrule.notation.styles import Written
from chainrule.program.phase import Assignment
from chainrule.viz.formats.story import Change
from chainrule.viz.graph.options import Options
from chainrule.viz.page.maps import Plane
from chainrule.viz.page.uses import Uses


@dataclass(frozen=True)
class Detail:
    """A node in a block, or what was run for it.

    Attributes:
        name: what it is called.
        shape: its shape, in words.
        value: its numbers.
        gradient: the loss differentiated by it.
        node: the node, if it is one.
    """

    name: str
    shape: str
    value: Written | None = None
    gradient: Written | None = None
    node: Node | None = None


@dataclass(frozen=True)
class Control:
    """A leaf whose numbers can be changed.

    Attributes:
        node: the leaf.
        name: what it is called.
        part: the id of the block that shows it, if one does.
    """

    node: Node
    name: str
    part: str = ""


@dataclass(frozen=True)
class Machine:
    """The means to compute the graph of a diagram again, with other numbers.

    Attributes:
        options: how the graph was computed; its values are those of the inputs.
        controls: the leaves that can be changed.
        uses: what explains each gradient, if there are gradients.
        learned: the parameters that a step changes.
        assigns: all that a step of the optimizer changes, its own vectors included.
        lr: the optimizer's learning rate.
        plane: that of the network's two inputs, if it has two.
        leaving: the gradients that leave the loss, against which others are small.
        inner: the nodes whose units count as dead where no gradient reaches them.
    """

    options: Options
    controls: Sequence[Control]
    uses: Uses | None = None
    learned: Sequence[Parameter] = ()
    assigns: Sequence[Assignment] = ()
    lr: float = 0.0
    plane: Plane | None = None
    leaving: Sequence[Node] = ()
    inner: Collection[Node] = ()


@dataclass(frozen=True)
class Extras:
    """Everything a page has beyond the picture.

    Attributes:
        details: block id → its nodes with name, shape, value and gradient.
        updates: what the optimizer does to the parameters.
        machine: what computes the numbers again; None for a picture without values.
    """

    details: Mapping[str, Sequence[Detail]] = field(default_factory=dict)
    updates: Sequence[Change] = ()
    machine: Machine | None = None

    def texts(self) -> Iterator[Written]:
        """Yield all texts."""
        for details in self.details.values():
            for detail in details:
                yield from _present((detail.value, detail.gradient))
        yield from (change.text for change in self.updates)


def _present(texts: Iterable[Written | None]) -> Iterator[Written]:
    return (text for text in texts if text is not None)
