"""The colours of a page: those of its theme, and text that can be read on them."""

from pathlib import Path

import numpy as np
import pytest

import chainrule as cr

CONTRASTS = (Path(__file__).parent / "contrasts.js").read_text(encoding="utf-8")


def diagram(**options):
    random = np.random.default_rng(0)
    x = random.normal(size=(4, 2))
    t = random.integers(0, 2, (4, 1)).astype(float)
    model = cr.Sequential([cr.layers.Dense(3, "tanh"), cr.layers.Dense(1)])
    how = {"loss": "mse", "callbacks": []}
    model.fit(x, t, optimizer="sgd", epochs=1, seed=1, **how)
    return cr.draw(
        model, loss="mse", direction="both", values={"x": x, "t": t}, **options
    )


@pytest.mark.parametrize("level", ["layer", "op", "neuron"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_the_contrast_that_wcag_asks_for(opened, scheme, level):
    page = opened(diagram(level=level), color_scheme=scheme)
    page.locator("g.asked").last.dispatch_event("click")
    found = page.evaluate(CONTRASTS)
    assert len(found) > 40
    assert not [each for each in found if each[1] < 4.5]


def paper(page):
    return page.evaluate(
        "getComputedStyle(document.getElementById('picture')).backgroundColor"
    )


def test_the_light_theme_follows_the_reader_and_others_stay(opened):
    assert paper(opened(diagram(), color_scheme="dark")) == "rgb(22, 24, 29)"
    assert paper(opened(diagram(), color_scheme="light")) == "rgb(255, 255, 255)"
    dark = opened(diagram(theme="dark"), color_scheme="light")
    assert paper(dark) == "rgb(22, 24, 29)"
    dark.click("#theme")
    assert paper(dark) == "rgb(255, 255, 255)"
    assert (
        paper(opened(diagram(theme="print"), color_scheme="dark"))
        == "rgb(255, 255, 255)"
    )


def test_a_theme_of_ones_own_is_the_pages(opened):
    page = opened(diagram(theme=cr.themes.Light(paper="#FFFFF0", ink="#102030")))
    assert paper(page) == "rgb(255, 255, 240)"
    ink = "getComputedStyle(document.querySelector('#picture g.node text')).fill"
    assert page.evaluate(ink) == "rgb(16, 32, 48)"
