"""Themes: colours, dashes and fonts, built in and brought by plugins."""

import itertools
import re

import pytest

import chainrule as cr
from chainrule.errors import ChainRuleError


def lecture(**options):
    x, t = cr.input("x"), cr.input("t")
    w = cr.parameter("w_1", 0.5)
    y = cr.ops.sigmoid((w * x).named("z_1")).named("y_hat")
    loss = cr.ops.square(t - y).named("J")
    return cr.draw(loss, direction="both", values={x: 2.0, t: 1.0}, **options)


def brightness(color):
    return sum(int(color[i : i + 2], 16) for i in (1, 3, 5)) / 3


@pytest.mark.parametrize("name", ["light", "dark", "transparent", "print"])
def test_text_stands_out_from_what_is_behind_it(name):
    theme = cr.themes[name]
    paper = {"white": "#FFFFFF", "transparent": "#FFFFFF"}.get(theme.paper, theme.paper)
    fills = [theme.block(kind)[0] for kind in ("parameter", "op", "loss")]
    texts = [theme.ink, theme.faint, theme.good, theme.alarm, *theme.roles.values()]
    for behind in (paper, *fills):
        for text in texts:
            assert abs(brightness(text) - brightness(behind)) > 75
    for heat in theme.heat:
        assert abs(brightness(theme.ink) - brightness(heat)) > 75


def test_every_colour_of_a_picture_is_one_of_its_theme():
    theme = cr.themes.Dark()
    allowed = {*theme.hyperparameters().values(), *theme.heat}
    for diagram in (lecture(theme="dark"), lecture().styled(theme=theme)):
        found = set(re.findall(r"#[0-9A-Fa-f]{6}", diagram.source))
        assert found <= allowed
        assert theme.paper in diagram.source
    w = cr.parameter("w", 2.0)
    chain = cr.explain(cr.ops.square(w).named("J"), w).diagram.styled(theme="dark")
    assert set(re.findall(r"#[0-9A-Fa-f]{6}", chain.source)) <= allowed


def luminance(color):
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


@pytest.mark.parametrize("name", ["light", "dark", "transparent", "print"])
def test_edges_can_be_told_apart_without_colours(name):
    theme = cr.themes[name]
    for one, other in itertools.combinations(theme.roles, 2):
        apart = abs(luminance(theme.roles[one]) - luminance(theme.roles[other]))
        assert theme.dashes[one] != theme.dashes[other] or apart >= 40, (one, other)


def test_a_printed_picture_is_grey():
    for color in cr.themes.Print().roles.values():
        assert len(set(re.findall("..", color[1:]))) == 1


def test_factors_and_their_products_look_different():
    theme = cr.themes.Light()
    fonts = r'<FONT POINT-SIZE="[^"]*" COLOR="([^"]*)">(.*?)</FONT>'
    found = {
        re.sub("<[^>]*>", "", text).partition(" ")[0]: color
        for color, text in re.findall(fonts, lecture().source)
    }
    assert found["∂J/∂w₁"] == theme.ink
    assert found["∂z₁/∂w₁"] == theme.parameter
    assert found["∂a/∂z:"] == theme.faint


def test_the_light_theme_is_the_one_without_a_name():
    assert lecture(theme="light").source == lecture().source


def test_a_transparent_picture_has_no_paper():
    svg = lecture(theme="transparent").render("svg").decode()
    assert 'fill="white"' not in svg


def test_a_theme_of_ones_own():
    class Chalk(cr.Theme):
        """Chalk on a blackboard."""

        paper: str = "#12302A"
        font: str = "Comic Neue,DejaVu Sans"
        text_scale: float = 1.5

    source = lecture(theme=Chalk(ink="#FFFFFF")).source
    assert "#12302A" in source
    assert 'POINT-SIZE="24"' in source
    assert "Comic Neue" in source


@pytest.mark.parametrize(
    ("theme", "message"),
    [
        ("darc", "Did you mean 'dark'"),
        ({"type": "light", "ink": "red"}, "must be a colour such as '#0353A4'"),
        ({"type": "light", "ink": '#000000"><x'}, "must be a colour"),
        ({"type": "light", "loss_dash": "wavy"}, "must be one of 'solid', 'dashed'"),
        ({"type": "light", "font": 'x"><y'}, "must be names of fonts"),
        ({"type": "light", "text_scale": 0}, "must be in"),
    ],
)
def test_themes_that_are_none_are_refused(theme, message):
    with pytest.raises(ChainRuleError, match=message):
        lecture(theme=theme)
