"""Matrix products, with the epilogue that is computed from their elements.

On a processor a work item computes tiles of a few rows and vectors of columns, held in
registers; on a GPU a work group shares tiles of both operands in local memory. Either
way the elements are finished where they are: see `Epilogue`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from chainrule.backends.opencl.device.runtime import Runtime
from chainrule.backends.opencl.products.cpu import cpu_launch, variants
from chainrule.backends.opencl.products.gpu import gpu_launch, tiles
from chainrule.backends.opencl.products.problem import Epilogue, problem_of
from chainrule.backends.opencl.products.tuning import choose
from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import View


def product_launch(
    runtime: Runtime, epilogue: Epilogue, a: View, b: View, rows: View | None = None
) -> Launch:
    """Return the launch that multiplies two operands fastest on a device.

    Args:
        runtime: the device.
        epilogue: what is computed from the product.
        a: the left operand.
        b: the right operand.
        rows: which rows of the array that begins with `a` are its rows, on processors;
            None if it is `a`.
    """
    problem, device = replace(problem_of(epilogue, a, b), rows=rows), runtime.device
    if not device.is_cpu and (forms := tiles(device, problem)):
        return gpu_launch(problem, choose(runtime, problem, forms, gpu_launch))
    launch = partial(cpu_launch, device)
    return launch(problem, choose(runtime, problem, variants(device, problem), launch))
