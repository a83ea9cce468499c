"""Data frames: columns by name, and mistakes that name a column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DataError

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

ROWS: dict[str, list[Any]] = {
    "age": [1.0, 2, 3, 4],
    "height": [4, 3, 2, 2],
    "smokes": [True, False] * 2,
}
LIBRARIES = {"pandas": pd.DataFrame, "polars": pl.DataFrame}
library = pytest.mark.parametrize("frame", LIBRARIES.values(), ids=LIBRARIES)


def trained(x: Any, y: Any = (0.0, 1.0, 0.0, 1.0)) -> cr.Sequential:
    model = cr.Sequential([cr.layers.Dense(3, activation="tanh"), cr.layers.Dense(1)])
    model.fit(x, y, loss="mse", epochs=2, verbose=0)
    return model


@library
def test_a_frame_is_its_matrix(frame: Any) -> None:
    matrix = np.column_stack(list(ROWS.values()))
    one, other = trained(frame(ROWS)), trained(matrix)
    np.testing.assert_array_equal(one.predict(frame(ROWS)), other.predict(matrix))


@library
def test_columns_are_found_by_name(frame: Any, tmp_path: Path) -> None:
    model = trained(frame(ROWS))
    wanted = model.predict(frame(ROWS))
    shuffled = frame({"new": [9] * 4, **dict(reversed(ROWS.items()))})
    np.testing.assert_array_equal(model.predict(shuffled), wanted)
    model.save(tmp_path / "model.safetensors")
    loaded = cr.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict(shuffled), wanted)
    y = np.array([0.0, 1, 0, 1])
    assert model.evaluate(shuffled, y) == model.evaluate(frame(ROWS), y)
    model.fit(shuffled, y, loss="mse", validation=(shuffled, y), verbose=0)
    assert model.history is not None
    again = model.evaluate(frame(ROWS), y)["loss"]
    assert model.history["val_loss"] == [pytest.approx(again)]


@library
def test_a_missing_column_is_named(frame: Any) -> None:
    model = trained(frame(ROWS))
    other = frame({"agee": ROWS["age"], "height": ROWS["height"]})
    with pytest.raises(DataError, match=r"x has no column 'age'\. Did you mean 'agee'"):
        model.predict(other)


@library
def test_one_column_is_targets(frame: Any) -> None:
    rows = frame({**ROWS, "t": [0.0, 1, 0, 1]})
    x = frame(ROWS)
    wanted = trained(x).predict(x)
    np.testing.assert_array_equal(trained(x, rows["t"]).predict(x), wanted)
    np.testing.assert_array_equal(trained(x, rows[["t"]]).predict(x), wanted)


@library
def test_a_frame_has_several_inputs(frame: Any) -> None:
    a, b = cr.input("age", (None, 1)), cr.input("height", (None, 1))
    model = cr.Model([a, b], cr.layers.Dense(1)(cr.ops.concatenate([a, b])))
    parts = [np.array(ROWS[name], float)[:, None] for name in ("age", "height")]
    np.testing.assert_array_equal(model.predict(frame(ROWS)), model.predict(parts))


def test_missing_values_name_row_and_column() -> None:
    holes = {**ROWS, "height": [4, None, 2, 2]}
    message = "x has nan in row 1, column 'height' .1 value is not finite"
    for x in (
        pd.DataFrame(holes),
        pl.DataFrame(holes),
        pd.DataFrame(holes).convert_dtypes(),
    ):
        with pytest.raises(DataError, match=message):
            trained(x)


@pytest.mark.parametrize("dtype", [str, "category", object])
def test_categories_are_refused(dtype: Any) -> None:
    x = pd.DataFrame({**ROWS, "city": ["Oslo", "Rome"] * 2}).astype({"city": dtype})
    with pytest.raises(
        DataError,
        match=r"column 'city' of x holds .* such as 'Oslo', not numbers; .*"
        r"pandas.get_dummies\(x, columns=\['city'\], dtype=float\)",
    ):
        trained(x)
    encoded = pd.get_dummies(x, columns=["city"], dtype=float)
    assert len(trained(encoded).metadata["columns"]["x"]) == 5


def test_categories_of_polars_are_refused() -> None:
    x = pl.DataFrame({**ROWS, "city": ["Oslo", "Rome"] * 2})
    with pytest.raises(DataError, match=r"x.to_dummies\(\['city'\]\)"):
        trained(x)
    trained(x.to_dummies(["city"]))


def test_labels_as_text_are_refused() -> None:
    y: Any
    for y in (pd.Series(["a", "b"] * 2), pl.Series(["a", "b"] * 2), ["a", "b"] * 2):
        with pytest.raises(DataError, match=r"classes, y = numpy.unique\(y, return_in"):
            trained(pd.DataFrame(ROWS), y)


def test_what_is_not_computed_yet_is_refused() -> None:
    with pytest.raises(DataError, match=r"x.collect\(\)"):
        trained(pl.DataFrame(ROWS).lazy())


def test_two_columns_of_one_name_are_refused() -> None:
    x = pd.DataFrame(np.eye(4, 2), columns=["a", "a"])
    with pytest.raises(DataError, match="cannot be read as a data frame"):
        trained(x)


def test_columns_without_names() -> None:
    x = pd.DataFrame(np.eye(4, 2))
    np.testing.assert_array_equal(
        trained(x).predict(x), trained(x).predict(np.eye(4, 2))
    )


def test_other_objects_are_not_frames() -> None:
    with pytest.raises(DataError, match="x holds Python objects"):
        trained([object()] * 4)
