"""Losses that compare the examples of a batch."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainRuleError, ConformanceError, DataError, ShapeError
from chainrule.testing import check_loss

random = np.random.default_rng(7)
X = random.normal(size=(21, 3)).astype(np.float32)
LABELS = random.integers(5, size=21) * 100  # far above the number of outputs


class Comparing(cr.Loss):
    """Base: labels of any size, for embeddings."""

    target: ClassVar[Literal["same", "classes", "labels"]] = "labels"
    compares_examples = True

    def like(self, target: cr.Node) -> cr.Node:
        return cr.ops.to_float(cr.ops.equal(target[:, None], target[None, :]))


class Contrastive(Comparing):
    """−ln of the share of like examples among the neighbours."""

    def per_example(self, target: cr.Node, prediction: cr.Node) -> cr.Node:
        squares = cr.ops.sum(cr.ops.square(prediction), axis=1, keepdims=True)
        z = prediction / cr.ops.sqrt(squares + 1e-6)
        near = cr.ops.exp(z @ cr.ops.transpose(z))
        like = cr.ops.sum(near * self.like(target), axis=1)
        return cr.ops.log(cr.ops.sum(near, axis=1)) - cr.ops.log(like)


class Triplet(Comparing):
    """max(0, farthest like − nearest unlike + 1), squared distances."""

    def per_example(self, target: cr.Node, prediction: cr.Node) -> cr.Node:
        offsets = prediction[:, None, :] - prediction[None, :, :]
        distance, like = cr.ops.sum(cr.ops.square(offsets), axis=2), self.like(target)
        far = cr.ops.max(distance * like, axis=1)
        near = -cr.ops.max(-distance - 1e3 * like, axis=1)
        return cr.ops.relu(far - near + 1)


def numbers(loss: Any, z: Any, labels: Any) -> Any:
    like = labels[:, None] == labels[None, :]
    if isinstance(loss, Contrastive):
        z = z / np.sqrt((z * z).sum(1, keepdims=True) + 1e-6)
        near = np.exp(z @ z.T)
        return np.log(near.sum(1)) - np.log((near * like).sum(1))
    distance = ((z[:, None] - z[None]) ** 2).sum(2)
    far, near = (distance * like).max(1), (distance + 1e3 * like).min(1)
    return np.maximum(far - near + 1, 0)


losses = pytest.mark.parametrize("loss", [Contrastive(), Triplet()], ids=repr)


def embedding() -> cr.Model:
    return cr.Sequential([cr.layers.Dense(2)], input_shape=3)


@losses
@pytest.mark.parametrize("backend", ["numpy", "opencl"])
def test_it_is_minimized_and_measured_by_batches(loss: cr.Loss, backend: str) -> None:
    made = embedding()
    history = made.fit(
        X, LABELS, loss=loss, epochs=30, batch_size=8, validation=(X, LABELS),
        optimizer=cr.optimizers.Adam(lr=0.02), backend=backend,
    )  # fmt: skip
    assert history["loss"][-1] < history["loss"][0]
    z = made.predict(X).astype(np.float64)
    for size in (8, 21):
        parts = [slice(i, i + size) for i in range(0, 21, size)]
        each = np.concatenate([numbers(loss, z[p], LABELS[p]) for p in parts])
        measured = made.evaluate(X, LABELS, batch_size=size)["loss"]
        assert measured == pytest.approx(each.mean(), rel=1e-4)
        if size == 8:  # validation takes the batches of training
            assert history["val_loss"][-1] == pytest.approx(measured, rel=1e-5)


@losses
def test_it_is_drawn_and_explained(loss: cr.Loss) -> None:
    made = embedding()
    values = {"x": X[:4], "t": LABELS[:4]}
    drawn = cr.draw(made, loss=loss, level="op", direction="backward", values=values)
    assert "equal" in drawn.source or "=" in drawn.source
    told = cr.explain(made, "dense_1/kernel", loss=loss, index=(0, 1), values=values)
    assert told.check().agrees


@losses
def test_the_kit_checks_it(loss: cr.Loss) -> None:
    check_loss(loss)


def test_wrong_labels_are_told() -> None:
    made = embedding()
    with pytest.raises(DataError, match=r"labels of shape \(batch\); give labels"):
        made.fit(X, X[:, :2], loss=Contrastive())
    with pytest.raises(DataError, match=r"y must hold integers, got .*\.5"):
        made.fit(X, LABELS + 0.5, loss=Contrastive())
    with pytest.raises(ShapeError, match="targets must be integer class labels"):
        Contrastive()(X[:, 0], X)


def test_labels_of_any_size_are_not_trusted_as_indices() -> None:
    class Indexing(cr.Loss):
        """It takes labels of any size, and uses them as places."""

        target: ClassVar[Literal["same", "classes", "labels"]] = "labels"

        def per_example(self, target: cr.Node, prediction: cr.Node) -> cr.Node:
            table = self.table(prediction)
            return cr.ops.take(table, target) * cr.ops.sum(prediction, axis=1)

        def table(self, prediction: cr.Node) -> cr.Node:
            return cr.ops.sum(prediction, axis=0)

    with pytest.raises(ChainRuleError, match="indices must lie in 0 … 1"):
        embedding().fit(X, LABELS, loss=Indexing())


def undeclared() -> cr.Loss:
    class Undeclared(Contrastive):
        """It compares examples, and does not say so."""

        compares_examples = False

    return Undeclared()


def ordered() -> cr.Loss:
    class Ordered(Comparing):
        """It compares each example with the first."""

        def per_example(self, target: cr.Node, prediction: cr.Node) -> cr.Node:
            offsets = prediction - prediction[:1]
            return cr.ops.sum(cr.ops.square(offsets), axis=1)

    return Ordered()


def lonely() -> cr.Loss:
    class Lonely(Comparing):
        """The mean over unlike examples, of which a batch of one has none."""

        def per_example(self, target: cr.Node, prediction: cr.Node) -> cr.Node:
            unlike = 1 - self.like(target)
            products = prediction @ cr.ops.transpose(prediction)
            total = cr.ops.sum(products * unlike, axis=1)
            return total / cr.ops.sum(unlike, axis=1)

    return Lonely()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (undeclared, "declares compares_examples = True"),
        (ordered, "not on their places"),
        (lonely, "batch of one example"),
    ],
)
def test_the_kit_finds(make: Any, message: str) -> None:
    with pytest.raises(ConformanceError, match=message):
        check_loss(make(), np.arange(3), random.normal(size=(3, 2)))


class Sampled(cr.Loss):
    """A squared error of another number of examples than it is given."""

    how: Literal["first two", "all numbers", "neighbours", "hundred", "right"]

    def per_example(self, target: cr.Node, prediction: cr.Node) -> cr.Node:
        if self.how == "all numbers":
            return cr.ops.reshape(prediction - target, (-1,))
        column = (prediction - target)[:, 0]
        return {
            "first two": column[:2],
            "neighbours": column[:-1] - column[1:],
            "hundred": column[:100],
            "right": cr.ops.square(column),
        }[self.how]


class Neighbours(Sampled):
    """The same, and it says that it compares examples."""

    compares_examples = True


@pytest.mark.parametrize("cls", [Sampled, Neighbours])
@pytest.mark.parametrize("rows", [None, 8, 200])
@pytest.mark.parametrize("how", ["first two", "all numbers", "neighbours", "hundred"])
def test_there_is_one_loss_for_each_example(cls: Any, rows: Any, how: Any) -> None:
    target, prediction = cr.input("t", (rows, 2)), cr.input("p", (rows, 2))
    cls("right")(target, prediction)
    if how == "hundred" and rows == 8:
        cls(how)(target, prediction)
        return
    with pytest.raises(ShapeError, match="must return one loss for each example"):
        cls(how)(target, prediction)


def test_training_takes_one_loss_for_each_example() -> None:
    model = cr.Sequential([cr.layers.Dense(2)], input_shape=3)
    with pytest.raises(ShapeError, match=r"of shape \(1009\), got shape \(2018\)"):
        model.fit(X, X[:, :2], loss=Sampled("all numbers"))
    with pytest.raises(ShapeError, match="leave no example out"):
        model.fit(X, X[:, :2], loss=Neighbours("first two"))
    model.fit(X, X[:, :2], loss=Sampled("right"), verbose=False)
