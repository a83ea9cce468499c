"""The page's interpreter computes what NumPy does, in node and in Chromium."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import BackendError, ChainRuleError
from chainrule.execution import open_backend
from chainrule.graph import topological
from chainrule.program import Program
from chainrule.registry import registry
from chainrule.testing import parity_cases
from chainrule.testing.random_graphs import RandomGraph
from chainrule.viz.page.program import page_program
from chainrule.viz.updates import update_of


def random_problem(seed):
    """Return the outputs and gradients of a random graph, and values for its inputs."""
    random = np.random.default_rng(seed)
    made = RandomGraph(lambda n: int(random.integers(n)), 12)
    total = sum((cr.ops.mean(cr.ops.square(y)) for y in made.outputs), cr.constant(0.0))
    used = set(topological([total]))
    wrt = [x for x in made.leaves if x in used]
    feeds = {x: random.uniform(-2, 2, x.shape) for x in made.leaves}
    return [*made.outputs, total, *cr.backward(total, wrt).gradient.values()], feeds


def test_random_graphs_and_their_gradients(solve):
    problems = [random_problem(seed) for seed in range(60)]
    runs = [(page_program(nodes, [], feeds), nodes, 1) for nodes, feeds in problems]
    for (nodes, feeds), found in zip(problems, solve(runs), strict=True):
        wanted = cr.evaluate(nodes, feeds, dtype="float64")
        for ours, theirs in zip(found, wanted, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)


def in_numpy(problem):
    """Return what NumPy computes for a problem, and then assigns."""
    program = Program(
        outputs=problem.nodes, phases=[problem.assigned],
        shapes={leaf: value.shape for leaf, value in problem.feeds.items()},
        training=problem.training, dtype="float64",
    )  # fmt: skip
    backend = open_backend("numpy")
    executable = backend.compile(program)
    for leaf, value in problem.feeds.items():
        executable.put(leaf, value)
    executable.run(seed=7, step=1, lr=0.01)
    results = [executable.fetch(i) for i in range(len(problem.nodes))]
    backend.pull([target for target, _ in problem.assigned])
    return results + [target.value.copy() for target, _ in problem.assigned]


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 2)], ids=str)
def test_every_component_computes_what_numpy_computes(shape, solve):
    """All ops, activations, layers, losses, optimizers and regularizers there are."""
    cases, problems, runs = [], [], []
    for case in parity_cases():
        try:
            problem = case.build(shape, np.random.default_rng(1))
        except (ChainRuleError, ValueError):  # not for this shape
            continue
        program = page_program(
            problem.nodes, problem.assigned, problem.feeds,
            lr=0.01, training=problem.training, seed=7,
        )  # fmt: skip
        cases.append(case)
        problems.append(problem)
        runs.append((program, problem.nodes, 1))
    assert len(cases) > 100
    for case, problem, ours in zip(cases, problems, solve(runs), strict=True):
        with np.errstate(all="ignore"):
            theirs = in_numpy(problem)
        assert len(ours) >= len(theirs)
        for a, b in zip(ours, theirs, strict=False):
            np.testing.assert_allclose(
                a, b, rtol=1e-6, atol=1e-7, err_msg=str(case), equal_nan=True
            )


@pytest.mark.parametrize("name", registry.names("optimizers"))
def test_five_steps_of_an_optimizer_are_those_of_numpy(name, solve):
    random = np.random.default_rng(3)
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    weights = [cr.parameter(n, random.normal(size=(2, 1))) for n in ("w", "v")]
    bias = cr.parameter("b", 0.25)
    y = cr.ops.tanh(x @ weights[0] + bias) * (x @ weights[1])
    loss = cr.ops.mean(cr.ops.square(y - t))
    parameters = [*weights, bias]
    optimizer = registry.resolve("optimizers", name)
    update = update_of(cr.backward(loss, parameters), parameters, optimizer)
    feeds = {x: random.normal(size=(6, 2)), t: random.normal(size=(6, 1))}
    program = page_program([loss], update.assigns, feeds, lr=0.05)
    ((_, *ours),) = solve([(program, [loss], 5)])
    shapes = {leaf: value.shape for leaf, value in feeds.items()}
    backend = open_backend("numpy")
    executable = backend.compile(
        Program([loss], phases=[update.assigns], shapes=shapes, dtype="float64")
    )
    for leaf, value in feeds.items():
        executable.put(leaf, value)
    for step in range(1, 6):
        executable.run(seed=0, step=step, lr=0.05)
    assigned = [target for target, _ in update.assigns]
    backend.pull(assigned)
    for found, target in zip(ours, assigned, strict=True):
        np.testing.assert_allclose(found, target.value, rtol=1e-6, atol=1e-9)


class Doubled(cr.ops.Elementwise):
    """y = 2 x, and no more is known about it."""

    def derivatives(self, y, x):
        return (2.0,)


class Tripled(Doubled):
    """y = 3 x, which it says in terms of another op."""

    def expand(self, x):
        return x * 3.0


def test_an_op_of_a_plugin_is_expanded(solve):
    x = cr.input("x")
    y = Tripled()(x)
    ((value,),) = solve([(page_program([y], [], {x: 2.0}), [y], 1)])
    assert value == 6.0


def test_an_op_that_a_page_cannot_compute_is_named():
    x = cr.input("x")
    with pytest.raises(BackendError, match="doubled"):
        page_program([Doubled()(x)], [], {x: 2.0})
