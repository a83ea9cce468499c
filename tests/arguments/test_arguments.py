"""Whatever a public function is given, a ChainRuleError answers it, or a result."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.arguments import checked
from chainrule.checks import check_of, types_as_is
from chainrule.errors import (
    ArgumentError,
    ArgumentTypeError,
    ChainRuleError,
    ShapeError,
)
from tests.arguments.doors import (
    WRONG,
    arguments_of,
    cases,
    doors,
    misuses,
    node,
)  # fmt: skip


@pytest.fixture(autouse=True)
def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)  # some of the calls write files
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def failure(call: Callable[[], object]) -> BaseException | None:
    try:
        call()
    except BaseException as error:
        return error
    return None


def test_what_an_annotation_excludes_is_refused_by_the_name_of_the_parameter() -> None:
    count, wrong = 0, []
    for case in cases():
        count += 1
        error = failure(lambda: case.door.function(**arguments_of(case)))  # noqa: B023
        if not isinstance(error, ChainRuleError) or case.parameter not in str(error):
            wrong.append(f"{case}: {error!r}")
    assert not wrong, "\n".join(wrong)
    assert count > 5000


def test_what_an_annotation_leaves_open_never_ends_in_a_bare_error() -> None:
    count, wrong = 0, []
    for case in cases(said=False):
        count += 1
        error = failure(lambda: case.door.function(**arguments_of(case)))  # noqa: B023
        if error is not None and not isinstance(error, ChainRuleError):
            wrong.append(f"{case}: {error!r}")
    assert not wrong, "\n".join(wrong)
    assert count > 2000


def test_unknown_missing_and_superfluous_arguments_are_refused() -> None:
    wrong = []
    for door in doors():
        for label, call in misuses(door):
            error = failure(call)
            if not isinstance(error, ChainRuleError):
                wrong.append(f"{door.name}, {label}: {error!r}")
    assert not wrong, "\n".join(wrong)


def test_what_passes_without_a_check_would_pass_it_unchanged() -> None:
    passed = 0
    for found in doors():
        for annotation in found.hints.values():
            check = check_of(annotation)
            for value in (*WRONG.values(), node(), 0, 1, (1, 2)):
                if check is not None and type(value) in types_as_is(annotation):
                    assert check(value, "x") is value, (found.name, annotation, value)
                    passed += 1
    assert passed > 200


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda x: cr.ops.sum(x, axes=1), ArgumentTypeError, "Did you mean 'axis'"),
        (lambda x: cr.ops.sum(x, 0, False, 1), ArgumentTypeError, "3 arguments"),
        (lambda x: cr.ops.sum(), ArgumentTypeError, r"write sum\(x=…\)"),
        (lambda x: cr.ops.exp(x, x), ChainRuleError, "takes 1 operand, got 2"),
        (lambda x: cr.ops.exp(x=x), ChainRuleError, "operand"),
        (
            lambda x: cr.ops.softmax(x, axis=None),
            ShapeError,
            "must be one integer",
        ),
        (
            lambda x: cr.ops.softmax(x, axis=(0, 1)),
            ShapeError,
            "must be one integer",
        ),
        (lambda x: cr.ops.one_hot([0], -1), ArgumentError, "depth must be ≥ 0, got -1"),
        (lambda x: cr.ops.one_hot([0], 2.5), ArgumentTypeError, "depth must be an int"),
        (lambda x: cr.ops.one_hot([0], "3"), ArgumentTypeError, "depth must be an int"),
        (lambda x: cr.ops.transpose(x, (0, 0)), ShapeError, "twice"),
        (lambda x: cr.ops.transpose(x, (0, 5)), ShapeError, "from -2 to 1"),
        (lambda x: cr.ops.transpose(x, "ab"), ShapeError, "axes must be an integer"),
        (lambda x: cr.ops.expand_dims(x, 9), ShapeError, "from -3 to 2"),
        (lambda x: cr.ops.expand_dims(x, None), ShapeError, "must be one integer"),
        (lambda x: cr.ops.broadcast_to(x, {2, 3}), ShapeError, "shape must be a tuple"),
        (lambda x: cr.ops.broadcast_to(x, (None, 3)), ShapeError, "no open size"),
        (lambda x: cr.ops.reshape(x, True), ShapeError, "shape must be one integer"),
        (lambda x: cr.ops.reshape(x, (-2, 3)), ShapeError, "≥ 0, or −1, got -2"),
        (lambda x: x[0.0:], ShapeError, "bounds of axis 0 must be integers, got 0.0"),
        (lambda x: x["a":], ShapeError, "must be integers, got 'a'"),
        (lambda x: x[:: np.float64(1)], ShapeError, "must be integers"),
        (
            lambda x: cr.input("x", True),
            ShapeError,
            "a tuple of sizes, got True",
        ),
        (lambda x: cr.input("x", {2, 3}), ShapeError, "must be a tuple of sizes"),
        (lambda x: cr.input("x", None), ShapeError, "must be a tuple of sizes"),
        (lambda x: cr.input("x", 3), ShapeError, r"write shape=\(3,\)"),
        (lambda x: cr.input("x", (True,)), ShapeError, "≥ 0 or None, got True"),
        (lambda x: cr.input("", ()), ArgumentError, "name must be a name of at least"),
        (lambda x: cr.input("\ud800", ()), ArgumentError, "UTF-8 can hold"),
        (lambda x: x.named(3), ArgumentTypeError, "name must be a str, got 3"),
        (lambda x: cr.Graph("J"), ArgumentTypeError, "outputs must be a list, got 'J'"),
        (lambda x: cr.load(None), ArgumentTypeError, "path must be a str or a path"),
        (
            lambda x: cr.evaluate([x], {x: np.ones((2, 3))}, training="yes"),
            ArgumentTypeError,
            "training must be a bool, got 'yes'",
        ),
        (
            lambda x: cr.evaluate([x], {x: np.ones((2, 3))}, step=1.5),
            ArgumentTypeError,
            "step must be an int, got 1.5",
        ),
        (
            lambda x: cr.evaluate([x], {x: np.ones((2, 3))}, backend="numpy:1"),
            ChainRuleError,
            "one device",
        ),
        (
            lambda x: cr.optimizers.Adam(lr=10**400),
            ArgumentError,
            r"Adam\(lr=…\) must be a finite number",
        ),
        (
            lambda x: cr.ops.sinh,
            AttributeError,
            r"no op named 'sinh': write \(cr.ops.exp\(x\) - cr.ops.exp\(-x\)\) / 2",
        ),
        (lambda x: cr.Activation(), TypeError, "abstract"),
    ],
)
def test_messages(
    build: Callable[[cr.Node], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(ChainRuleError) as caught:
        build(node())
    assert isinstance(caught.value, error)
    caught.match(message)


def test_a_function_of_a_plugin_can_have_a_door_too() -> None:
    @checked
    def scaled(x: float, *rest: int, by: int = 2, **others: object) -> float:
        return x * by

    assert scaled(1, by=np.int64(3)) == 3.0
    assert isinstance(scaled(1), float)
    with pytest.raises(ArgumentTypeError, match="x must be a float, got 'a'"):
        scaled("a")  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError, match="was given x twice"):
        scaled(1.0, x=2.0)  # type: ignore[misc]


def test_a_table_of_one_column_has_no_features(tmp_path: Path) -> None:
    file = tmp_path / "one.csv"
    file.write_text("1\n2\n")
    with pytest.raises(ChainRuleError, match="one column"):
        cr.datasets.load_csv(file)
    with pytest.raises(ArgumentTypeError, match="target must be an int or a str"):
        cr.datasets.load_csv(file, target=0.5)
