"""Damaged files: any damage is answered by an error of chainrule."""

from __future__ import annotations

import gzip
import json
import os
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.cli.subject import read_values
from chainrule.config import read
from chainrule.errors import (
    ArgumentError,
    ChainRuleError,
    ConfigError,
    DataError,
    ModelFileError,
    ModelFileWarning,
    OutputError,
    RenderError,
    ShapeError,
)
from chainrule.model.loading import load_bytes

Damage = Callable[[bytes, np.random.Generator], bytes]


def flipped(content: bytes, random: np.random.Generator) -> bytes:
    """Change one to four bytes."""
    damaged = bytearray(content)
    for at in random.integers(len(damaged), size=random.integers(1, 5)):
        damaged[at] ^= int(random.integers(1, 256))
    return bytes(damaged)


def cut(content: bytes, random: np.random.Generator) -> bytes:
    return content[: int(random.integers(len(content)))]


def lacking(content: bytes, random: np.random.Generator) -> bytes:
    """Take out a piece, or put it in a second time."""
    start, stop = sorted(int(i) for i in random.integers(len(content), size=2))
    stop = min(stop, start + 64)
    if random.random() < 0.5:
        return content[:start] + content[stop:]
    return content[:stop] + content[start:]


def zeroed(content: bytes, random: np.random.Generator) -> bytes:
    """Fill a piece with zeros, as a block of a disk that was never written."""
    start = int(random.integers(len(content)))
    lost = len(content[start : start + 64])
    return content[:start] + bytes(lost) + content[start + lost :]


