"""Every hook is documented with its exact signature, and every hook is called."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import click
import pytest

import chainrule as cr
from chainrule.dtypes import Dtype
from chainrule.node import Node
from chainrule.registry import KINDS, Registry, hooks
from chainrule.shapes import Shape

DOCS = Path(__file__).parents[2] / "docs" / "plugins.md"


class SomeOp(cr.Op):
    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        return x.shape, "float"


class SomeActivation(cr.Activation):
    def apply(self, x: Node) -> Node:
        return x


class SomeLayer(cr.Layer):
    def apply(self, x: Node) -> Node:
        return x


class SomeLoss(cr.Loss):
    def per_example(self, target: Node, prediction: Node) -> Node:
        return target - prediction


class SomeOptimizer(cr.Optimizer):
    lr: float = 0.1

    def update(
        self, p: Node, g: Node, lr: Node, step: Node, *args: Any, **slots: Any
    ) -> dict[str, Node]:
        return {"p": p - lr * g}


class SomeRegularizer(cr.Regularizer):
    pass


class SomeInitializer(cr.Initializer):
    def draw(self, shape: tuple[int, ...], random: Any) -> Any:
        return random.normal(size=shape)


class SomeSchedule(cr.Schedule):
    def rate(self, lr: float, step: int, steps_per_epoch: int) -> float:
        return lr / step


class SomeMetric(cr.Metric):
    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        return ((target - prediction).sum(),)

    def result(self, *totals: float) -> float:
        return totals[0]


class SomeCallback(cr.Callback):
    pass


class SomeBackend(cr.Backend):
    type_name = "some_backend"

    def devices(self) -> list[Any]:
        return []

    def compile(self, program: Any) -> Any:
        raise NotImplementedError


def some_dataset() -> int:
    return 0


class SomeTheme(cr.Theme):
    pass


def some_figure() -> cr.Plot:
    return cr.Plot(lambda canvas, data: None, {})


def some_renderer() -> str:
    return ""


@click.command()
def some_command() -> None:
    """Do something."""


SAMPLES: dict[str, Any] = {
    "register_ops": SomeOp,
    "register_activations": SomeActivation,
    "register_layers": SomeLayer,
    "register_losses": SomeLoss,
    "register_optimizers": SomeOptimizer,
    "register_regularizers": SomeRegularizer,
    "register_initializers": SomeInitializer,
    "register_schedules": SomeSchedule,
    "register_metrics": SomeMetric,
    "register_callbacks": SomeCallback,
    "register_datasets": some_dataset,
    "register_backends": SomeBackend,
    "register_themes": SomeTheme,
    "register_figures": some_figure,
    "register_renderers": some_renderer,
    "register_commands": some_command,
}


def plugin_with(hook: str, result: object) -> object:
    def implementation(self: object) -> object:
        return result

    implementation.__name__ = hook
    return type("Sample", (), {hook: cr.hookimpl(implementation)})()


@pytest.mark.parametrize("hook", hooks.NAMES)
def test_the_hook_is_documented_with_its_signature(hook: str) -> None:
    signature = f"{hook}{inspect.signature(getattr(hooks, hook))}".replace("'", "")
    assert f"`{signature}`" in DOCS.read_text()


def test_every_hook_but_kernels_registers_a_kind() -> None:
    assert {f"register_{kind}" for kind in KINDS} | {"register_kernels"} == set(
        hooks.NAMES
    )


@pytest.mark.parametrize("hook", sorted(set(hooks.NAMES) - {"register_kernels"}))
def test_the_hook_is_called(hook: str, registry: Registry) -> None:
    target = SAMPLES[hook]
    registry.plugins.register(plugin_with(hook, [target]), name="sample")
    kind = hook.removeprefix("register_")
    name = getattr(target, "type_name", None) or getattr(target, "name", None)
    entry = registry.find(kind, name or target.__name__)
    assert entry.target is target
    assert entry.plugin == "sample"


def test_the_kernel_hook_is_called(registry: Registry) -> None:
    table = {"some_backend": {SomeOp: "kernel"}}
    registry.plugins.register(plugin_with("register_kernels", table), name="sample")
    assert registry.kernels("some_backend") == {SomeOp: "kernel"}
