"""Chains: small kernels that follow one another, in one launch.

On a processor, waking the threads costs more than a small kernel computes. One work
item then goes through several steps by itself, each with all its work items.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from chainrule.backends.opencl.source.launch import Step
from chainrule.backends.opencl.source.layout import Slot

SMALL = 1 << 14
"""Vector operations up to which a step is worth no launch of its own."""
LONGEST = 16
"""Steps in a chain, so that compilers need not see too much at once."""
MOVERS = ("copy", "totals")
"""Labels of steps that move what others have computed."""


def chained(steps: Iterable[Step]) -> list[Step]:
    """Return the steps with those that are small, and neighbours, made one."""
    result: list[Step] = []
    for small, run in groupby(steps, key=lambda step: step.effort <= SMALL):
        if not small:
            result += run
            continue
        waiting = list(run)
        for start in range(0, len(waiting), LONGEST):
            part = waiting[start : start + LONGEST]
            result += [_chain(part)] if len(part) > 1 else part
    return result


def _chain(steps: Sequence[Step]) -> Step:
    args: dict[tuple[Slot, str], str] = {}
    code = "\n".join(line for step in steps for line in _lines(step, args))
    parameters = [f"{kind}*{name}" for (_, kind), name in args.items()]
    nodes = [
        node
        for step in steps
        if step.label not in MOVERS
        for node in step.nodes or (step.node,)
    ]
    last = steps[-1].node
    label = f"{steps[0].label}_to_{steps[-1].label}"
    chain = Step(last, label, parameters, code, [slot for slot, _ in args], (1,), (1,))
    chain.draws = any(step.draws for step in steps)
    chain.nodes = list(dict.fromkeys(nodes))
    return chain


def _lines(step: Step, args: dict[tuple[Slot, str], str]) -> Iterator[str]:
    """Write a step as loops over its work items."""
    yield "    {"
    for slot, parameter in zip(step.slots, step.parameters, strict=True):
        kind, _, _ = parameter.rpartition("*")
        given = args.setdefault((slot, kind), f"s{len(args)}")
        yield f"        {parameter} = {given};"
    code = step.code.replace("return;", "continue;")
    for axis, count in reversed(list(enumerate(step.items))):
        item = f"item{axis}"
        code = code.replace(f"get_global_id({axis})", item)
        yield f"    for (size_t {item} = 0; {item} < {count}; {item}++)"
    yield f"    {{\n{code}\n    }}\n    }}"
