"""Programs: what a backend compiles and runs, and how a graph is lowered to it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal, TypeAlias

from chainrule.arguments import checked
from chainrule.errors import GraphError
from chainrule.node import Input, Node, Parameter, describe, only_input
from chainrule.ops import Op
from chainrule.program.lowering import Lowering, is_rewriting
from chainrule.program.phase import Assignment, Phase, Stage
from chainrule.program.sizes import count, graph_bytes
from chainrule.shapes import Shape

LEARNING_RATE = only_input("learning_rate")
"""The learning rate of a step, a number that is given when the program is run."""
STEP = only_input("step")
"""The number of a step, from 1."""

FloatDtype: TypeAlias = Literal["float32", "float64"]
"""The dtype of floats in a program."""


@dataclass
class Program:
    """Nodes to compute, in one mode, for fixed shapes.

    Attributes:
        outputs: nodes to fetch after a run.
        totals: nodes of known shape that are summed over runs until they are taken.
        phases: assignments to parameters. Within a phase every new value is computed
            from the old ones; the next phase sees the new ones.
        shapes: the shape of each input.
        training: which branch of `chainrule.ops.training` to take.
        dtype: the dtype of floats.
        checked: whether to stop at the first value that is not finite.
        trusted: whether indices are known to be in range and need no check.
        rewrite: whether to compute the same in fewer steps and in forms that do not
            overflow; by default unless the variable ``CHAINRULE_REWRITE`` is 0.
        stages: what `lower` made of the phases, pass by pass.

    Raises:
        GraphError: the shape of a total is open, something is assigned that is not a
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
    rewrite: bool = field(default_factory=is_rewriting)
    stages: list[Stage] = field(default_factory=list, init=False, repr=False)
    _kernels: Container[type[Op]] | None = field(default=None, init=False, repr=False)
    """What it was lowered for: who compiles it again need not lower it again."""

    def __post_init__(self) -> None:
        for node in self.totals:
            if None in node.shape:
                raise GraphError(
                    f"the shape of a total must be known, got {describe(node)}"
                )
        for target, node in (pair for phase in self.phases for pair in phase):
            if not isinstance(target, Parameter):
                raise GraphError(f"only a parameter can be assigned, got {target!r}")
            if target.shape != node.shape:
                raise GraphError(f"{describe(node)} cannot replace {describe(target)}")

    @property
    def total_offsets(self) -> list[int]:
        """Where the elements of each total begin among those of all, and their end."""
        return [0, *accumulate(count(node) for node in self.totals)]

    def lower(self, kernels: Container[type[Op]]) -> list[Phase]:
        """Rewrite the phases for a backend with these kernels, pass by pass.

        Raises:
            ShapeError: inputs do not fit the graph.
            BackendError: an op has neither a kernel nor an expansion.
        """
        if kernels != self._kernels:
            lowering = Lowering(self.shapes, self.training, kernels, self.rewrite)
            self.stages = lowering.stages(self._as_built())
            self._kernels = kernels
        return list(self.stages[-1].phases)

    def _as_built(self) -> list[Phase]:
        """Return the phases; the first one computes outputs and totals too."""
        first, *others = self.phases or [()]
        phases = [Phase(tuple(self.outputs), tuple(self.totals), tuple(first))]
        return phases + [Phase(assigns=tuple(assigns)) for assigns in others]

    @property
    def nbytes(self) -> int:
        """About how many bytes its graph has, and what backends derive from it.

        The values of constants are among them, those of parameters are not.
        """
        assigned = [node for phase in self.phases for _, node in phase]
        return graph_bytes([*self.outputs, *self.totals, *assigned])

    def summary(self) -> str:
        """Return a table of the passes and how many nodes each one left."""
        if not self.stages:
            return "not lowered yet: compile the program first"
        rows = [f"{stage.name:<14}{len(stage):>7}" for stage in self.stages]
        return "\n".join([f"{'pass':<14}{'nodes':>7}", *rows])


Program.__init__ = checked(Program.__init__, Program)  # type: ignore[method-assign]
