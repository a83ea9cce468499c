"""A problem as a script that anybody can run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from chainrule.graph import topological
from chainrule.node import Constant, Node, Parameter
from chainrule.ops import Uniform
from chainrule.testing.fuzz.check import Trial
from chainrule.testing.fuzz.problem import Array


def script(trial: Trial, path: str = "numpy") -> str:
    """Return a script that builds the problems of a trial, and prints what is wrong."""
    problems = range(1, len(trial.problems) + 1)
    how = f'"{trial.dtype}", {trial.hard}'
    return "\n".join([
        f'"""{", ".join(problem.source for problem in trial.problems)}"""',
        "",
        "import numpy as np",
        "",
        *_imports(trial),
        "from chainrule.testing.fuzz.check import Trial",
        "from chainrule.testing.fuzz.problem import Problem",
        "",
        *_nodes(trial),
        f"problems = ({', '.join(f'problem_{i}' for i in problems)},)",
        f'print(Trial(problems, {how}).wrong("{path}"))',
    ])  # fmt: skip


def _imports(trial: Trial) -> list[str]:
    nodes = topological(x for problem in trial.problems for x in problem.outputs)
    kinds: set[type] = {type(node.op or node) for node in nodes}
    return sorted(f"from {kind.__module__} import {kind.__name__}" for kind in kinds)


def _nodes(trial: Trial) -> Iterator[str]:
    names: dict[Node, str] = {}
    for k, problem in enumerate(trial.problems, start=1):
        for node in topological(problem.outputs):
            if node not in names:
                names[node] = f"n{len(names)}"
                yield f"{names[node]} = {_built(node, names)}"
        outputs = ", ".join(names[node] for node in problem.outputs)
        feeds = ", ".join(
            f"{names[leaf]}: {_array(value)}"
            for leaf, value in problem.feeds.items()
            if leaf in names
        )
        yield f"problem_{k} = Problem(({outputs},), {{{feeds}}})"


def _built(node: Node, names: Mapping[Node, str]) -> str:
    if isinstance(node, Constant):
        return f"Constant({_array(node.value)})"
    if isinstance(node, Parameter):
        return f'Parameter("{node.name}", {_array(node.value)})'
    if node.op is None:
        return f'Input("{node.name}", {node.shape}, "{node.dtype}")'
    return f"{_op(node)}({', '.join(names[x] for x in node.inputs)})"


def _op(node: Node) -> str:
    if isinstance(node.op, Uniform) and not isinstance(node.op.stream, str):
        return f'Uniform("{id(node.op.stream)}")'
    return repr(node.op)


def _array(x: Array) -> str:
    text = np.array2string(np.asarray(x), separator=", ", floatmode="unique")
    return f"np.array({' '.join(text.split())})"
