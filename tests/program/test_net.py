"""The net itself: what was wrong once, put back, is caught; and it is made small."""

import functools
import itertools
import re

import numpy as np
import pytest
from click.testing import CliRunner

import chainrule as cr
from chainrule import ops
from chainrule.autodiff import backward
from chainrule.graph import topological
from chainrule.ops import Div, Exp, Mul, Neg, Sigmoid, Softmax, Sum
from chainrule.program import lowering
from chainrule.program.passes import derivatives
from chainrule.program.passes.domain import number
from chainrule.program.passes.rule import law, rule, table_of
from chainrule.program.passes.stable import STABLE
from chainrule.program.rewrite import merged
from chainrule.registry import registry
from chainrule.testing.fuzz import generate
from chainrule.testing.fuzz.__main__ import main
from chainrule.testing.fuzz.check import Trial
from chainrule.testing.fuzz.exact import exact
from chainrule.testing.fuzz.generate import grown, of_rule, trials
from chainrule.testing.fuzz.script import script
from chainrule.testing.fuzz.shrink import shrunk
from chainrule.testing.fuzz.verdict import faults
from chainrule.testing.reference import interpret, interprets

GROWN = 500


TOGETHER = 25


@pytest.mark.parametrize("first", range(0, GROWN, TOGETHER))
def test_grown_graphs(first):
    trial = Trial(tuple(grown(seed) for seed in range(first, first + TOGETHER)))
    assert not trial.wrong()


@pytest.mark.parametrize("path", ["numpy", "blocked", "loops", "numba", "opencl"])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_path(path, seed):
    module = {"numba": "numba", "opencl": "pyopencl"}.get(path)
    if module:
        pytest.importorskip(module)
    for trial in itertools.islice(trials(seed, 16), 2):
        assert not trial.wrong(path)


def test_every_op_with_a_reference_is_drawn():
    reached = {
        type(node.op)
        for seed in range(1500)
        for node in topological(grown(seed).outputs)
    }
    drawn = {e.target for e in registry.entries("ops") if interprets(e.target)}
    assert drawn <= reached


# -- faults, as they were --------------------------------------------------------------


def factors(x):
    if isinstance(x.op, Mul):
        return [factor for part in x.inputs for factor in factors(part)]
    return [x]


def product(parts):
    return functools.reduce(ops.mul, parts)


@rule(Mul, example=lambda some: product([ops.sigmoid(-(x := some.array(1))),
                                         some.pick([x, ops.sigmoid(-x), ops.exp(x)]),
                                         ops.exp(x)]))  # fmt: skip
def odds(node):
    """… · σ(−z) · exp(z) = … · σ(z), whatever else is σ(−z) or exp(z)."""
    parts = factors(node)
    for e, s in itertools.product(parts, parts):
        if isinstance(e.op, Exp) and isinstance(s.op, Sigmoid):
            (z,), (w,) = e.inputs, s.inputs
            if isinstance(w.op, Neg) and w.inputs[0] is z:
                others = [p for p in parts if p is not e and p is not s]
                result = product([ops.sigmoid(z), *others])
                return result if result.shape == node.shape else None
    return None


@rule(Div, example=next(r for r in STABLE if "beside" in r.statement).example)
def share(node):
    """exp(z) / Σ exp(z) = softmax(z) along the sum's axis, whatever it is beside."""
    above, below = node.inputs
    while isinstance(below.op, (ops.BroadcastTo, ops.ExpandDims, ops.Reshape)):
        (below,) = below.inputs
    fits = isinstance(above.op, Exp) and isinstance(below.op, Sum)
    if fits and below.inputs[0] is above and len(below.op.axes) == 1:
        return Softmax(below.op.axes[0])(above.inputs[0])
    return None


@rule(Sum, example=lambda some: ops.sum(some.array() * some.number()))
def scaled_sum(node):
    """Σ a · c = c · Σ a for any number c."""
    (x,) = node.inputs
    if isinstance(x.op, Mul) and number(x.inputs[1]) is not None:
        a, c = x.inputs
        return node.op(a) * c if c.shape == () else None
    return None


