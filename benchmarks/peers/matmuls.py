"""The floor: the matrix products of a step, and nothing else, with NumPy's BLAS."""

import numpy as np

from benchmarks.peers import loop


def make(case):
    """Return a `run` of forward, weight-gradient and input-gradient products."""
    x = np.ascontiguousarray(case.data[0][: case.batch])
    hidden = [x] + [np.ones((case.batch, n), np.float32) for n in case.sizes[1:]]
    kernels = [w for w, _ in case.weights()]
    gradients = [np.empty_like(w) for w in kernels]
    back = [np.empty_like(h) for h in hidden]
    products = []
    for a, w, b in zip(hidden, kernels, hidden[1:], strict=False):
        products.append((a, w, b))
    for i in reversed(range(len(kernels))):
        products.append((hidden[i].T, hidden[i + 1], gradients[i]))
        if i:
            products.append((hidden[i + 1], kernels[i].T, back[i]))
    calls = [
        (np.dot if out.size < 60_000 else np.matmul, a, b, out)
        for a, b, out in products
    ]

    def step(_):
        for product, a, b, out in calls:
            product(a, b, out)

    return loop(step, [None], lambda: None)
