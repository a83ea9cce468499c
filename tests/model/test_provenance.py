"""A saved model knows whose code computed it, and says what has changed since."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ModelFileError, ModelFileWarning
from chainrule.registry import registry
from chainrule.registry.plugin import Plugin, read_hooks

random = np.random.default_rng(6)
X = random.normal(size=(12, 3)).astype(np.float32)

CODE = '''
import chainrule as cr

class {name}(cr.Activation):
    """y = x + f(a x)."""
    {field}: float = 2.0
    {extra}
    def apply(self, x):
        return x + {formula}

class Steep(cr.Loss):
    """Four times the squared error."""
    def per_example(self, target, prediction):
        return {factor} * cr.ops.mean(cr.ops.square(target - prediction), axis=1)

@cr.hookimpl
def register_activations():
    return [{name}]

@cr.hookimpl
def register_losses():
    return [Steep]
'''
Install = Callable[..., None]


@pytest.fixture
def install() -> Iterator[Install]:
    """Return a function that puts a version of a plugin into use."""

    def install(
        distribution: str = "chainrule-x",
        version: str = "1.0",
        *,
        name: str = "Wavy",
        formula: str = "cr.ops.sin(self.a * x)",
        field: str = "a",
        extra: str = "",
        factor: float = 4.0,
    ) -> None:
        code = CODE.format(
            name=name, formula=formula, field=field, extra=extra, factor=factor
        )
        plugin = sys.modules["x_module"] = ModuleType("x_module")
        exec(code, vars(plugin))
        made = Plugin("x", distribution, version, "x_module")
        registry.plugins.replace(read_hooks(made, plugin))

    yield install
    sys.modules.pop("x_module", None)
    if "x" in registry.plugins.load():
        registry.plugins.unregister("x")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def saved(path: Path, name: str = "wavy", *, fitted: bool = False) -> Any:
    found = registry.find("activations", name).target
    layers = [cr.layers.Dense(3, activation=found(), name="first")]
    model = cr.Sequential(layers, input_shape=3)
    if fitted:
        model.fit(X, X, loss=registry.find("losses", "steep").target())
    model.save(path)
    return model.predict(X)


def load(path: Path, **options: Any) -> tuple[cr.Model, list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = cr.load(path, **options)
    return model, [str(each.message).partition(": ")[2] for each in caught]


def test_nothing_is_said_while_nothing_has_changed(
    path: Path, install: Install
) -> None:
    install()
    expected = saved(path, fitted=True)
    install(version="1.1")
    model, said = load(path)
    assert said == []
    np.testing.assert_array_equal(model.predict(X), expected)


def test_a_changed_formula_is_told_with_the_versions(
    path: Path, install: Install
) -> None:
    install()
    saved(path)
    install(version="2.0", formula="cr.ops.cos(self.a * x)")
    assert load(path)[1] == [
        "first computes another formula than when the model was saved (chainrule-x was "
        "1.0 and is 2.0), so numbers may differ"
    ]


def test_so_is_that_of_a_loss(path: Path, install: Install) -> None:
    install()
    saved(path, fitted=True)
    install(version="2.0", factor=5.0)
    assert "steep computes another formula than when" in load(path)[1][0]
    assert load(path, train=False)[1] == []


@pytest.mark.parametrize("extra", ["", "overrides = True"])
def test_a_file_means_the_component_that_it_was_saved_with(
    extra: str, path: Path, install: Install
) -> None:
    install(name="Relu", extra=extra)
    expected = saved(path, "chainrule-x:relu")
    model, said = load(path)
    assert said == []
    np.testing.assert_array_equal(model.predict(X), expected)


def test_a_built_in_one_stays_built_in_when_a_plugin_overrides_it(
    path: Path, install: Install
) -> None:
    expected = saved(path, "relu")
    install(name="Relu", extra="overrides = True")
    assert type(cr.activations.relu).__module__ == "x_module"
    np.testing.assert_array_equal(load(path)[0].predict(X), expected)


def test_one_of_a_plugin_that_is_gone_is_told_if_another_has_its_name(
    path: Path, install: Install
) -> None:
    install(name="Relu", extra="overrides = True")
    saved(path, "relu")
    registry.plugins.unregister("x")
    assert load(path)[1] == [
        "activation 'relu' was that of chainrule-x 1.0, and is that of chainrule now, "
        "so numbers may differ: pip install 'chainrule-x==1.0'"
    ]


MIGRATE = """
    @classmethod
    def migrate(cls, config, version):
        assert version == "1.0"
        return {"b" if key == "a" else key: value for key, value in config.items()}
"""


def test_a_renamed_hyperparameter_is_migrated(path: Path, install: Install) -> None:
    install()
    found = cr.activations.Wavy(a=3.0)
    model = cr.Sequential([cr.layers.Dense(3, activation=found)], input_shape=3)
    model.save(path)
    renamed = {"field": "b", "formula": "cr.ops.sin(self.b * x)"}
    install(version="2.0", **renamed)
    with pytest.raises(ModelFileError, match="no hyperparameter 'a'"):
        cr.load(path)
    install(version="2.0", extra=MIGRATE, **renamed)
    loaded, said = load(path)
    assert said == []
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_training_can_be_left_out(path: Path) -> None:
    model = cr.Sequential([cr.layers.Dense(3)])
    model.fit(X, X, loss="mse", optimizer="adam")
    model.save(path)
    loaded, said = load(path, train=False)
    assert said == []
    assert loaded.session.state is None
    assert loaded.session.criteria is None
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_a_file_of_built_in_components_records_nothing(path: Path) -> None:
    saved(path, "relu")
    assert b"origins" not in path.read_bytes()


def test_a_warning_points_at_the_caller(path: Path, install: Install) -> None:
    install()
    saved(path)
    install(version="2.0", formula="cr.ops.cos(self.a * x)")
    with pytest.warns(ModelFileWarning) as caught:
        cr.load(path)
    assert caught[0].filename == __file__
