"""Diagrams coloured by time: every block shows what was run for it."""

import json
import re

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentTypeError, GraphError
from chainrule.execution import open_backend
from chainrule.profile.profile import Profile
from chainrule.viz import style
from chainrule.viz.page import palettes


def trained(layers, backend="numpy"):
    """Train for one step, and return the model and its profile."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 4)).astype(np.float32)
    model = cr.Sequential([*layers, cr.layers.Dense(3)])
    how = {"loss": "sparse_softmax_cross_entropy", "backend": open_backend(backend)}
    history = model.fit(x, np.arange(8) % 3, profile=True, **how)
    return model, history.profile


def timed(profile, seconds):
    """Return the profile as if each task had taken what `seconds` says, in µs."""
    made = Profile("a stopwatch", profile.speed)
    for row in profile.rows:
        made.add(row.tasks[0], 0, round(1000 * seconds(row)))
    return made


def times(diagram):
    """Return what the blocks say about time, by their titles."""
    found = {}
    for block in diagram.scene.blocks:
        told = [line.text.unicode() for line in block.lines if line.kind == "time"]
        assert len(told) <= 1
        assert (block.heat is None) == (not told)
        found[block.title.unicode()] = told[0] if told else None
    return found


def caption(diagram):
    return [line.text.unicode() for line in diagram.scene.caption]


@pytest.fixture(scope="module")
def small():
    return trained([cr.layers.Dense(5, activation="tanh")])


def test_forward_and_backward_times_are_shown_at_their_operation(small):
    model, profile = small
    cost = {
        "dense_1/matmul": 30, "dense_1/matmul ∂J/∂(kernel)": 10,
        "dense_1/tanh_1/tanh": 5,
    }  # fmt: skip
    measured = timed(profile, lambda row: cost.get(row.name, 0))
    assert sum(row.seconds > 0 for row in measured.rows) == 3
    shown = times(cr.draw(model, level="op", times=measured))
    assert shown["v₁"] == "→ 30 µs  ← 10 µs  89 %"
    assert shown["a⁽¹⁾"] == "→ 5 µs  ← 0 µs  11 %"
    assert shown["W⁽¹⁾"] is None
    assert shown["x"] is None


def test_colours_go_from_the_least_to_the_most(small):
    model, profile = small
    measured = timed(profile, lambda row: 40.0 if row.name == "dense_2/matmul" else 1.0)
    diagram = cr.draw(model, level="op", times=measured)
    heat = {b.title.unicode(): b.heat for b in diagram.scene.blocks}
    assert heat["v₂"] == len(style.LIGHT.heat) - 1
    assert heat["z⁽²⁾"] == 0
    assert heat["b⁽²⁾"] is None
    source = diagram.source
    assert f'BGCOLOR="{style.LIGHT.heat[-1]}"' in source
    assert "≤ 8.4 µs" in source  # a fifth of 40 forward and 2 backward
    assert "≤ 42 µs" in source
    assert "≤" not in cr.draw(model, level="op", times=measured, legend=False).source
    assert "≤" not in cr.draw(model, level="op").source


def test_what_is_not_in_the_picture_is_named(small):
    model, profile = small
    where = {"adam": 2.0, "sparse_softmax_cross_entropy": 3.0, "dense_1": 5.0}

    def once(row):
        return where.pop(row.name.split("/")[0], 0)

    diagram = cr.draw(model, level="layer", times=timed(profile, once))
    what, rest = caption(diagram)
    assert "time of one training step, 10 µs in all" in what
    assert "a stopwatch" in what
    assert rest.startswith(
        "not in this picture: sparse_softmax_cross_entropy 30 %, adam 20 %"
    )
    assert times(diagram)["dense_1"].endswith("50 %")


def test_a_kernel_of_several_blocks_has_a_letter():
    x, w = cr.input("x", (64, 64)), cr.parameter("w", np.ones((64, 64), np.float32))
    a = cr.ops.exp(x).named("a")
    b = (a * w).named("b")
    backend = open_backend("numpy")
    program = cr.Program(outputs=[b], shapes={x: (64, 64)})
    executable = backend.compile(program)
    with backend.profiled() as profile:
        executable.run()
    exp, mul = (row.tasks[0] for row in sorted(profile.rows, key=lambda r: r.name)
                if row.tasks[0].nodes)  # fmt: skip
    both = type(exp)("exp mul", 0, (*exp.nodes, *mul.nodes), 0, 0, exp.work)
    fused = Profile("a stopwatch", profile.speed)
    fused.add(both, 0, 7000)
    diagram = cr.draw(b, times=fused)
    assert times(diagram) == {
        "x": None, "w": None, "a": "→ 7 µs [a]  100 %", "b": "→ 7 µs [a]  100 %",
    }  # fmt: skip
    assert any(text.startswith("[a]: one kernel") for text in caption(diagram))


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
@pytest.mark.parametrize("level", ["op", "layer", "model"])
def test_every_level_and_backend(backend, level):
    try:
        open_backend(backend).devices()
    except cr.ChainRuleError as error:
        pytest.skip(str(error))
    model, profile = trained([cr.layers.Dense(5, activation="relu")], backend)
    diagram = cr.draw(model, level=level, times=profile)
    told = [text for text in times(diagram).values() if text]
    assert told
    assert all(re.search(r"[→←⇄] [\d.]+ [µm]s.* %$", text) for text in told)
    shares = [float(text.rpartition("  ")[2].removesuffix(" %")) for text in told]
    assert max(shares) <= 100
    assert all(f"{share:g} %" in diagram.source for share in shares)
    assert "≤" in diagram.source


def test_blocks_that_repeat_have_the_time_of_all():
    layers = [cr.layers.Dense(4, activation="tanh") for _ in range(5)]
    model, profile = trained(layers)
    measured = timed(profile, lambda row: 1.0 if row.name.endswith("/matmul") else 0.0)
    diagram = cr.draw(model, level="layer", times=measured)
    folded = {b.times: b for b in diagram.scene.blocks if b.times > 1}
    assert folded
    (block,) = folded.values()
    assert f"→ {block.times} µs" in times(diagram)[block.title.unicode()]


def test_a_profile_can_be_drawn_itself(small):
    _, profile = small
    diagram = cr.draw(profile, level="op")
    clusters = {path[0] for path in diagram.scene.clusters}
    assert {"dense_1", "dense_2", "adam", "sparse_softmax_cross_entropy"} <= clusters
    told = [text for text in times(diagram).values() if text]
    assert len(told) > 30
    assert "s in all, mean of" in caption(diagram)[0]  # µs, or ms on a busy machine
    with pytest.raises(GraphError, match="nothing was run"):
        cr.draw(Profile("nothing", profile.speed), level="op")


def test_another_graph_has_no_times(small):
    _, profile = small
    other, _ = trained([cr.layers.Dense(2)])
    diagram = cr.draw(other, level="op", times=profile)
    assert not any(times(diagram).values())
    assert caption(diagram) == [
        "no times: nothing of this graph was run while the profile was made"
    ]


def test_a_time_is_the_mean_of_all_steps(small):
    model, profile = small
    measured = Profile("a stopwatch", profile.speed)
    for row in profile.rows:
        often, nanoseconds = (2, 30_000) if row.name == "dense_1/matmul" else (1, 0)
        for _ in range(often):
            measured.add(row.tasks[0], 0, nanoseconds)
    shown = times(cr.draw(model, level="op", times=measured))
    assert shown["v₁"] == "→ 30 µs  ← 0 µs  100 %"


def test_a_colour_stands_for_times_up_to_its_bound(small):
    model, profile = small
    cost = {"dense_1/matmul": 25, "dense_1/tanh_1/tanh": 5}
    measured = timed(profile, lambda row: cost.get(row.name, 0))
    diagram = cr.draw(model, level="op", times=measured)
    heat = {block.title.unicode(): block.heat for block in diagram.scene.blocks}
    assert (heat["v₁"], heat["a⁽¹⁾"]) == (len(style.LIGHT.heat) - 1, 0)


def test_single_units_have_no_times(small):
    model, profile = small
    with pytest.raises(GraphError, match="not of single units"):
        cr.draw(model, level="neuron", times=profile)
    with pytest.raises(GraphError, match="not of single units"):
        cr.draw(profile, level="neuron")


def test_anything_but_a_history_or_a_profile_is_refused(small):
    model, _ = small
    with pytest.raises(ArgumentTypeError, match="times must be a Profile or a History"):
        cr.draw(model, times="profile")


def test_a_history_is_as_good_as_its_profile(small):
    model, profile = small
    drawn = cr.draw(model, times=model.history)
    assert drawn.source == cr.draw(model, times=profile).source
    other = cr.Sequential([cr.layers.Dense(1)])
    history = other.fit([[1.0]], [[1.0]], loss="mse", verbose=0)
    with pytest.raises(GraphError, match=r"no profile: train with .*profile=True"):
        cr.draw(other, times=history)


def test_rows_of_one_name_are_numbered(small):
    _, profile = small
    names = [row.name for row in profile.rows if row.part == "training step"]
    assert len(set(names)) == len(names)
    assert {"adam/div", "adam/div #2"} <= set(names)
    assert " at 0x" not in repr(profile.rows)


def test_other_formats_tell_the_times_too(small):
    model, profile = small
    diagram = cr.draw(model, level="op", times=profile)
    data = json.loads(diagram.render("json"))
    lines = [line for block in data["blocks"] for line in block["lines"]]
    assert any(line["kind"] == "time" for line in lines)
    page = diagram.render("html").decode()
    assert "← time" in page
    assert "dense_1/matmul ∂J/∂(kernel)" in page
    color = style.LIGHT.heat[-1][1:]
    red, green, blue = (int(color[i : i + 2], 16) for i in (0, 2, 4))
    assert f"red,{red};green,{green};blue,{blue}" in diagram.render("tikz").decode()


def test_every_colour_has_one_for_dark_pages():
    light, dark = palettes.palettes(style.LIGHT).splitlines()
    for place, color in enumerate(style.LIGHT.heat):
        assert f"--theme-heat-{place}: {color};" in light
        assert re.search(
            rf"--theme-heat-{place}: (?!{color})#[0-9a-f]{{6}};", dark, re.I
        )


def test_times_are_written_as_people_write_them(small):
    model, profile = small
    cost = {"dense_1/matmul": 1234.5, "dense_1/matmul ∂J/∂(kernel)": 100}
    measured = timed(profile, lambda row: cost.get(row.name, 0))
    shown = times(cr.draw(model, level="op", times=measured))
    assert shown["v₁"] == "→ 1.23 ms  ← 100 µs  100 %"


def test_a_kernel_for_both_ways_says_so(small):
    model, profile = small
    rows = [r for r in profile.rows if r.name.startswith("dense_1/tanh_1/")]
    tasks = [row.tasks[0] for row in rows]
    nodes = tuple(node for task in tasks for node in task.nodes)
    fused = Profile("a stopwatch", profile.speed)
    fused.add(type(tasks[0])("all", 0, nodes, 0, 0, tasks[0].work), 0, 9000)
    shown = times(cr.draw(model, level="op", times=fused))
    assert shown["a⁽¹⁾"] == "⇄ 9 µs  100 %"
