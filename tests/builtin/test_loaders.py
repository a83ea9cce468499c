"""Loaders of files: what they read, and what they say of malformed files."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DataError

# -- CSV -------------------------------------------------------------------------------


def written(folder: Path, name: str, content: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def test_csv(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", "1,2.5,0\n3,-4e-1,1\n\n5,6,2\n")
    x, y = cr.datasets.load_csv(file)
    np.testing.assert_allclose(x, [[1.0, 2.5], [3.0, -0.4], [5.0, 6.0]])
    assert (x.dtype, y.dtype, y.tolist()) == (np.float32, np.int64, [0, 1, 2])


@pytest.mark.parametrize("target", ["price", 0, -3])
def test_csv_with_names_and_a_chosen_target(tmp_path: Path, target: int | str) -> None:
    text = "\ufeffprice; a; b\n0.5;1;2\n1.5;3;4\n"
    file = written(tmp_path, "a.csv", text)
    x, y = cr.datasets.load_csv(str(file), target=target, delimiter=";")
    np.testing.assert_allclose(x, [[1, 2], [3, 4]])
    assert (y.dtype, y.tolist()) == (np.float32, [0.5, 1.5])


def test_gzipped_csv(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv.gz", gzip.compress(b"1,2\n3,4\n", mtime=0))
    assert cr.datasets.load_csv(file)[1].tolist() == [2, 4]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n3\n", r"a\.csv, line 3: 1 columns, the lines before have 2"),
        ("1,2\n3,4,5\n", r"line 2: 3 columns"),
        (
            "a,b\n1,2\n3,cat\n",
            r"a\.csv, line 3, column 1: expected a finite .*'cat'",
        ),
        ("1,2\n3,\n", "line 2, column 1: expected a finite number, got nothing"),
        ("1,2\nnan,4\n", "line 2, column 0: expected a finite number, got 'nan'"),
        ("1,2\n3,inf\n", "line 2, column 1: expected a finite number, got 'inf'"),
        ("", "holds no numbers"),
        ("a,b\n", "holds no numbers"),
        (b"\xff\xfe\x00\x01", "cannot be read as CSV"),
        (gzip.compress(b"1,2\n" * 1000, mtime=0)[:-20], "cannot be read as CSV"),
        (b"\x1f\x8bnothing of the kind", "cannot be read as CSV"),
    ],
)
def test_malformed_csv(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        cr.datasets.load_csv(written(tmp_path, "a.csv", content))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("c", "no column 'c'. Known: a, b."),
        ("bb", "no column 'bb'. Did you mean 'b'?"),
        (2, "no column 2: it has 2 columns"),
    ],
)
def test_csv_without_the_target(tmp_path: Path, target, message: str) -> None:
    with pytest.raises(DataError, match=message):
        cr.datasets.load_csv(written(tmp_path, "a.csv", "a,b\n1,2\n"), target=target)


def test_a_misspelt_column_of_a_wide_file_gets_the_near_one_only(
    tmp_path: Path,
) -> None:
    names = ["label", *(f"pixel{i}" for i in range(784))]
    file = written(tmp_path, "a.csv", f"{','.join(names)}\n{','.join(['0'] * 785)}\n")
    with pytest.raises(DataError) as caught:
        cr.datasets.load_csv(file, target="lable")
    assert str(caught.value) == f"{file} has no column 'lable'. Did you mean 'label'?"
    with pytest.raises(DataError) as caught:
        cr.datasets.load_csv(file, target="zzz")
    assert str(caught.value).count("pixel") < 30
    with pytest.raises(DataError, match="its first line is numbers"):
        cr.datasets.load_csv(written(tmp_path, "b.csv", "1,2\n"), target="a")


# -- NPZ -------------------------------------------------------------------------------


def test_npz(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.ones((2, 3)), y=np.array([0, 1]))
    arrays = cr.datasets.load_npz(tmp_path / "a.npz")
    assert {name: array.shape for name, array in arrays.items()} == {
        "x": (2, 3), "y": (2,),
    }  # fmt: skip


def test_npz_with_objects_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array([{}], object))
    with pytest.raises(DataError, match=r"a\.npz: array 'x' cannot be read"):
        cr.datasets.load_npz(tmp_path / "a.npz")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04cut off"])
def test_malformed_npz(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DataError, match=r"a\.npz cannot be read as an NPZ file"):
        cr.datasets.load_npz(written(tmp_path, "a.npz", content))


def test_npy_is_no_npz(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones(3))
    with pytest.raises(DataError, match="a single array"):
        cr.datasets.load_npz(tmp_path / "a.npy")


# -- IDX and MNIST ---------------------------------------------------------------------


def idx(array: np.ndarray, code: int) -> bytes:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.mark.parametrize(
    ("dtype", "code"),
    [("u1", 8), ("i1", 9), ("i2", 11), ("i4", 12), ("f4", 13), ("f8", 14)],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_idx(tmp_path: Path, dtype: str, code: int, pack) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    got = cr.datasets.load_idx(written(tmp_path, "a", pack(idx(array, code))))
    assert got.dtype == array.dtype
    np.testing.assert_array_equal(got, array)


GOOD = idx(np.zeros((2, 3), "u1"), 8)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must start with 00 00, .* got nothing"),
        (b"PNG" + GOOD, "got 50 4e 47 00"),
        (b"\0\0\x0a\x01" + b"\0" * 9, "got 00 00 0a 01"),
        (GOOD[:7], "ends at offset 7, within the sizes of its 2 dimensions"),
        (GOOD[:-1], r"ends at offset 17, but \(2, 3\) elements .* end at 18"),
        (GOOD + b"\0", "ends at offset 19"),
        (gzip.compress(GOOD, mtime=0)[:-4], "cannot be read"),
    ],
)
def test_malformed_idx(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=rf"a\.idx.*{message}"):
        cr.datasets.load_idx(written(tmp_path, "a.idx", content))


@pytest.mark.parametrize("load", ["load_csv", "load_npz", "load_idx"])
def test_missing_file(tmp_path: Path, load: str) -> None:
    with pytest.raises(DataError, match=r"there is no file .*absent"):
        getattr(cr.datasets, load)(tmp_path / "absent")


def mnist_folder(folder: Path, labels: int = 4) -> Path:
    images = np.arange(4 * 28 * 28).reshape(4, 28, 28).astype("u1")
    for part in ("train", "t10k"):
        packed = gzip.compress(idx(images, 8), mtime=0)
        written(folder, f"{part}-images-idx3-ubyte.gz", packed)
        digits = np.arange(labels).astype("u1")
        written(folder, f"{part}-labels-idx1-ubyte", idx(digits, 8))
    return folder


def test_mnist(tmp_path: Path) -> None:
    (x, y), (x_test, y_test) = cr.datasets.mnist(mnist_folder(tmp_path))
    assert (x.shape, x.dtype, y.dtype) == ((4, 784), np.float32, np.int64)
    assert (x.min(), x.max()) == (0, 1)
    assert y.tolist() == y_test.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(x, x_test)


def test_mnist_says_which_files_are_missing(tmp_path: Path) -> None:
    mnist_folder(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    message = "lacks t10k-labels-idx1-ubyte: MNIST is four IDX files, train-images"
    with pytest.raises(DataError, match=message):
        cr.datasets.mnist(tmp_path)


def test_mnist_with_labels_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"got \(4, 28, 28\) and \(3,\)"):
        cr.datasets.mnist(mnist_folder(tmp_path, labels=3))
