"""The page computes: a changed number, a step, and all that is written anew."""

import importlib
import re

import numpy as np
import pytest

import chainrule as cr
from chainrule.registry import registry


def chain(x=2.0, t=1.0, w1=0.5, w2=1.1):
    x_node, t_node = cr.input("x"), cr.input("t")
    w1, w2 = cr.parameter("w_1", w1), cr.parameter("w_2", w2)
    z = (w1 * x_node).named("z_1")
    y = (cr.ops.sigmoid(z) * w2).named("y_hat")
    loss = cr.ops.square(t_node - y).named("J")
    values = {x_node: x, t_node: t}
    return cr.draw(loss, level="layer", direction="both", values=values)


def network(optimizer="sgd", level="layer", weights=None, **options):
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, (8, 2))
    t = (x[:, :1] * x[:, 1:] > 0).astype(float)
    model = cr.Sequential(
        [cr.layers.Dense(3, activation="tanh"), cr.layers.Dense(1, "sigmoid")]
    )
    how = {"loss": "binary_cross_entropy", "callbacks": []}
    model.fit(x, t, optimizer="sgd", epochs=1, seed=1, **how)
    if weights is not None:
        model.set_weights(weights)
    return model, x, t, cr.draw(
        model, loss="binary_cross_entropy", level=level, direction="both",
        values={"x": x, "t": t}, optimizer=optimizer, **options,
    )  # fmt: skip


def words(page):
    """Return what stands on the picture, part by part, but for spaces."""
    found = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("#picture g.node, "
        + "#picture g.edge")].map((g) => [g.id, [...g.querySelectorAll("text")]
            .map((text) => text.textContent).join("")]))"""
    )
    return {
        part: re.sub(r"[\s\u2000-\u200a]", "", text) for part, text in found.items()
    }


def test_every_number_on_the_picture_follows_a_change(opened):
    page = opened(chain())
    before = words(page)
    page.get_by_role("spinbutton", name="x", exact=True).fill("-1.5")
    page.get_by_role("spinbutton", name="t", exact=True).fill("0.25")
    page.get_by_role("spinbutton", name="w₂", exact=True).fill("-2")
    after = words(page)
    assert after == words(opened(chain(x=-1.5, t=0.25, w2=-2.0)))
    assert after != before
    page.click("#reset")
    assert words(page) == before


def test_a_slider_changes_its_number(opened):
    page = opened(chain())
    slider = page.get_by_role("slider", name="w₁, slider")
    slider.focus()
    slider.press("End")
    assert page.get_by_role("spinbutton", name="w₁", exact=True).input_value() == "4"
    assert "4" in words(page)["node-w_1"]


def test_a_step_is_the_optimizers(opened):
    page = opened(chain())
    page.fill("#rate", "0.5")
    for _ in range(3):
        page.click("#step")
    assert page.inner_text("#progress").startswith("3 steps, J = ")
    w1, w2 = 0.5, 1.1
    for _ in range(3):
        s = 1 / (1 + np.exp(-w1 * 2.0))
        error = -2 * (1.0 - s * w2)
        w1, w2 = w1 - 0.5 * error * w2 * s * (1 - s) * 2.0, w2 - 0.5 * error * s
    assert words(page) == words(opened(chain(w1=w1, w2=w2)))


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("level", ["layer", "op", "neuron"])
def test_steps_of_a_network_are_those_of_training(opened, level, optimizer):
    made = registry.resolve("optimizers", {"type": optimizer, "lr": 0.02})
    model, x, t, diagram = network(made, level)
    page = opened(diagram)
    rows = 1 if level == "neuron" else len(x)
    model.fit(
        x[:rows], t[:rows], loss="binary_cross_entropy", optimizer=made, epochs=4,
        batch_size=8, verbose=0,
    )  # fmt: skip
    for _ in range(4):
        page.click("#step")
    trained = network(made, level, model.get_weights())[3]
    assert_near(words(page), words(opened(trained)))


NUMBER = re.compile(r"−?\d+(?:\.\d+)?(?:·10([⁻⁰¹²³⁴-⁹]+))?")
PLAIN = str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")


def assert_near(ours, theirs):
    """Compare texts, and the numbers in them to float32's precision."""
    assert ours.keys() == theirs.keys()
    for part, text in ours.items():
        assert NUMBER.sub("#", text) == NUMBER.sub("#", theirs[part]), part
        pairs = zip(NUMBER.finditer(text), NUMBER.finditer(theirs[part]), strict=True)
        for a, b in pairs:
            assert value(a) == pytest.approx(value(b), rel=2e-3, abs=2e-6), part


