"""Programs: what a backend compiles and runs."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from chainrule.errors import GraphError
from chainrule.graph import Graph, topological
from chainrule.node import Input, Node, Parameter, describe
from chainrule.ops import Op, Uniform
from chainrule.ops.random import name_streams
from chainrule.program.passes import algebra, constants, order, stable
from chainrule.program.passes.common import common
from chainrule.program.passes.expansion import expand
from chainrule.program.passes.reuse import reuse
from chainrule.program.passes.specialise import (
    choose_mode,
    collect_updates,
    specialise,
)
from chainrule.program.rewrite import merged, rewrite, with_op
from chainrule.shapes import Shape

LEARNING_RATE = Input("learning_rate", ())
"""The learning rate of a step, a number fed when the program is run."""
STEP = Input("step", ())
"""The number of a step, from 1."""

Assignment = tuple[Parameter, Node]
Width = Literal["float32", "float64"]


@dataclass
class Phase:
    """What is computed together: all new values from the old ones, then assigned."""

    outputs: list[Node]
    totals: list[Node]
    assigns: list[Assignment]

    @property
    def roots(self) -> list[Node]:
        """Everything that the phase computes."""
        return [*self.outputs, *self.totals, *(node for _, node in self.assigns)]

    def with_roots(self, roots: Sequence[Node]) -> Phase:
        """Return the phase with other nodes in the same places."""
        n, m = len(self.outputs), len(self.outputs) + len(self.totals)
        targets = [target for target, _ in self.assigns]
        assigns = list(zip(targets, roots[m:], strict=True))
        return Phase(list(roots[:n]), list(roots[n:m]), assigns)


@dataclass
class Stage:
    """The graph after one pass, to be counted or drawn."""

    name: str
    phases: list[Phase]

    @property
    def graph(self) -> Graph:
        """The graph of all phases."""
        return Graph([root for phase in self.phases for root in phase.roots])

    def __len__(self) -> int:
        return sum(
            sum(node.op is not None for node in topological(phase.roots))
            for phase in self.phases
        )


@dataclass
class Program:
    """Nodes to compute, in one mode, for fixed shapes.

    Attributes:
        outputs: nodes to fetch after a run.
        totals: scalar nodes that are summed over runs until they are taken.
        phases: assignments to parameters. Within a phase every new value is computed
            from the old ones; the next phase sees the new ones.
        shapes: the shape of each input.
        training: which branch of `chainrule.ops.training` to take.
        dtype: the width of floats.
        checked: stop at the first node with a value that is not finite.
        trusted: indices are known to be in range, so that nothing need look.
    """

    outputs: Sequence[Node] = ()
    totals: Sequence[Node] = ()
    phases: Sequence[Sequence[Assignment]] = ()
    shapes: Mapping[Input, Shape] = field(default_factory=dict)
    training: bool = False
    dtype: Width = "float32"
    checked: bool = False
    trusted: bool = False
    stages: list[Stage] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        if self.dtype not in get_args(Width):
            raise GraphError(f"dtype is float32 or float64, got {self.dtype!r}")
        for node in self.totals:
            if node.shape != ():
                raise GraphError(f"a total is one number, got {describe(node)}")
        for phase in self.phases:
            for target, node in phase:
                if not isinstance(target, Parameter):
                    raise GraphError(f"only parameters are assigned, not {target!r}")
                if target.shape != node.shape:
                    raise GraphError(
                        f"{describe(node)} cannot replace {describe(target)}"
                    )

    def lower(self, kernels: Container[type[Op]]) -> list[Phase]:
        """Run all passes, for a backend with these kernels; keeps the `stages`.

        Raises:
            ShapeError: inputs do not fit the graph.
            BackendError: an op has neither a kernel nor an expansion.
        """
        assigned = [list(phase) for phase in self.phases] or [[]]
        phases = [Phase(list(self.outputs), list(self.totals), assigned[0])]
        phases += [Phase([], [], assigns) for assigns in assigned[1:]]
        self.stages = [Stage("as built", phases)]
        names = name_streams(topological([r for phase in phases for r in phase.roots]))
        streams: dict[Op, str] = {
            node.op: name
            for node, name in names.items()
            if isinstance(node.op, Uniform) and node.op.stream != name
        }
        phases = [p.with_roots(_name_draws(p.roots, streams)) for p in phases]
        phases = [self._one_mode(phase) for phase in phases]
        self.stages.append(Stage("specialised", phases))
        for name, lowering in _passes(kernels):
            phases = [p.with_roots(lowering(p.roots)) for p in phases]
            self.stages.append(Stage(name, phases))
        return phases

    def _one_mode(self, phase: Phase) -> Phase:
        chosen = phase.with_roots(choose_mode(phase.roots, self.training))
        roots, updates = collect_updates(chosen.roots)
        phase = chosen.with_roots(roots)
        if self.training:
            phase.assigns.extend(updates)
        return phase.with_roots(specialise(phase.roots, self.shapes))

    def summary(self) -> str:
        """Return a table of the passes and how many nodes each one left."""
        if not self.stages:
            return "not lowered yet: compile the program first"
        rows = [f"{stage.name:<14}{len(stage):>7}" for stage in self.stages]
        return "\n".join([f"{'pass':<14}{'nodes':>7}", *rows])


def _name_draws(roots: list[Node], streams: Mapping[Op, str]) -> list[Node]:
    def rule(node: Node) -> Node | None:
        name = streams.get(node.op) if node.op else None
        return None if name is None else with_op(node, Uniform(name))

    return rewrite(roots, {Uniform: (rule,)}, sweeps=1) if streams else roots


_SIMPLER = merged(constants.RULES, algebra.RULES)
_STABLE = merged(constants.RULES, stable.RULES, algebra.RULES)


def _passes(
    kernels: Container[type[Op]],
) -> tuple[tuple[str, Callable[[list[Node]], list[Node]]], ...]:
    """List the passes after specialisation, in order."""
    return (
        ("common", common),
        ("stable", lambda roots: rewrite(common(rewrite(roots, _STABLE)), _STABLE)),
        ("reused", lambda roots: reuse(common(roots))),
        ("expanded", lambda roots: expand(roots, kernels)),
        ("simplified", lambda roots: common(rewrite(roots, _SIMPLER))),
        ("ordered", lambda roots: rewrite(roots, order.RULES, sweeps=1)),
    )
