"""Models are drawn and explained with a loss, by the names of their parts."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import GraphError, NotBuiltError, UnknownNameError
from chainrule.model.loss_graph import loss_of

X, Y = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([0, 1])


def model():
    return cr.Sequential([cr.layers.Dense(3, activation="tanh"), cr.layers.Dense(2)])


def trained():
    made = model()
    made.fit(X, Y, loss="sparse_softmax_cross_entropy", verbose=0)
    return made


def test_a_model_is_explained_with_the_loss_it_was_trained_with():
    made, values = trained(), {"x": X[:1], "t": Y[:1]}
    explained = cr.explain(made, "dense_2/kernel", (0, 1), values=values)
    assert explained.factors[0].rule.unicode() == "softmax(z⁽²⁾)₂ − onehot(t)₂"
    assert explained.check().agrees


def test_a_model_is_explained_with_another_loss():
    values = {"x": X[:1], "t": [[1.0, 0.0]]}
    made = trained()
    by_path, by_symbol = (
        cr.explain(made, name, (0, 1), loss="mse", values=values)
        for name in ("dense_1/kernel", "W⁽¹⁾")
    )
    assert by_path.text == by_symbol.text
    assert by_path.check().agrees
    prediction, t = made.outputs[0], cr.input("t", (None, 2))
    same = cr.explain(
        cr.losses.mse(t, prediction), made.parameters["dense_1/kernel"], (0, 1),
        values=values,
    )  # fmt: skip
    assert same.text == by_path.text


def test_a_model_is_drawn_with_a_loss():
    drawn = cr.draw(trained(), loss="mse", direction="both", level="layer")
    titles = [block.title.unicode() for block in drawn.scene.blocks]
    assert {"dense_1", "dense_2", "t"} <= set(titles)
    assert any(block.kind == "loss" for block in drawn.scene.blocks)
    assert any(link.kind == "backward" for link in drawn.scene.links)


def test_errors_say_what_is_missing():
    made = trained()
    with pytest.raises(UnknownNameError, match="Did you mean 'dense_1/kernel'"):
        cr.explain(made, "dense_1/kernal", (0, 0))
    built = cr.Sequential([cr.layers.Dense(2)], input_shape=2)
    with pytest.raises(GraphError, match='no loss: give one, such as loss="mse"'):
        cr.explain(built, "dense_1/kernel", (0, 0))
    with pytest.raises(NotBuiltError, match="input_shape"):
        cr.explain(model(), "dense_1/kernel", (0, 0), loss="mse")
    J = cr.losses.mse(cr.input("t", (None, 2)), made.outputs[0])
    with pytest.raises(GraphError, match="is for models"):
        cr.draw(J, loss="mse")
    with pytest.raises(GraphError, match="is for models"):
        cr.explain(J, "dense_1/kernel", (0, 0), loss="mse")
    with pytest.raises(GraphError, match="must be a loss or a model, got 'mse'"):
        cr.explain("mse", "w")


def test_the_loss_of_several_outputs_is_the_weighted_sum():
    x = cr.input("x", (None, 2))
    outputs = [cr.layers.Dense(n, name=name)(x) for n, name in ((2, "a"), (1, "b"))]
    both = cr.Model(x, outputs)
    data = np.array([[1.0, 2.0], [0.5, -1.0]])
    targets = {"a_t": data[::-1], "b_t": data[:, :1]}
    told = cr.explain(
        both, "b/kernel", (0, 0), loss=["mse", "mae"], values={"x": data, **targets}
    )
    told.check()
    assert "a_t" in cr.draw(both, loss="mse").source
    both.fit(
        data, list(targets.values()), loss=["mse", "mae"], loss_weights=[1, 0.25],
        regularizers="l2", optimizer=cr.optimizers.SGD(lr=1e-30),
    )  # fmt: skip
    weighted = cr.explain(both, "b/kernel", (0, 0), values={"x": data, **targets})
    weighted.check()
    (loss,) = cr.evaluate([loss_of(both)], {"x": data, **targets})
    measured = both.evaluate(data, list(targets.values()))
    assert loss == pytest.approx(measured["loss"], rel=1e-6)
