"""tinygrad under TinyJit, on its default device."""

from tinygrad import Context, Tensor, TinyJit
from tinygrad.nn.optim import Adam

from benchmarks.peers import loop


def make(case):
    """Return a `run` of captured steps."""
    x, y = (Tensor(a).realize() for a in case.data)
    weights = [Tensor(a).realize() for pair in case.weights() for a in pair]
    optimizer = Adam(weights, lr=1e-3, eps=1e-7)

    @TinyJit
    def compiled(rows):
        h = x[rows]
        for i in range(0, len(weights), 2):
            h = h @ weights[i] + weights[i + 1]
            if i + 2 < len(weights):
                h = h.relu()
        optimizer.zero_grad()
        loss = h.sparse_categorical_crossentropy(y[rows]).backward()
        optimizer.step()
        return loss.realize()

    batches = [Tensor(rows).realize() for rows in case.batches(64)]
    last = [None]

    def step(rows):
        with Context(TRAINING=1):
            last[0] = compiled(rows)

    return loop(step, batches, lambda: last[0].numpy())  # noqa: PLW0108 - late
