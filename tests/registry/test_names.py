"""Names resolve everywhere; near misses get suggestions, collisions are reported."""

from __future__ import annotations

import re
import rlcompleter
import traceback
from collections.abc import Callable
from typing import Annotated

import pytest

import chainrule as cr
from chainrule.annotations import OfKind
from chainrule.errors import HyperparameterError, PluginError, UnknownNameError
from chainrule.node import Node
from chainrule.registry import KINDS, Registry
from chainrule.registry import registry as everything
from chainrule.registry.catalog import Catalog

Install = Callable[..., str]

TANH = '''
import chainrule as cr

class Tanh(cr.Activation):
    """y = {mine}."""
    overrides = {overrides}
    def apply(self, x):
        return cr.ops.tanh(x)

@cr.hookimpl
def register_activations():
    return [Tanh]
'''


class Cube(cr.Activation):
    """y = x³."""

    def apply(self, x: Node) -> Node:
        return x * x * x


class Power(cr.Activation):
    """y = xᵏ."""

    type_name = "raised"
    exponent: int

    def apply(self, x: Node) -> Node:
        return x**self.exponent


class Local:
    """A plugin given as an object."""

    @cr.hookimpl
    def register_activations(self) -> list[type[cr.Activation]]:
        return [Cube, Power]


@pytest.fixture
def local(registry: Registry) -> Registry:
    registry.plugins.register(Local(), name="local")
    return registry


def test_lower_case_gives_an_object_and_camel_case_the_class(local: Registry) -> None:
    activations = Catalog(local, "activations")
    assert isinstance(activations.cube, Cube)
    assert isinstance(activations["cube"], Cube)
    assert activations.Cube is Cube


@pytest.mark.parametrize("name", ["raised", "Raised", "power", "Power", "RAISED"])
def test_type_name_and_class_name_in_any_spelling(name: str, local: Registry) -> None:
    assert local.find("activations", name).target is Power


def test_what_needs_a_hyperparameter_says_so(local: Registry) -> None:
    with pytest.raises(HyperparameterError, match=r"write Power\(exponent=…\)"):
        _ = Catalog(local, "activations").raised


@pytest.mark.parametrize(
    "given",
    [Cube, Cube(), "cube", {"type": "cube"}],
    ids=["class", "object", "name", "config"],
)
def test_resolving(given: object, local: Registry) -> None:
    assert isinstance(local.resolve("activations", given), Cube)