def value(match):
    text = match[0].translate(PLAIN).replace("·10", "e")
    return float(text)


def wait(page, happened):
    """Wait until something has happened, for which no page may evaluate text."""
    for _ in range(600):
        if happened():
            return
        page.wait_for_timeout(50)
    pytest.fail("it did not happen within half a minute")


def test_run_descends_and_the_curve_grows(opened):
    page = opened(network("adam")[3])
    first = page.get_attribute("#curve polyline", "points")
    page.keyboard.press("r")
    wait(page, lambda: int(page.inner_text("#progress").split()[0]) > 15)
    page.keyboard.press("r")
    assert page.get_attribute("#run", "aria-pressed") == "false"
    points = page.get_attribute("#curve polyline", "points").split()
    assert len(points) > 15
    assert len(first.split()) == 1
    label = page.get_attribute("#curve", "aria-label")
    start, end = (float(v) for v in re.findall(r"\d+\.\d+", label))
    assert end < start


def test_the_film_goes_on_with_the_next_step(opened):
    page = opened(chain())
    page.keyboard.press("End")
    assert "SGD(lr=0.01): w₂ ← w₂ − η · ∂J/∂w₂; 1.1 → 1.103" in page.inner_text("#said")
    assert words(page)["node-w_2"].startswith("w₂1.103")  # an update changes it
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#count").startswith("1 / ")
    assert page.inner_text("#progress").startswith("1 step, ")


def test_factors_slide_down_the_edge_and_land_as_a_product(opened):
    page = opened(chain())
    page.keyboard.press("Home")
    while "∂ŷ/∂z₁" not in page.inner_text("#said"):
        page.keyboard.press("ArrowRight")
    landed = "−0.3917 · 0.2163 = −0.08471"
    wait(page, lambda: landed in page.locator("g.flight").all_text_contents())
    wait(page, lambda: page.locator("g.flight").count() == 0)


def test_the_film_of_units_sweeps_back_along_all_weights_of_each(opened):
    page = opened(network(level="neuron")[3])
    page.keyboard.press("Home")
    said = page.locator("#said")
    told = [said.text_content()]
    for _ in range(int(page.inner_text("#count").split(" / ")[1]) - 1):
        page.keyboard.press("ArrowRight")
        told.append(said.text_content())
        if told[-1].startswith("sweep"):
            wait(page, lambda: page.locator("g.flight").count() >= 2)
    assert [text[:6] for text in told[-4:]] == ["update"] * 4
    assert sum(text.startswith("sweep") for text in told) == 4  # one for each unit
    summed = next(text for text in told if "∂J/∂a₁⁽¹⁾ = " in text)
    assert re.search(r"= ∂J/∂z⁽²⁾ · ∂z⁽²⁾/∂a₁⁽¹⁾ = \S+ · \S+ = \S+$", summed)


def test_an_update_changes_the_numbers_of_a_matrix(opened):
    page = opened(network(level="op")[3])
    before = words(page)["node-dense_1_kernel"]
    page.keyboard.press("End")
    assert words(page)["node-dense_1_kernel"] != before


def test_what_is_accumulated_is_a_product(opened):
    page = opened(chain())
    page.keyboard.press("Home")
    while "ACCUMULATE" not in page.inner_text(
        "#said"
    ).upper() or "w₁" not in page.inner_text("#said"):
        page.keyboard.press("ArrowRight")
    assert "∂J/∂w₁ = −0.08471 · 2 = −0.1694" in page.inner_text("#said")


def test_nothing_flies_for_those_who_want_no_motion(opened):
    page = opened(chain(), reduced_motion="reduce")
    page.keyboard.press("Home")
    for _ in range(12):
        page.keyboard.press("ArrowRight")
        assert page.locator("g.flight").count() == 0


def test_an_explanation_follows_the_numbers(opened):
    page = opened(chain())
    page.get_by_role("spinbutton", name="x", exact=True).fill("1")
    page.click("#node-w_1")
    s = 1 / (1 + np.exp(-0.5))
    slope = -2 * (1 - 1.1 * s) * 1.1 * s * (1 - s)
    told = page.inner_text("#details")
    assert f"= {slope:.4g}".replace("-", "−") in told
    assert "✓ finite difference" in told


