"""Configuration files are checked against the components, and mistakes have a line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from chainrule.config import Experiment, read
from chainrule.config.document import lines_of
from chainrule.errors import ConfigError, DataError

GOOD = """\
# what to learn
[data]
dataset = "digits"
test_fraction = 0.25

[[layers]]
type = "dense"
units = 32
activation = {type = "leaky_relu", negative_slope = 0.1}

[[layers]]
type = "dense"
units = 10
[layers.kernel_initializer]
type = "normal"
stddev = 0.1

[training]
loss = "sparse_softmax_cross_entropy"
metrics = [
    "accuracy",
]
epochs = 3

[optimizer]
type = "adam"
lr = 1

[[regularizers]]
type = "l2"
"""

MISTAKES = {
    "a key of a layer": (
        "units = 32", "unit = 32",
        "8: dense has no 'unit'. Did you mean 'units'?",
    ),
    "a type": (
        "units = 32", 'units = "32"', "8: dense: units must be an int, got '32'"
    ),
    "a range": ("lr = 1", "lr = -1", "27: adam: lr must be > 0, got -1.0"),
    "a name": (
        '"digits"', '"digit"', "3: no dataset named 'digit'. Did you mean 'digits'?"
    ),
    "a name in a list": ('"accuracy"', '"acuracy"', "20: no metric named 'acuracy'."),
    "a key of an inner table": (
        "negative_slope", "slope",
        "9: leaky_relu has no 'slope'. Known: negative_slope.",
    ),
    "a key of a table under a list": (
        "stddev", "stdev", "16: normal has no 'stdev'. Did you mean 'stddev'?"
    ),
    "a name of a layer": (
        '[[layers]]\ntype = "dense"\nunits = 10', '[[layers]]\nunits = 10',
        "11: layers[1] needs a name: type = \"dense\"",
    ),
    "what is needed": ("units = 10\n", "", "11: dense needs units = …"),
    "a parameter of the data": (
        "test_fraction", "test_part", "4: digits has no 'test_part'."
    ),
    "a parameter that is needed": (
        'dataset = "digits"\ntest_fraction = 0.25', 'dataset = "mnist"',
        "2: mnist needs folder = …, or --set data.folder=… on the command line",
    ),
    "a section": (
        "[optimizer]", "[optimiser]",
        "25: a configuration has no 'optimiser'. Did you mean 'optimizer'?",
    ),
    "a list that is a table": (
        "[[regularizers]]", "[regularizers]",
        "29: regularizers must be a list: write [[regularizers]]",
    ),
    "a key of training": (
        "epochs = 3", "epoch = 3", "23: training has no 'epoch'. Did you mean 'epochs'?"
    ),
    "what belongs beside training": (
        "epochs = 3", 'optimizer = "sgd"',
        "23: training has no 'optimizer', which is a table of its own: write "
        '[optimizer], and under it type = "sgd"',
    ),
    "what belongs beside training, and is a list": (
        "epochs = 3", 'callbacks = ["checkpoint"]',
        "23: training has no 'callbacks', which is a table of its own: write "
        "[[callbacks]], and under it type = ",
    ),
    "tables where a list of tables should be": (
        '[[regularizers]]\ntype = "l2"',
        '[regularizers]\ntype = "l2"\n[regularizers]\ntype = "l1"',
        "31: [regularizers] is opened twice: write [[regularizers]] each time",
    ),
    "no TOML": ("units = 32", "units = ", "8: Invalid value"),
    "no TOML at the end": ('type = "l2"', 'type = "l2', "30: Illegal character"),
}  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "net.toml"
    made.write_text(GOOD)
    return made


def test_a_good_file(file: Path) -> None:
    experiment = read(file)
    assert [layer.units for layer in experiment.layers] == [32, 10]
    assert experiment.layers[0].activation.negative_slope == 0.1
    assert experiment.layers[1].kernel_initializer.stddev == 0.1
    assert experiment.training.loss.type_name == "sparse_softmax_cross_entropy"
    assert [m.type_name for m in experiment.training.metrics] == ["accuracy"]
    assert (experiment.training.epochs, experiment.training.batch_size) == (3, 32)
    assert experiment.optimizer.lr == 1.0
    assert [r.type_name for r in experiment.regularizers] == ["l2"]
    assert experiment.schedule is None
    train, test = experiment.data()
    assert test is not None
    assert len(train[0]) + len(test[0]) == 1797
    assert len(test[0]) == pytest.approx(0.25 * 1797, abs=5)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_reported_with_its_line(mistake: str, file: Path) -> None:
    good, bad, message = MISTAKES[mistake]
    assert good in GOOD
    file.write_text(GOOD.replace(good, bad, 1))
    with pytest.raises(ConfigError) as caught:
        read(file)
    assert str(caught.value).startswith(f"{file}:{message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the table [data] is missing"),
        ('[data]\ndataset = "xor"', "[[layers]] is missing: write at least one"),
        (
            '[data]\ndataset = "xor"\n[[layers]]\ntype = "flatten"',
            "the table [training] is missing",
        ),
    ],
)
def test_what_must_be_there(text: str, message: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read(file)
    assert str(caught.value) == f"{file}: {message}"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no file .*none\.toml"):
        read(tmp_path / "none.toml")


def test_settings_are_put_over_the_file(file: Path) -> None:
    settings = ["training.epochs=7", "layers.0.units = 64", "data.seed=3"]
    settings += ["training.backend=numpy", "schedule.type=step_decay"]
    experiment = read(file, settings)
    assert experiment.training.epochs == 7
    assert experiment.layers[0].units == 64
    assert experiment.training.backend == "numpy"
    assert experiment.schedule.type_name == "step_decay"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("training.epochs=0", "training: epochs must be ≥ 1, got 0"),
        ("training.epoch=3", "training has no 'epoch'. Did you mean 'epochs'?"),
        ("training.epochs.x=3", "epochs is a value, not a table"),
        ("layers.5.units=3", "5 must be an index, 0 to 1"),
        ("epochs", "must be NAME=VALUE, such as training.epochs=5"),
        ("training.=3", "must be NAME=VALUE, such as training.epochs=5"),
    ],
)
def test_a_bad_setting_is_named(setting: str, message: str, file: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(file, [setting])
    assert str(caught.value) == f"--set {setting}: {message}"


def test_a_setting_is_named_where_what_it_is_in_is_refused(file: Path) -> None:
    file.write_text(GOOD.replace('dataset = "digits"\ntest_fraction = 0.25', CSV))
    table = file.with_name("data.csv")
    table.write_text("label,a\n1,2\n")
    settings = [f"data.path={table}", "data.target=lable", "training.epochs=3"]
    with pytest.raises(ConfigError) as caught:
        read(file, settings).data()
    assert str(caught.value) == (
        f"--set data.path={table} --set data.target=lable over {file}:2: "
        f"{table} has no column 'lable'. Did you mean 'label'?"
    )
    with pytest.raises(ConfigError) as caught:
        read(file, ["schedule.epochs=3"])
    assert str(caught.value).startswith("--set schedule.epochs=3 over ")
    file.write_text(GOOD.replace('dataset = "digits"', ""))
    with pytest.raises(ConfigError) as caught:
        read(file, ["training.epochs=3"])
    assert str(caught.value).startswith(f"{file}:2: data needs a name")


CSV = 'dataset = "load_csv"\npath = "no.csv"'


def test_lines_of_everything() -> None:
    text = (
        'a.b = 1\nc = """\n[no]\n"""\n[t]\nx = [\n  1, # [\n  2,\n]\n'
        "[[l]]\ny = {p = 1, q = [2]}\n[l.m]\nz = 1\n[[l]]\n[l.m]\nz = 2\n"
    )
    expected = {
        ("a",): 1, ("a", "b"): 1, ("c",): 2, ("t",): 5, ("t", "x"): 6,
        ("t", "x", 0): 6, ("t", "x", 1): 6, ("l", 0): 10, ("l", 0, "y"): 11,
        ("l", 0, "y", "p"): 11, ("l", 0, "y", "q"): 11, ("l", 0, "y", "q", 0): 11,
        ("l", 0, "m"): 12, ("l", 0, "m", "z"): 13, ("l", 1): 14, ("l", 1, "m"): 15,
        ("l", 1, "m", "z"): 16,
    }  # fmt: skip
    assert dict(lines_of(text)) == expected


def loaded(file: Path, data: object, hold_out: float | None = None) -> Experiment:
    experiment = read(file)
    object.__setattr__(experiment, "load", lambda: data)
    object.__setattr__(experiment, "hold_out", hold_out)
    return experiment


def test_data_in_one_piece_are_split(file: Path) -> None:
    x, y = np.arange(20.0)[:, None], np.arange(20)
    (a, b), test = loaded(file, (x, y)).data()
    assert test is not None
    assert len(test[0]) == 4
    assert sorted([*b, *test[1]]) == list(range(20))
    assert (a[:, 0] == b).all()
    assert loaded(file, (x, y), 0.0).data()[1] is None
    assert (loaded(file, (x, y)).data()[0][1] == b).all()


def test_arrays_by_name(file: Path) -> None:
    x, y = np.zeros((10, 2)), np.zeros(10)
    parts = {"x_train": x, "y_train": y, "x_test": x[:3], "y_test": y[:3]}
    _, test = loaded(file, parts).data()
    assert test is not None
    assert len(test[0]) == 3
    assert loaded(file, {"x": x, "y": y}).data()[1] is not None
    with pytest.raises(DataError, match="the file holds a, b; call the arrays"):
        loaded(file, {"a": x, "b": y}).data()


def test_data_that_cannot_be_learned_from(file: Path) -> None:
    with pytest.raises(DataError, match="does not have examples with targets"):
        loaded(file, np.zeros(3)).data()
    pair = (np.zeros((4, 2)), np.zeros(4))
    with pytest.raises(DataError, match="drop hold_out"):
        loaded(file, (pair, pair), 0.5).data()


@pytest.mark.parametrize("setting", ["name='../x'", "units=99999999999"])
def test_a_setting_that_makes_no_model_is_named(tmp_path: Path, setting: str) -> None:
    file = tmp_path / "net.toml"
    file.write_text(
        '[data]\ndataset = "digits"\n[[layers]]\ntype = "dense"\nunits = 2\n'
        '[training]\nloss = "mse"\n'
    )
    with pytest.raises(ConfigError, match=rf"--set layers\.0\.{setting[:5]}"):
        read(file, [f"layers.0.{setting}"]).model(np.ones((2, 3)))
