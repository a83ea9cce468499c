import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chainrule import ops
from chainrule.errors import ConformanceError
from chainrule.testing import check_parity, parity_cases
from chainrule.testing.parity import Case, Problem

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
    max_examples=15,
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
)
def test_any_shape(case, shape, seed, backend):
    check_parity(case, backend, shape=shape, seed=seed)


@pytest.mark.parametrize("name", ["log_softmax", "matmul", "erf", "sum"])
def test_float64_where_the_device_has_it(name, backend):
    if not backend.chosen().float64:
        pytest.skip("the device has no float64")
    (case,) = [c for c in CASES if c.kind == "ops" and c.name == name]
    check_parity(case, backend, dtype="float64")


def test_a_difference_is_found(backend):
    values = iter([1.0, 1.1])

    def build(shape, random):
        return Problem([ops.exp(next(values))], {})

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
        return Problem([ops.l2_norm(x), ops.max(x), ops.sum(x)], {})

    check_parity(Case("ops", "large", build), backend)
