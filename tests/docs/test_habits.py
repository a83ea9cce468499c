"""The table of habits: what works, what is said otherwise, and that hints exist."""

from __future__ import annotations

import importlib.util
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.component import Component
from chainrule.habits import TABLE, Habit, advice
from chainrule.habits.examples import ANSWERED, WORKING
from chainrule.registry import KINDS, registry

ROOT = Path(__file__).parents[2]


def writer() -> ModuleType:
    path = ROOT / "tools" / "write_habits.py"
    spec = importlib.util.spec_from_file_location("write_habits", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WRITER = writer()


def test_the_page_says_what_the_software_says() -> None:
    page = (ROOT / "docs" / "habits.md").read_text(encoding="utf-8")
    assert page == WRITER.page(), "run python tools/write_habits.py"


@pytest.mark.parametrize("line", WORKING)
def test_what_works(line: str) -> None:
    error = WRITER.outcome(line)
    assert error is None, error


@pytest.mark.parametrize("habit", TABLE, ids=lambda habit: habit.example)
def test_what_is_said_instead(habit: Habit) -> None:
    error = WRITER.outcome(habit.example)
    assert isinstance(error, cr.ChainRuleError), repr(error)
    write = habit.write.partition("{name}")[0]
    assert write in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize("line", ANSWERED)
def test_what_else_is_answered(line: str) -> None:
    error = WRITER.outcome(line)
    assert isinstance(error, cr.ChainRuleError), repr(error)
    assert "\n" not in str(error)


def test_no_habit_is_listed_twice_and_every_place_is_on_the_page() -> None:
    lines = [*WORKING, *(habit.example for habit in TABLE), *ANSWERED]
    assert len(lines) >= 140
    assert len(set(lines)) == len(lines)
    places = {place for places in WRITER.SECTIONS.values() for place in places}
    assert {habit.place for habit in TABLE} == places
    met = [(habit.place, name) for habit in TABLE for name in habit.names]
    assert len(set(met)) == len(met)


def exists(place: str, name: str) -> bool:
    """Whether what a habit calls unknown is there after all."""
    parameters: dict[str, Any] = {
        "Model.fit": cr.Model.fit, "Model.evaluate": cr.Model.evaluate,
        "Model.predict": cr.Model.predict, "Model": cr.Model.__call__,
    }  # fmt: skip
    if place in parameters:
        return name in inspect.signature(parameters[place]).parameters
    if place == "ops":
        return name in dir(cr.ops)
    if place in KINDS and registry.has(place, name):
        return True
    classes = {"models": cr.Sequential, "node": cr.Parameter, "layers": cr.Layer,
               "optimizers": cr.Optimizer}  # fmt: skip
    if place in classes:
        return hasattr(classes[place], name)
    return place == "chainrule" and name in cr.__all__


def test_what_is_called_unknown_is_unknown() -> None:
    stale = [
        (habit.place, name)
        for habit in TABLE
        for name in habit.names
        if exists(habit.place, name)
    ]
    assert not stale, "these exist now; take them out of the table"


def suggestions() -> Iterator[str]:
    """Yield every text that tells what to write."""
    for habit in TABLE:
        for name in habit.names:
            yield advice(name, habit.place)
    for kind in KINDS:
        for entry in registry.entries(kind):
            target = entry.target
            if isinstance(target, type) and issubclass(target, Component):
                for base in target.__mro__:
                    yield from vars(base).get("foreign_options", {}).values()
    functions: list[Any] = [np.power, np.dot, np.linalg.norm, np.cumprod, np.outer]
    for function in functions:
        with pytest.raises(cr.ChainRuleError) as caught:
            cr.constant([1.0]).__array_function__(function, (), (), {})
        yield str(caught.value)


PATH = r'(?<!")\b(?:cr|np|model|layer|optimizer|w)(?:\.\w+)+'


def test_every_hint_names_something_that_exists() -> None:
    names = WRITER.namespace()
    names["model"].fit(names["X"], names["Y"], loss="mse", verbose=0)
    names["layer"] = names["model"].layers[0]
    looked_up = 0
    for text in suggestions():
        for path in re.findall(PATH, text):
            first, *rest = path.split(".")
            found = names[first]
            for attribute in rest:
                found = getattr(found, attribute)
            looked_up += 1
        for option in re.findall(r"model\.fit\(.*?\b(\w+)=", text):
            assert option in inspect.signature(cr.Model.fit).parameters, text
    assert looked_up > 100


def test_a_hint_for_nothing_would_be_noticed() -> None:
    with pytest.raises(AttributeError):
        cr.ops.dot  # noqa: B018


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("from chainrule.layers import Dens",
         "no layer named 'Dens'. Did you mean 'Dense'?"),
        ("from chainrule import Dense",
         "module 'chainrule' has no attribute 'Dense'; write cr.layers.Dense"),
        ("import chainrule.Sequential",
         "chainrule.Sequential is not a module: write from chainrule import "
         "Sequential"),
        ("import chainrule.layers.Dense",
         "chainrule.layers.Dense is not a module: write from chainrule.layers import "
         "Dense"),
        ("import chainrule.nn",
         "module 'chainrule' has no attribute 'nn'; layers are in cr.layers, "
         "activations in cr.activations, losses in cr.losses"),
    ],
)  # fmt: skip
def test_imports_that_fail(line: str, message: str) -> None:
    error = WRITER.outcome(line)
    assert isinstance(error, ImportError)
    assert isinstance(error, cr.ChainRuleError)
    assert str(error) == message


def test_an_imported_catalog_is_the_catalog() -> None:
    import chainrule.layers  # type: ignore[import-not-found]

    assert chainrule.layers is cr.layers
    assert cr.layers["flatten"] is not None


def test_new_axes_and_conditions() -> None:
    x = cr.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    keys: list[Any] = [(slice(None), None), None, (..., None), (0, None), (None, 0, 1),
                       (slice(1), None, slice(1, 3))]  # fmt: skip
    got = cr.evaluate([x[key] for key in keys])
    for key, value in zip(keys, got, strict=True):
        expected = x.value[key]
        assert value.shape == expected.shape
        assert value.tolist() == expected.tolist()
    both, either, neither = (x > 1) & (x < 4), (x < 2) | (x > 5), ~(x > 1)
    array: Any = x.value.astype(bool)
    got = cr.evaluate([both, either, neither, array & (x > 3)])
    a = x.value
    assert got[0].tolist() == ((a > 1) & (a < 4)).tolist()
    assert got[1].tolist() == ((a < 2) | (a > 5)).tolist()
    assert got[2].tolist() == (~(a > 1)).tolist()
    assert got[3].tolist() == (a > 3).tolist()


def test_a_model_of_arrays_gives_numbers() -> None:
    names = WRITER.namespace()
    model, examples = names["model"], names["X"]
    assert model(examples).tolist() == model.predict(examples).tolist()
    assert model(examples.tolist()).tolist() == model.predict(examples).tolist()
    assert isinstance(model(cr.constant(examples)), cr.Node)
