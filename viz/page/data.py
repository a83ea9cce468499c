"""The data of a page: texts of its picture, its story, and the program behind it."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chainrule.errors import BackendError
from chainrule.node import Node, Parameter
from chainrule.viz.formats.story import Frame, tell
from chainrule.viz.graph.gradient_marks import EXPLODING, SIGN, VANISHING
from chainrule.viz.page.explained import Explained
from chainrule.viz.page.extras import Control, Extras, Machine
from chainrule.viz.page.maps import Plane
from chainrule.viz.page.program import PageProgram, page_program
from chainrule.viz.page.texts import Writer, nodes_read
from chainrule.viz.scene import Block, Flow, Number, Scene

LARGEST = 200_000
"""Numbers of all nodes together, up to which a page computes."""


def page_data(scene: Scene, extras: Extras) -> dict[str, Any]:
    """Return all that the page's script works on."""
    program, reason = _program(scene, extras)
    writing = _Page(scene, extras, Writer(program.place if program else {}), program)
    return {
        "name": scene.name,
        "steps": writing.steps(),
        "blocks": writing.blocks(),
        "links": writing.links(),
        "explained": writing.explained.data(),
        "marks": writing.marks(),
        "program": program and program.data,
        "machine": writing.machine(),
        "reason": reason,
    }


def _program(scene: Scene, extras: Extras) -> tuple[PageProgram | None, str]:
    """Return what the page computes, or why it does not."""
    machine = extras.machine
    if machine is None:
        return None, "The page computes if it is drawn with values=…"
    nodes = list(nodes_read(scene, extras))
    nodes += [control.node for control in machine.controls]
    uses = machine.uses
    if uses is not None:
        nodes += [*uses.read(), *machine.leaving]
    if machine.plane is not None:
        nodes.append(machine.plane.output)
    options = machine.options
    try:
        program = page_program(
            nodes, machine.assigns, options.values or {},
            lr=machine.lr, training=options.training, seed=options.seed,
            seeds=uses.seeds if uses is not None else None,
        )  # fmt: skip
    except BackendError as error:
        return None, f"The numbers on this page stay as they are: {error}"
    if program.size > LARGEST:
        return None, (
            f"The numbers on this page stay as they are: it would compute "
            f"{program.size:,} of them, and at most {LARGEST:,} are quick enough"
        )
    return program, ""


