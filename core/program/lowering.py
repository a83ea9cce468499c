"""Lowering: the passes in their order, and which of them can be left out."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from chainrule.graph import topological
from chainrule.node import Input, Node
from chainrule.ops import AlsoUpdate, Op, Relu, Training, Uniform, Unslice
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
from chainrule.program.passes.stable import CANCELLING, EXPONENTIAL, SLOPES, STABLE
from chainrule.program.phase import Phase, Stage
from chainrule.program.rewrite import merged, rewrite, watched, with_op
from chainrule.shapes import Shape

VARIABLE = "CHAINRULE_REWRITE"
"""Set to 0, programs are run as they are written."""

_ALGEBRA = (*ARITHMETIC, *SUMS, *SHAPES)
_NORMAL = table_of(CONSTANTS, STABLE, CANCELLING, _ALGEBRA)
_STABLE = merged(_NORMAL, table_of(PASSING))
_SIMPLER = table_of(CONSTANTS, _ALGEBRA, PASSING)
_STABLE_FORMS = frozenset(rule.apply for rule in STABLE)

RULES = (*CONSTANTS, *STABLE, *SLOPES, *CANCELLING, *_ALGEBRA, *PASSING)
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
        orders = [topological(phase.roots) for phase in phases]
        wanted = [self._derivatives(order) for order in orders]
        losses = [each.loss for found in wanted for each in found]
        streams: Mapping[Op, str] = {}
        if any(Uniform in _kinds(order) for order in orders):
            streams = _streams([*(root for p in phases for root in p.roots), *losses])
        lowered = [
            list(self._passes(phase, _kinds(order), found, streams))
            for phase, order, found in zip(phases, orders, wanted, strict=True)
        ]
        return [
            Stage(after[0][0], tuple(phase for _, phase in after))
            for after in zip(*lowered, strict=True)
        ]

    def _derivatives(self, order: Sequence[Node]) -> list[Derivative]:
        """List the derivatives that may have to be taken again."""
        if not self.rewriting or _kinds(order).isdisjoint(EXPONENTIAL):
            return []
        return derivatives(order)

    def _passes(
        self,
        phase: Phase,
        kinds: Set[type[Op]],
        wanted: Sequence[Derivative],
        streams: Mapping[Op, str],
    ) -> Iterator[tuple[str, Phase]]:
        """Yield a phase after each pass, with the name of the pass."""
        yield "as built", phase
        losses = list(dict.fromkeys(each.loss for each in wanted))
        if losses:
            kinds = _kinds(topological([*phase.roots, *losses]))
        forget: Callable[[Sequence[Node]], Sequence[Node]] = (
            forget_shapes if not kinds.isdisjoint((Uniform, Unslice)) else _unchanged
        )
        with watched() as became:
            phase, losses = self._concrete(phase, losses, kinds, streams)
            yield "specialised", phase.with_roots(forget(phase.roots))
            if self.rewriting:
                shared = common([*phase.roots, *losses])
                phase = phase.with_roots(shared[: len(shared) - len(losses)])
                yield "common", phase
            if wanted:
                roots = differentiate_again(
                    phase.roots, losses, wanted, became, _NORMAL, _STABLE_FORMS
                )
                phase = phase.with_roots(roots)
        phase = phase.with_roots(forget(phase.roots))
        for name, roots in self._later_passes(phase.roots, kinds):
            yield name, phase.with_roots(roots)

    def _concrete(
        self,
        phase: Phase,
        beside: Sequence[Node],
        kinds: Set[type[Op]],
        streams: Mapping[Op, str],
    ) -> tuple[Phase, list[Node]]:
        """Choose a mode and give every node a shape, also to nodes beside the phase."""
        nodes = [*phase.roots, *beside]
        if streams:
            nodes = _name_draws(nodes, streams)
        if Training in kinds:
            nodes = choose_mode(nodes, self.training)
        n = len(phase.roots)
        if AlsoUpdate in kinds:
            nodes, updates = collect_updates(nodes[:n], nodes[n:])
            if self.training:
                phase = replace(phase, assigns=(*phase.assigns, *updates))
                nodes[n:n] = [node for _, node in updates]
                n = len(phase.roots)
        nodes = specialise(nodes, self.shapes)
        return phase.with_roots(nodes[:n]), nodes[n:]

    def _later_passes(
        self, roots: list[Node], kinds: Set[type[Op]]
    ) -> Iterator[tuple[str, list[Node]]]:
        """Yield roots after the passes to which derivatives are nodes as any others."""
        if not self.rewriting:
            yield "expanded", expand(roots, self.kernels)
            return
        roots = rewrite(roots, _STABLE)
        yield "stable", roots
        roots = common(roots)
        if Relu in kinds:
            roots = reuse(roots)
        yield "reused", roots
        expanded = expand(roots, self.kernels)
        yield "expanded", expanded
        if expanded != roots:
            roots = common(rewrite(expanded, _SIMPLER))
        yield "simplified", roots


def _kinds(order: Sequence[Node]) -> Set[type[Op]]:
    """Return the ops in a graph."""
    return {type(node.op) for node in order if node.op}


def _unchanged(roots: Sequence[Node]) -> Sequence[Node]:
    return roots


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

    return rewrite(roots, {Uniform: (name,)})
