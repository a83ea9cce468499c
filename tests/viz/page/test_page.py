"""The page in a real browser: keys, film, search, click, dark mode, no requests."""

import pytest

import chainrule as cr


@pytest.fixture
def page(opened):
    x, t = cr.input("x"), cr.input("t")
    w1, w2 = cr.parameter("w_1", 0.5), cr.parameter("w_2", 1.1)
    z = (w1 * x).named("z_1")
    y = (cr.ops.sigmoid(z) * w2).named("y_hat")
    loss = cr.ops.square(t - y).named("J")
    return opened(
        cr.draw(
            loss, level="layer", direction="both", values={x: 2.0, t: 1.0},
            title="<b>chain</b>",
        )
    )  # fmt: skip


def test_arrows_home_and_end_step_through_the_run(page):
    page.keyboard.press("Home")
    assert page.inner_text("#count").startswith("1 / ")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#count").startswith("3 / ")
    page.keyboard.press("End")
    last, of = page.inner_text("#count").split(" / ")
    assert last == of
    assert "SGD" in page.inner_text("#said")
    page.keyboard.press("Home")
    assert page.inner_text("#count").startswith("1 / ")


def test_what_comes_later_is_not_shown_yet(page):
    edge = page.locator("#backward-z_1-y_hat")
    assert edge.is_visible()
    page.keyboard.press("Home")
    assert not edge.is_visible()
    page.keyboard.press("End")
    assert edge.is_visible()


def test_the_slider_and_the_play_button(page):
    page.locator("#slider").fill("5")
    assert page.inner_text("#count").startswith("6 / ")
    page.click("#play")
    assert page.get_attribute("#play", "aria-pressed") == "true"
    page.click("#play")
    assert page.get_attribute("#play", "aria-pressed") == "false"


def test_clicking_a_weight_explains_it(page):
    page.keyboard.press("End")
    page.click("#node-w_1")
    panel = page.inner_text("#panel")
    assert "∂J/∂w₁ = ∂J/∂ŷ · ∂ŷ/∂z₁ · ∂z₁/∂w₁" in panel
    assert "✓ finite difference" in panel


def test_blocks_are_reached_by_keyboard_and_named_for_screen_readers(page):
    node = page.locator("#node-z_1")
    assert node.get_attribute("aria-label").startswith("z₁, w₁ · x")
    node.focus()
    assert "z₁" in page.inner_text("#panel")


def test_search_zoom_and_dark(page):
    page.fill("#search", "w")
    assert "found" in page.inner_text("#found")
    before = page.get_attribute("#picture svg", "viewBox")
    page.click("#zoom-in")
    assert page.get_attribute("#picture svg", "viewBox") != before
    page.click("#fit")
    assert page.get_attribute("#picture svg", "viewBox").split() == [
        f"{float(v):g}" for v in before.split()
    ]
    page.click("#theme")
    assert page.evaluate("document.documentElement.className") == "dark"


def test_a_title_is_text(page):
    assert page.inner_text("h1") == "<b>chain</b>"


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_cut_off(page, width):
    page.set_viewport_size({"width": width, "height": 700})
    for name in ("#count", "#said", "#picture", "#panel", "#progress", "#controls"):
        box = page.locator(name).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