@pytest.mark.parametrize("level", ["layer", "op", "neuron"])
def test_weights_are_explained_at_every_level(opened, level):
    page = opened(network(level=level)[3])
    part = {"layer": "#node-dense_1", "op": "#node-dense_1_kernel"}.get(level)
    asked = page.locator(part) if part else page.locator("g.edge.asked").first
    asked.focus()
    page.keyboard.press("Enter")
    told = page.inner_text("#details")
    assert re.search(r"∂J/∂w\S* = ∂J/∂", told)
    assert "✓ finite difference" in told
    asked.hover(force=True)
    assert page.locator("g.chain").count() > 1  # its way to the loss is marked


def test_a_network_of_two_inputs_shows_what_it_decides(opened):
    page = opened(network("adam")[3])
    assert page.locator("#plane").is_visible()
    assert page.locator("#plane circle.example").count() == 8
    before = page.get_attribute("#plane path.line", "d")
    page.fill("#rate", "0.1")
    for _ in range(10):
        page.click("#step")
    assert page.get_attribute("#plane path.line", "d") not in ("", before)
    assert not page.locator("#landscape").is_visible()


def test_a_loss_of_two_parameters_shows_its_landscape(opened):
    page = opened(chain())
    assert page.locator("#landscape").is_visible()
    where = page.get_attribute("#landscape circle", "cx")
    page.fill("#rate", "1")
    page.click("#step")
    assert page.get_attribute("#landscape circle", "cx") != where
    assert "J = " in page.get_attribute("#landscape", "aria-label")


def test_a_large_network_with_a_bias_has_no_landscape(opened):
    x = cr.input("x", (None, 70))
    y = x @ cr.parameter("w", np.ones((70, 1))) + cr.parameter("b", 0.5)
    loss = cr.ops.mean(cr.ops.square(y))
    page = opened(
        cr.draw(loss, level="op", direction="both", values={x: np.ones((2, 70))})
    )
    assert page.locator("#curve").is_visible()
    assert not page.locator("#landscape").is_visible()


def test_dropout_draws_other_masks_in_every_step_as_in_training(opened):
    x, w = cr.input("x", (None, 4)), cr.parameter("w", np.ones((4, 1)))
    drawn = cr.layers.Dropout(0.5)(x)
    loss = cr.ops.mean(cr.ops.square(drawn @ w - 1.0)).named("J")
    feeds = {x: np.arange(12.0).reshape(3, 4)}
    diagram = cr.draw(
        loss, level="op", direction="both", values=feeds, training=True, seed=4,
        optimizer=cr.optimizers.SGD(lr=1e-9),
    )  # fmt: skip
    page = opened(diagram)
    for step in (2, 3):
        page.click("#step")
        (wanted,) = cr.evaluate(
            [loss], feeds, dtype="float64", training=True, seed=4, step=step
        )
        said = page.inner_text("#progress").partition("J = ")[2]
        assert float(said) == pytest.approx(float(wanted), rel=1e-3)


def with_dropout(**options):
    """Return units of which random ones are dropped, and the example."""
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    rng = np.random.default_rng(0)
    first, second = (cr.parameter(n, rng.normal(size=s)) for n, s in zip(
        "WV", [(2, 4), (4, 1)], strict=True))  # fmt: skip
    dropped = cr.layers.Dropout(0.5)(cr.ops.tanh(x @ first))
    loss = cr.losses.mse(t, dropped @ second)
    feeds = {x: [[1.0, 2.0]], t: [[1.0]]}
    diagram = cr.draw(
        loss, values=feeds, training=True, seed=3, direction="both",
        optimizer=cr.optimizers.SGD(lr=1e-9), **options,
    )  # fmt: skip
    return diagram, loss, dropped, feeds


@pytest.mark.parametrize("level", ["op", "layer", "neuron"])
def test_a_page_draws_the_masks_of_the_picture(opened, level):
    diagram, loss, _, feeds = with_dropout(level=level)
    page = opened(diagram)
    for step in (1, 2, 3):
        (wanted,) = cr.evaluate(
            [loss], feeds, dtype="float64", training=True, seed=3, step=step
        )
        said = page.inner_text("#progress").partition("J = ")[2]
        assert float(said) == pytest.approx(float(wanted), rel=1e-3)
        page.click("#step")


