"""Names that look like markup or script stay text on a page, and nothing else runs."""

import re

import numpy as np
import pytest

import chainrule as cr

HOSTILE = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<!--<script>",
    "${alert(1)}`'\\",
    "a\u2028b\u2029c",
    "$style$$data",
]


def hostile(name, level):
    x, t = cr.input(name, (None, 2)), cr.input("t" + name, (None, 1))
    w = cr.parameter("w" + name, np.ones((2, 1)))
    y = cr.ops.sigmoid((x @ w).named("z" + name)).named("y" + name)
    loss = cr.losses.mse(t, y).named("J" + name)
    values = {x: np.ones((1, 2)), t: np.zeros((1, 1))}
    return cr.draw(loss, level=level, direction="both", values=values, title=name)


@pytest.mark.parametrize("level", ["layer", "op", "neuron"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text_wherever_they_stand(opened, name, level):
    page = opened(hostile(name, level))  # which fails if anything is said or fetched
    page.on("dialog", lambda dialog: page.seen.append(dialog.message))
    assert page.locator("script").count() == 2
    assert page.locator("img").count() == 0
    for part in page.locator("g.asked").all():
        part.dispatch_event("click")
    for _ in range(int(page.inner_text("#count").split(" / ")[1])):
        page.keyboard.press("ArrowRight")
    page.click("#step")
    page.fill("#search", name[:4])
    assert page.locator("script, img").count() == 2
    title = page.evaluate("document.title")
    assert re.sub(r"\s", "", title)[:20] == re.sub(r"\s", "", name)[:20]


def test_the_policy_lets_nothing_run_but_the_page(opened):
    page = opened(hostile("x", "op"))
    policy = page.get_attribute("meta[http-equiv]", "content")
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    done = page.evaluate(
        """() => {
          const made = document.createElement("script");
          made.textContent = "window.ran = true";
          document.body.append(made);
          const image = document.createElement("div");
          image.innerHTML = "<b onclick='window.ran = true'>b</b>";
          document.body.append(image);
          image.firstChild.click();
          return window.ran === undefined;
        }"""
    )
    assert done
    assert all("Content Security Policy" in text for text in page.seen[1:])
    del page.seen[1:]


def test_every_control_has_a_name_and_is_reached_by_keyboard(opened):
    page = opened(hostile("x", "op"))
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, g.asked, svg[role]")]
          .filter((e) => e.checkVisibility() && !(e.getAttribute("aria-label")
            || e.closest("label") || e.textContent.trim()))
          .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
    wanted = page.evaluate(
        """() => [...document.querySelectorAll("button, input, summary, g.asked")]
          .filter((e) => e.checkVisibility() && e.type !== "range").length"""
    )
    reached, outlined = set(), 0
    for _ in range(3 * wanted):
        page.keyboard.press("Tab")
        place, visible = page.evaluate(
            """() => { const at = document.activeElement;
              return [[...document.querySelectorAll("*")].indexOf(at),
                getComputedStyle(at).outlineStyle !== "none"]; }"""
        )
        if place in reached:
            break
        reached.add(place)
        outlined += visible
    assert len(reached) >= wanted
    assert outlined >= len(reached) - 1  # all but the page itself
    for live in ("#said", "#details", "#progress"):
        assert page.locator(live).count() == 1
    assert page.get_attribute("#said", "aria-live") == "polite"
