"""Code generation: a lowered program becomes straight-line Python over fixed arrays.

Every array and every view is made here, once; the generated function only calls NumPy
with ``out=`` arrays. It is meant to be read: see `Executable.source`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.backends.numpy.blocked_loop import BlockedLoop, is_large
from chainrule.backends.numpy.compiled_loop import (
    CompiledLoop,
    can_be_compiled,
    gains_alone,
)
from chainrule.backends.numpy.fusion import LoopClass, fused
from chainrule.backends.numpy.kernels import Kernel
from chainrule.backends.numpy.leaves import NUMBERS_OF_A_RUN, read_leaves
from chainrule.backends.numpy.memory import Array, Memory
from chainrule.backends.numpy.results import add_totals, assign, keep_outputs
from chainrule.backends.numpy.scatter import gains_by_a_loop
from chainrule.backends.numpy.script import Script
from chainrule.backends.numpy.single_node import check, compute
from chainrule.backends.numpy.storage import Storage
from chainrule.backends.numpy.threads import largest_product
from chainrule.graph import topological
from chainrule.node import Input, Node, Parameter
from chainrule.ops import Elementwise, Op
from chainrule.program import Program
from chainrule.program.sizes import count
from chainrule.program.storage import Liveness

LARGE = 1 << 16
"""Elements from which a compiled loop saves half of the time or more."""
MOST_LOOPS = 24
"""Compiled loops of a program, beside those of large arrays: each takes a tenth of a
second to compile."""


@dataclass(frozen=True, eq=False)
class Generated:
    """A program as Python, and the arrays that it computes with.

    Attributes:
        text: the source of the function ``run``.
        loops: the source of the compiled loops that it calls.
        namespace: what the names in it stand for.
        nodes_of_line: what its lines compute; the first line of its body is 1.
        inputs: the array of each input.
        parameters: the array of each parameter that is read.
        outputs: the array of each output; None for a number, which is in ``results``.
        allocated: bytes of intermediate results.
        largest_product: multiplications in the largest matrix product.
        largest_loop: elements of the largest array that a loop compiled by Numba would
            compute; 0 if there is none.
    """

    text: str
    loops: list[str]
    namespace: dict[str, Any]
    nodes_of_line: Mapping[int, tuple[Node, ...]]
    inputs: Mapping[Input, Array]
    parameters: Iterable[Parameter]
    outputs: list[Array | None]
    allocated: int
    largest_product: int
    largest_loop: int


def generate(
    program: Program, kernels: Mapping[type[Op], Kernel], *, with_loops: bool
) -> Generated:
    """Lower a program and generate its code, with compiled loops or without."""
    floats = np.dtype(program.dtype)
    script = Script(floats, kernels, trusted=program.trusted, with_loops=with_loops)
    memory = Memory(floats)
    outputs: list[Array | None] = []
    phases = program.lower(kernels)

    def is_compilable(node: Node) -> bool:
        return is_fusible(node) and can_be_compiled(node, script.kernel(node))

    def is_fusible(node: Node) -> bool:
        return isinstance(node.op, Elementwise) and not program.checked

    def loop_for(node: Node) -> LoopClass:
        worth = count(node) >= LARGE or len(script.loops) < MOST_LOOPS
        if with_loops and worth and is_compilable(node):
            return CompiledLoop
        return BlockedLoop if is_fusible(node) and is_large(node) else None

    for phase in phases:
        live = Liveness(phase)
        leaves = read_leaves(phase, live, memory, script)
        storage = Storage(phase, live, leaves, memory, script)
        for number, name in NUMBERS_OF_A_RUN.items():
            if number in live.home:
                storage.set_number(number, name)
        for loop, nodes in fused(live, loop_for):
            if loop is None or (len(nodes) == 1 and not gains_alone(nodes[0], loop)):
                _compute_alone(nodes[0], storage, checked=program.checked)
            else:
                loop(storage, nodes).generate()
        outputs += keep_outputs(storage)
        add_totals(storage)
        assign(storage)
    order = topological([root for phase in phases for root in phase.roots])
    return Generated(
        text=script.text,
        loops=script.loops,
        namespace=script.namespace,
        nodes_of_line=script.nodes_of_line,
        inputs=memory.inputs,
        parameters=memory.parameters,
        outputs=outputs,
        allocated=memory.pool.allocated,
        largest_product=largest_product(order),
        largest_loop=max(
            (
                max(map(count, (x, *x.inputs)))
                for x in order
                if is_compilable(x) or gains_by_a_loop(x)
            ),
            default=0,
        ),
    )


def _compute_alone(node: Node, storage: Storage, *, checked: bool) -> None:
    compute(storage, node)
    if checked:
        check(storage, node)
    storage.release(node)
