"""chainrule: `model.fit` itself, timed from the beginning of an epoch to its end."""

import os
import time

import chainrule as cr


class Clock(cr.Callback):
    """Measures how long the steps of an epoch take."""

    def epoch_begin(self, run):
        self.begun = time.perf_counter()

    def epoch_end(self, run):
        self.seconds = time.perf_counter() - self.begun
        self.steps = run.step_of_epoch


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
                verbose=0,
            )
            done += clock.steps
            seconds += clock.seconds
        return seconds / done * count

    return run