@dataclass(frozen=True)
class _Page:
    scene: Scene
    extras: Extras
    writer: Writer
    program: PageProgram | None

    @functools.cached_property
    def explained(self) -> Explained:
        """The nodes whose numbers are explained."""
        machine = self.extras.machine
        return Explained(machine.uses if machine else None, self.program, self.writer)

    def steps(self) -> list[dict[str, Any]]:
        """Return the frames of the story."""
        return [self._step(f) for f in tell(self.scene, self.extras.updates)]

    def _step(self, frame: Frame) -> dict[str, Any]:
        leaf = self.program.leaf if self.program else {}
        return {
            "phase": frame.chapter,
            "said": self.writer.text(frame.told),
            "shows": frame.shows,
            "flies": frame.flies,
            "why": self._numbers([frame.why] if frame.why else [], []),
            "learns": [leaf[node] for node in frame.learns if node in leaf],
        }

    def blocks(self) -> dict[str, Any]:
        """Return what the blocks say, and on request."""
        return {
            block.id: {
                "title": block.title.unicode(),
                "lines": [self.writer.text(line.text) for line in block.lines],
                "kinds": [line.kind for line in block.lines],
                "marked": self._marked(block),
                "details": [
                    {
                        "name": detail.name,
                        "shape": detail.shape,
                        "value": self.writer.text(detail.value),
                        "gradient": self.writer.text(detail.gradient),
                        "explained": self.explained.index(detail.node),
                    }
                    for detail in self.extras.details.get(block.id, ())
                ],
                "update": self._update(block.id),
                "dropped": self._switches(block.switches),
                "explained": self._numbers(block.numbers, _parameters_first(block)),
            }
            for block in self.scene.blocks
        }

    def _update(self, shown: str) -> list[Any]:
        """Return what the optimizer does to what a block shows."""
        texts = [c.text for c in self.extras.updates if shown in c.shown]
        return self.writer.text(texts[0]) if texts else []

    def _marked(self, block: Block) -> list[list[int | bool]]:
        """Return which gradients of a block may be marked, and whether units may."""
        machine, backward = self.extras.machine, block.nodes[::-1]
        return [
            [index, machine is not None and node in machine.inner]
            for node in sorted(backward, key=lambda n: isinstance(n, Parameter))
            if (index := self.explained.index(node)) is not None
        ]

    def marks(self) -> dict[str, Any] | None:
        """Return how gradients are marked: the bounds, and how it is written."""
        machine = self.extras.machine
        if machine is None or machine.uses is None or self.program is None:
            return None
        return {
            "loss": self.program.place[machine.uses.sweep.loss],
            "leaving": [self.program.place[node] for node in machine.leaving],
            "vanishing": VANISHING,
            "exploding": EXPLODING,
            "signs": SIGN,
        }

    def _numbers(
        self, numbers: Iterable[Number], nodes: Iterable[Node]
    ) -> list[list[int | None]]:
        """Return the single numbers that are explained, and one of each other node."""
        wanted: list[tuple[Node, int | None]] = [*numbers]
        wanted += [(node, None) for node in nodes]
        found = [(self.explained.index(node), entry) for node, entry in wanted]
        return [[node, entry] for node, entry in found if node is not None]

    def links(self) -> list[dict[str, Any]]:
        """Return what the edges say, in the order of the picture."""
        return [
            {
                "id": identity,
                "tail": link.tail,
                "head": link.head,
                "kind": link.kind,
                "title": link.tooltip,
                "lines": [self.writer.text(line.text) for line in link.lines],
                "flow": self._flow(link.flow),
                "marked": self.explained.index(link.flow.x) if link.flow else None,
                "role": link.role,
                "weight": self._weight(link.numbers),
                "dropped": self._switches(link.switches),
                "explained": self._numbers(
                    link.numbers, [link.flow.x] if link.flow else []
                ),
            }
            for link, identity in zip(
                self.scene.links, self.scene.link_ids(), strict=True
            )
        ]

    def _flow(self, flow: Flow | None) -> dict[str, Any] | None:
        if flow is None:
            return None
        return {
            "factors": [self.writer.text(factor) for factor in flow.factors],
            "product": self.writer.text(flow.product),
        }

    def _weight(self, numbers: Iterable[Number]) -> list[int] | None:
        """Return which number of which leaf an edge is as thick as."""
        for node, entry in numbers:
            if self.program and node in self.program.leaf:
                return [self.program.leaf[node], entry]
        return None

    def _switches(self, numbers: Iterable[Number]) -> list[list[int]]:
        """Return the numbers that drop something where they are 0."""
        place = self.program.place if self.program else {}
        return [[place[node], entry] for node, entry in numbers if node in place]

    def machine(self) -> dict[str, Any] | None:
        """Return what can be changed, and what a step learns."""
        machine = self.extras.machine
        if machine is None or self.program is None:
            return None
        uses = machine.uses
        return {
            "loss": self.program.place[uses.sweep.loss] if uses else None,
            "learns": bool(machine.assigns),
            "controls": [self._control(control) for control in machine.controls],
            "landscape": self._landscape(machine),
            "plane": self._plane(machine.plane),
        }

    def _control(self, control: Control) -> dict[str, Any]:
        assert self.program is not None
        node = control.node
        return {
            "name": control.name,
            "leaf": self.program.leaf[node],
            "part": control.part,
            "whole": node.dtype != "float",
            "learned": isinstance(node, Parameter),
            "explained": self.explained.index(node),
        }

    def _landscape(self, machine: Machine) -> list[list[Any]] | None:
        """Return the numbers that are learned, if there are one or two of them."""
        assert self.program is not None
        names = {control.node: control.name for control in machine.controls}
        numbers = [
            [self.program.leaf[node], entry, names.get(node, "w")]
            for node in machine.learned
            for entry in range(min(node.value.size, 3))
        ]
        return numbers if len(numbers) in (1, 2) else None

    def _plane(self, plane: Plane | None) -> dict[str, Any] | None:
        if plane is None or self.program is None:
            return None
        leaf = self.program.leaf
        return {
            "axes": [[leaf[node], entry] for node, entry in plane.axes],
            "output": self.program.place[plane.output],
            "target": leaf.get(plane.target) if plane.target is not None else None,
            "threshold": plane.threshold,
        }


def _parameters_first(block: Block) -> list[Node]:
    """Return the nodes of a block, what is learned first; a unit shows its numbers."""
    if block.numbers:
        return []
    return sorted(block.nodes, key=lambda node: not isinstance(node, Parameter))
