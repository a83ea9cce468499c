"""The built-in data sets and loaders, functions that return NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule import hookimpl
from chainrule.plugins.datasets.clusters import blobs, circles, moons, spirals, xor
from chainrule.plugins.datasets.csv import load_csv
from chainrule.plugins.datasets.curves import noisy_curve
from chainrule.plugins.datasets.digits import digits
from chainrule.plugins.datasets.idx import load_idx
from chainrule.plugins.datasets.mnist import mnist
from chainrule.plugins.datasets.npz import load_npz


@hookimpl
def register_datasets() -> Sequence[Callable[..., Any]]:
    """Return the built-in data sets and loaders."""
    return (
        digits, mnist, xor, spirals, moons, blobs, circles, noisy_curve, load_csv,
        load_npz, load_idx,
    )  # fmt: skip
