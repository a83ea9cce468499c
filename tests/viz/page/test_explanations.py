"""Every number on a page has an explanation, whose terms add up to its gradient."""

import re

import numpy as np
import pytest

import chainrule as cr
from chainrule.viz.page.data import page_data
from chainrule.viz.page.javascript import PAGE

MODULES = PAGE[: PAGE.index("explanations") + 1]
ADD_UP = """
const machine = new Machine(data.program);
const explanations = new Explanations(data.explained, data.machine.loss, machine);
const found = [];
data.explained.forEach(({ whole, gradient, value }, node) => {
  if (gradient === null || value === data.machine.loss) return;
  machine.value(gradient).data.forEach((wanted, entry) => {
    const terms = explanations.terms({ node, entry });
    const products = terms.map(({ slope, top }) => slope * explanations.gradient(top));
    const { lines } = explanations.tell({ node, entry });
    found.push([whole, lines.join("\\n"), products.reduce((a, b) => a + b, 0), wanted]);
  });
});
return found;
"""


def fitted(layers, loss, rows, targets):
    random = np.random.default_rng(0)
    x, model = random.normal(size=(rows, 2)), cr.Sequential(layers)
    t = random.integers(0, 2, rows) if "sparse" in loss else targets(random)
    model.fit(x, t, loss=loss, optimizer="sgd", epochs=1, seed=1, callbacks=[])
    return model, {"loss": loss, "values": {"x": x, "t": t}, "direction": "both"}


def deep(rows):
    layers = [cr.layers.Dense(3, "tanh") for _ in range(4)] + [cr.layers.Dense(2)]
    return fitted(layers, "mse", rows, lambda r: r.normal(size=(rows, 2)))


def classifier(rows):
    layers = [cr.layers.Dense(4, "relu"), cr.layers.Dense(3)]
    return fitted(layers, "sparse_softmax_cross_entropy", rows, None)


def dropping(rows):
    layers = [cr.layers.Dense(4, "relu"), cr.layers.Dropout(0.5), cr.layers.Dense(1)]
    model, options = fitted(layers, "mse", rows, lambda r: r.normal(size=(rows, 1)))
    return model, {**options, "training": True, "seed": 3}


def residual(rows):
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    inner, outer = (
        cr.parameter("U", np.ones((2, 2))),
        cr.parameter("V", np.ones((2, 1))),
    )
    y = ((x + cr.ops.tanh(x @ inner)) @ outer).named("y_hat")
    random = np.random.default_rng(1)
    values = {x: random.normal(size=(rows, 2)), t: random.normal(size=(rows, 1))}
    return cr.losses.mse(t, y), {"values": values, "direction": "both"}


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("level", ["layer", "op", "neuron"])
@pytest.mark.parametrize("made", [deep, classifier, dropping, residual])
def test_terms_add_up_for_every_number(engine, made, level, rows):
    what, options = made(rows)
    diagram = cr.draw(what, level=level, **options)
    found = engine(MODULES, ADD_UP, page_data(diagram.scene, diagram.extras))
    sizes = {name: sum(n == name for n, *_ in found) for name, *_ in found}
    assert len(sizes) >= 3
    for name, text, total, wanted in found:
        assert total == pytest.approx(wanted, rel=1e-6, abs=1e-12), (name, text)
        assert re.match("∂J/∂", text), text


def test_a_product_of_factors_as_the_lecture_writes_it(engine):
    what, options = deep(1)
    diagram = cr.draw(what, level="neuron", **options)
    found = engine(MODULES, ADD_UP, page_data(diagram.scene, diagram.extras))
    (text,) = (text for _, text, *_ in found if text.startswith("∂J/∂w₂₁⁽⁵⁾"))
    product, numbers, total, *rules = text.splitlines()
    assert "∂J/∂w₂₁⁽⁵⁾ = ∂J/∂z₁⁽⁵⁾ · ∂z₁⁽⁵⁾/∂w₂₁⁽⁵⁾" in product
    assert any(rule.startswith("∂z₁⁽⁵⁾/∂w₂₁⁽⁵⁾ = a₂⁽⁴⁾ = ") for rule in rules)
    one, other = (value(part) for part in numbers.split("=")[1].split("·"))
    assert one * other == pytest.approx(value(total), rel=2e-3)


def value(text):
    return float(text.strip(" =()").replace("−", "-"))


@pytest.mark.parametrize("level", ["layer", "op", "neuron"])
def test_a_click_on_every_part_opens_an_explanation(opened, level):
    what, options = deep(3)
    page = opened(cr.draw(what, level=level, **options))
    asked = page.locator("g.asked")
    parts = page.evaluate(
        "[...document.querySelectorAll('g.asked')].filter((g) => "
        "/∂|=/.test(g.textContent) && g.id !== 'node-t').map((g) => g.id)"
    )
    assert asked.count() >= len(parts) > 5
    for part in parts:
        page.locator(f"[id='{part}']").dispatch_event("click")
        told = page.inner_text("#details")
        assert "∂J/∂" in told, (part, told)
        page.locator(f"[id='{part}']").dispatch_event("click")


def test_every_number_of_a_gradient_is_a_button_that_explains_it(opened):
    what, options = deep(3)
    page = opened(cr.draw(what, level="layer", **options))
    page.locator("#node-dense_2").dispatch_event("click")
    page.get_by_role("button", name="Why ∂J/∂w₃₂⁽²⁾ =").click()
    assert page.locator("#details pre").inner_text().startswith("∂J/∂w₃₂⁽²⁾ = ")
    page.locator("#details p.next button").first.click()
    assert page.locator("#details pre").inner_text().startswith("∂J/∂z")


def test_a_number_of_a_large_matrix_is_asked_for_by_its_place(opened):
    x, w = cr.input("x", (None, 12)), cr.parameter("w", np.ones((12, 9)))
    loss = cr.ops.mean(cr.ops.square(x @ w)).named("J")
    values = {x: np.arange(24.0).reshape(2, 12)}
    page = opened(cr.draw(loss, direction="both", values=values))
    page.locator("#node-w").dispatch_event("click")
    field = page.locator("#details dd input")
    field.fill("12, 8")
    field.press("Enter")
    assert page.locator("#details pre").inner_text().startswith("∂J/∂w₁₂,₈ = ")
