"""Habits that meet a node, which is an expression and not an array of numbers."""

from __future__ import annotations

from chainrule.habits.habit import habits

_NUMBERS = "it is an expression; cr.evaluate([node], {input: value}) computes numbers"

NODE = habits("node", {
    "numpy item tolist eval cpu": ("x.numpy()", _NUMBERS),
    "to cuda": ('x.to("cuda")', 'write cr.evaluate([node], …, backend="opencl")'),
    "detach": ("x.detach()", "write cr.ops.stop_gradient(x)"),
    "clone copy contiguous": ("x.clone()", "leave it out: a node never changes"),
    "backward": ("x.backward()",
        "write cr.grad(loss, [w]), which returns expressions for the gradients"),
    "grad": ("w.grad", "write cr.grad(loss, [w])"),
    "requires_grad_": ("x.requires_grad_()",
        "leave it out: cr.grad(loss, [w]) names what to differentiate with respect to"),
    "data assign assign_sub assign_add copy_ fill_": ("w.assign(3.0)",
        "a parameter's numbers are in w.value; write w.value = …"),
    "size": ("x.size()", "write x.shape"),
    "dim": ("x.dim()", "write x.ndim"),
    "numel": ("w.numel()", "write w.value.size of a parameter"),
    "view": ("x.view(-1, 2)", "write x.reshape(-1, 2)"),
    "flatten ravel": ("x.flatten()", "write x.reshape(-1)"),
    "unsqueeze": ("x.unsqueeze(0)", "write cr.ops.expand_dims(x, 0)"),
    "permute swapaxes t": ("x.permute(1, 0)", "write cr.ops.transpose(x, (1, 0))"),
    "float double astype to_float": ('x.astype("float32")',
        'write cr.ops.to_float(x); evaluate and fit have dtype="float64"'),
    "int long": ("x.int()", "write cr.ops.to_int(x)"),
    "clamp": ("x.clamp(0, 1)", "write cr.ops.clip(x, 0, 1)"),
    "mm bmm dot": ("x.mm(w.T)", "write a @ b"),
    "norm": ("x.norm()", "write cr.ops.l2_norm(x)"),
    "eq ne": ("x.eq(0)", "write cr.ops.equal(a, b)"),
    "expand": ("x.expand(4, 2)", "write cr.ops.broadcast_to(x, (4, 2))"),
    "apply_ map_": ("x.apply_(abs)", "write the function with cr.ops"),
})  # fmt: skip

SETTING = habits("setting a node", {
    "shape": ("x.shape = (2, 4)", "write cr.ops.reshape(x, shape), a new node"),
    "dtype": ('x.dtype = "float64"',
        "write cr.ops.to_float(x); evaluate and fit have dtype="),
    "op inputs": ("x.inputs = ()", "a node never changes; write a new expression"),
    "data": ("w.data = np.ones((4, 2))", "write w.value = …"),
    "grad": ("w.grad = None",
        "leave it out: gradients are expressions and do not add up"),
})  # fmt: skip

INDICES = habits("index", {
    "mask": ("x[x > 0]",
        "write cr.ops.where(mask, x, 0.0), whose shape does not depend on numbers"),
    "array": ("x[np.array([0, 1])]", "write cr.ops.take(x, indices)"),
})  # fmt: skip

HABITS = (*NODE, *SETTING, *INDICES)
