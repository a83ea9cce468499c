"""Whatever is registered is drawn, folded and explained as it is."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import GradientError
from chainrule.graph import Graph
from chainrule.registry import registry
from chainrule.testing import check_picture, example
from chainrule.testing.targets import sample_target

BATCHES = [1, 3]


def network(width, *, layer=None, loss=None, regularizer=None, batch=3):
    """Return a loss behind three layers, a weight of the first, and an example."""
    rng = np.random.default_rng(0)
    loss = loss or cr.losses.MSE()
    low, high = np.clip(loss.prediction_range, -2, 2)
    x = cr.input("x", (None, 3))
    y = cr.layers.Dense(width, activation="tanh")(x)
    y = y if layer is None else cr.layers.Flatten()(layer(y))
    if regularizer is not None:
        changed = regularizer.transform(y, "y")
        y = y if changed is None else changed
    y = cr.ops.sigmoid(cr.layers.Dense(width)(y)) * (high - low) + low
    sample = sample_target(loss, (batch, width), rng)
    t = cr.input("t", (None, *sample.shape[1:]), loss.target_dtype)
    total = loss(t, y.named("y_hat"))
    kernel = next(p for p in Graph([total]).parameters if p.value.ndim == 2)
    kernel.value[...] = rng.standard_normal(kernel.value.shape) / 2
    penalty = None if regularizer is None else regularizer.penalty(kernel)
    total = total if penalty is None else total + penalty
    return total, kernel, {x: rng.standard_normal((batch, 3)), t: sample}


def made(kind, name):
    return example(registry.find(kind, name).target)


CASES = [
    (kind, key, name)
    for key, kind in (("loss", "losses"), ("regularizer", "regularizers"),
                      ("layer", "layers"))
    for name in registry.names(kind)
]  # fmt: skip


@pytest.mark.usefixtures("on_numpy")
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize(("kind", "key", "name"), CASES, ids=str)
class TestEverything:
    """Each loss, layer and regularizer, with one example and with three."""

    def test_pictures_are_true(self, kind, key, name, batch):
        loss, _, values = network(4, **{key: made(kind, name)}, batch=batch)
        for level in ("op", "layer"):
            for training in (False, True):
                diagram = cr.draw(
                    loss, level=level, direction="both", values=values,
                    training=training,
                )  # fmt: skip
                check_picture(diagram)
                assert not diagram.proofread().unread

    def test_explanations_agree(self, kind, key, name, batch):
        loss, kernel, values = network(4, **{key: made(kind, name)}, batch=batch)
        if name == "perceptron":  # whose step has no derivative
            with pytest.raises(GradientError, match="does not depend on"):
                cr.explain(loss, kernel, (0, 1), values=values)
            return
        explained = cr.explain(loss, kernel, (0, 1), values=values)
        assert explained.check().agrees
        assert explained.text
        assert explained.latex
        if explained.parts:
            total = sum(part.contribution for part in explained.parts)
            assert total == pytest.approx(explained.value, rel=1e-6, abs=1e-12)
