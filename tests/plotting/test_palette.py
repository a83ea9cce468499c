"""Lines and classes can be told apart, also by those who see colours differently."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.plotting.palette import FIRST, diverging, paper, series

SEEN = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}  # fmt: skip
"""Linear RGB as it is seen (Machado, Oliveira & Fernandes, 2009)."""
THEMES = ["light", "dark", "transparent"]


def linear(color: str) -> Any:
    parts = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb: Any) -> Any:
    """Return CIE L*a*b* of linear sRGB."""
    matrix = [
        [0.4124, 0.3576, 0.1805],
        [0.2126, 0.7152, 0.0722],
        [0.0193, 0.1192, 0.9505],
    ]
    x, y, z = np.cbrt(np.clip(matrix @ rgb, 0, None) / [0.9505, 1.0, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(a: str, b: str, seen: str) -> float:
    views = [
        lab(np.clip(np.array(SEEN[seen]) @ linear(color), 0, 1)) for color in (a, b)
    ]
    return float(np.linalg.norm(views[0] - views[1]))


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("theme", THEMES)
def test_the_first_two_colours_differ_for_everybody(theme: str, seen: str) -> None:
    looks = [series(cr.themes[theme], i) for i in range(FIRST)]
    assert distance(looks[0].color, looks[1].color, seen) > 25
    negative, middle, positive = diverging(cr.themes[theme])
    assert distance(negative, positive, seen) > 25
    assert min(distance(middle, end, seen) for end in (negative, positive)) > 25


@pytest.mark.parametrize("theme", [*THEMES, "print"])
def test_lines_differ_without_colours_and_stand_out(theme: str) -> None:
    chosen: cr.Theme = cr.themes[theme]
    looks = [series(chosen, i) for i in range(FIRST)]
    for a, b in itertools.combinations(looks, 2):
        assert a.dash != b.dash
        assert a.marker != b.marker
    behind = float(linear(paper(chosen)) @ [0.2126, 0.7152, 0.0722])
    for look in looks:
        light = float(linear(look.color) @ [0.2126, 0.7152, 0.0722])
        high, low = max(light, behind), min(light, behind)
        assert (high + 0.05) / (low + 0.05) >= 3
