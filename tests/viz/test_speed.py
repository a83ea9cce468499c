"""How long drawing takes: in proportion to what is drawn."""

import time

import numpy as np
import pytest

import chainrule as cr


def chain(layers):
    """Return a loss behind a chain of layers, each with a name."""
    h = cr.input("x", (None, 4))
    for i in range(layers):
        w = cr.parameter(f"w_{i}", np.ones((4, 4)))
        z = h @ w + cr.parameter(f"b_{i}", np.zeros(4))
        h = cr.ops.relu(z).named(f"h_{i}")
    return cr.ops.mean(cr.ops.square(h))


def seconds(loss, level):
    """Return how long drawing a loss takes, the shortest of three times."""
    taken = []
    for _ in range(3):
        begin = time.process_time()
        assert cr.draw(loss, direction="both", level=level).scene.links
        taken.append(time.process_time() - begin)
    return min(taken)


@pytest.mark.parametrize("level", ["op", "layer"])
def test_ten_times_as_many_layers_take_about_ten_times_as_long(level):
    assert seconds(chain(200), level) < 22 * seconds(chain(20), level)


def unnamed(layers):
    """Return a loss behind layers without names, which are one formula."""
    h = cr.input("x", (None, 4))
    for i in range(layers):
        w = cr.parameter(f"w_{i}", np.ones((4, 4)))
        h = cr.ops.relu(h @ w + cr.parameter(f"b_{i}", np.zeros(4)))
    return cr.ops.mean(cr.ops.square(h))


def test_a_long_formula_is_not_written_once_for_every_depth():
    def seconds(layers):
        begin = time.process_time()
        assert cr.draw(unnamed(layers), direction="both", level="layer").source
        return time.process_time() - begin

    seconds(4)
    assert seconds(40) < 12 * max(seconds(16), 0.1)
