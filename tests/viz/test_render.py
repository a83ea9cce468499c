"""Rendering beside other threads, and what it prints and leaves behind."""

import os
import subprocess
import sys

import pytest

from chainrule.errors import RenderError
from chainrule.viz.formats.render import render

WRITE_WHILE_RENDERING = """
import sys, threading, time
from chainrule.viz.formats.render import render

def write():
    for number in range(500):
        print("line", number, file=sys.stderr, flush=True)
        time.sleep(0.001)

writer = threading.Thread(target=write)
writer.start()
for number in range(20):
    render(f"digraph {{ a{number} -> b [label=long] }}", "svg")
writer.join()
"""

TWO_THREADS_COMPLAIN = """
import threading
import pygraphviz
from chainrule.viz.formats.messages import graphviz_messages

def complain(shape):
    graph = pygraphviz.AGraph(string=f"digraph {{ a [shape={shape}] }}")
    graph.draw(format="svg", prog="dot")
    graph.close()

with graphviz_messages() as messages:
    complain("mine")
    other = threading.Thread(target=complain, args=("theirs",))
    other.start()
    other.join()
text = "".join(messages)
assert "unknown shape mine" in text and "theirs" not in text, text
complain("later")
"""


def run(script, tmp_path, **environment):
    """Run a script with a temporary folder and a cache of its own; return stderr."""
    (tmp_path / "temporary").mkdir(exist_ok=True)
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(tmp_path / "temporary"))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False,
        env={
            **{k: v for k, v in os.environ.items() if k != "FONTCONFIG_FILE"},
            **places, "XDG_CACHE_HOME": str(tmp_path / "cache"), **environment,
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_what_another_thread_writes_to_standard_error_arrives(tmp_path):
    written = run(WRITE_WHILE_RENDERING, tmp_path).splitlines()
    assert written == [f"line {number}" for number in range(500)]


def test_messages_of_another_threads_graphviz_are_its_own(tmp_path):
    written = run(TWO_THREADS_COMPLAIN, tmp_path)
    assert [line for line in written.splitlines() if "unknown shape" in line] == [
        "Warning: using box for unknown shape theirs",
        "Warning: using box for unknown shape later",
    ]


@pytest.mark.parametrize("ending", ["", "import os; os._exit(0)"])
def test_nothing_is_printed_and_nothing_is_left_in_the_temporary_folder(
    tmp_path, ending
):
    script = (
        "from chainrule.viz.formats.render import render\n"
        "render('digraph { a [shape=unknown] }', 'png')\n"
    )
    for _ in range(3):
        assert run(script + ending, tmp_path) == ""
    assert list((tmp_path / "temporary").iterdir()) == []


def test_fonts_need_no_cache(tmp_path):
    (tmp_path / "file").touch()
    script = (
        "from chainrule.viz.formats.render import render\n"
        "render('digraph { a }', 'png')"
    )
    assert run(script, tmp_path, XDG_CACHE_HOME=str(tmp_path / "file")) == ""


def test_a_users_own_font_configuration_comes_first(tmp_path):
    """With no font in it, text is as wide as so many empty boxes."""
    (tmp_path / "fonts.conf").write_text("<fontconfig></fontconfig>")
    script = (
        "from chainrule.viz.formats.render import render\n"
        "wide, narrow = (\n"
        "    render(f'digraph {{ {c * 30} [shape=plain] }}', 'png') for c in 'WI'\n"
        ")\n"
        "size = lambda png: int.from_bytes(png[16:20], 'big')\n"
        "assert size(wide) == size(narrow), (size(wide), size(narrow))"
    )
    run(script, tmp_path, FONTCONFIG_FILE=str(tmp_path / "fonts.conf"))


@pytest.mark.parametrize(
    ("dot", "format", "why"),
    [
        ("digraph {", "svg", "syntax error in line 1"),
        ("digraph { a }", "nonsense", '"nonsense" not recognized'),
    ],
)
def test_an_error_says_what_graphviz_says(dot, format, why):
    with pytest.raises(RenderError, match=why):
        render(dot, format)


def test_a_graph_of_many_nodes_is_rendered_without_a_remark(capfd):
    dot = "digraph {" + "".join(f"n{number};" for number in range(1001)) + "}"
    assert render(dot, "json0")
    assert capfd.readouterr() == ("", "")
