"""Learn exclusive or by gradient descent, with nothing but a graph and its gradient.

No model and no optimizer: the update rule is part of the graph, and one program
computes loss, gradients and new weights in a step.
"""

import numpy as np

import chainrule as cr
from chainrule.execution import open_backend

x, y = cr.datasets.xor()
random = np.random.default_rng(1)
w1, b1 = cr.parameter("w1", random.normal(size=(2, 8))), cr.parameter("b1", np.zeros(8))
w2, b2 = cr.parameter("w2", random.normal(size=(8, 1))), cr.parameter("b2", np.zeros(1))

inputs, targets = cr.input("inputs", (4, 2)), cr.input("targets", (4, 1))
hidden = cr.ops.tanh(inputs @ w1 + b1)
prediction = cr.ops.sigmoid(hidden @ w2 + b2)
loss = cr.losses.binary_cross_entropy(targets, prediction)

weights = [w1, b1, w2, b2]
descent = [
    (w, w - 1.0 * dw) for w, dw in zip(weights, cr.grad(loss, weights), strict=True)
]
step = open_backend("numpy").compile(cr.Program(outputs=[loss], phases=[descent]))
step.put(inputs, x)
step.put(targets, y[:, None])
for i in range(1, 501):
    step.run()
    if i % 100 == 0:
        print(f"step {i}: loss {float(step.fetch(0)):.4f}")

(learned,) = cr.evaluate([prediction], {inputs: x})
for row, value in zip(x, learned, strict=True):
    print(f"{row[0]:g} xor {row[1]:g} = {value[0]:.3f}")
