"""Each check of whole plugins, and of what acts in a run, catches its fault."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import click
import numpy as np
import pytest
from click.testing import CliRunner

import chainrule as cr
from chainrule import ops, testing
from chainrule.cli import main
from chainrule.errors import ConformanceError
from chainrule.registry import registry
from chainrule.testing.reports import CHECKS, report

pytest_plugins = ["pytester"]


def test_a_check_names_the_component() -> None:
    with pytest.raises(ConformanceError, match=r"^Slanted: .*first derivative"):
        testing.check_op(Slanted)
    with pytest.raises(ConformanceError, match=r"^MeansNotSums\(\): over 8 rows"):
        testing.check_metric(MeansNotSums())


class Slanted(cr.Elementwise):
    """y = sin x, with another slope."""

    notation = "sl({0})"

    def derivatives(self, y, x):
        return (ops.sin(x),)

    def expand(self, x):
        return ops.sin(x)


class NeverSpreads(cr.Elementwise):
    """y = a b, of the shape of a."""

    notation = "{0} ∘ {1}"

    def infer(self, a, b):
        return a.shape, "float"

    def derivatives(self, y, a, b):
        return b, a

    def expand(self, a, b):
        return a * b


def test_broadcasting_is_checked() -> None:
    with pytest.raises(ConformanceError, match=r"operand 0 of shape \(1, 3\), which"):
        testing.check_op(NeverSpreads)


class MeansNotSums(cr.Metric):
    """The mean error, wrong over batches of different sizes."""

    def totals(self, target, prediction):
        return (ops.mean(ops.abs(target - prediction)),)

    def result(self, *totals):
        return totals[0]


class Counts(cr.Schedule):
    """Falls with each call."""

    calls: ClassVar = itertools.count(1)

    def rate(self, lr, step, steps_per_epoch):
        return lr / next(self.calls)


class Negative(cr.Schedule):
    """Below zero."""

    def rate(self, lr, step, steps_per_epoch):
        return -lr


class Crashes(cr.Callback):
    """Breaks in its first epoch."""

    def epoch_end(self, run):
        raise KeyError("val_acc")


def empty():
    """Nothing."""


def uneven():
    """Data of different lengths."""
    return np.ones((3, 2)), np.ones(4)


def holes():
    """Data with NaN."""
    return np.array([1.0, np.nan]), np.ones(2)


def undocumented():
    return np.ones(2), np.ones(2)


def silent(graph):
    """Draw nothing."""


def sick(graph):
    """Fail."""
    raise ValueError("no")


@click.command()
def wordless():
    pass


@pytest.mark.parametrize(
    ("check", "component", "message"),
    [
        (testing.check_schedule, Counts(), "nothing but the step"),
        (testing.check_schedule, Negative(), "a rate must be ≥ 0, got -0.1"),
        (testing.check_callback, Crashes(), r"KeyError: 'val_acc' \(in Crashes.epoch_"),
        (testing.check_dataset, empty, "empty: it must return arrays"),
        (testing.check_dataset, uneven, r"the same rows, got \[3, 4\]"),
        (testing.check_dataset, holes, "it returns NaN or infinity"),
        (testing.check_dataset, undocumented, "undocumented: it has no docstring"),
        (testing.check_renderer, silent, "silent: it returns None"),
        (testing.check_renderer, sick, "it fails on a graph: ValueError: no"),
        (testing.check_command, wordless, "wordless.*: it has no docstring"),
    ],
)
def test_a_fault_is_found(
    check: Callable[[Any], None], component: Any, message: str
) -> None:
    with pytest.raises(ConformanceError, match=message):
        check(component)


class Cubed(cr.Elementwise):
    """y = x³."""

    notation = "{0}³"

    def derivatives(self, y, x):
        return (3 * x * x,)

    def expand(self, x):
        return x * x * x


class Kit:
    """A plugin with one op and its kernels."""

    def __init__(self, kernel: str) -> None:
        self.kernel = kernel

    @cr.hookimpl
    def register_ops(self):
        return [Cubed]

    @cr.hookimpl
    def register_kernels(self):
        return {"numpy": {Cubed: self.kernel}}


@pytest.fixture
def plugin() -> Iterator[Callable[[Any], str]]:
    """Return a function that registers a plugin until the test has ended."""

    def register(implementation: Any) -> str:
        registry.plugins.register(implementation, "kit")
        return "kit"

    yield register
    if "kit" in registry.plugins.load():
        registry.plugins.unregister("kit")


GOOD, WRONG = "power({0}, 3, {out})", "multiply({0}, {0}, {out})"


def test_a_wrong_kernel_is_found(plugin: Callable[[Any], str]) -> None:
    plugin(Kit(WRONG))
    with pytest.raises(ConformanceError, match="cubed"):
        testing.check_plugin("kit")


def test_a_report_card_says_where_it_was_checked(plugin: Callable[[Any], str]) -> None:
    plugin(Kit(GOOD))
    found = {(each.kind, each.name): each for each in report("kit")}
    assert found["ops", "cubed"].state == "ok"
    assert "(on numpy" in found["ops", "cubed"].detail
    assert found["kernels", "cubed on numpy"].state == "ok"
    testing.check_plugin("kit")
    result = CliRunner().invoke(main, ["plugin", "check", "kit", "--json"])
    assert {each["state"] for each in json.loads(result.output)} == {"ok"}


class Colliding:
    """A plugin with the name of what is built in."""

    @cr.hookimpl
    def register_activations(self):
        return [type("Tanh", (cr.Activation,), {"__doc__": "y = x.", "apply": same})]


def same(self, x):
    return ops.identity(x)


def test_a_collision_is_a_fault(plugin: Callable[[Any], str]) -> None:
    plugin(Colliding())
    found = [each for each in report("kit") if each.state == "broken"]
    assert [(each.kind, each.name) for each in found] == [("names", "tanh")]


def test_every_kind_has_a_check() -> None:
    assert set(CHECKS) == set(cr.registry.KINDS)


def test_pytest_makes_a_test_of_each_component(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.chainrule_plugin("chainrule.plugins.schedules")
        def test_contract(chainrule_component):
            chainrule_component.check()
        """
    )
    result = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider")
    count = len(registry.plugins.load()["chainrule.plugins.schedules"].entries)
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] + outcomes.get("skipped", 0) == count
    pytester.makepyfile("def test_contract(chainrule_component): pass")
    result = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider")
    assert "write @pytest.mark.chainrule_plugin" in result.stdout.str()
