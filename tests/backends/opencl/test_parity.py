"""Parity: the OpenCL backend computes what NumPy computes, component by component."""

import zlib
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule import ops
from chainrule.errors import ConformanceError
from chainrule.program.program import LEARNING_RATE, STEP
from chainrule.registry import registry
from chainrule.testing import check_parity, parity_cases
from chainrule.testing.parity_cases import Case, Workload
from chainrule.testing.samples import sample

CASES = list(parity_cases())
SHAPES = [(3, 4), (2, 17), (5, 1), (1, 3, 2), (16, 16), (33, 10)]


def shape_for(case):
    """Return a shape that depends on the name, so that all shapes are met."""
    return SHAPES[zlib.crc32(str(case).encode()) % len(SHAPES)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_component_computes_what_numpy_does(case, backend):
    check_parity(case, backend, shape=shape_for(case))


sides = st.sampled_from([0, 1, 2, 3, 7, 16, 31, 64, 129])


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    case=st.sampled_from(CASES),
    shape=st.one_of(st.tuples(sides), st.tuples(sides, sides)),
    seed=st.integers(0, 99),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_any_shape(case, shape, seed, dtype, backend):
    if dtype == "float32" or backend.chosen().float64:
        check_parity(case, backend, shape=shape, seed=seed, dtype=dtype)


@pytest.mark.parametrize("case", [c for c in CASES if c.kind == "ops"], ids=str)
def test_every_op_in_float64(case, backend):
    if not backend.chosen().float64:
        pytest.skip("the device has no float64")
    check_parity(case, backend, shape=shape_for(case), dtype="float64")


SPECIAL = np.array([
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, 0.1, 7.3, -7.3, 88.0, -104.0,
    1e-8, 1e-30, 1e30, -1e30, np.inf, -np.inf, np.nan,
])  # fmt: skip


def of_numbers():
    """Return the elementwise ops of one or two numbers, and how many they take."""
    found = {}
    for entry in registry.entries("ops"):
        op = entry.target
        if issubclass(op, ops.Elementwise) and not fields(op):
            _, operands = sample(op, (2,), np.random.default_rng(0))
            if len(operands) < 3 and all(x.dtype.kind == "f" for x in operands):
                found[op] = len(operands)
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_special_values_do_not_disturb_their_neighbours(dtype, backend):
    if dtype == "float64" and not backend.chosen().float64:
        pytest.skip("the device has no float64")
    values = np.stack(np.meshgrid(SPECIAL, SPECIAL)).reshape(2, -1)
    a, b = cr.input("a", (values.shape[1],)), cr.input("b", (values.shape[1],))
    chosen = of_numbers()
    assert {ops.Pow, ops.Sin, ops.Div, ops.Tanh} <= {*chosen}
    nodes = [op()(*(a, b)[:count]) for op, count in chosen.items()]
    feeds = {a: values[0], b: values[1]}
    got = cr.evaluate(nodes, feeds, backend=backend, dtype=dtype)
    with np.errstate(all="ignore"):
        expected = cr.evaluate(nodes, feeds, backend="numpy", dtype=dtype)
    for op, x, y in zip(chosen, got, expected, strict=True):
        near = 3e-5 if dtype == "float32" else 1e-12
        if op is ops.ToInt:  # which integer stands for the others is undefined
            held = np.abs(values[0]) < 2**63
            x, y = x[held], y[held]
        np.testing.assert_allclose(x, y, rtol=near, atol=1e-38, err_msg=op.__name__)


def test_a_difference_is_found(backend):
    values = iter([1.0, 1.1])

    def build(shape, random):
        return Workload([ops.exp(next(values))], {})

    with pytest.raises(ConformanceError, match="off by"):
        check_parity(Case("ops", "changing", build), backend)


def test_every_kind_has_cases():
    kinds = {case.kind for case in CASES}
    assert kinds == {
        "ops",
        "activations",
        "layers",
        "losses",
        "optimizers",
        "regularizers",
    }
    assert len(CASES) > 100


def test_sums_over_large_arrays(backend):
    def build(shape, random):
        x = np.asarray(random.uniform(-1, 1, (40_001,)), np.float32)
        return Workload([ops.l2_norm(x), ops.max(x), ops.sum(x)], {})

    check_parity(Case("ops", "large", build), backend)


def test_all_pairs_of_what_was_computed(backend):
    def build(shape, random):
        x = random.uniform(-1, 1, (4, 5))
        y = ops.neg(cr.constant(x))
        here, there = ops.expand_dims(y, -1), ops.expand_dims(y, -2)
        return Workload([here - there, ops.sum(ops.to_int(here < there), -1)], {})

    check_parity(Case("ops", "all pairs", build), backend)


@pytest.mark.parametrize("number", [-1.5, LEARNING_RATE, STEP / 2], ids=str)
@pytest.mark.parametrize("rewrite", [True, False])
def test_a_part_of_one_number_repeated(number, rewrite, backend):
    x = ops.broadcast_to(number, (4, 6))
    nodes = [
        x[1:, :1], x[..., ::2], x[1], ops.exp(x)[:, 2:], ops.sum(x[:, 1:], 0),
        ops.concatenate([x[1:], x.T[:2, ::2] @ x[::2], x], 0),
    ]  # fmt: skip
    for got, wanted in zip(
        cr.evaluate(nodes, step=3, lr=0.25, backend=backend, rewrite=rewrite),
        cr.evaluate(nodes, step=3, lr=0.25, backend="numpy", rewrite=rewrite),
        strict=True,
    ):
        np.testing.assert_allclose(got, wanted, rtol=1e-6)
