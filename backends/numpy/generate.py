"""Code generation: a lowered program becomes straight-line Python over fixed buffers.

Every buffer and every view is made here, once; the generated function only calls NumPy
with ``out=`` buffers. It is meant to be read: see `Executable.source`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.backends.numpy import emit
from chainrule.backends.numpy.blocks import BlockedRun, is_large
from chainrule.backends.numpy.code import Code
from chainrule.backends.numpy.elementwise_run import Run
from chainrule.backends.numpy.kernels import (
    NEVER_IN_PLACE,
    SCALAR,
    VIEWS,
    in_place,
    view_of,
)
from chainrule.backends.numpy.loops import CompiledRun, can_be_compiled
from chainrule.backends.numpy.memory import Buffer, label, op_class, sizes, width
from chainrule.backends.numpy.schedule import Schedule
from chainrule.node import Constant, Input, Node, Parameter
from chainrule.ops import Elementwise
from chainrule.program import LEARNING_RATE, STEP, Pack, Phase
from chainrule.program.passes.specialise import BoundInput


class PhaseCode:
    """Generates the code of one phase."""

    def __init__(self, code: Code, phase: Phase, number: int) -> None:
        self.code = code
        self.phase = phase
        self.first = number == 0
        self.schedule = Schedule(phase)
        self.array: dict[Node, npt.NDArray[Any]] = {}
        self.scalar: dict[Node, str] = {}
        self.buffer: dict[Node, Buffer] = {}
        self.place: dict[Node, npt.NDArray[Any]] = {}
        self.doomed: dict[Node, int] = {}
        """Parameters alone in their memory → the step that puts the new value there."""
        self.unread: list[list[Node]] = [
            [] for _ in range(len(self.schedule.order) + 1)
        ]
        for home, index in self.schedule.last_use.items():
            self.unread[index].append(home)

    def generate(self) -> None:
        """Emit the whole phase."""
        for node in self.schedule.home:
            if node.op is None:
                self._leaf(node)
        self.parameters = [n for n in self.array if isinstance(n, Parameter)]
        self._choose_places()
        for way, run in self.schedule.runs(self._way):
            if way is None or len(run) == 1:
                self._single(run[0])
            else:
                way(self, run).generate()
        self._finish()

    def _way(self, node: Node) -> type[Run] | None:
        """Choose how a node is computed together with its neighbours, if it may be."""
        code = self.code
        if not isinstance(node.op, Elementwise) or code.program.checked:
            return None
        if can_be_compiled(node, code.kernels[op_class(node)]):
            code.gains_by_loops = True
            if code.with_loops:
                return CompiledRun
        return BlockedRun if is_large(node) else None

    # -- leaves and places ---------------------------------------------------------

    def _leaf(self, node: Node) -> None:
        code = self.code
        if node is LEARNING_RATE or node is STEP:
            self.scalar[node] = "lr" if node is LEARNING_RATE else "step"
            self.hold(node)
        elif isinstance(node, Parameter):
            self.array[node] = self._parameter(node)
        elif isinstance(node, Input):
            source = node.source if isinstance(node, BoundInput) else node
            if source not in code.inputs:
                dtype = width(node.dtype, code.floats)
                code.inputs[source] = np.zeros(sizes(node), dtype)
                code.name(code.inputs[source], label(source))
            self.array[node] = code.inputs[source]
        elif isinstance(node, Constant):
            value = node.value.astype(width(node.dtype, code.floats))
            self.array[node] = value
            if node.shape == ():
                self.scalar[node] = repr(node.value.item())
                if self.scalar[node] in ("inf", "-inf", "nan"):
                    self.scalar[node] = f"float64('{self.scalar[node]}')"

    def _parameter(self, node: Parameter) -> npt.NDArray[Any]:
        code = self.code
        if node not in code.parameters:
            value = node.value
            direct = value.dtype == code.floats and value.flags.c_contiguous
            code.parameters[node] = value if direct else value.astype(code.floats)
            code.name(code.parameters[node], label(node))
        array = code.parameters[node]
        if array is not node.value and self.schedule.reads[node]:
            source = code.name(node.value, f"{label(node)}_home")
            code.line(f"copyto({code.name(array, label(node))}, {source})")
        if self._is_wanted_old_and_new(node):
            old = np.empty_like(array)
            name = code.name(old, f"{label(node)}_old")
            code.line(f"copyto({name}, {code.name(array, label(node))})")
            return old
        return array

    def _is_wanted_old_and_new(self, parameter: Parameter) -> bool:
        """Whether a parameter is assigned while its old value itself is a result."""
        home = self.schedule.home
        return any(target is parameter for target, _ in self.phase.assigns) and any(
            home[root] is parameter for root in self.phase.roots
        )

    def _choose_places(self) -> None:
        """Let results be computed right where they are to be assigned."""
        for target, node in self.phase.assigns:
            home = self.code.parameters.get(target, target.value)
            if home.dtype != self.code.floats or not home.flags.c_contiguous:
                continue
            if isinstance(node.op, Pack):
                self._place_parts(node, home)
            elif self._may_overwrite(node, target, home):
                self.place[node] = home
                if self._aliases(home) == [target]:
                    self.doomed[target] = self.schedule.index[node]

    def _place_parts(self, pack: Node, home: npt.NDArray[Any]) -> None:
        if self._is_read(home):
            return
        self.place[pack] = home
        start = 0
        for part in pack.inputs:
            size = int(np.prod(sizes(part)))
            if self._owns_memory(part) and part not in self.place:
                self.place[part] = home[start : start + size].reshape(sizes(part))
            start += size

    def _owns_memory(self, node: Node) -> bool:
        """Whether a node is computed into a buffer of its own choice."""
        return node.op is not None and node.shape != () and type(node.op) not in VIEWS

    def _is_read(self, home: npt.NDArray[Any]) -> bool:
        return any(self.schedule.reads[leaf] for leaf in self._aliases(home))

    def _aliases(self, home: npt.NDArray[Any]) -> list[Node]:
        """Return the parameters of this phase that lie in the same memory."""
        return [
            leaf
            for leaf in self.parameters
            if np.may_share_memory(self.array[leaf], home)
        ]

    def _may_overwrite(
        self, node: Node, target: Parameter, home: npt.NDArray[Any]
    ) -> bool:
        """Whether nobody reads a parameter's old value after `node` is computed."""
        if not isinstance(node.op, Elementwise) or not self._owns_memory(node):
            return False
        if node in self.place or type(node.op) in NEVER_IN_PLACE:
            return False
        position = self.schedule.index[node]
        aliases = self._aliases(home)
        for leaf in aliases:
            last = self.schedule.last_use.get(leaf, -1)
            if last > position or (last == position and leaf is not target):
                return False
        return not self._may_be_read_askew(node, target, aliases)

    def _may_be_read_askew(
        self, node: Node, target: Parameter, aliases: list[Node]
    ) -> bool:
        """Whether a run that `node` is in may read other elements than it writes.

        A run goes on to the next piece when it has written one, which must not have
        been the operand of a later piece, seen through a transposition, say.
        """
        leaves = set(aliases)
        looks = (x for x, home in self.schedule.home.items() if home in leaves)
        readers = (r for x in looks if x is not target for r in self.schedule.reads[x])
        return any(
            isinstance(r.op, Elementwise) and r.shape == node.shape for r in readers
        )

    # -- one node --------------------------------------------------------------------

    def operand(self, node: Node) -> str:
        """Return the name of a node's array."""
        return self.code.name(self.array[node], label(node))

    def number(self, node: Node) -> str:
        """Return an expression for a scalar node."""
        if node not in self.scalar:
            self.scalar[node] = f"float64({self.operand(node)})"
        return self.scalar[node]

    def result(self, node: Node) -> npt.NDArray[Any]:
        """Choose where a result goes: its place, a dying operand, or the pool."""
        array = self.place.get(node)
        if array is None:
            array = self._in_place(node)
        if array is None:
            made = self.code.pool.take(sizes(node), width(node.dtype, self.code.floats))
            self.buffer[node], array = made, made.array
        self.array[node] = array
        return array

    def _in_place(self, node: Node) -> npt.NDArray[Any] | None:
        if not isinstance(node.op, Elementwise):
            return None
        for x in node.inputs:
            home = self.schedule.home[x]
            if x not in self.array or not self.can_take(x, node):
                continue  # what only lives inside a block has no array
            array = self.array[x]
            if self.is_doomed(x, node):
                return array
            whole = array.flags.c_contiguous and array.size == self.array[home].size
            if home in self.buffer and whole and array.flags.writeable:
                self.buffer[node] = self.buffer.pop(home)
                return array
        return None

    def is_doomed(self, x: Node, node: Node) -> bool:
        """Whether `node` may use a parameter's memory until its new value comes."""
        return self.schedule.last_use.get(node, 0) <= self.doomed.get(x, -1)

    def can_take(self, x: Node, node: Node) -> bool:
        """Whether `node` reads x last and its result fits where x is."""
        last = self.schedule.last_use[self.schedule.home[x]]
        return (
            last == self.schedule.index[node]
            and x.shape == node.shape
            and x.dtype == node.dtype
            and in_place(node, self.code.kernels[op_class(node)])
        )

    def scratch(self, shape: tuple[int, ...]) -> str:
        """Return the name of a buffer used by one kernel only."""
        made = self.code.pool.take(shape, self.code.floats)
        self.code.pool.give_back(made)
        return self.code.name(made.array, "scratch")

    def _single(self, node: Node) -> None:
        code = self.code
        if node.shape == () and self._scalar(node):
            pass
        elif type(node.op) in VIEWS:
            self._view(node)
        elif isinstance(node.op, Pack):
            self._pack(node)
        else:
            special = emit.SPECIAL.get(op_class(node))
            if special:
                special(self, node)
            else:
                self._call(node)
        if code.program.checked and node.dtype == "float":
            value = self.scalar.get(node) or self.operand(node)
            code.line(f"check({value}, {code.name(node, 'node')})", node)
        self.release(self.schedule.index[node])

    def release(self, index: int) -> None:
        """Give the buffers back that are read last in step `index`."""
        for home in self.unread[index]:
            buffer = self.buffer.pop(home, None)
            if buffer is not None:
                self.code.pool.give_back(buffer)

    def _scalar(self, node: Node) -> bool:
        """Compute a single number as Python does, if it is arithmetic of numbers."""
        template = SCALAR.get(op_class(node))
        if template is None or any(x.shape != () for x in node.inputs):
            return False
        name = self.code.fresh(label(node))
        values = [self.number(x) for x in node.inputs]
        self.code.line(f"{name} = {template.format(*values)}", node)
        self.scalar[node] = name
        self.hold(node)
        return True

    def hold(self, node: Node) -> None:
        """Put a number where array ops can read it, if any does."""
        readers = self.schedule.reads[node]
        if any(r.shape != () or type(r.op) not in SCALAR for r in readers):
            array = np.zeros((), width(node.dtype, self.code.floats))
            self.array[node] = array
            self.code.line(f"{self.operand(node)}[()] = {self.scalar[node]}", node)

    def _view(self, node: Node) -> None:
        (x,) = node.inputs
        view = view_of(node.op, self.array[x], sizes(node))  # type: ignore[arg-type]
        if view is None:
            out = self.result(node)
            self.buffer.pop(node, None)  # its home outlives it: keep it
            source = self.code.name(self.array[x], label(x))
            shaped = self.code.name(out.reshape(sizes(x)), label(node))
            self.code.line(f"copyto({shaped}, {source})", node)
        else:
            self.array[node] = view

    def _pack(self, node: Node) -> None:
        out = self.result(node)
        start = 0
        for part in node.inputs:
            size = int(np.prod(sizes(part)))
            place = out[start : start + size].reshape(sizes(part))
            if self.place.get(part) is None or not _same(self.array[part], place):
                target = self.code.name(place, "part")
                self.code.line(f"copyto({target}, {self.operand(part)})", node)
            start += size

    def _call(self, node: Node) -> None:
        kernel = self.code.kernels[op_class(node)]
        out = self.code.name(self.result(node), label(node))
        operands = [self.operand(x) for x in node.inputs]
        self.code.line(self.kernel_line(node, kernel, out, operands), node)

    def kernel_line(
        self, node: Node, kernel: Any, out: str, operands: list[str]
    ) -> str:
        """Return the line that calls a kernel."""
        if isinstance(kernel, str):
            return kernel.format(*operands, out=out)
        function = self.code.name(kernel, getattr(kernel, "__name__", "kernel"))
        op = self.code.name(node.op, "op")
        return f"{function}({', '.join([op, out, *operands])})"

    # -- the end -----------------------------------------------------------------------

    def _finish(self) -> None:
        code, schedule = self.code, self.schedule
        for i, node in enumerate(self.phase.outputs):
            if node.shape == () and node not in self.array:
                code.line(f"results[{i}] = {self.number(node)}")
                code.outputs.append(None)
                continue
            array = self.array[node]
            if schedule.home[node].op is None:
                kept = np.empty(array.shape, array.dtype)
                code.line(
                    f"copyto({code.name(kept, 'output')}, {code.name(array, 'view')})"
                )
                array = kept
            code.outputs.append(array)
        for i, node in enumerate(self.phase.totals):
            code.line(f"totals[{i}] += {self.number(node)}")
        for target, node in self.phase.assigns:
            home = self.code.parameters.get(target, target.value)
            placed = self.place.get(node)
            if placed is None or not _same(placed, home):
                source = self.scalar.get(node) if node.shape == () else None
                value = source or self.operand(node)
                code.line(f"copyto({code.name(home, label(target))}, {value})")
            if home is not target.value:
                final = code.name(target.value, f"{label(target)}_home")
                code.line(
                    f"copyto({final}, {code.name(home, label(target))}, 'same_kind')"
                )


def _same(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> bool:
    """Whether two arrays are the same memory in the same shape."""
    return (
        a.__array_interface__["data"] == b.__array_interface__["data"]
        and a.shape == b.shape
        and a.strides == b.strides
    )