def test_units_are_marked_as_dropped_by_the_mask_as_it_is(opened):
    diagram, _, dropped, feeds = with_dropout(level="neuron")
    page = opened(diagram)
    for step in (1, 2, 3):
        (values,) = cr.evaluate([dropped], feeds, training=True, seed=3, step=step)
        gone = {f"c1_{i + 1}" for i in np.flatnonzero(values[0] == 0)}
        nodes = page.locator("g.node", has=page.locator("text.dropped:visible"))
        ids = nodes.evaluate_all("(all) => all.map((g) => g.id.slice(5))")
        visible = {i for i in ids if "dropped" in words(page)[f"node-{i}"]}
        assert visible == gone
        edges = page.locator("g.edge.gone").evaluate_all(
            "(all) => all.map((g) => g.id)"
        )
        assert {e for e in edges if e.startswith("forward-c0_1-")} == {
            f"forward-c0_1-{unit}" for unit in gone
        }
        for i, value in enumerate(values[0]):
            factor = "0=0" if value == 0 else "2="
            assert f"·{factor}" in words(page)[f"node-c1_{i + 1}"]
        page.click("#step")


@pytest.mark.parametrize("size", [None, "column"])
def test_numbers_on_edges_from_row_to_row_follow(opened, size):
    def diagram(w):
        x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
        rng = np.random.default_rng(0)
        first = cr.parameter("W", w * np.ones((2, 3)))
        second = cr.parameter("V", rng.normal(size=(3, 1)))
        loss = cr.losses.mse(t, cr.ops.tanh(x @ first) @ second)
        values = {x: [[1.0, -0.5], [0.3, 0.8], [0.1, 0.2]], t: [[1.0], [0.0], [1.0]]}
        return cr.draw(loss, level="op", direction="both", values=values, size=size)

    drawn = diagram(0.5)
    page, wanted = opened(drawn), opened(diagram(0.25))
    first, last = (
        page.locator(part).bounding_box()["y"] for part in ("#node-W", "g.node.loss")
    )
    assert last > first + 100  # in rows
    before = words(page)
    for entry in ("1, 1", "1, 2", "1, 3", "2, 1", "2, 2", "2, 3"):
        page.get_by_role("spinbutton", name=f"W ({entry})").fill("0.25")
    assert words(page) == words(wanted) != before


def visible(page, part):
    """Whether a block is in view."""
    box, view = (page.locator(p).bounding_box() for p in (part, "#picture"))
    return (
        view["x"] <= box["x"] + box["width"] / 2 <= view["x"] + view["width"]
        and view["y"] <= box["y"] + box["height"] / 2 <= view["y"] + view["height"]
    )


@pytest.mark.parametrize("width", [1280, 400])
def test_a_long_picture_opens_where_it_can_be_read_and_follows_the_film(opened, width):
    x, t = cr.input("x", (None, 4)), cr.input("t", (None, 4))
    y = x
    for _ in range(6):
        y = cr.layers.Dense(4, activation="tanh")(y)
    loss = cr.losses.mse(t, y)
    values = {x: np.ones((2, 4)), t: np.zeros((2, 4))}
    page = opened(
        cr.draw(loss, level="op", direction="both", values=values, fold=False),
        viewport={"width": width, "height": 720},
    )
    text = page.locator("g.node text").first
    size = float(text.get_attribute("font-size"))
    scale = page.evaluate(
        "() => document.querySelector('#picture svg').getScreenCTM().a"
    )
    assert scale * size >= 7
    page.keyboard.press("Home")
    for _ in range(int(page.inner_text("#count").split(" / ")[1]) - 1):
        page.keyboard.press("ArrowRight")
        now = page.locator("g.node.now").evaluate_all("(all) => all.map((g) => g.id)")
        assert not now or any(visible(page, f"#{part}") for part in now)
    page.click("#fit")
    assert visible(page, "#node-x")
    assert visible(page, "g.node.loss")


def test_an_op_that_cannot_be_computed_is_named(opened, monkeypatch):
    module = importlib.import_module("chainrule.viz.page.program")
    known = module.KERNELS - {cr.ops.Tanh}
    monkeypatch.setattr(module, "KERNELS", known)
    loss = cr.ops.tanh(cr.parameter("w", 0.5)).named("J")
    page = opened(cr.draw(loss, direction="both", values={}))
    told = page.inner_text("#panel")
    assert "stay as they are" in told
    assert "tanh" in told
    page.click("#node-w")  # and what was computed in Python is there
    assert "∂J/∂w = " in page.inner_text("#details")


def saturated(w):
    """Return a chain whose first gradient vanishes where w is large."""
    x, w = cr.input("x"), cr.parameter("w", w)
    y = cr.ops.tanh((w * x).named("z")).named("y")
    v = cr.parameter("v", 1.0)
    loss = cr.ops.square((y * v).named("u") - 3.0).named("J")
    return cr.draw(loss, direction="both", values={x: 2.0}, level="op", check=True)


