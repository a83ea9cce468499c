"""Whole training runs: what the device computes is what NumPy computes."""

import gc

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DivergenceError


def model():
    return cr.Sequential([
        cr.layers.Dense(32, activation="relu"),
        cr.layers.Dropout(0.2),
        cr.layers.Dense(10),
    ])  # fmt: skip


@pytest.fixture(scope="module")
def digits():
    (x, y), _ = cr.datasets.digits()
    return x[:1280], y[:1280]


class Losses(cr.Callback):
    def begin(self, run):
        self.values = []

    def epoch_end(self, run):
        self.values.append(run.history["loss"][-1])


def fit(digits, backend, epochs=5, **options):
    x, y = digits
    net = model()
    history = net.fit(
        x,
        y,
        loss="sparse_softmax_cross_entropy",
        optimizer=cr.optimizers.Adam(lr=1e-3),
        epochs=epochs,
        batch_size=32,
        backend=backend,
        seed=0,
        **options,
    )
    return net, history


def test_200_steps_on_digits_follow_the_same_curve(digits, backend):
    here, expected = fit(digits, "numpy")
    there, got = fit(digits, backend)
    assert np.allclose(got["loss"], expected["loss"], atol=1e-4)
    assert len(got["loss"]) == 5
    a, b = here.predict(digits[0]), there.predict(digits[0], backend=backend)
    assert np.abs(a - b).max() < 1e-3


def test_parameters_are_on_the_host_when_fit_returns(digits, backend):
    net, _ = fit(digits, backend, epochs=1)
    before = net.predict(digits[0], backend="numpy")
    assert np.allclose(before, net.predict(digits[0], backend=backend), atol=1e-4)


def test_weights_set_on_the_host_are_seen_by_the_device(digits, backend):
    net, _ = fit(digits, backend, epochs=1)
    net.predict(digits[0][:4], backend=backend)
    for parameter in net.parameters.values():
        parameter.value[...] = 0.0
    assert not net.predict(digits[0][:4], backend=backend).any()


def test_divergence_names_the_node_and_the_step(digits, backend):
    x, y = digits
    with pytest.raises(DivergenceError, match=r"step \d+: .*(NaN|infinity)"):
        fit((np.where(x > 0, 3e38, x), y), backend, epochs=1)


def test_thousands_of_steps_allocate_nothing(backend):
    cl = pytest.importorskip("pyopencl")
    x = cr.input("x", (8,))
    w = cr.parameter("w", np.ones(8, np.float32))
    program = cr.program.Program(
        totals=[cr.ops.sum(x * w)], phases=[[(w, w * 0.999 + 0.001 * x)]]
    )
    executable = backend.compile(program)
    data = np.ones((16, 8), np.float32)
    made = []
    for step in range(1, 2001):
        executable.put(x, data[step % 16])
        executable.run(step=step)
        if step in (1000, 2000):
            executable.take_totals()
            gc.collect()
            alive = (cl.Buffer, cl.Kernel, cl.Event)
            kinds = map(type, gc.get_objects())  # a weak proxy may be among them
            made.append(sum(issubclass(kind, alive) for kind in kinds))
    assert made[1] <= made[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_denormal_numbers_are_kept_where_nothing_is_trained(backend, dtype):
    tiny = 1e-40 if dtype == "float32" else 1e-310
    x = cr.input("x", (3,))
    w = cr.parameter("w", np.ones(3, dtype))
    step = cr.program.Program(
        phases=[[(w, w * x)]], training=True, shapes={}, dtype=dtype
    )
    executable = backend.compile(step)
    executable.put(x, np.full(3, tiny))
    executable.run()
    backend.pull([w])
    if dtype == "float64":
        assert w.value == pytest.approx(tiny)
    elif "Portable Computing Language" in backend.chosen().name:
        assert not w.value.any()  # on processors they are many times slower
    for training in (False, True):
        (y,) = cr.evaluate(
            [x * 1.0], {x: np.full(3, tiny)}, backend=backend, dtype=dtype,
            training=training,
        )  # fmt: skip
        assert y == pytest.approx(np.full(3, tiny, dtype))
        assert y.all()
