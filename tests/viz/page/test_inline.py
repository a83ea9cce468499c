"""The page inside a notebook: a sandboxed frame that computes."""

import html
import re

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainRuleError


def diagram(title="graph"):
    x, w = cr.input("x"), cr.parameter("w", 0.5)
    loss = cr.ops.square(w * x - 1.0).named("J")
    return cr.draw(loss, direction="both", values={x: np.array(2.0)}, title=title)


def test_the_same_page_computes_in_a_frame(browser, tmp_path):
    shown = diagram('a "b" </iframe><script>alert(1)</script>').page()._repr_html_()
    file = tmp_path / "notebook.html"
    file.write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{shown}<p id=after>")
    page = browser.new_page()
    told = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("dialog", lambda dialog: told.append(dialog.message))
    page.goto(file.as_uri())
    frame = page.frame_locator("iframe")
    frame.get_by_role("spinbutton", name="x", exact=True).fill("3")
    assert "J = 0.25" in frame.locator("#progress").inner_text()
    frame.locator("#step").click()
    assert frame.locator("#progress").inner_text().startswith("1 step, ")
    assert page.locator("#after").count() == 1
    assert page.locator("iframe").get_attribute("sandbox") == "allow-scripts"
    assert told == []
    page.close()


def test_the_frame_holds_what_is_saved(tmp_path):
    made = diagram()
    saved = made.save(tmp_path / "a.html").read_text()
    page = made.page(height=300)
    assert page.html == saved
    inside = re.search('srcdoc="([^"]*)"', page._repr_html_())
    assert html.unescape(inside[1]) == saved
    assert 'height="300"' in page._repr_html_()
    assert "kB" in repr(page)


def test_a_height_without_sense_is_refused():
    with pytest.raises(ChainRuleError, match="height"):
        diagram().page(height=10)