def looks(page):
    """Return how the backward edges are drawn."""
    return page.evaluate(
        """() => [...document.querySelectorAll("g.edge.backward > path, "
        + "g.edge.backward a > path")].map((path) => [
            path.getAttribute("stroke-width"),
            path.getAttribute("stroke-dasharray") || "none"])"""
    )


@pytest.mark.parametrize("start", [0.1, 6.0])
def test_marks_are_those_that_python_draws(opened, start):
    page, wanted = opened(saturated(start)), opened(saturated(6.1 - start))
    assert ("▼" in words(page)["node-z"]) is (start == 6.0)
    page.get_by_role("spinbutton", name="w", exact=True).fill(str(6.1 - start))
    checks = re.compile("[✓✗]")
    for part, text in words(wanted).items():
        ours, theirs = (checks.sub("", said) for said in (words(page)[part], text))
        remarks = re.compile("▼vanishing|☠dead:allzero")
        assert remarks.sub("", ours) == remarks.sub("", theirs)
        assert bool(set("▼☠") & set(ours)) is bool(set("▼☠") & set(theirs))
    assert looks(page) == looks(wanted)
    page.click("#reset")
    assert words(page) == words(opened(saturated(start)))


def test_gradients_are_checked_again_when_the_numbers_rest(opened):
    x, w = cr.input("x"), cr.parameter("w", 0.5)
    loss = cr.ops.square(cr.ops.tanh(w * x).named("a")).named("J")
    diagram = cr.draw(loss, direction="both", values={x: 2.0}, check=True, level="op")
    page = opened(diagram)
    picture = page.locator("#picture")
    assert "✓" in words(page)["node-w"]
    assert "gradients agree" in picture.inner_text()
    page.get_by_role("spinbutton", name="x", exact=True).fill("3")
    assert "✓" not in words(page)["node-w"]
    assert "to be checked when the numbers rest" in picture.inner_text()
    wait(page, lambda: "✓ the gradient of w agrees" in picture.inner_text())
    assert "✓" in words(page)["node-w"]
    assert "✓" not in words(page)["node-a"]  # which cannot be changed by itself
    assert "checked for the numbers as they were" in picture.inner_text()  # formulas
    page.click("#reset")
    assert "all 3 gradients agree" in picture.inner_text()
    assert "✓" in words(page)["node-a"]


def test_a_gradient_that_is_false_after_a_change_is_named(opened):
    x, w = cr.input("x"), cr.parameter("w", -2.0)
    kink = cr.ops.stop_gradient(cr.ops.relu(w * x)) + cr.ops.square(w)
    diagram = cr.draw(
        (kink * x).named("J"), direction="both", values={x: 2.0}, check=True, level="op"
    )
    page = opened(diagram)
    page.get_by_role("spinbutton", name="w", exact=True).fill("3")
    told = "✗ finite differences disagree with the gradient of w"
    wait(page, lambda: told in page.inner_text("#picture"))
    assert "✗" in words(page)["node-w"]


def test_the_film_tells_no_mark_of_the_numbers_as_they_were(opened):
    page = opened(saturated(6.0))
    said = page.locator("#said")
    marked = []
    page.keyboard.press("Home")
    for _ in range(int(page.inner_text("#count").split(" / ")[1])):
        marked.append(bool(set("▼✓") & set(said.inner_text())))
        page.keyboard.press("ArrowRight")
    assert any(marked)
    page.get_by_role("spinbutton", name="w", exact=True).fill("0.1")
    page.keyboard.press("Home")
    for _ in marked:
        assert not set("▼✓") & set(said.inner_text())
        page.keyboard.press("ArrowRight")


def test_a_page_without_values_says_how_it_computes(opened):
    page = opened(cr.draw(cr.ops.square(cr.parameter("w", 1.0)), direction="both"))
    assert "values=" in page.inner_text("#panel")
    assert not page.locator("#training").is_visible()


def test_a_page_too_large_to_compute_says_so(opened):
    x = cr.input("x", (None, 600))
    loss = cr.ops.sum(cr.ops.tanh(x @ cr.parameter("w", np.ones((600, 4)))))
    page = opened(
        cr.draw(loss, level="op", direction="both", values={x: np.ones((300, 600))})
    )
    assert "stay as they are" in page.inner_text("#panel")
