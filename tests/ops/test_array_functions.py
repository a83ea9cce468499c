"""Functions of arrays under NumPy's names: values, derivatives, messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.errors import ShapeError
from chainrule.testing import check_derivatives

A = np.array([[0.5, -1.5, 2.25], [1.25, 0.75, -0.5]])
B = np.array([[1.5, 0.25], [-0.75, 2.0], [0.5, 1.0]])
C = np.linspace(-1, 2, 24).reshape(2, 3, 4)
Case = tuple[Callable[..., cr.Node], Callable[..., Any], tuple[Any, ...]]
CASES: dict[str, Case] = {
    "clip": (lambda x: ops.clip(x, -1, 1), lambda x: np.clip(x, -1, 1), (A,)),
    "clip from below": (lambda x: ops.clip(x, 0.6), lambda x: np.clip(x, 0.6, None),
                        (A,)),
    "clip from above": (lambda x: ops.clip(x, high=0.6),
                        lambda x: np.clip(x, None, 0.6), (A,)),
    "clip to rows": (ops.clip, np.clip, (C[0], C[1, :1] - 1, C[1, :1])),
    "bounds that cross": (lambda x: ops.clip(x, 1, 0), lambda x: np.clip(x, 1, 0),
                          (A,)),
    "var": (ops.var, np.var, (A,)),
    "var of columns": (lambda x: ops.var(x, 0, keepdims=True),
                       lambda x: np.var(x, 0, keepdims=True), (A,)),
    "var, n − 1": (lambda x: ops.var(x, -1, correction=1),
                   lambda x: np.var(x, -1, ddof=1), (A,)),
    "std": (ops.std, np.std, (A,)),
    "std, n − 1": (lambda x: ops.std(x, (0, 2), correction=1),
                   lambda x: np.std(x, (0, 2), ddof=1), (C,)),
    "any": (lambda x: ops.any(x > 0.7, 0), lambda x: np.any(x > 0.7, 0), (A,)),
    "any of numbers": (lambda x: ops.any(x - 0.5, 1), lambda x: np.any(x - 0.5, 1),
                       (A,)),
    "all": (lambda x: ops.all(x > -1, 1, keepdims=True),
            lambda x: np.all(x > -1, 1, keepdims=True), (A,)),
    "all of all": (ops.all, np.all, (A,)),
    "prod": (ops.prod, np.prod, (A,)),
    "prod of rows": (lambda x: ops.prod(x, 1, keepdims=True),
                     lambda x: np.prod(x, 1, keepdims=True), (A,)),
    "prod over two axes": (lambda x: ops.prod(x, (0, 2)), lambda x: np.prod(x, (0, 2)),
                           (C,)),
    "cumsum": (lambda x: ops.cumsum(x, 1), lambda x: np.cumsum(x, 1), (C,)),
    "cumsum from the end": (lambda x: ops.cumsum(x, 0, reverse=True),
                            lambda x: np.cumsum(x[::-1], 0)[::-1], (B,)),
    "floor": (ops.floor, np.floor, (A,)),
    "ceil": (ops.ceil, np.ceil, (A,)),
    "round": (ops.round, np.round, (np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.4]),)),
    "stack": (lambda a, b: ops.stack([a, b]), lambda a, b: np.stack([a, b]), (A, -A)),
    "stack at the end": (lambda a, b: ops.stack([a, b], -1),
                         lambda a, b: np.stack([a, b], -1), (A, 2 * A)),
    "pad": (lambda x: ops.pad(x, 1), lambda x: np.pad(x, 1), (A,)),
    "pad unequally": (lambda x: ops.pad(x, (0, 2), 7),
                      lambda x: np.pad(x, (0, 2), constant_values=7), (A,)),
    "pad one axis": (lambda x: ops.pad(x, ((0, 0), (1, 2)), -1.5),
                     lambda x: np.pad(x, ((0, 0), (1, 2)), constant_values=-1.5), (A,)),
    "split": (lambda x: ops.split(x, 2, -1)[1] * ops.split(x, 2, -1)[0],
              lambda x: np.multiply(*np.split(x, 2, -1)), (C,)),
    "split at": (lambda x: ops.split(x, [1, 3], 2)[1],
                 lambda x: np.split(x, [1, 3], 2)[1], (C,)),
    "sort": (ops.sort, np.sort, (A,)),
    "sort columns": (lambda x: ops.sort(x, 0), lambda x: np.sort(x, 0), (A,)),
    "sort, the largest first": (lambda x: ops.sort(x, 1, descending=True),
                                lambda x: -np.sort(-x, 1), (-C,)),
    "argsort": (lambda x: ops.argsort(x, 0), lambda x: np.argsort(x, 0), (A,)),
    "argsort of equal ones": (lambda x: ops.argsort(ops.floor(x), descending=True),
                              lambda x: np.argsort(-np.floor(x), -1, "stable"), (C,)),
    "top_k": (lambda x: ops.top_k(x, 2)[0], lambda x: -np.sort(-x)[..., :2], (A,)),
    "where it is": (lambda x: ops.top_k(x, 2)[1],
                    lambda x: np.argsort(-x)[..., :2], (A,)),
}  # fmt: skip

EINSUMS: dict[str, tuple[Any, ...]] = {
    "ij->ji": (A,), "ij->": (A,), "ij->j": (A,), "ij": (A,), "ba": (A,),
    "ij,jk->ik": (A, B), "ij,jk": (A, B), "ij,jk->ki": (A, B), "ij,ij->": (A, A),
    "i,j->ij": (A[0], B[:, 0]), "i,i": (A[0], B[:, 0]), "ij,j->i": (A, B[:, 0]),
    "ii->i": (C[:, :2, 0],), "ii": (C[0, :, :3],), "iij->ij": (C[:, :2],),
    "bij,bjk->bik": (C, C.swapaxes(1, 2)), "bij,bij->b": (C, C),
    "bij,bij->": (C, C), "bij,bkj->bik": (C, C), "bij,ij->bi": (C, C[0]),
    "abc,bcd->ad": (C, C.reshape(3, 4, 2)), "abc,cx->abx": (C, C[0].T),
    "...i->...": (C,), "...ij,...jk->...ik": (C, C[0].T), "i...,i...->...": (A, A),
    "ij,jk,kl->il": (A, B, A), "ij,kl->": (A, B), "ij,ik,il->jkl": (A, A, B.T),
    ",ij->ij": (np.array(2.0), A), "...,...": (A, A),
}  # fmt: skip
CASES |= {
    f"einsum {text}": (
        lambda *x, text=text: ops.einsum(text, *x),
        lambda *x, text=text: np.einsum(text, *x),
        operands,
    )
    for text, operands in EINSUMS.items()
}


def leaves_of(operands: tuple[Any, ...], *, open_batch: bool = False) -> list[cr.Node]:
    def shape(x: Any) -> tuple[int | None, ...]:
        return (None, *x.shape[1:]) if open_batch and x.ndim else x.shape

    return [cr.input(f"x{i}", shape(x)) for i, x in enumerate(operands)]


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
@pytest.mark.parametrize("case", CASES)
def test_values_are_those_of_numpy(case: str, backend: str) -> None:
    build, expected, operands = CASES[case]
    leaves = leaves_of(operands)
    feeds = dict(zip(leaves, operands, strict=True))
    (got,) = cr.evaluate([build(*leaves)], feeds, backend=backend)
    np.testing.assert_allclose(got, expected(*operands), rtol=2e-6, atol=1e-6)
    assert got.shape == np.shape(expected(*operands))
    assert got.dtype.kind == np.asarray(expected(*operands)).dtype.kind


@pytest.mark.parametrize("case", CASES)
def test_first_and_second_derivatives(case: str) -> None:
    build, _, operands = CASES[case]
    if build(*leaves_of(operands)).dtype == "float":
        check_derivatives(build, operands)


NEEDS_SIZES = ("split", "split at", "einsum ii->i", "einsum ii", "einsum iij->ij",
               "sort columns", "argsort", "clip to rows")  # fmt: skip


@pytest.mark.parametrize("case", [case for case in CASES if case not in NEEDS_SIZES])
def test_an_open_batch_gives_the_same(case: str) -> None:
    build, expected, operands = CASES[case]
    leaves = leaves_of(operands, open_batch=True)
    feeds = dict(zip(leaves, operands, strict=True))
    (got,) = cr.evaluate([build(*leaves)], feeds)
    np.testing.assert_allclose(got, expected(*operands), rtol=2e-6, atol=1e-6)


def slopes(function: Callable[[cr.Node], cr.Node], at: Any) -> Any:
    x = cr.input("x", np.shape(at))
    (dx,) = cr.grad(ops.sum(function(x)), [x])
    (got,) = cr.evaluate([dx], {x: at}, dtype="float64")
    return got.tolist()


def test_conventions_where_a_derivative_has_a_choice() -> None:
    # PyTorch 2.13: torch.clamp at its bounds, torch.std of equal numbers.
    assert slopes(lambda x: ops.clip(x, -1, 1), [-2.0, -1.0, 0.0, 1.0, 2.0]) == [
        0, 1, 1, 1, 0,
    ]  # fmt: skip
    assert slopes(ops.std, [3.0, 3.0, 3.0]) == [0, 0, 0]
    assert slopes(lambda x: x - ops.floor(x), [1.0, 1.5]) == [1, 1]
    # Equal numbers keep their order, so the first of them is the smallest.
    first = np.array([1.0, 0.0, 0.0])
    assert slopes(lambda x: ops.sort(x) * first, [2.0, 1.0, 1.0]) == [0, 1, 0]


def test_a_product_has_its_derivatives_where_factors_are_zero() -> None:
    assert slopes(ops.prod, [2.0, 0.0, 5.0]) == [0, 10, 0]
    assert slopes(ops.prod, [0.0, 0.0, 5.0]) == [0, 0, 0]
    check_derivatives(ops.prod, [np.array([2.0, 0.0, 5.0, -1.0])])
    check_derivatives(lambda x: ops.prod(x, (0, 1)), [np.array([[2.0, 0.0], [0.0, 3]])])


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
def test_nan_is_sorted_to_the_end(backend: str) -> None:
    x = np.array([np.nan, 1.0, np.inf, np.nan, -np.inf])
    got = cr.evaluate([ops.argsort(x), ops.sort(x)], backend=backend)
    np.testing.assert_array_equal(got[0], np.argsort(x, kind="stable"))
    np.testing.assert_array_equal(got[1], np.sort(x))


def test_nothing_at_all() -> None:
    x = cr.constant(np.zeros((0, 3)))
    nodes = [ops.any(x, 0), ops.all(x, 0), ops.prod(x, 0), ops.cumsum(x, 0),
             ops.sort(x, 0), ops.pad(x, 1)]  # fmt: skip
    got = cr.evaluate(nodes)
    assert got[0].tolist() == [False] * 3
    assert got[1].tolist() == [True] * 3
    assert got[2].tolist() == [1.0] * 3
    assert [g.shape for g in got[3:]] == [(0, 3), (0, 3), (2, 5)]


NO_ROWS = np.zeros((0, 3))


@pytest.mark.parametrize(
    ("node", "feed", "message"),
    [
        (lambda x: ops.max(x, 0), NO_ROWS, r"max: axis 0 of x \(0, 3\) must have ele"),
        (ops.min, NO_ROWS.T, r"min: axis 1 of x \(3, 0\) must have ele"),
        (ops.argmax, NO_ROWS.T, r"argmax: axis 1 of x \(3, 0\)"),
        (lambda x: ops.softmax(x, 0), NO_ROWS, r"softmax: axis 0 of x \(0, 3\)"),
        (lambda x: ops.log_softmax(x, 0), NO_ROWS, r"log_softmax: axis 0 of x"),
        (ops.logsumexp, NO_ROWS, r"logsumexp: axis 0 of x \(0, 3\)"),
        (lambda x: ops.take(x, [0]), NO_ROWS, r"take: constant \(1\) must be empty"),
        (lambda x: ops.pick(x, [0, 0, 0]), NO_ROWS.T, r"pick: constant \(3\) must be"),
    ],
    ids=range(8),
)
def test_nothing_to_choose_from(node: Any, feed: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):  # when it is built
        node(cr.parameter("x", feed))
    x = cr.input("x", (None, None))
    with pytest.raises(ShapeError, match=message):  # when sizes are known
        cr.evaluate([node(x)], {x: feed})


def test_no_rows_have_extrema_along_other_axes() -> None:
    x, at = cr.input("x", (None, 3)), cr.input("at", (None,), "int")
    nodes = [ops.max(x, 1), ops.argmax(x), ops.softmax(x), ops.one_hot(at, 0)]
    got = cr.evaluate(nodes, {x: NO_ROWS, at: np.zeros(0, int)})
    assert [g.shape for g in got] == [(0,), (0,), (0, 3), (0, 0)]
    with pytest.raises(ShapeError, match=r"one_hot: at \(1\) must be empty where"):
        cr.evaluate([ops.one_hot(at, 0)], {at: [0]})


def test_a_clipped_integer_stays_one() -> None:
    i = cr.input("i", (3,), "int")
    nodes = [ops.clip(i, 0, 2), ops.clip(i, 0), ops.clip(i, high=0), ops.pad(i, 1)]
    got = cr.evaluate(nodes, {i: [-1, 1, 5]})
    assert [g.tolist() for g in got] == [
        [0, 1, 2], [0, 1, 5], [-1, 0, 0], [0, -1, 1, 5, 0],
    ]  # fmt: skip
    assert {g.dtype.kind for g in got} == {"i"}


x = cr.input("x", (2, 3))
batch = cr.input("batch", (None, 3))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: ops.clip(x), "clip needs a bound: write cr.ops.clip(x, low, high)"),
        (lambda: ops.stack([]), "stack: nothing to stack"),
        (lambda: ops.stack([x, x[0]]),
         "stack: x (2, 3) and view of x (3) must have one shape"),
        (lambda: ops.pad(x, -1), "pad_width: a width must be ≥ 0, got -1"),
        (lambda: ops.pad(x, ((1, 1),)),
         "pad: pad_width must be a number, (before, after), or 2 such pairs for "
         "x (2, 3), got ((1, 1),)"),
        (lambda: ops.split(x, 2, 1),
         "split: axis 1 of x (2, 3) cannot be cut into 2 equal parts; give the indices "
         "to cut at, such as [2, 3]"),
        (lambda: ops.split(batch, 2),
         "split: axis 0 of batch (batch, 3) is open; write slices, such as x[:2]"),
        (lambda: ops.split(x, 0), "indices_or_sections must be at least 1, got 0"),
        (lambda: ops.top_k(x, 4), "top_k: k must be at most 3 for x (2, 3), got 4"),
        (lambda: ops.sort(cr.constant(1.0)),
         "sort: axis must be left out for constant (), got -1"),
        (lambda: ops.einsum("ij,jk->ik", x),
         "einsum: 'ij,jk->ik' is for 2 operands, got 1"),
        (lambda: ops.einsum("ij,ij->", x, x.T),
         "einsum: 'i' is 2 in x (2, 3) and 3 in transpose of x (3, 2)"),
        (lambda: ops.einsum("i->i", x),
         "einsum: 'i' in 'i->i' must name the axes of x (2, 3), of which there are 2"),
        (lambda: ops.einsum("ij->ik", x),
         "einsum: 'k' in the result of 'ij->ik' must stand there once, and in an "
         "operand"),
        (lambda: ops.einsum("i1->i", x),
         "einsum: subscripts must be letters, '...', ',' and '->', got '1' in 'i1->i'"),
        (lambda: cr.grad(ops.sum(ops.prod(batch, 0)), [batch]),
         "axis 0 of batch (batch, 3) must not be open"),
    ],
)  # fmt: skip
def test_messages(build: Callable[[], Any], message: str) -> None:
    with pytest.raises(cr.ChainRuleError) as caught:
        build()
    assert str(caught.value) == message
