"""Generated code: values, buffers, assignments, blocks, randomness and faults."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.errors import DivergenceError, ExecutionError
from chainrule.execution import open_backend
from chainrule.philox import generator
from chainrule.program import LEARNING_RATE, STEP, Flat, Program

RNG = np.random.default_rng(0)


def compile_(**kwargs):
    return open_backend("numpy").compile(Program(**kwargs))


def test_buffers_are_reused_and_results_are_right():
    x = cr.input("x", (64, 64))
    y = x
    for _ in range(20):
        y = ops.tanh(y @ y + 1.0)
    executable = compile_(outputs=[y])
    assert executable.peak_memory <= 4 * 64 * 64 * 4
    value = RNG.normal(size=(64, 64)).astype(np.float32) / 8
    executable.put(x, value)
    executable.run()
    expected = value
    for _ in range(20):
        expected = np.tanh(expected @ expected + 1)
    np.testing.assert_allclose(executable.fetch(0), expected, rtol=1e-3, atol=1e-4)


def test_an_output_survives_the_next_ops():
    x = cr.input("x", (4,))
    a = x + 1
    b = ops.exp(a * 2)
    first, second, third = cr.evaluate([a, b, x], {x: np.zeros(4)})
    np.testing.assert_array_equal(first, np.ones(4))
    np.testing.assert_allclose(second, np.full(4, np.exp(2)), rtol=1e-6)
    np.testing.assert_array_equal(third, np.zeros(4))


def test_an_output_survives_the_next_phase():
    w = cr.parameter("w", np.array([1.0, 2.0], np.float32))
    new = w * 2
    executable = compile_(outputs=[new], phases=[[(w, new)], [(w, w * 10)]])
    executable.run()
    np.testing.assert_array_equal(executable.fetch(0), [2, 4])
    np.testing.assert_array_equal(w.value, [20, 40])


def test_a_power_of_a_negative_number():
    executable = compile_(outputs=[ops.pow(cr.constant(-2.0), STEP)])
    executable.run(step=2)
    assert executable.fetch(0) == 4


def test_all_new_values_of_a_phase_come_from_the_old_ones():
    a, b = cr.parameter("a", [1.0, 2.0]), cr.parameter("b", [3.0, 4.0])
    executable = compile_(phases=[[(a, b + 0.0), (b, a + b)], [(a, a * 10)]])
    executable.run()
    np.testing.assert_array_equal(b.value, [4, 6])
    np.testing.assert_array_equal(a.value, [30, 40])


def test_swapping_two_parameters():
    a, b = cr.parameter("a", [1.0]), cr.parameter("b", [2.0])
    executable = compile_(phases=[[(a, ops.identity(b)), (b, ops.identity(a))]])
    executable.run()
    assert (a.value[0], b.value[0]) == (2, 1)


def test_an_update_through_a_flat_vector_reaches_its_members():
    w, b = cr.parameter("w", np.ones((2, 3))), cr.parameter("b", np.zeros(3))
    x = cr.input("x", (5, 2))
    loss = ops.sum(ops.square(x @ w + b)) / 2
    flat = Flat("parameters", [w, b])
    gradient = Flat(
        "gradient", [cr.parameter("dw", w.value), cr.parameter("db", [0] * 3)]
    )
    packed = gradient.pack(cr.grad(loss, [w, b]))
    executable = compile_(
        phases=[[(gradient, packed)], [(flat, flat - LEARNING_RATE * gradient)]],
        totals=[loss],
    )
    data = RNG.normal(size=(5, 2))
    executable.put(x, data)
    executable.run(lr=0.5)
    error = data @ np.ones((2, 3))
    np.testing.assert_allclose(w.value, 1 - 0.5 * data.T @ error, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(b.value, -0.5 * error.sum(0), rtol=1e-5)
    assert "copyto" not in executable.source  # gradients are computed where they belong


def test_totals_are_summed_until_they_are_taken():
    x = cr.input("x", (3,))
    executable = compile_(totals=[ops.sum(x)])
    for k in (1, 2):
        executable.put(x, np.full(3, k))
        executable.run()
    assert executable.take_totals() == [9]
    assert executable.take_totals() == [0]


def test_rows_are_gathered():
    x = cr.input("x", (2, 3))
    executable = compile_(outputs=[x * 1.0])
    data = np.arange(12, dtype=np.float32).reshape(4, 3)
    for values in (data, data.astype(np.float64)):
        executable.put(x, values, np.array([3, 1]))
        executable.run()
        np.testing.assert_array_equal(executable.fetch(0), data[[3, 1]])


def test_a_parameter_that_moved_is_found_again():
    p = cr.parameter("p", [1.0, 2.0])
    executable = compile_(outputs=[p * 2])
    executable.run()
    p.value = np.array([5.0, 6.0], np.float32)
    executable.run()
    np.testing.assert_array_equal(executable.fetch(0), [10, 12])


def test_float64_reads_and_writes_float32_parameters():
    p = cr.parameter("p", np.array([1 / 3], np.float32))
    executable = compile_(outputs=[p * 3], phases=[[(p, p + 1)]], dtype="float64")
    executable.run()
    assert executable.fetch(0).dtype == np.float64
    np.testing.assert_allclose(p.value, [4 / 3], rtol=1e-7)
    executable.run()
    np.testing.assert_allclose(p.value, [7 / 3], rtol=1e-7)


@pytest.mark.parametrize("shape", [(700_001,), (1025, 700), (800, 800)])
def test_large_arrays_are_computed_in_blocks(shape):
    p, g = cr.parameter("p", RNG.normal(size=shape)), cr.input("g", shape)
    row = cr.parameter("row", RNG.normal(size=shape[-1:]))
    m = cr.parameter("m", np.zeros(shape))
    new_m = 0.9 * m + ops.square(g) * row
    new_p = p - LEARNING_RATE * new_m / (ops.sqrt(ops.abs(new_m)) + 1)
    old, gradient = p.value.copy(), RNG.normal(size=shape).astype(np.float32)
    executable = compile_(phases=[[(p, new_p), (m, new_m)]])
    assert "for " in executable.source
    executable.put(g, gradient)
    executable.run(lr=0.1)
    expected = gradient**2 * row.value
    np.testing.assert_allclose(m.value, expected, rtol=1e-5)
    np.testing.assert_allclose(
        p.value,
        old - 0.1 * expected / (np.sqrt(np.abs(expected)) + 1),
        rtol=1e-4,
        atol=1e-5,
    )


@pytest.mark.parametrize("size", [5, 600_000])
def test_what_takes_an_old_values_place_is_gone_before_the_new_one_comes(size):
    m, p = cr.parameter("m", RNG.normal(size=size)), cr.parameter("p", [0.0] * size)
    decayed = 0.5 * m  # could be written over m, but is read after m's new value
    new_m = decayed + 1.0
    new_p = p + new_m * decayed
    before = m.value.copy()
    executable = compile_(phases=[[(m, new_m), (p, new_p)]])
    executable.run()
    np.testing.assert_allclose(m.value, 0.5 * before + 1, atol=1e-6)
    np.testing.assert_allclose(p.value, (0.5 * before + 1) * 0.5 * before, atol=1e-5)


def test_blocks_feed_stored_results_and_have_names_of_their_own():
    x, w = cr.input("x", (256, 2048)), cr.parameter("w", np.eye(2048))
    names = ("b", "t", "b_2", "t_2")
    rows = [cr.parameter(name, RNG.normal(size=2048)) for name in names]
    y = ops.relu(x @ w + rows[0]) * rows[1] + rows[2] * rows[3]
    data = RNG.normal(size=(256, 2048)).astype(np.float32)
    (value,) = cr.evaluate([y], {x: data})
    b, t, c, d = (row.value for row in rows)
    np.testing.assert_allclose(value, np.maximum(data + b, 0) * t + c * d, atol=1e-5)


def test_scalars_see_step_and_learning_rate():
    rate = LEARNING_RATE * ops.sqrt(1 - 0.9**STEP) / (1 - 0.5**STEP)
    (value,) = cr.evaluate([rate], step=3, lr=2.0)
    np.testing.assert_allclose(value, 2 * np.sqrt(1 - 0.9**3) / (1 - 0.5**3), rtol=1e-6)


def test_what_decays_does_not_become_denormal():
    m = cr.parameter("m", np.array([1e-20, 1.0, -2e-30, np.nan], np.float32))
    executable = compile_(phases=[[(m, m * 0.9)]])
    for step in range(1, 600):
        executable.run(step=step)
        tiny = (m.value != 0) & (np.abs(m.value) < np.finfo(np.float32).tiny)
        assert not tiny.any()
    np.testing.assert_array_equal(m.value[[0, 2]], 0)
    np.testing.assert_allclose(m.value[1], 0.9**599, rtol=1e-4)
    assert np.isnan(m.value[3])


def test_random_numbers_are_philox_of_seed_stream_and_step():
    x = cr.input("x", (3, 5))
    u = ops.uniform(x, "mine")
    feeds = {x: np.zeros((3, 5))}
    (drawn,) = cr.evaluate([u], feeds, seed=7, step=4)
    expected = generator(7, "mine", 4).random((3, 5), np.float32)
    np.testing.assert_array_equal(drawn, expected)
    (wide,) = cr.evaluate([u], feeds, seed=7, step=4, dtype="float64")
    np.testing.assert_array_equal(wide, expected)
    (other,) = cr.evaluate([u], feeds, seed=7, step=5)
    assert not (other == drawn).any()


def test_the_generator_is_numpys_philox():
    bits = np.random.Philox(
        key=np.array([3, 2**40 + 1], np.uint64),
        counter=np.array([0, 0, 9, 0], np.uint64),
    )
    from chainrule.philox import state, stream_key

    ours = state(3, "s", 9)
    ours["state"]["key"][1] = 2**40 + 1
    mine = np.random.Philox(key=0)
    mine.state = ours
    np.testing.assert_array_equal(
        np.random.Generator(bits).random(9, np.float32),
        np.random.Generator(mine).random(9, np.float32),
    )
    assert stream_key("s") != stream_key("t")


def test_a_checked_program_names_the_first_node_that_is_not_finite():
    x = cr.input("x", (2,))
    with cr.scope("dense_1"):
        y = ops.log(x).named("z")
    executable = compile_(outputs=[ops.exp(y) * 0.0], checked=True)
    executable.put(x, np.array([1.0, -1.0]))
    with pytest.raises(DivergenceError, match=r"dense_1/z .* produced NaN"):
        executable.run()


def test_an_index_out_of_range_names_the_node():
    x, i = cr.input("x", (2, 3)), cr.input("i", (2,), "int")
    with pytest.raises(ExecutionError, match=r"pick .*0 … 2, got 0 … 3"):
        cr.evaluate([ops.pick(x, i)], {x: np.zeros((2, 3)), i: [0, 3]})


@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (3, 0)])
def test_odd_shapes(shape):
    x = cr.input("x", shape)
    value = np.ones(shape)
    total, rows, product = cr.evaluate(
        [ops.sum(x), ops.sum(x, axis=1), x @ x.T], {x: value}
    )
    assert total == value.sum()
    np.testing.assert_array_equal(rows, value.sum(1))
    np.testing.assert_array_equal(product, value @ value.T)


def test_deep_graphs_do_not_recurse():
    x = cr.input("x", (2,))
    y = x
    for _ in range(20_000):
        y = ops.sin(y)
    (value,) = cr.evaluate([y], {x: [0.5, 1.0]})
    assert (value > 0).all()