FAULTS = {
    "exponents": (odds, share, law(
        "ln(1 − σ(z)) = −z", lambda z: ops.log(1.0 - ops.sigmoid(z)), lambda z: -z,
    )),
    "hard exponents": (
        law(
            "exp(y) · exp(z) = exp(y + z)",
            lambda y, z: ops.exp(y) * ops.exp(z),
            lambda y, z: ops.exp(y + z),
        ),
        law(
            "ln(exp(y) + exp(z)) = y + softplus(z − y)",
            lambda y, z: ops.log(ops.exp(y) + ops.exp(z)),
            lambda y, z: y + ops.softplus(z - y),
        ),
        law(
            "ln(exp(z) − 1) = z + ln(1 − exp(−z))",
            lambda z: ops.log(ops.exp(z) - 1.0),
            lambda z: z + ops.log(-ops.expm1(-z)),
        ),
    ),
    "hard numbers": (
        scaled_sum,
        law("x · c + y · c = (x + y) · c", lambda x, y, c: x * c + y * c,
            lambda x, y, c: (x + y) * c),
        law("x · c − y · c = (x − y) · c", lambda x, y, c: x * c - y * c,
            lambda x, y, c: (x - y) * c),
        law("x / c = x · (1 / c)", lambda x, c: x / c,
            lambda x, c: x * float(np.float64(1) / np.float64(c))),
        law("(x · c) · d = x · (c d)", lambda x, c, d: (x * c) * d,
            lambda x, c, d: x * (c * d)),
        law("(x · y) / y = x", lambda x, y: (x * y) / y, lambda x, y: x),
        law("(x / y) · y = x", lambda x, y: (x / y) * y, lambda x, y: x),
        law("x · (y / z) = (x · y) / z", lambda x, y, z: x * (y / z),
            lambda x, y, z: (x * y) / z),
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("kind", "fault"),
    [(kind, fault) for kind, faults in FAULTS.items() for fault in faults],
    ids=lambda x: getattr(x, "statement", x),
)
def test_a_fault_is_caught(kind, fault, monkeypatch):
    if "exponents" in kind:
        monkeypatch.setattr(generate, "STABLE", (*STABLE, fault))
        stable = lowering._STABLE_FORMS | {fault.apply}
        monkeypatch.setattr(lowering, "_STABLE_FORMS", stable)
    for table in ("_NORMAL", "_STABLE", "_SIMPLER"):
        with_fault = merged(table_of([fault]), getattr(lowering, table))
        monkeypatch.setattr(lowering, table, with_fault)
    found = (
        Trial(
            (of_rule(fault, seed, hard="hard" in kind),),
            dtype="float32" if "hard" in kind else "float64",
            hard="hard" in kind,
        )
        for seed in range(400)
    )
    trial = next((trial for trial in found if trial.fails()), None)
    assert trial is not None
    (small,) = shrunk(trial, Trial.fails).problems
    assert sum(node.op is not None for node in topological(small.outputs)) <= 8


def test_a_derivative_that_forgets_a_way_is_caught(monkeypatch):
    """Whoever differentiates a stable form again must not look behind what is kept."""
    monkeypatch.setattr(derivatives._Noting, "_hide", lambda self, nodes: None)
    assert any(
        Trial(tuple(of_rule(rule, seed) for rule in STABLE)).fails()
        for seed in range(60)
    )


def test_a_script_builds_the_problem_again():
    problem = grown(3)
    text = script(Trial((problem, grown(4))))
    space = {}
    exec(compile(text, "<script>", "exec"), space)
    again, _ = space["problems"]
    for a, b in zip(
        interpret(again.outputs, again.feeds),
        interpret(problem.outputs, problem.feeds),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)


def test_the_search_tells_how_far_it_came():
    said = CliRunner().invoke(
        main, ["--graphs", "20", "--path", "numpy", "--path", "blocked"]
    )
    assert said.exit_code == 0
    rate = r"\([\d.]+ a second\)"
    assert re.fullmatch(
        rf"numpy 32 graphs {rate}, blocked 32 graphs {rate} in \d+ s, "
        r"from seed 0: all well\n",
        said.output,
    )


def test_a_graph_is_found_among_those_of_its_program(monkeypatch):
    for table in ("_NORMAL", "_STABLE"):
        with_fault = merged(table_of([odds]), getattr(lowering, table))
        monkeypatch.setattr(lowering, table, with_fault)
    among = tuple(grown(seed) for seed in range(6))
    problems = (of_rule(odds, seed) for seed in range(400))
    wrong = next(problem for problem in problems if Trial((problem,)).fails())
    trial = Trial((*among[:3], wrong, *among[3:]))
    assert set(trial.wrong()) == {3}
    (small,) = shrunk(trial, Trial.fails).problems
    assert small.source == odds.statement


def test_the_search_prints_a_script_and_goes_on(monkeypatch):
    with_fault = merged(table_of([odds]), lowering._STABLE)
    monkeypatch.setattr(lowering, "_STABLE", with_fault)
    monkeypatch.setattr(generate, "RULES", (odds,))
    said = CliRunner().invoke(main, ["--graphs", "96"])
    assert said.exit_code == 1
    assert "print(Trial(problems" in said.output
    assert re.search(r"^numpy 96 graphs .*: \d+ wrong\n\Z", said.output, re.MULTILINE)


@pytest.mark.parametrize("around", [ops.square, ops.tanh, ops.sin, ops.reciprocal])
def test_what_no_number_of_digits_settles_is_not_held_against_anything(around):
    z = cr.Input("z", ())
    loss = around(ops.log(1 - ops.sigmoid(z)))
    slope = backward(loss).gradient[z]
    feeds = {z: np.array(1e6)}
    assert not faults([slope], feeds, [np.array(np.nan)], [np.array(2.0)])


def test_a_quotient_without_a_value_that_gets_one_is_a_fault():
    x = cr.Input("x", ())
    feeds = {x: np.array(0.0)}
    assert faults([x / x], feeds, [np.array(np.nan)], [np.array(1.0)])


def test_infinite_is_no_fault_where_rounding_can_take_the_written_form_there():
    y = cr.Input("y", ())
    root = 1 / (y * ops.sigmoid(-y) * ops.exp(y))
    written, infinite = [np.array(-5e36)], [np.array(-np.inf)]
    assert not faults([root], {y: np.array(-89.0)}, written, infinite, "float32")
    assert faults([root], {y: np.array(-60.0)}, [np.array(-2e24)], infinite, "float32")


def test_a_rounded_argument_of_an_exponential_is_no_fault():
    z = cr.Input("z", ())
    half = ops.exp(z) / (ops.exp(z) + ops.exp(z))
    written, near, far = [np.array(np.nan)], [np.array(0.49989)], [np.array(0.45)]
    assert not faults([half], {z: np.array(1e4)}, written, near, "float32")
    assert faults([half], {z: np.array(1e4)}, written, far, "float32")
    wrong = [np.array(0.499)]
    assert not faults([half], {z: np.array(1e4)}, written, wrong, "float32")
    assert faults([half], {z: np.array(100.0)}, written, wrong, "float32")


def test_what_underflows_may_be_zero_and_have_no_sign():
    z = cr.Input("z", ())
    sign = ops.sign(ops.exp(z) / (1 + ops.exp(z)))
    one, zero = [np.array(1.0)], [np.array(0.0)]
    assert not faults([sign], {z: np.array(-89.0)}, one, zero, "float32")
    assert faults([sign], {z: np.array(-80.0)}, one, zero, "float32")
    assert faults([sign], {z: np.array(-89.0)}, one, zero, "float64")


def test_the_sine_of_what_no_float_holds_is_not_computed_with_all_its_digits():
    x = cr.input("x", ())
    (found,) = exact([ops.sin(ops.exp(ops.exp(ops.exp(x))))], {x: np.array(3.0)}, 50)
    assert found[()] != found[()]  # NaN, as of infinity
