"""Pictures of random networks, and of every component, say only what is so."""

import numpy as np
import pytest
from click.testing import CliRunner

import chainrule as cr
from chainrule.registry import registry
from chainrule.testing import check_picture, example
from chainrule.testing.architectures import PARTS
from chainrule.testing.pictures.__main__ import main
from chainrule.testing.pictures.generate import sketch
from chainrule.testing.targets import sample_target
from chainrule.viz.formulas import meanings

pytestmark = pytest.mark.usefixtures("on_numpy")


@pytest.mark.parametrize("first", range(0, 100, 5))
def test_random_networks_are_drawn_as_they_are(first):
    for seed in range(first, first + 5):
        drawn = sketch(seed)
        report = drawn.diagram().proofread()
        assert not report.wrong, f"{drawn}\n{report}"
        assert not report.unread, f"{drawn}\n{report.unread}"


@pytest.mark.parametrize("seed", [93, 1115, 1135, 5500, 5766])
def test_pictures_that_were_false_once(seed):
    assert not sketch(seed).diagram().proofread().wrong


def test_samples_have_every_level_direction_batch_and_regularizer():
    drawn = [sketch(seed) for seed in range(300)]
    for name in ("level", "direction", "rankdir", "training", "fold"):
        assert len({one.options[name] for one in drawn}) == {
            "level": 4,
            "direction": 3,
        }.get(name, 2)
    assert {one.net.batch for one in drawn} == {1, 3}
    parts = {part for one in drawn for part in one.net.parts}
    assert parts >= {*registry.names("regularizers"), *PARTS}


def test_a_seed_always_gives_the_same_picture():
    assert sketch(7).diagram().source == sketch(7).diagram().source


def drawn(result, feeds, batch):
    rng = np.random.default_rng(0)
    loss = cr.ops.mean(cr.ops.square(result)) if result.shape else result
    values = {
        x: v if v is not None else rng.standard_normal((batch, *x.shape[1:]))
        for x, v in feeds.items()
    }
    return cr.draw(loss, direction="both", level="layer", values=values)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("name", registry.names("activations"))
def test_every_activation(name, batch):
    x = cr.input("x", (None, 3))
    check_picture(drawn(cr.layers.Dense(2, activation=name)(x), {x: None}, batch))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("name", registry.names("layers"))
def test_every_layer(name, batch):
    x = cr.input("x", (None, 4))
    layer = example(registry.find("layers", name).target)
    check_picture(drawn(layer(x), {x: None}, batch))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("name", registry.names("losses"))
def test_every_loss(name, batch):
    loss = example(registry.find("losses", name).target)
    rng = np.random.default_rng(0)
    x, w = cr.input("x", (None, 3)), cr.parameter("w", 1.0)
    t = sample_target(loss, (batch, 3), rng)
    target = cr.input("t", (None, *t.shape[1:]), loss.target_dtype)
    low, high = np.clip(loss.prediction_range, -2, 2)
    feeds = {x: rng.uniform(low, high, (batch, 3)), target: t}
    check_picture(drawn(loss(target, (x * w).named("y_hat")), feeds, batch))


def test_the_command_counts_pictures_and_what_is_false(monkeypatch):
    result = CliRunner().invoke(main, ["--count", "2"])
    assert result.exit_code == 0
    assert result.output.startswith("2 pictures from seed 0: ")
    assert result.output.endswith("0 pictures false\n")
    monkeypatch.setitem(meanings._OPERATORS, "+", lambda a, b: [a - b])
    result = CliRunner().invoke(main, ["--count", "12"])
    assert result.exit_code == 1
    assert "seed " in result.output
