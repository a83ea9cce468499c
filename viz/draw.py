"""``draw``: a graph, at a level of detail, forward and backward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from chainrule.autodiff import Backward, backward
from chainrule.errors import GraphError, did_you_mean
from chainrule.graph import Graph
from chainrule.model.loss_graph import loss_of
from chainrule.model.model import Model
from chainrule.node import Node
from chainrule.notation.naming import Naming
from chainrule.profile.profile import Profile
from chainrule.training.history import History
from chainrule.viz.diagram import Diagram
from chainrule.viz.formats.story import Extras
from chainrule.viz.graph.compose import Composer, Direction
from chainrule.viz.graph.labels import Labels
from chainrule.viz.graph.levels import divide
from chainrule.viz.graph.neurons import neuron_scene
from chainrule.viz.graph.partition import Expand, Level
from chainrule.viz.graph.times import Times
from chainrule.viz.page_details import extras_of
from chainrule.viz.scene import Line, Scene
from chainrule.viz.text import Plain


def draw(
    what: Any,
    *,
    loss: Any = None,
    level: Level | None = None,
    direction: Direction = "forward",
    values: Mapping[Any, Any] | None = None,
    names: Mapping[str, object] | None = None,
    rankdir: str = "LR",
    depth: int | None = None,
    expand: Expand = None,
    fold: bool = True,
    show_shapes: bool = True,
    legend: bool = True,
    title: str = "graph",
    example: int = 0,
    optimizer: object = "sgd",
    check: bool = False,
    training: bool = False,
    seed: int = 0,
    times: Profile | History | None = None,
) -> Diagram:
    """Draw a graph. Nothing is run but the values asked for, and nothing is changed.

    Args:
        what: a node, several nodes, a model, or a profile, which shows every operation
            that was run. Backward edges need a loss.
        loss: of a model, to be drawn with it: a name, an object, or a function of
            (target, prediction), the target being an input ``t``.
        level: ``"op"``, ``"layer"``, ``"model"``, or ``"neuron"`` for single units;
            without it the finest (for a model: from ``"layer"``) that can be read.
        direction: ``"forward"``, ``"backward"`` or ``"both"``. Every backward edge
            carries its derivative, printed from the expression that is computed.
        values: arrays for the inputs, by node or by name; then nodes and edges show
            their values, of one evaluation.
        names: names for nodes, as in ``names=locals()``.
        rankdir: ``"LR"``, ``"TB"``, ``"RL"`` or ``"BT"``.
        depth: scopes deeper than this are shown as one block.
        expand: names or patterns of layers to show operation by operation.
        fold: whether blocks that repeat are shown once, as "× 12", and a product of
            vectors is one block, without what makes them rows or columns.
        show_shapes: whether shapes are written.
        legend: whether the colours are explained.
        title: what the diagram is called.
        example: which of the batch ``level="neuron"`` shows.
        optimizer: whose update the HTML page shows as its last steps.
        check: whether every gradient shown is held against a finite difference; those
            that agree get a ✓, and one that does not is named.
        training: whether dropout and its like are active in the values shown.
        seed: of the random numbers, where values are asked for.
        times: the history of a training with ``profile=True``, or its profile: blocks
            say how long one training step spends on them, and have the colour of that.
            None, which is ``history.profile`` where nothing was timed: no times.

    Raises:
        GraphError: there is nothing to draw, or an option is unknown.
    """
    _check("level", level, (None, *get_args(Level)))
    _check("direction", direction, get_args(Direction))
    _check("rankdir", rankdir, ("LR", "TB", "RL", "BT"))
    if depth is not None and depth < 1:
        raise GraphError(f"depth is at least 1, got {depth}; leave it out to show all")
    if times is None and isinstance(what, Profile):
        times = what
    clock = _profile(times)
    if loss is not None:
        if not isinstance(what, Model):
            raise GraphError("loss=… is for models; this is a graph as it stands")
        what = loss_of(what, loss)
    if level == "neuron" and clock is not None:
        raise GraphError(
            "times are those of operations, not of single units: draw them at "
            "level='op', 'layer' or 'model'"
        )
    if level == "neuron":
        graph = Graph(_outputs(what), names)
        naming = Naming(graph, names, loss=_loss(graph))
        sweep, remark = _sweep(graph) if direction != "forward" else (None, "")
        scene = neuron_scene(
            graph, naming, direction, sweep, values, example=example, name=title,
            rankdir=rankdir, seed=seed, training=training,
        )  # fmt: skip
        scene.caption += [Line(Plain(remark), "note")] if remark else []
        return Diagram(scene, legend=legend)
    composer, scene = compose(
        what, level=level, direction=direction, values=values, names=names,
        rankdir=rankdir, depth=depth, expand=expand, fold=fold,
        show_shapes=show_shapes, title=title, check=check, training=training,
        seed=seed,
    )  # fmt: skip

    timed = Times(clock, composer) if clock is not None else None
    if timed is not None:
        timed.write(scene)

    def extras() -> Extras:
        gathered = extras_of(composer, composer.blocks_of_nodes(), optimizer)
        return gathered if timed is None else timed.explained(gathered, scene)

    return Diagram(scene, legend=legend, extras=extras)


def compose(
    what: Any,
    *,
    level: Level | None = None,
    direction: Direction = "forward",
    values: Mapping[Any, Any] | None = None,
    names: Mapping[str, object] | None = None,
    rankdir: str = "LR",
    depth: int | None = None,
    expand: Expand = None,
    fold: bool = True,
    show_shapes: bool = True,
    title: str = "graph",
    check: bool = False,
    training: bool = False,
    seed: int = 0,
) -> tuple[Composer, Scene]:
    """Put a scene together, as `draw` does, and return it with all that it was made of.

    Raises:
        GraphError: there is nothing to draw.
    """
    graph = Graph(_outputs(what), names)
    sweep, remark = _sweep(graph) if direction != "forward" else (None, "")
    naming = Naming(graph, names, loss=_loss(graph))
    finest: Level = "op" if isinstance(what, (Node, Sequence)) else "layer"
    parts, repeats, risen = divide(
        graph, level, finest, expand=expand, depth=depth, fold=fold
    )
    labels = Labels(graph, naming, sweep, show_shapes)
    composer = Composer(
        graph, parts, repeats, labels, direction, sweep, values, seed, training, check
    )
    scene = composer.scene(title, rankdir)
    scene.caption += [Line(Plain(text), "note") for text in (remark, risen) if text]
    return composer, scene


def _outputs(what: Any) -> list[Node]:
    if isinstance(what, Node):
        return [what]
    outputs = getattr(what, "outputs", what)
    if isinstance(outputs, Node):
        return [outputs]
    several = isinstance(outputs, Sequence) and bool(outputs)
    if several and all(isinstance(node, Node) for node in outputs):
        return list(outputs)
    raise GraphError(
        f"draw takes a node, several nodes or a model that is built, got {what!r}"
    )


def _profile(times: object) -> Profile | None:
    if times is None or isinstance(times, Profile):
        return times
    if not isinstance(times, History):
        raise GraphError(
            f"times is a profile, got {type(times).__name__}: train with profile=True "
            "and write times=history.profile"
        )
    if times.profile is None:
        raise GraphError(
            "this history has no profile: train with fit(…, profile=True), then "
            "history.profile holds the times"
        )
    return times.profile


def _check(option: str, value: Any, choices: Sequence[Any]) -> None:
    if value not in choices:
        known = [choice for choice in choices if choice]
        raise GraphError(
            f"{option} is one of {', '.join(map(repr, known))}, got {value!r}."
            f"{did_you_mean(str(value), known)}"
        )


def _loss(graph: Graph) -> Node | None:
    """Return the one output, if it is a number that depends on something."""
    first, *others = graph.outputs
    number = first.shape == () and first.dtype == "float" and bool(first.inputs)
    return first if number and not others and first.origin is None else None


def _sweep(graph: Graph) -> tuple[Backward | None, str]:
    """Differentiate the graph's loss, if it has one, and something to learn."""
    loss = _loss(graph)
    if loss is None:
        return None, "no gradient yet: give one loss (a scalar) to draw backward"
    wrt: list[Node] = [p for p in graph.parameters if p.trainable]
    if not wrt:
        wrt = [x for x in graph.inputs if x.dtype == "float"]
    sweep = backward(loss, wrt)
    if not any(w in sweep.gradient for w in wrt):
        return None, "no gradient yet: the loss depends on nothing that can be learned"
    return sweep, ""
