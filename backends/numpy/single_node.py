"""Single nodes: a number, a view, a copy, or the call of a kernel."""

from __future__ import annotations

from chainrule.backends.numpy.kernels import NUMBERS
from chainrule.backends.numpy.memory import is_same
from chainrule.backends.numpy.script import label, op_class
from chainrule.backends.numpy.shaped_kernels import SHAPED
from chainrule.backends.numpy.storage import Storage
from chainrule.node import Constant, Node
from chainrule.program import Pack
from chainrule.program.flat import places
from chainrule.program.sizes import count, sizes
from chainrule.program.storage import VIEWS, view_of


def compute(storage: Storage, node: Node) -> None:
    """Add the code that computes one node to the script."""
    op, kernel = op_class(node), storage.script.kernel(node)
    if storage.script.is_number(node):
        _number(storage, node)
    elif op is Pack and kernel is None:
        _pack(storage, node)
    elif kernel is None:
        _view(storage, node)
    elif kernel is SHAPED.get(op):
        SHAPED[op](storage, node)
    else:
        _call(storage, node)


def check(storage: Storage, node: Node) -> None:
    """Add a check that a value is finite to the script."""
    if node.dtype == "float":
        value = storage.number.get(node) or storage.operand(node)
        storage.script.check_finite(node, value)


def _number(storage: Storage, node: Node) -> None:
    """Compute a single number as Python does."""
    name = storage.script.fresh(label(node))
    values = [storage.number_of(x) for x in node.inputs]
    if all(isinstance(x, Constant) for x in node.inputs):
        values = [f"to_float({value})" for value in values]  # Python refuses 1.0 / 0.0
    storage.script.line(f"{name} = {NUMBERS[op_class(node)].format(*values)}", node)
    storage.set_number(node, name)


def _call(storage: Storage, node: Node) -> None:
    """Call the kernel of a node, which may be that of a plugin."""
    out = storage.target(node)
    operands = [storage.operand(x) for x in node.inputs]
    storage.script.line(storage.script.call(node, out, operands), node)
    if op_class(node) in VIEWS:
        storage.keep(node)  # for its liveness is that of the operand


def _view(storage: Storage, node: Node) -> None:
    """Look at the operand's memory in another way, or copy it if that cannot be."""
    (x,) = node.inputs
    assert node.op is not None
    view = view_of(node.op, storage.array[x], sizes(node))
    if view is not None:
        storage.array[node] = view
        return
    copied = storage.result(node).reshape(sizes(x))
    storage.keep(node)  # for its liveness is that of the operand
    target = storage.script.name(copied, label(node))
    storage.script.line(f"copyto({target}, {storage.operand(x)})", node)


def _pack(storage: Storage, node: Node) -> None:
    """Copy the operands side by side, except for those that are there already."""
    out, script = storage.result(node), storage.script
    for part, start in places(node):
        place = out[start : start + count(part)].reshape(sizes(part))
        if not is_same(storage.array[part], place):
            target = script.name(place, "part")
            script.line(f"copyto({target}, {storage.operand(part)})", node)
