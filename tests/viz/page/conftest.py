"""A browser for pages, and two engines for their interpreter; each may be missing."""

import json
import shutil
import subprocess

import numpy as np
import pytest

from chainrule.viz.page.javascript import INTERPRETER, script

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NODE = shutil.which("node")
SOLVE = """
const said = ({ shape, data }) => [shape, Array.from(data, String)];
const solved = (runs) => runs.map(({ program, places, steps }) => {
  let leaves = program.leaves.map(arrayOf);
  let values = [];
  const order = needed(program, [...places, ...program.assigns.map(([, i]) => i)]);
  for (let step = 1; step <= steps; step += 1) {
    values = evaluate(program, leaves, order);
    leaves = advanced(program, leaves, values);
  }
  const assigned = program.assigns.map(([leaf]) => leaves[leaf]);
  return [...places.map((i) => values[i]), ...assigned].map(said);
});
return solved(data);
"""


@pytest.fixture(scope="session")
def browser():
    api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed"
    )
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Return a function that opens a diagram's page; nothing may go wrong on it."""
    pages = []

    def opened(diagram, **options):
        file = diagram.save(tmp_path / f"{len(pages)}.html")
        page = browser.new_page(**options)
        page.seen = []
        page.on("request", lambda request: page.seen.append(request.url))
        page.on("console", lambda message: page.seen.append(message.text))
        page.on("pageerror", lambda error: page.seen.append(str(error)))
        page.goto(file.as_uri())
        pages.append((page, file.as_uri()))
        return page

    yield opened
    for page, uri in pages:
        assert page.seen == [uri]  # nothing fetched, nothing complained about
        page.close()


@pytest.fixture(params=["node", "chromium"])
def engine(request):
    """Return a function of (modules, body of a function of data, data): its result."""
    if request.param == "node" and NODE is None:
        pytest.skip("node is not installed")
    if request.param == "node":
        yield in_node
        return
    page = request.getfixturevalue("browser").new_page()
    yield lambda modules, body, data: page.evaluate(
        f"(text) => {{ {script(modules)}\nconst data = JSON.parse(text);\n{body} }}",
        json.dumps(data),
    )
    page.close()


@pytest.fixture
def solve(engine):
    """Return a function of (program, nodes, steps): their values, then what changed."""

    def solve(runs):
        data = [
            {"program": p.data, "places": [p.place[n] for n in nodes], "steps": steps}
            for p, nodes, steps in runs
        ]
        return [
            [np.array(list(map(number, data))).reshape(shape) for shape, data in found]
            for found in engine(INTERPRETER, SOLVE, data)
        ]

    return solve


def in_node(modules, body, data):
    text = (
        f"{script(modules)}\nconst run = (data) => {{ {body} }};\n"
        'const given = JSON.parse(require("fs").readFileSync(0, "utf8"));\n'
        "console.log(JSON.stringify(run(given)));"
    )
    done = subprocess.run(
        [NODE, "-e", text],
        input=json.dumps(data), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def number(text):
    return float(text.replace("Infinity", "inf"))
