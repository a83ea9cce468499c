"""Programs: what a backend compiles and runs, and how a graph is lowered to it."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, get_args

from chainrule.errors import GraphError
from chainrule.graph import topological
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
from chainrule.program.phase import Assignment, Phase, Stage
from chainrule.program.rewrite import Rules, merged, rewrite, with_op
from chainrule.shapes import Shape

LEARNING_RATE = Input("learning_rate", ())
"""The learning rate of a step, a number that is given when the program is run."""
STEP = Input("step", ())
"""The number of a step, from 1."""

FloatDtype: TypeAlias = Literal["float32", "float64"]
"""The dtype of floats in a program."""


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
        dtype: the dtype of floats.
        checked: whether to stop at the first value that is not finite.
        trusted: whether indices are known to be in range and need no check.
        stages: what `lower` made of the phases, pass by pass.

    Raises:
        GraphError: a total is not a number, something is assigned that is not a
            parameter, or its new value has another shape.
    """

    outputs: Sequence[Node] = ()
    totals: Sequence[Node] = ()
    phases: Sequence[Sequence[Assignment]] = ()
    shapes: Mapping[Input, Shape] = field(default_factory=dict)
    training: bool = False
    dtype: FloatDtype = "float32"
    checked: bool = False
    trusted: bool = False
    stages: list[Stage] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.dtype not in get_args(FloatDtype):
            raise GraphError(f"dtype must be float32 or float64, got {self.dtype!r}")
        for node in self.totals:
            if node.shape != ():
                raise GraphError(f"a total must be a number, got {describe(node)}")
        for target, node in (pair for phase in self.phases for pair in phase):
            if not isinstance(target, Parameter):
                raise GraphError(f"only a parameter can be assigned, got {target!r}")
            if target.shape != node.shape:
                raise GraphError(f"{describe(node)} cannot replace {describe(target)}")

    def lower(self, kernels: Container[type[Op]]) -> list[Phase]:
        """Rewrite the phases for a backend with these kernels, pass by pass.

        Raises:
            ShapeError: inputs do not fit the graph.
            BackendError: an op has neither a kernel nor an expansion.
        """
        self.stages = []
        phases = self._reached("as built", self._as_built())
        phases = self._reached("specialised", self._specialised(phases))
        for name, run_pass in _passes(kernels):
            lowered = [p.with_roots(run_pass(p.roots)) for p in phases]
            phases = self._reached(name, lowered)
        return phases

    def _reached(self, name: str, phases: list[Phase]) -> list[Phase]:
        self.stages.append(Stage(name, tuple(phases)))
        return phases

    def _as_built(self) -> list[Phase]:
        """Return the phases; the first one computes outputs and totals too."""
        first, *others = self.phases or [()]
        phases = [Phase(tuple(self.outputs), tuple(self.totals), tuple(first))]
        return phases + [Phase(assigns=tuple(assigns)) for assigns in others]

    def _specialised(self, phases: Sequence[Phase]) -> list[Phase]:
        """Name random streams, choose the mode, and give every node its shape."""
        named = _name_streams(phases)
        return [
            phase.with_roots(specialise(phase.roots, self.shapes))
            for phase in map(self._in_one_mode, named)
        ]

    def _in_one_mode(self, phase: Phase) -> Phase:
        """Take the branches of the mode; what they update is assigned in training."""
        chosen = choose_mode(phase.roots, self.training)
        roots, updates = collect_updates(chosen)
        phase = phase.with_roots(roots)
        if not self.training:
            return phase
        return replace(phase, assigns=(*phase.assigns, *updates))

    def summary(self) -> str:
        """Return a table of the passes and how many nodes each one left."""
        if not self.stages:
            return "not lowered yet: compile the program first"
        rows = [f"{stage.name:<14}{len(stage):>7}" for stage in self.stages]
        return "\n".join([f"{'pass':<14}{'nodes':>7}", *rows])


def _name_streams(phases: Sequence[Phase]) -> list[Phase]:
    """Give each random op the name of its stream in the whole program."""
    nodes = topological([root for phase in phases for root in phase.roots])
    streams = {
        node.op: name
        for node, name in name_streams(nodes).items()
        if isinstance(node.op, Uniform) and node.op.stream != name
    }
    if not streams:
        return list(phases)

    def rule(node: Node) -> Node | None:
        assert isinstance(node.op, Uniform)
        name = streams.get(node.op)
        return None if name is None else with_op(node, Uniform(name))

    rules: Rules = {Uniform: (rule,)}
    return [p.with_roots(rewrite(p.roots, rules, sweeps=1)) for p in phases]


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
