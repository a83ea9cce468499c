"""Handwritten digits, which come with the package."""

from __future__ import annotations

from importlib import resources
from typing import Annotated, TypeAlias

import numpy as np

from chainrule.annotations import Range, Seed
from chainrule.arguments import checked
from chainrule.philox import generator
from chainrule.plugins.datasets.clusters import Labelled
from chainrule.plugins.datasets.csv import load_csv

Share: TypeAlias = Annotated[float, Range(0, 1, low_open=True, high_open=True)]


@checked
def digits(*, test_fraction: Share = 0.2, seed: Seed = 0) -> tuple[Labelled, Labelled]:
    """Return 1,797 handwritten digits of 8 × 8 pixels, for training and for testing.

    The split is stratified: each digit has the same share of both parts. The data are
    the test part of UCI's "Optical Recognition of Handwritten Digits" (E. Alpaydin and
    C. Kaynak, 1998), CC BY 4.0.

    Args:
        test_fraction: the share of images for testing.
        seed: seed of the split and the order.

    Returns:
        (x_train, y_train), (x_test, y_test): x float32 of shape (n, 64), pixels row by
        row, scaled to [0, 1]; y the digits, int64 of shape (n,).

    >>> (x_train, y_train), (x_test, y_test) = digits()
    >>> x_train.shape, x_test.shape
    ((1438, 64), (359, 64))
    """
    packed = resources.files("chainrule.plugins.datasets") / "digits.csv.gz"
    with resources.as_file(packed) as file:
        x, y = load_csv(file)
    x /= 16
    random = generator(seed, "digits")
    order = random.permutation(len(x))
    held_out = np.zeros(len(x), bool)
    for digit in range(10):
        images = order[y[order] == digit]
        held_out[images[: round(test_fraction * len(images))]] = True
    train, test = order[~held_out[order]], order[held_out[order]]
    return (x[train], y[train]), (x[test], y[test])
