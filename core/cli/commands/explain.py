"""``chainrule explain``: why a gradient has the value it has."""

from __future__ import annotations

from typing import Any

import click

from chainrule.cli.commands.draw import DPI, FORMATS, LOSS, RANKDIR
from chainrule.cli.group import FAILED
from chainrule.cli.output import echo, echo_text, print_json
from chainrule.cli.subject import (
    Subject,
    subject,
    values_of,
    values_options,
)
from chainrule.errors import GraphError
from chainrule.graph import Graph
from chainrule.node import Node, Parameter


@click.command("explain")
@click.argument("what")
@click.option("--wrt", metavar="NAME", help="Weight, input or node to explain.")
@click.option("--index", metavar="I,J", default="", help="Which entry, from 0: 0,1.")
@LOSS
@values_options
@click.option(
    "--top",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    help="Number of paths to list, largest contributions first.",
)
@click.option("--example", type=int, help="Explain one example of --values, from 0.")
@click.option("--training", is_flag=True, help="Explain with dropout active.")
@click.option("--unfold", is_flag=True, help="Draw these paths one by one.")
@click.option("--seed", default=0, help="Seed of random numbers.  [default: 0]")
@click.option("--latex", is_flag=True, help="Print LaTeX (amsmath, xcolor).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--check", is_flag=True, help="Print only the check; exit 1 if it fails.")
@click.option("--out", metavar="FILE", help=f"Draw the chain: {FORMATS}.")
@RANKDIR
@DPI
def command(
    what: str,
    wrt: str | None,
    index: str,
    loss: str | None,
    values: str | None,
    row: int | None,
    data: str | None,
    latex: bool,
    as_json: bool,
    check: bool,
    out: str | None,
    dpi: int | None,
    **options: Any,
) -> None:
    """Explain why a gradient has the value it has.

    Prints the chain of derivatives in symbols and in numbers, and their product.

    WHAT is a configuration (.toml), a model file, or package.module:object naming a
    loss, or a model with --loss. The first row of a configuration's data is used
    unless --row or --values says otherwise.
    """  # fmt: skip
    import chainrule as cr

    if latex + as_json + check > 1:
        raise click.UsageError("give only one of --latex, --json and --check")
    found = subject(what, loss)
    if not isinstance(found.graph, Node):
        raise GraphError(
            f"{what} has no loss: name one with --loss, such as --loss mse"
        )
    if values is None and row is None and (data or found.data) is not None:
        row = 0
    feeds = values_of(found, values, row, data)
    node = found.node(wrt) if wrt else _only(found)
    explanation = cr.explain(
        found.graph, node, _index(index), values=feeds, names=found.names,
        **options,
    )  # fmt: skip
    checked = explanation.check()
    if as_json:
        print_json(
            {
                "symbol": explanation.symbol.unicode(),
                "value": explanation.value,
                "factors": [
                    {
                        "symbol": factor.symbol.unicode(),
                        "rule": factor.rule.unicode(),
                        "value": factor.value,
                        "paths": factor.count,
                    }
                    for factor in explanation.factors
                ],
                "parts": [
                    {
                        "symbol": part.symbol.unicode(),
                        "about": part.label,
                        "factor": part.factor,
                        "value": part.value,
                    }
                    for part in explanation.parts
                ],
                "paths": explanation.count,
                "check": {
                    "agrees": checked.agrees,
                    "paths": checked.paths,
                    "autodiff": checked.autodiff,
                    "finite_difference": checked.finite_difference,
                },
            }
        )
    elif latex:
        echo_text(explanation.latex)
    elif check:
        echo(f"{explanation.symbol.unicode()}: {checked}")
    elif out is None:
        echo_text(explanation.text)
    if out is not None:
        echo(f"wrote {explanation.diagram.save(out, dpi=dpi)}", err=as_json)
    if check and not checked.agrees:
        raise click.exceptions.Exit(FAILED)


def _only(found: Subject) -> Node:
    learned = [p for p in Graph([found.graph]).parameters if p.trainable]
    if len(learned) == 1:
        return learned[0]
    first: dict[Node, str] = {}
    for name, node in found.known().items():
        if isinstance(node, Parameter):
            first.setdefault(node, name)
    named = first.values()
    raise click.UsageError(
        "choose what to explain with --wrt NAME"
        + (f"; there are {', '.join(named)}" if named else "")
    )


def _index(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError as error:
        raise click.UsageError(
            f"--index must be integers such as 0,1, got {text!r}"
        ) from error
