import json
from pathlib import Path

import chainrule as cr
import pytest
from click.testing import CliRunner

from chainrule_weights import weights


@pytest.fixture
def model(tmp_path: Path) -> str:
    layers = [cr.layers.Dense(3, kernel_initializer="ones", name="[red]")]
    made = cr.Sequential(layers, input_shape=4)
    made.save(tmp_path / "a.safetensors")
    return str(tmp_path / "a.safetensors")


def test_numbers(model: str) -> None:
    said = CliRunner().invoke(weights, [model, "--json"])
    kernel, bias = json.loads(said.output)
    assert kernel["shape"] == [4, 3]
    assert kernel["mean"] == 1
    assert bias["norm"] == 0


def test_the_table_shows_names_as_they_are(model: str) -> None:
    said = CliRunner().invoke(weights, [model])
    assert said.exit_code == 0
    assert "[red]/kernel" in said.output


def test_a_file_that_is_not_there() -> None:
    assert CliRunner().invoke(weights, ["nowhere"]).exit_code == 2