def swapped(content: bytes, random: np.random.Generator) -> bytes:
    """Exchange two pieces."""
    size = 1 + int(random.integers(max(1, len(content) // 4)))
    first = int(random.integers(max(1, len(content) - 2 * size)))
    second = first + size
    last = second + size
    return (
        content[:first] + content[second:last] + content[first:second] + content[last:]
    )


DAMAGES = (flipped, cut, lacking, zeroed, swapped)
COUNT = 200
"""Damages of each kind of file; some thousands were tried by hand."""


def damaged(content: bytes, count: int, seed: int) -> Iterator[bytes]:
    random = np.random.default_rng(seed)
    for _ in range(count):
        yield DAMAGES[int(random.integers(len(DAMAGES)))](content, random)


def outcomes(
    load: Callable[[Path], Any], file: Path, content: bytes, count: int, seed: int = 0
) -> list[str]:
    """Load damaged copies; return what came out, each an error of chainrule or "ok"."""
    found = []
    for changed in damaged(content, count, seed):
        file.write_bytes(changed)
        try:
            load(file)
            found.append("ok")
        except ChainRuleError as error:
            found.append(type(error).__name__)
    return found


# -- data ------------------------------------------------------------------------------


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_damaged_npz(save: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.npz"
    save(file, x=np.arange(200.0).reshape(20, 10), y=np.arange(20))
    found = outcomes(cr.datasets.load_npz, file, file.read_bytes(), COUNT)
    assert set(found) <= {"ok", "DataError"}
    assert found.count("DataError") > COUNT / 3


def npy(shape: str, descr: str = "'<f8'") -> bytes:
    head = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}"
    head = head.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode()


@pytest.mark.parametrize(
    "content",
    [
        npy("(10000000000000, 10000000)"), npy("(-3,)"), npy("(" * 50 + ")" * 50),
        npy("('a',)"), npy("(2,)", "'|O'"), npy("(2,)", "'<q9'"), npy("(2,)", "5"),
    ],
)  # fmt: skip
def test_hostile_arrays(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "a.npz"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", content)
    with pytest.raises(DataError, match="'x' cannot be read"):
        cr.datasets.load_npz(file)


def test_an_archive_packed_in_an_unknown_way(tmp_path: Path) -> None:
    file = tmp_path / "a.npz"
    np.savez(file, x=np.ones(3))
    content = bytearray(file.read_bytes())
    for start in (content.index(b"PK\3\4") + 8, content.index(b"PK\1\2") + 10):
        content[start] = 99
    file.write_bytes(content)
    with pytest.raises(DataError, match="'x' cannot be read: That compression method"):
        cr.datasets.load_npz(file)


def test_damaged_csv(tmp_path: Path) -> None:
    text = b"a,b,c\n" + b"".join(b"%d,%.3f,1\n" % (i, i / 7) for i in range(40))
    for content in (text, gzip.compress(text, mtime=0)):
        found = outcomes(cr.datasets.load_csv, tmp_path / "a.csv", content, COUNT)
        assert set(found) <= {"ok", "DataError"}


def test_damaged_idx(tmp_path: Path) -> None:
    text = b"\0\0\x08\x02\0\0\0\x04\0\0\0\x05" + bytes(range(20))
    for content in (text, gzip.compress(text, mtime=0)):
        found = outcomes(cr.datasets.load_idx, tmp_path / "a.idx", content, COUNT)
        assert set(found) <= {"ok", "DataError"}


def test_damaged_values(tmp_path: Path) -> None:
    text = b'{"x": [[1, -2.5], [3e4, 0]], "w": {"a": null}, "name": "\\u00e9"}'
    found = outcomes(lambda f: read_values(str(f)), tmp_path / "a.json", text, COUNT)
    assert set(found) <= {"ok", "DataError"}
    assert found.count("DataError") > COUNT / 3


@pytest.mark.parametrize(
    ("load", "error"),
    [
        (cr.datasets.load_npz, DataError), (cr.datasets.load_csv, DataError),
        (cr.datasets.load_idx, DataError), (cr.load, ModelFileError),
        (read, ConfigError), (cr.datasets.mnist, DataError),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["a\0b", "a\udc80", "x" * 5000, "", "."])
def test_paths_that_cannot_be(load: Any, error: type[Exception], path: str) -> None:
    refused = ArgumentError if path == "a\0b" and error is not ConfigError else error
    with pytest.raises(refused):
        load(path)


# -- models ----------------------------------------------------------------------------


def model() -> cr.Model:
    slope = cr.activations.LeakyRelu(0.25)
    layers = [cr.layers.Dense(5, activation=slope), cr.layers.Dense(2)]
    made = cr.Sequential(layers, input_shape=3)
    made.fit(X, X[:, :2], loss="mse", verbose=0)
    return made


X = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)


def parts(content: bytes) -> tuple[int, Any]:
    """Return where the tensors of a model file begin, and its header."""
    (length,) = struct.unpack("<Q", content[:8])
    return 8 + length, json.loads(content[8 : 8 + length])


def test_a_damaged_model_is_refused_or_the_same(tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    made = model()
    made.save(file)
    expected, content = made.predict(X), file.read_bytes()
    count = 0
    for changed in damaged(content, COUNT, seed=3):
        file.write_bytes(changed)
        try:
            with warnings.catch_warnings():  # the word "checksum" may be damaged
                warnings.simplefilter("ignore", ModelFileWarning)
                loaded = cr.load(file)
        except ModelFileError:
            count += 1
            continue
        np.testing.assert_array_equal(loaded.predict(X), expected)
    assert count > 0.9 * COUNT


def test_each_flipped_byte_of_the_weights_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    model().save(file)
    content = file.read_bytes()
    start, header = parts(content)
    for at in range(start, len(content), 3):
        changed = bytearray(content)
        changed[at] ^= 1
        file.write_bytes(changed)
        (name,) = (
            name
            for name, entry in header.items()
            if name != "__metadata__"
            and entry["data_offsets"][0] <= at - start < entry["data_offsets"][1]
        )
        with pytest.raises(ModelFileError, match=f"tensor '{name}' is damaged"):
            cr.load(file)


def test_a_changed_description_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    model().save(file)
    content = file.read_bytes()
    assert b"0.25" in content
    file.write_bytes(content.replace(b"0.25", b"0.35"))
    with pytest.raises(ModelFileError, match="its description is damaged"):
        cr.load(file)


def test_a_changed_dtype_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    model().save(file)
    content = file.read_bytes()
    file.write_bytes(content.replace(b'"dtype":"F32"', b'"dtype":"I32"'))
    with pytest.raises(ModelFileError, match="is damaged"):
        cr.load(file)


def without_checksums(file: Path) -> None:
    """Make a file as it was saved before there were checksums."""
    content = file.read_bytes()
    start, header = parts(content)
    description = json.loads(header["__metadata__"]["chainrule"])
    del description["checksum"], description["checksums"]
    header["__metadata__"]["chainrule"] = json.dumps(description)
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    file.write_bytes(struct.pack("<Q", len(head)) + head + content[start:])


def test_an_older_file_is_read_with_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    made = model()
    made.save(file)
    without_checksums(file)
    with pytest.warns(ModelFileWarning, match="saved without checksums") as caught:
        loaded = cr.load(file)
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(loaded.predict(X), made.predict(X))
    loaded.save(file)
    cr.load(file)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite(value: float, tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    made = model()
    made.save(file)
    content = file.read_bytes()
    made.parameters["dense_1/kernel"].value[1, 2] = value
    with pytest.raises(ModelFileError, match=r"dense_1/kernel has .* in row 1, col"):
        made.save(file)
    assert file.read_bytes() == content
    without_checksums(file)
    content = file.read_bytes()
    start, header = parts(content)
    begin = start + header["dense_2/kernel"]["data_offsets"][0]
    changed = content[:begin] + np.float32(value).tobytes() + content[begin + 4 :]
    file.write_bytes(changed)
    with (
        pytest.warns(ModelFileWarning),
        pytest.raises(ModelFileError, match=r"dense_2/kernel has .* in row 0, col"),
    ):
        cr.load(file)


def test_a_damaged_pickle_of_a_model(tmp_path: Path) -> None:
    made = model()
    expected, content = made.predict(X), made.__reduce__()[1][0]
    for changed in damaged(content, COUNT, seed=4):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ModelFileWarning)
                loaded = load_bytes(changed)
        except ModelFileError:
            continue
        np.testing.assert_array_equal(loaded.predict(X), expected)


# -- configurations --------------------------------------------------------------------

GOOD = """\
[data]
dataset = "spirals"
n = 20
noise = 0.1
[[layers]]
type = "dense"
units = 4
activation = "tanh"
[[layers]]
type = "dense"
units = 3
[training]
loss = "sparse_softmax_cross_entropy"
epochs = 1
seed = 1
[optimizer]
type = "adam"
lr = 0.01
"""
VALUES = (
    "1" * 5000, "0x" + "f" * 5000, "10" * 12, str(2**64), str(-(2**63) - 1), "1e400",
    "nan", "-inf", "[" * 2000 + "]" * 2000, "{a=" * 400 + "1" + "}" * 400, "1979-05-27",
    "07:32:00", '"\\u0000"', '"a\\u0000b"', '""', "true", "[]", "{}", "[[1], 2]", "-1",
    "0", '"\\U0010ffff"', "'''", '"""a\nb"""', "0.5", "10000000000000", "1e300",
)  # fmt: skip


def run(file: Path) -> None:
    experiment = read(file)
    train, _ = experiment.data()
    experiment.model(train[0])


def test_configurations_with_other_values(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    lines = GOOD.splitlines()
    for number, line in enumerate(lines):
        if "=" not in line:
            continue
        for value in VALUES:
            changed = [*lines]
            changed[number] = f"{line.partition('=')[0]}= {value}"
            file.write_text("\n".join(changed))
            with suppress(ChainRuleError), np.errstate(over="ignore"):
                run(file)


def test_damaged_configurations(tmp_path: Path) -> None:
    found = outcomes(run, tmp_path / "a.toml", GOOD.encode(), COUNT)
    assert found.count("ConfigError") > COUNT / 2


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("name", ["layers.0.units", "data.n", "optimizer.lr", "a.b"])
def test_settings_with_such_values(name: str, value: str, tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(GOOD)
    with suppress(ConfigError):
        read(file, [f"{name}={value}"])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (str(10**23), r"a\.toml:7: units must be an integer of 64 bits, got one of 77"),
        ("1" * 5000, r"a\.toml cannot be read as TOML: Exceeds the limit"),
        ("[" * 3000, r"a\.toml cannot be read as TOML: it is nested too deeply"),
    ],
)
def test_numbers_and_nesting_beyond_measure(
    value: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.toml"
    file.write_text(GOOD.replace("units = 4", f"units = {value}"))
    with pytest.raises(ConfigError, match=message):
        read(file)
    file.write_text(GOOD)
    with pytest.raises(ConfigError, match=r"^--set layers\.0\.units="):
        read(file, [f"layers.0.units={value}"])


def test_layers_that_no_memory_holds() -> None:
    for units in (10**14, 2**62, 10**23):
        with pytest.raises(ShapeError, match=r"dense.*: a parameter must fit in"):
            cr.Sequential([cr.layers.Dense(units)], input_shape=3)


def test_what_has_no_end_is_not_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.safetensors"
    os.mkfifo(pipe)
    with pytest.raises(ModelFileError, match="must be a file, got a device or a pipe"):
        cr.load(pipe)
    with pytest.raises(ConfigError, match="must be a file, got a device or a pipe"):
        read("/dev/zero")
    for load in (cr.datasets.load_npz, cr.datasets.load_csv, cr.datasets.load_idx):
        with pytest.raises(DataError, match="must be a file, got a device or a pipe"):
            load("/dev/zero")


def test_paths_in_messages() -> None:
    model = cr.Sequential([cr.layers.Dense(1)], input_shape=1)
    with pytest.raises(OutputError, match="cannot write the path '': Is a directory"):
        model.save("")
    with pytest.raises(ModelFileError) as caught:
        cr.load("x" * 100_000)
    assert len(str(caught.value)) < 400
    with pytest.raises(RenderError, match="x must end in a suffix, which says the"):
        cr.draw(model).save("x")
    with pytest.raises(RenderError, match="x must end in a suffix, which says the"):
        cr.plot.history({"loss": [1.0, 0.5]}).save("x")
