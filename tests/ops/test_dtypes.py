"""Truth values and integers count as numbers, wherever an op computes with them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.dtypes import Dtype

VALUES: dict[Dtype, list[list[float]]] = {
    "bool": [[1, 0, 1, 1], [1, 1, 0, 1]],
    "int": [[3, -2, 1, 0], [1, 2, -1, 3]],
    "float": [[0.5, -1.5, 2.0, 0.0], [1.5, -0.5, 0.25, 3.0]],
}
ONE: dict[str, Callable[..., Any]] = {
    "neg": np.negative, "abs": np.abs, "square": np.square, "sign": np.sign,
    "exp": np.exp, "expm1": np.expm1, "sin": np.sin, "cos": np.cos, "tanh": np.tanh,
    "sqrt": np.sqrt, "log": np.log, "reciprocal": np.reciprocal, "sum": np.sum,
    "mean": np.mean, "max": np.max, "min": np.min, "var": np.var,
    "argmax": np.argmax, "l2_norm": np.linalg.norm,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(),
    "log_softmax": lambda x: x - np.log(np.exp(x).sum()),
    "logsumexp": lambda x: np.log(np.exp(x).sum()),
}  # fmt: skip
TWO: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide,
    "pow": np.power, "maximum": np.maximum, "minimum": np.minimum,
    "equal": np.equal, "not_equal": np.not_equal, "less": np.less,
    "less_equal": np.less_equal, "greater": np.greater,
    "greater_equal": np.greater_equal, "matmul": np.matmul,
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("backend", ["numpy", "opencl"])
@pytest.mark.parametrize("name", [*ONE, *TWO])
def test_every_dtype_gives_what_the_same_numbers_give(name: str, backend: str) -> None:
    exact = (ONE | TWO)[name]
    for dtypes in itertools.product(VALUES, repeat=1 if name in ONE else 2):
        leaves = [cr.input(f"x{i}", (4,), dtype) for i, dtype in enumerate(dtypes)]
        numbers = [np.array(VALUES[dtype][i], float) for i, dtype in enumerate(dtypes)]
        feeds = {
            leaf: x.astype(leaf.dtype) for leaf, x in zip(leaves, numbers, strict=True)
        }
        (got,) = cr.evaluate([getattr(cr.ops, name)(*leaves)], feeds, backend=backend)
        np.testing.assert_allclose(
            got.astype(float), exact(*numbers), rtol=2e-5, atol=1e-6,
            err_msg=f"{name} of {dtypes}",
        )  # fmt: skip


def test_a_sum_of_truth_values_counts_them() -> None:
    a = cr.constant(np.array([[1.0, -1.0, 2.0], [3.0, 4.0, 5.0]]))
    total = cr.ops.sum(a > 0, axis=1)
    assert total.dtype == "int"
    (got,) = cr.evaluate([total])
    assert got.tolist() == [2, 3]


def test_whether_any_or_all_hold_stays_a_condition() -> None:
    a = cr.constant(np.array([[1.0, -1.0], [3.0, 4.0]]))
    for node in (cr.ops.max(a > 0, axis=1), cr.ops.min(a > 0, axis=1)):
        assert node.dtype == "bool"


def test_an_op_of_a_plugin_is_given_what_it_declares() -> None:
    class Twice(cr.ops.Elementwise):
        def derivatives(self, y: cr.Node, x: cr.Node) -> Any:
            return (2,)

    class Halved(Twice):
        result = "float"

    class Xor(Twice):
        takes = "bool"

    x = cr.input("x", (3,), "bool")
    assert [op()(x).dtype for op in (Twice, Halved, Xor)] == ["int", "float", "bool"]


def test_numbers_beside_floats_stay_constants() -> None:
    x = cr.input("x", (3,))
    assert isinstance((x / 2).inputs[1], cr.node.Constant)
