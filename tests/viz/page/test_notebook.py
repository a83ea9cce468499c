"""The page inside a notebook: a sandboxed frame, without a server."""

import pytest

import chainrule as cr
from chainrule.errors import ChainRuleError


def diagram():
    x, w = cr.input("x"), cr.parameter("w", 0.5)
    loss = cr.ops.square(w * x - 1.0).named("J")
    return cr.draw(loss, direction="both", values={x: 2.5}, title='"a" & <b>')


def test_the_page_computes_in_a_frame_of_its_own(browser):
    page = browser.new_page()
    seen = []
    page.on("console", lambda message: seen.append(message.text))
    page.on("request", lambda request: seen.append(request.url))
    page.set_content(f"<p>a cell</p>{diagram().page(height=500)._repr_html_()}")
    frame = page.frames[1]
    frame.wait_for_selector("#training")
    frame.click("#step")
    assert frame.inner_text("#progress").startswith("1 step, J = ")
    assert frame.inner_text("h1") == '"a" & <b>'
    box = page.locator("iframe").bounding_box()
    assert box["height"] == pytest.approx(502)
    assert box["width"] > 1000
    assert [url for url in seen if not url.startswith("about:srcdoc")] == []
    page.close()


def test_the_frame_may_run_scripts_and_nothing_else():
    text = diagram().page()._repr_html_()
    assert text.startswith('<iframe sandbox="allow-scripts" ')
    assert "allow-same-origin" not in text
    assert text.count("<") == 2  # the page itself is escaped


def test_a_frame_without_height_is_refused():
    with pytest.raises(ChainRuleError, match="height"):
        diagram().page(height=0)
