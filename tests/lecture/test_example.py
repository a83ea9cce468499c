"""The example is what the topics follow: each of its values is used by some code."""

from __future__ import annotations

import ast

from chainrule.lecture.example import Example
from chainrule.lecture.topic import NAMES, read_topic


def names_in(code: str, context: type[ast.expr_context]) -> set[str]:
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)]
    return {node.id for node in nodes if isinstance(node.ctx, context)}


def test_every_value_of_the_example_is_used() -> None:
    parts = [p for name in NAMES for s in read_topic(name).slides for p in s.parts]
    code = "\n".join(part.text for part in parts if part.kind == "python")
    assert names_in(Example().code, ast.Store) <= names_in(code, ast.Load)


def test_every_field_of_the_example_is_in_its_code() -> None:
    for name, value in {
        "x": (5.25, 1.0), "weights": (6.25, 1.0), "bias": 7.25, "target": 8.25,
        "data": "spirals", "noise": 0.125, "hidden": (9, 7), "activation": "elu",
        "lr": 0.375, "seed": 77,
    }.items():  # fmt: skip
        assert Example(**{name: value}).code != Example().code  # type: ignore[arg-type]
    assert len(Example().hyperparameters()) == 10
