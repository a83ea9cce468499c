"""``draw``: a graph, at a level of detail, forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from chainrule.autodiff import Backward, backward
from chainrule.errors import GraphError, did_you_mean
from chainrule.graph import Graph, Node
from chainrule.naming import Naming
from chainrule.viz.compose import Composer, Direction
from chainrule.viz.details import extras_of
from chainrule.viz.diagram import Diagram
from chainrule.viz.fold import find_repeats
from chainrule.viz.labels import Labels
from chainrule.viz.neurons import neuron_scene
from chainrule.viz.partition import Expand, Level, partition
from chainrule.viz.scene import Line, Scene
from chainrule.viz.story import Extras
from chainrule.viz.text import Plain


def draw(
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
    legend: bool = True,
    title: str = "graph",
    example: int = 0,
    optimizer: object = "sgd",
    seed: int = 0,
) -> Diagram:
    """Draw a graph. Nothing is run but the values asked for, and nothing is changed.

    Args:
        what: a node, several nodes, or a model. Backward edges need a loss.
        level: ``"op"``, ``"layer"``, ``"model"``, or ``"neuron"`` for single units.
        direction: ``"forward"``, ``"backward"`` or ``"both"``. Every backward edge
            carries its derivative, printed from the expression that is computed.
        values: arrays for the inputs, by node or by name; then nodes and edges show
            their values, of one evaluation.
        names: names for nodes, as in ``names=locals()``.
        rankdir: ``"LR"``, ``"TB"``, ``"RL"`` or ``"BT"``.
        depth: scopes deeper than this are shown as one block.
        expand: names or patterns of layers to show operation by operation.
        fold: whether blocks that repeat are shown once, as "× 12".
        show_shapes: whether shapes are written.
        legend: whether the colours are explained.
        title: what the diagram is called.
        example: which of the batch ``level="neuron"`` shows.
        optimizer: whose update the HTML page shows as its last steps.
        seed: of the random numbers, where values are asked for.

    Raises:
        GraphError: there is nothing to draw, or an option is unknown.
    """
    outputs = _outputs(what)
    _check("level", level, (None, *get_args(Level)))
    _check("direction", direction, get_args(Direction))
    _check("rankdir", rankdir, ("LR", "TB", "RL", "BT"))
    graph = Graph(outputs, names)
    sweep, remark = None, ""
    if direction != "forward":
        sweep, remark = _sweep(graph)
    naming = Naming(graph, names, loss=_loss(graph))
    if level == "neuron":
        scene = neuron_scene(
            graph, naming, direction, sweep, values, example=example, name=title,
            rankdir=rankdir, seed=seed,
        )  # fmt: skip
        return _finished(scene, remark, legend)
    parts = partition(graph, level or "op", expand=expand, depth=depth)
    repeats = find_repeats(parts, graph) if fold else []
    labels = Labels(graph, naming, sweep, show_shapes)
    composer = Composer(graph, parts, repeats, labels, direction, sweep, values, seed)
    scene = composer.scene(title, rankdir)

    def extras() -> Extras:
        return extras_of(composer, composer.blocks_of_nodes(), optimizer)

    return _finished(scene, remark, legend, extras)


def _finished(
    scene: Scene, remark: str, legend: bool, extras: Callable[[], Extras] = Extras
) -> Diagram:
    if remark:
        scene.caption.append(Line(Plain(remark), "note"))
    return Diagram(scene, legend=legend, extras=extras)


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
