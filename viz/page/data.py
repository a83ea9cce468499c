"""The data of a page: what its picture says, its story, and the program behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chainrule.errors import BackendError
from chainrule.node import Parameter
from chainrule.viz.formats.story import Frame, tell
from chainrule.viz.page.extras import Control, Extras, Machine
from chainrule.viz.page.maps import Plane
from chainrule.viz.page.program import PageProgram, page_program
from chainrule.viz.page.texts import Writer, nodes_read
from chainrule.viz.scene import Flow, Number, Scene

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
        "explanations": writing.explanations(),
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
    if machine.sweep is not None:
        gradient = machine.sweep.gradient
        nodes += [machine.sweep.loss, *(gradient[n] for n, _ in extras.explanations)]
    if machine.plane is not None:
        nodes.append(machine.plane.output)
    options = machine.options
    try:
        program = page_program(
            nodes, machine.assigns, options.values or {},
            lr=machine.lr, training=options.training, seed=options.seed,
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

    def steps(self) -> list[dict[str, Any]]:
        """Return the frames of the story."""
        return [self._step(f) for f in tell(self.scene, self.extras.updates)]

    def _step(self, frame: Frame) -> dict[str, Any]:
        step = {
            "phase": frame.chapter,
            "said": self.writer.text(frame.told),
            "shows": frame.shows,
        }
        return step if frame.flies is None else step | {"flies": frame.flies}

    def blocks(self) -> dict[str, Any]:
        """Return what the blocks say, and on request."""
        numbered = self._numbered()
        return {
            block.id: {
                "title": block.title.unicode(),
                "lines": [self.writer.text(line.text) for line in block.lines],
                "details": [
                    {
                        "name": detail.name,
                        "shape": detail.shape,
                        "value": self.writer.text(detail.value),
                        "gradient": self.writer.text(detail.gradient),
                    }
                    for detail in self.extras.details.get(block.id, ())
                ],
                "update": self.writer.text(self.extras.updates.get(block.id)),
                "explained": _found(
                    numbered, [*block.numbers, *self._chosen(set(block.nodes))]
                ),
            }
            for block in self.scene.blocks
        }

    def _chosen(self, nodes: set[Any]) -> Iterable[Number]:
        """Return one number of each node of a block: the first that is explained."""
        first: dict[Any, Number] = {}
        for number in self.extras.explanations:
            if number[0] in nodes:
                first.setdefault(number[0], number)
        parameters_first = sorted(first, key=lambda n: not isinstance(n, Parameter))
        return [first[node] for node in parameters_first]

    def links(self) -> list[dict[str, Any]]:
        """Return what the edges say, in the order of the picture."""
        numbered = self._numbered()
        return [
            {
                "id": identity,
                "tail": link.tail,
                "head": link.head,
                "kind": link.kind,
                "title": link.tooltip,
                "lines": [self.writer.text(line.text) for line in link.lines],
                "flow": self._flow(link.flow),
                "weight": self._weight(link.numbers),
                "explained": _found(numbered, link.numbers),
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

    def explanations(self) -> list[dict[str, Any]]:
        """Return why each number's gradient is what it is."""
        sweep = self.extras.machine.sweep if self.extras.machine else None
        return [
            {
                "text": self.writer.text(text),
                "leaf": self.program.leaf.get(node) if self.program else None,
                "entry": entry,
                "gradient": self.program.place.get(sweep.gradient[node])
                if self.program and sweep
                else None,
            }
            for (node, entry), text in self.extras.explanations.items()
        ]

    def machine(self) -> dict[str, Any] | None:
        """Return what can be changed, and what a step learns."""
        machine = self.extras.machine
        if machine is None or self.program is None:
            return None
        sweep = machine.sweep
        return {
            "loss": self.program.place[sweep.loss] if sweep else None,
            "learns": bool(machine.assigns),
            "controls": [self._control(control) for control in machine.controls],
            "landscape": self._landscape(machine),
            "plane": self._plane(machine.plane),
        }

    def _control(self, control: Control) -> dict[str, Any]:
        assert self.program is not None
        node, numbered = control.node, self._numbered()
        explained = {e: i for (n, e), i in numbered.items() if n is node}
        return {
            "name": control.name,
            "leaf": self.program.leaf[node],
            "part": control.part,
            "whole": node.dtype != "float",
            "learned": isinstance(node, Parameter),
            "explained": explained,
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

    def _numbered(self) -> Mapping[Number, int]:
        return {number: i for i, number in enumerate(self.extras.explanations)}


def _found(numbered: Mapping[Number, int], wanted: Iterable[Number]) -> list[int]:
    return [numbered[n] for n in dict.fromkeys(wanted) if n in numbered]
