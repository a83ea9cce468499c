"""scikit-learn's MLPClassifier, one partial_fit per batch."""

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.peers import loop


def make(case):
    """Return a `run` of partial fits."""
    x, y = case.data
    hidden = case.sizes[1:-1]
    model = MLPClassifier(hidden, solver="adam", alpha=0.0, batch_size=case.batch)
    classes = np.arange(case.sizes[-1])

    def step(rows):
        model.partial_fit(x[rows], y[rows], classes=classes)

    return loop(step, case.batches(64), lambda: None)
