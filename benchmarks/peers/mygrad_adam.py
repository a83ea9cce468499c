"""MyGrad, which has SGD only; Adam by hand on its gradients."""

import mygrad as mg
import numpy as np
from mygrad.nnet.losses import softmax_crossentropy

from benchmarks.peers import loop


def make(case):
    """Return a `run` of taped steps."""
    x, y = case.data
    weights = [mg.tensor(a) for pair in case.weights() for a in pair]
    slots = [(np.zeros_like(w.data), np.zeros_like(w.data)) for w in weights]
    count = [0]

    def step(rows):
        h = x[rows]
        for i in range(0, len(weights), 2):
            h = h @ weights[i] + weights[i + 1]
            if i + 2 < len(weights):
                h = mg.maximum(h, 0)
        softmax_crossentropy(h, y[rows]).backward()
        count[0] += 1
        t = count[0]
        size = np.float32(1e-3 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t))
        for w, (m, v) in zip(weights, slots, strict=True):
            m += np.float32(0.1) * (w.grad - m)
            v += np.float32(0.001) * (w.grad * w.grad - v)
            w.data -= size * m / (np.sqrt(v) + np.float32(1e-7))

    return loop(step, case.batches(64), lambda: None)