def test_a_config_carries_hyperparameters(local: Registry) -> None:
    made = local.resolve("activations", {"type": "power", "exponent": 3})
    assert isinstance(made, Power)
    assert made.exponent == 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("tahn", "no activation named 'tahn'. Did you mean 'tanh'?"),
        ("zzzz", "no activation named 'zzzz'. Known: "),
    ],
)
def test_unknown_names_are_helped(given: str, message: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        everything.resolve("activations", given)
    assert str(caught.value).startswith(message)
    assert isinstance(caught.value, KeyError)


def test_an_unknown_attribute_is_an_attribute_error_too() -> None:
    with pytest.raises(AttributeError, match="Did you mean 'Relu'"):
        _ = cr.activations.Rellu
    with pytest.raises(AttributeError) as caught:
        _ = cr.activations.Rellu
    printed = "".join(traceback.format_exception(caught.value))
    assert printed.count("Did you mean") == 1
    assert not hasattr(cr.activations, "no_such_activation")
    assert getattr(cr.activations, "no_such_activation", None) is None


def test_a_wrong_object_and_a_config_without_a_name() -> None:
    with pytest.raises(
        HyperparameterError, match="3 is not a loss: give a name such as"
    ):
        everything.resolve("losses", 3)
    with pytest.raises(HyperparameterError, match='needs its name: type = "…"'):
        everything.resolve("losses", {"delta": 1.0})


def test_an_unknown_kind() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'layers'"):
        everything.entries("layer")


def test_fields_of_a_kind_take_names() -> None:
    class Wrapped(cr.Callback):
        inner: Annotated[cr.Activation, OfKind("activations")]

    made = Wrapped("leaky_relu")  # type: ignore[arg-type]
    assert made.inner.type_name == "leaky_relu"


def test_what_is_built_in_stays_unless_it_is_overridden_by_intent(
    install: Install, registry: Registry
) -> None:
    install("chainrule-mine", TANH.format(mine="mine", overrides=False))
    assert registry.find("activations", "tanh").built_in
    mine = registry.find("activations", "chainrule-mine:tanh")
    assert mine.distribution == "chainrule-mine"
    assert Catalog(registry, "activations")["chainrule-mine:Tanh"] is mine.target
    assert isinstance(registry.resolve("activations", mine.qualified_name), mine.target)
    (collision,) = registry.collisions
    assert str(collision) == (
        "activation 'tanh' of chainrule-mine is not used: it is that of chainrule, and "
        "nothing says that it overrides"
    )


def test_a_name_that_two_plugins_claim_names_both(
    install: Install, registry: Registry
) -> None:
    code = TANH.format(mine="mine", overrides=False).replace("Tanh", "Snake")
    install("chainrule-mine", code)
    install("chainrule-thine", code)
    with pytest.raises(PluginError) as caught:
        registry.find("activations", "snake")
    assert str(caught.value) == (
        "activation 'snake' is claimed by chainrule-mine (chainrule_mine_module) and "
        "chainrule-thine (chainrule_thine_module); write 'chainrule-mine:snake' or "
        "'chainrule-thine:snake', block one of the plugins, or let one class declare "
        "`overrides = True`"
    )
    for name in ("chainrule-mine", "chainrule-thine"):
        assert registry.find("activations", f"{name}:snake").distribution == name
    assert "is claimed by chainrule-mine and chainrule-thine" in str(
        registry.collisions[0]
    )


@pytest.mark.parametrize("alias", ["relu", "swish", "Dense"])
def test_an_alias_never_breaks_a_name_that_is_built_in(
    alias: str, install: Install, registry: Registry
) -> None:
    code = TANH.format(mine="mine", overrides=False).replace("Tanh", "Snake")
    code = code.replace("overrides = False", f"aliases = ({alias!r},)")
    install("chainrule-mine", code)
    assert registry.find("activations", "relu").built_in
    assert registry.find("activations", "swish").built_in
    assert registry.find("activations", "snake").distribution == "chainrule-mine"
    assert len(registry.collisions) == (alias != "Dense")  # which is a layer


def test_one_of_two_may_override(install: Install, registry: Registry) -> None:
    install("chainrule-mine", TANH.format(mine="mine", overrides=True))
    assert registry.find("activations", "tanh").distribution == "chainrule-mine"
    assert len(registry.names("activations")) == len(cr.activations)


def test_if_two_override_what_is_built_in_stays(
    install: Install, registry: Registry
) -> None:
    install("chainrule-mine", TANH.format(mine="mine", overrides=True))
    install("chainrule-thine", TANH.format(mine="thine", overrides=True))
    assert registry.find("activations", "tanh").built_in
    (collision,) = registry.collisions
    assert collision.others == ("chainrule-mine", "chainrule-thine")


def test_a_subclass_does_not_inherit_the_claim(
    install: Install, registry: Registry
) -> None:
    code = TANH.format(mine="mine", overrides=True).replace(
        "@cr.hookimpl", 'class Relu(Tanh):\n    """y."""\n\n@cr.hookimpl'
    )
    install("chainrule-mine", code.replace("[Tanh]", "[Tanh, Relu]"))
    assert registry.find("activations", "tanh").distribution == "chainrule-mine"
    assert registry.find("activations", "relu").built_in


FUNCTIONS = """
import chainrule as cr, click

{mark}
def draw(what):
    return "mine"

@cr.hookimpl
def register_renderers():
    return [draw]

@cr.hookimpl
def register_datasets():
    {mark}
    def xor():
        return "mine"
    return [xor]
"""


@pytest.mark.parametrize("mark", ["", "@cr.overrides"])
def test_functions_override_by_intent(
    mark: str, install: Install, registry: Registry
) -> None:
    install("chainrule-mine", FUNCTIONS.format(mark=mark))
    assert registry.plugins.load()["mine"].state == "loaded"
    for kind, name in (("renderers", "draw"), ("datasets", "xor")):
        assert registry.find(kind, name).built_in == (not mark)
    assert [c.intended for c in registry.collisions] == [bool(mark)] * 2


@pytest.mark.parametrize("kind", [k for k in KINDS if k in dir(cr)])
def test_everything_listed_by_dir_can_be_had(kind: str) -> None:
    catalog = Catalog(everything, kind)
    names = set(dir(catalog)) - {"get", "items", "keys", "values"}
    assert names
    for name in names:
        assert getattr(catalog, name) is not None
        assert name in catalog


def test_tab_completion_sees_names_and_components() -> None:
    completer = rlcompleter.Completer({"cr": cr})
    assert "cr.layers" in str(completer.attr_matches("cr.lay"))
    assert any(
        m.startswith("cr.losses.mse") for m in completer.attr_matches("cr.losses.m")
    )
    assert "cr.layers.Dense(" in completer.attr_matches("cr.layers.D")


def test_where_a_name_of_another_kind_is_found() -> None:
    for name, where in (
        ("landscape", "It is in cr.plot."),
        ("snapshot", "It is in cr."),
        ("opencl", "It is in the names of backends."),
    ):
        with pytest.raises(UnknownNameError, match=re.escape(where)):
            everything.find("layers", name)


@pytest.mark.parametrize("mine", [cr.layers.Dense, cr.Layer, cr.layers.Dense(2)])
def test_what_is_not_ones_own_cannot_be_marked(mine: object) -> None:
    with pytest.raises(PluginError, match=r"chainrule's own: write a class from it"):
        cr.overrides(mine)
    assert not getattr(cr.layers.Dense, "overrides", False)
