"""JAX, the whole step under one jit, with donated buffers."""

import jax
import jax.numpy as jnp

from benchmarks.peers import loop


def make(case):
    """Return a `run` of compiled steps."""
    x, y = (jnp.asarray(a) for a in case.data)

    def loss_of(weights, rows):
        h = x[rows]
        for w, b in weights[:-1]:
            h = jax.nn.relu(h @ w + b)
        w, b = weights[-1]
        log_p = jax.nn.log_softmax(h @ w + b)
        return -jnp.take_along_axis(log_p, y[rows][:, None], 1).mean()

    def adam(state, rows):
        weights, m, v, t = state
        loss, g = jax.value_and_grad(loss_of)(weights, rows)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        size = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        weights = jax.tree.map(
            lambda p, m, v: p - size * m / (jnp.sqrt(v) + 1e-7), weights, m, v
        )
        return (weights, m, v, t), loss

    weights = [(jnp.asarray(w), jnp.asarray(b)) for w, b in case.weights()]
    zeros = jax.tree.map(jnp.zeros_like, weights)
    holder = [(weights, zeros, jax.tree.map(jnp.zeros_like, weights), jnp.float32(0))]
    compiled = jax.jit(adam, donate_argnums=0)

    def step(rows):
        holder[0], _ = compiled(holder[0], rows)

    return loop(step, case.batches(64), lambda: jax.block_until_ready(holder[0]))
