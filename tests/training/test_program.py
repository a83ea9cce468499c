"""What a user can read of a compiled training step."""

import numpy as np

import chainrule as cr


def test_the_training_step_can_be_read():
    model = cr.Sequential([cr.layers.Dense(3, activation="relu"), cr.layers.Dense(1)])
    model.fit(np.ones((4, 2)), np.ones((4, 1)), loss="mse", verbose=0, backend="numpy")
    assert "x_dot(dense_1_kernel, " in model.program.source
    assert "intermediate results" in model.program.summary()
