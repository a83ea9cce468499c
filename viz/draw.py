"""``draw``: a graph as a diagram, forward and backward, at a level of detail."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from chainrule.annotations import NonNegativeInt, OfKind, PositiveInt, Seed
from chainrule.arguments import checked
from chainrule.errors import GraphError
from chainrule.model.loss_graph import with_loss
from chainrule.plotting.rooms import room_for
from chainrule.profile.profile import Profile
from chainrule.training.history import History
from chainrule.viz.diagram import Diagram
from chainrule.viz.fitting import fitted
from chainrule.viz.graph.compose import compose
from chainrule.viz.graph.neurons import compose_neurons
from chainrule.viz.graph.options import Direction, Expand, Level, Options, Rankdir
from chainrule.viz.graph.subject import subject_of
from chainrule.viz.graph.times import Times
from chainrule.viz.page.extras import Extras
from chainrule.viz.page_contents import extras_of, with_times
from chainrule.viz.proof.truth import truth_of
from chainrule.viz.proof.verdict import verdict
from chainrule.viz.scene import Line
from chainrule.viz.style import resolve_theme
from chainrule.viz.text import Plain


@checked
def draw(
    what: Any,
    *,
    loss: Any = None,
    level: Level | None = None,
    direction: Direction = "forward",
    values: Mapping[Any, Any] | None = None,
    names: Mapping[str, object] | None = None,
    rankdir: Rankdir = "LR",
    depth: PositiveInt | None = None,
    expand: Expand = None,
    fold: bool = True,
    show_shapes: bool = True,
    show_counts: bool = False,
    show_dtypes: bool = False,
    legend: bool = True,
    title: str = "",
    example: NonNegativeInt = 0,
    image: tuple[PositiveInt, PositiveInt] | None = None,
    optimizer: Annotated[Any, OfKind("optimizers")] = "sgd",
    check: bool = False,
    training: bool = False,
    seed: Seed = 0,
    times: Profile | History | None = None,
    theme: object = "light",
    size: object = None,
) -> Diagram:
    """Draw a graph, and run and change nothing but compute the values asked for.

    Args:
        what: a node, several nodes, a model, or a profile, which shows every operation
            that was run. Backward edges need a loss.
        loss: a loss to draw a model with: a name, an object, or a function of
            (target, prediction). The target is an input ``t``.
        level: ``"op"``, ``"layer"``, ``"model"``, or ``"neuron"`` for single units;
            by default the finest, for a model from ``"layer"`` on, that can be read.
        direction: ``"forward"``, ``"backward"`` or ``"both"``. Every backward edge
            carries its derivative, printed from the expression that is computed.
        values: arrays for the inputs, by node or by name. Nodes and edges then show
            their values, all from one evaluation.
        names: names for nodes, as in ``names=locals()``.
        rankdir: how the diagram runs: ``"LR"``, ``"TB"``, ``"RL"`` or ``"BT"``.
        depth: how deep scopes are opened; a deeper one is shown as one block.
        expand: names or patterns of layers to show operation by operation.
        fold: whether repeated blocks are shown once, as "× 12", unless they have
            values or names of their own, and a product of vectors as one block, without
            what makes them rows or columns.
        show_shapes: whether shapes are written.
        show_counts: whether numbers of parameters are written.
        show_dtypes: whether dtypes are written.
        legend: whether the colours are explained.
        title: what the diagram is called; it stands below.
        example: which example of the batch ``level="neuron"`` shows.
        image: rows and columns, such as ``(8, 8)``: ``level="neuron"`` then shows an
            input of as many numbers as an image too, beside its units.
        optimizer: whose update the HTML page shows at the end.
        check: whether to compare every gradient shown with a finite difference, and to
            read the finished picture back: its formulas must give the values beside
            them. Gradients that agree get a ✓; what does not is named.
        training: whether dropout and its like are active.
        seed: of the random numbers.
        times: the history of a training run with ``profile=True``, or its profile.
            Blocks then say, and show by colour, how long one training step spends on
            them.
        theme: a theme or the name of one: ``"light"``, ``"dark"``, ``"transparent"``,
            ``"print"`` in greys, or one that a plugin brings.
        size: what the picture must fit: ``"slide"`` (1280 × 720 pixels, no text below
            14), ``"column"`` (600 pixels wide, no text below 8) or (width, height) in
            pixels. To fit, long chains run in rows, shapes and the legend are left
            out, without a `level` it rises, and the middle is elided; the caption and
            `notes` of the diagram say which, or that it does not fit.

    Raises:
        GraphError: there is nothing to draw, or an option is unknown.
        UnknownNameError: there is no such theme.
    """
    options = Options(
        level=level, direction=direction, values=values, names=names, rankdir=rankdir,
        depth=depth, expand=expand, fold=fold, show_shapes=show_shapes,
        show_counts=show_counts, show_dtypes=show_dtypes, title=title,
        example=example, image=image, check=check, training=training, seed=seed,
    )  # fmt: skip
    if times is None and isinstance(what, Profile):
        times = what
    profile = _profile(times)
    if loss is not None:
        what = with_loss(what, loss)
    if level == "neuron" and profile is not None:
        raise GraphError(
            "times are those of operations, not of single units: draw them with "
            "level='op', 'layer' or 'model'"
        )
    room, chosen = room_for(size), resolve_theme(theme)
    subject = what

    def drawn(options: Options) -> Diagram:
        made = _drawn(subject, options, profile, optimizer, legend=legend)
        if options.title:
            heading = Line(Plain(options.title), "title")
            caption = [heading, *made.scene.caption]
            made = made.with_scene(replace(made.scene, caption=caption))
        return made.styled(theme=chosen)

    if room is None:
        return drawn(options)
    finest = subject_of(what, options).finest
    return fitted(drawn, options, finest, room)


def _drawn(
    what: Any,
    options: Options,
    profile: Profile | None,
    optimizer: object,
    *,
    legend: bool,
) -> Diagram:
    """Draw a graph at the level of the options."""
    neurons = options.level == "neuron"
    drawing = compose_neurons(what, options) if neurons else compose(what, options)
    timed = None if profile is None else Times(profile, drawing.division.stand_in)
    scene = timed.scene(drawing.scene) if timed else drawing.scene

    def extras() -> Extras:
        found = extras_of(drawing, optimizer)
        return with_times(found, timed.kernels()) if timed else found

    finished = functools.partial(
        Diagram, legend=legend, extras=extras, truth=lambda: truth_of(drawing)
    )
    if options.check:
        lines = verdict(finished(scene).proofread())
        scene = replace(scene, caption=[*scene.caption, *lines])
    return finished(scene)


def _profile(times: Profile | History | None) -> Profile | None:
    """Return the profile of a history, or the profile itself."""
    if times is None or isinstance(times, Profile):
        return times
    if times.profile is None:
        raise GraphError(
            "this history has no profile: train with fit(…, profile=True), then "
            "history.profile holds the times"
        )
    return times.profile
