"""Lowering: the passes in their order, and which of them can be left out."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from chainrule.graph import topological
from chainrule.node import Input, Node
from chainrule.ops import Op, Uniform
from chainrule.ops.random import name_streams
from chainrule.program.passes.algebra import (
    ARITHMETIC,
    CONSTANTS,
    PASSING,
    SHAPES,
    SUMS,
)
from chainrule.program.passes.common import common
from chainrule.program.passes.derivatives import (
    Derivative,
    derivatives,
    differentiate_again,
)
from chainrule.program.passes.expansion import expand
from chainrule.program.passes.reuse import reuse
from chainrule.program.passes.rule import table_of
from chainrule.program.passes.specialise import (
    choose_mode,
    collect_updates,
    forget_shapes,
    specialise,
)
from chainrule.program.passes.stable import SLOPES, STABLE
from chainrule.program.phase import Phase, Stage
from chainrule.program.rewrite import merged, rewrite, watched, with_op
from chainrule.shapes import Shape

VARIABLE = "CHAINRULE_REWRITE"
"""Set to 0, programs are run as they are written."""

_ALGEBRA = (*ARITHMETIC, *SUMS, *SHAPES)
_NORMAL = table_of(CONSTANTS, STABLE, _ALGEBRA)
_STABLE = merged(_NORMAL, table_of(PASSING))
_SIMPLER = table_of(CONSTANTS, _ALGEBRA, PASSING)
_STABLE_FORMS = frozenset(rule.apply for rule in STABLE)

RULES = (*CONSTANTS, *STABLE, *SLOPES, *_ALGEBRA, *PASSING)
"""Every rule that rewriting applies."""


def is_rewriting() -> bool:
    """Whether programs are rewritten where nothing else is said."""
    return os.environ.get(VARIABLE, "1") != "0"


@dataclass(frozen=True)
class Lowering:
    """How the phases of a program are lowered.

    Attributes:
        shapes: the shape of each input.
        training: which branch of `chainrule.ops.training` to take.
        kernels: the ops that the backend can run.
        rewriting: whether passes are run that only save work or digits.
    """

    shapes: Mapping[Input, Shape]
    training: bool
    kernels: Container[type[Op]]
    rewriting: bool

    def stages(self, phases: Sequence[Phase]) -> list[Stage]:
        """Return the program after each pass.

        Raises:
            ShapeError: inputs do not fit the graph.
            BackendError: an op has neither a kernel nor an expansion.
        """
        wanted = [derivatives(p.roots) if self.rewriting else [] for p in phases]
        losses = [each.loss for found in wanted for each in found]
        streams = _streams([*(root for p in phases for root in p.roots), *losses])
        lowered = [
            list(self._passes(phase, found, streams))
            for phase, found in zip(phases, wanted, strict=True)
        ]
        return [
            Stage(after[0][0], tuple(phase for _, phase in after))
            for after in zip(*lowered, strict=True)
        ]

    def _passes(
        self, phase: Phase, wanted: Sequence[Derivative], streams: Mapping[Op, str]
    ) -> Iterator[tuple[str, Phase]]:
        """Yield a phase after each pass, with the name of the pass."""
        yield "as built", phase
        losses = list(dict.fromkeys(each.loss for each in wanted))
        with watched() as became:
            phase, losses = self._concrete(phase, losses, streams)
            yield "specialised", phase.with_roots(forget_shapes(phase.roots))
            if self.rewriting:
                shared = common([*phase.roots, *losses])
                phase = phase.with_roots(shared[: len(shared) - len(losses)])
                yield "common", phase
                phase = phase.with_roots(
                    differentiate_again(
                        phase.roots, wanted, became, _NORMAL, _STABLE_FORMS
                    )
                )
        for name, lowering in self._later_passes():
            phase = phase.with_roots(lowering(phase.roots))
            yield name, phase

    def _concrete(
        self, phase: Phase, beside: Sequence[Node], streams: Mapping[Op, str]
    ) -> tuple[Phase, list[Node]]:
        """Choose a mode and give every node a shape, also to nodes beside the phase."""
        n = len(phase.roots)
        named = _name_draws([*phase.roots, *beside], streams)
        chosen = choose_mode(named, self.training)
        chosen, updates = collect_updates(chosen[:n], chosen[n:])
        phase = phase.with_roots(chosen[:n])
        if self.training:
            phase = replace(phase, assigns=(*phase.assigns, *updates))
        roots = phase.roots
        concrete = specialise([*roots, *chosen[n:]], self.shapes)
        return phase.with_roots(concrete[: len(roots)]), concrete[len(roots) :]

    def _later_passes(
        self,
    ) -> Iterator[tuple[str, Callable[[Sequence[Node]], list[Node]]]]:
        """Yield the passes after which derivatives are nodes as any others."""
        if not self.rewriting:
            yield "expanded", lambda roots: expand(forget_shapes(roots), self.kernels)
            return
        yield "stable", lambda roots: rewrite(common(forget_shapes(roots)), _STABLE)
        yield "reused", lambda roots: reuse(common(roots))
        yield "expanded", lambda roots: expand(roots, self.kernels)
        yield "simplified", lambda roots: common(rewrite(roots, _SIMPLER))


def _streams(roots: Sequence[Node]) -> dict[Op, str]:
    """Name the streams of random numbers that have no name."""
    return {
        node.op: name
        for node, name in name_streams(topological(roots)).items()
        if isinstance(node.op, Uniform) and node.op.stream != name
    }


def _name_draws(roots: Sequence[Node], streams: Mapping[Op, str]) -> list[Node]:
    def name(node: Node) -> Node | None:
        found = streams.get(node.op) if node.op else None
        return None if found is None else with_op(node, Uniform(found))

    return rewrite(roots, {Uniform: (name,)}) if streams else list(roots)
