"""Storage: views of buffers, liveness, memory used again, results put where they go."""

import itertools
from contextlib import suppress

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.execution import open_backend
from chainrule.program import Flat, Pack, Program
from chainrule.program.sizes import count, numpy_dtype, sizes
from chainrule.program.storage import (
    VIEWS,
    Destination,
    FreeBlocks,
    Layout,
    Liveness,
    destinations,
    readers,
    row_major,
    view_of,
)

SHAPE = (2, 1, 6)
CUTS = ((0, 2, 1), (0, 1, 1), (1, 6, 2))
OPS_OF_VIEWS = [
    ops.Transpose((2, 0, 1)),
    ops.Slice(CUTS),
    ops.Reshape((3, 4)),
    ops.Squeeze((1,)),
    ops.ExpandDims((0, 3)),
    ops.BroadcastTo((5, 2, 3, 6)),
]


def chains_of_views():
    """Yield one op after another, where the second fits what the first makes."""
    x = cr.input("x", SHAPE)
    for first, second in itertools.product(OPS_OF_VIEWS, OPS_OF_VIEWS):
        with suppress(cr.errors.ChainRuleError, ValueError, IndexError):
            second(first(x))
            yield first, second


def elements(layout, buffer):
    """Return what a layout finds in a buffer."""
    places = np.full(layout.shape, layout.offset)
    for axis, stride in enumerate(layout.strides):
        steps = np.arange(layout.shape[axis]) * stride
        places += np.expand_dims(steps, [*range(axis), *range(axis + 1, places.ndim)])
    return buffer[places]


def test_sizes_and_dtypes_of_lowered_nodes():
    x = cr.input("x", (3, 4), "int")
    assert (sizes(x), count(x)) == ((3, 4), 12)
    assert numpy_dtype("float", "float32") == np.float32
    assert numpy_dtype("int", "float32") == np.int64
    assert numpy_dtype("bool", "float64") == np.bool_


def test_the_ops_below_are_all_the_views():
    assert {type(op) for op in OPS_OF_VIEWS} == VIEWS


@pytest.mark.parametrize("chain", list(chains_of_views()), ids=str)
def test_a_layout_sees_what_the_view_of_an_array_sees(chain):
    buffer = np.arange(20.0)
    array = buffer[3:15].reshape(SHAPE)
    layout = Layout(shape=SHAPE, strides=row_major(SHAPE), offset=3)
    node = cr.input("x", SHAPE)
    for op in chain:
        node = op(node)
        array = view_of(op, array, sizes(node))
        layout = layout.view_of(op, sizes(node))
        if layout is None:
            return  # NumPy knows a few more reshapes that need no copy
        assert layout.shape == array.shape == sizes(node)
        np.testing.assert_array_equal(elements(layout, buffer), array)
        assert layout.contiguous == array.flags.c_contiguous
        assert {int(place) for place in array.flat} <= set(layout.span)


def test_a_reshape_that_would_copy_is_not_a_view():
    op = ops.Reshape((12,))
    turned = Layout(shape=(4, 3), strides=(1, 4))
    assert turned.view_of(op, (12,)) is None
    assert view_of(op, np.zeros((3, 4)).T, (12,)) is None


def test_an_empty_layout_spans_nothing():
    empty = Layout(shape=(0, 3), strides=(3, 1), offset=7)
    assert len(empty.span) == 0
    assert empty.contiguous


def test_a_result_lives_until_it_or_a_view_of_it_is_read_last():
    x = cr.input("x", (2, 3))
    square = ops.square(x)
    turned = ops.transpose(square)
    first, last = ops.exp(turned), ops.sum(square)
    program = Program(outputs=[first, last], shapes={x: (2, 3)})
    kernels = open_backend("numpy").kernels
    (phase,) = program.lower(kernels)
    live = Liveness(phase)
    square, turned, first, last = live.order
    assert live.home[turned] is square
    assert live.last_use[square] == live.index[last]
    assert live.last_use[first] == live.last_use[last] == len(live.order)
    assert live.ends()[live.index[last]] == [square]
    assert live.readers[square] == [turned, last]


def test_a_node_that_is_two_operands_is_read_twice():
    x = cr.input("x", ())
    y = x * x
    assert readers([x, y]) == {x: [y, y], y: []}


def test_the_block_that_fits_best_is_used_again():
    free = FreeBlocks()
    for name, nbytes in (("large", 4000), ("small", 1000), ("middle", 1500)):
        free.add(name, nbytes)
    assert free.take(1200) == "middle"
    assert free.take(1200) == "large"
    assert free.take(1200) is None
    assert free.take(100) is None, "too large to be spent on so little"
    assert free.take(1000) == "small"


def test_results_are_computed_where_they_are_assigned():
    w, b = cr.parameter("w", np.zeros((2, 3))), cr.parameter("b", np.zeros(3))
    flat = Flat("all", [w, b])
    other = cr.parameter("other", np.zeros(3))
    new_w, new_b, new = w * 2.0, b * 3.0, other * 4.0
    pack = Pack()(new_w, new_b)
    assigns = [(flat, pack), (other, new)]
    found = destinations(assigns, lambda target, node: True, lambda part: part)
    assert found == {
        pack: Destination(flat),
        new_w: Destination(flat, 0),
        new_b: Destination(flat, 6),
        new: Destination(other),
    }
    kept = destinations(
        assigns,
        lambda target, node: target is flat,
        lambda part: None if part is new_w else part,
    )
    assert kept == {pack: Destination(flat), new_b: Destination(flat, 6)}
