"""chainrule: `model.fit` itself, timed from one step's end to the last one's."""

import os
import time

import chainrule as cr


class Clock(cr.Callback):
    """Reads the time at the end of every step."""

    def begin(self, run):
        self.times = []

    def step_end(self, run):
        self.times.append(time.perf_counter())


def make(case):
    """Return a `run` that fits for whole epochs until enough steps are done."""
    x, y = case.data
    layers = [
        cr.layers.Dense(n, activation="relu", kernel_initializer="he_normal")
        for n in case.sizes[1:-1]
    ]
    model = cr.Sequential([*layers, cr.layers.Dense(case.sizes[-1])])
    clock = Clock()
    backend = os.environ.get("CHAINRULE_BACKEND", "numpy")

    def run(count):
        done, seconds = 0, 0.0
        while done < count:
            model.fit(
                x,
                y,
                loss="sparse_softmax_cross_entropy",
                optimizer=cr.optimizers.Adam(lr=1e-3),
                batch_size=case.batch,
                callbacks=[clock],
                backend=backend,
            )
            steps = len(clock.times) - 1
            done += steps
            seconds += clock.times[-1] - clock.times[0]
        return seconds / done * count

    return run
