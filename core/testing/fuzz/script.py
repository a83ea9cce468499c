"""A problem as a script that anybody can run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chainrule.graph import topological
from chainrule.node import Constant, Node
from chainrule.ops import Uniform
from chainrule.testing.fuzz.check import Trial
from chainrule.testing.fuzz.problem import Array, Problem


def script(trial: Trial) -> str:
    """Return a script that builds the problem of a trial, and prints what is wrong."""
    how = f'"{trial.path}", "{trial.dtype}", hard={trial.hard}'
    return "\n".join([
        f'"""{trial.problem.source}"""',
        "",
        "import numpy as np",
        "",
        *_imports(trial.problem),
        "from chainrule.testing.fuzz.check import Trial, wrong",
        "from chainrule.testing.fuzz.problem import Problem",
        "",
        *_nodes(trial.problem),
        f"print(wrong(Trial(problem, {how})))",
    ])  # fmt: skip


def _imports(problem: Problem) -> list[str]:
    nodes = topological(problem.outputs)
    kinds: set[type] = {type(node.op or node) for node in nodes}
    return sorted(f"from {kind.__module__} import {kind.__name__}" for kind in kinds)


def _nodes(problem: Problem) -> Iterator[str]:
    names: dict[Node, str] = {}
    feeds = []
    for i, node in enumerate(topological(problem.outputs)):
        name = names[node] = f"n{i}"
        if isinstance(node, Constant):
            yield f"{name} = Constant({_array(node.value)})"
        elif node.op is None:
            yield f'{name} = Input("{node.name}", {node.shape}, "{node.dtype}")'
            feeds.append(f"{name}: {_array(problem.feeds[node])}")  # type: ignore[index]
        else:
            operands = ", ".join(names[x] for x in node.inputs)
            yield f"{name} = {_op(node)}({operands})"
    outputs = ", ".join(names[node] for node in problem.outputs)
    yield f"problem = Problem(({outputs},), {{{', '.join(feeds)}}})"


def _op(node: Node) -> str:
    if isinstance(node.op, Uniform) and not isinstance(node.op.stream, str):
        return f'Uniform("{id(node.op.stream)}")'
    return repr(node.op)


def _array(x: Array) -> str:
    text = np.array2string(np.asarray(x), separator=", ", floatmode="unique")
    return f"np.array({' '.join(text.split())})"
