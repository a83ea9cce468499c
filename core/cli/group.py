"""The command group: lazy commands, errors as one message, exit codes."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, TypeVar

import click

from chainrule import interrupts
from chainrule.cli.output import echo
from chainrule.errors import ChainRuleError, ConfigError, DivergenceError, did_you_mean
from chainrule.terminal import visible

COMMANDS = {
    "demo": "Train on handwritten digits and draw the trained network.",
    "train": "Train what a configuration file describes.",
    "predict": "Predict with a saved model.",
    "draw": "Draw a graph, forward and backward.",
    "explain": "Explain why a gradient has the value it has.",
    "plugins": "List components and plugins, and where they come from.",
    "plugin": "Create a plugin, or check one.",
    "devices": "List the devices that programs can run on.",
    "doctor": "Report what works here, and how to mend what does not.",
}
"""Built-in commands and their help; each is in the module of its name."""

FAILED, WRONG_USE, DIVERGED = 1, 2, 3
EPILOG = """\b
Exit codes: 0 done; 1 failed; 2 wrong command line or configuration;
3 training diverged; 130 interrupted by Ctrl-C; 143 and 129 by SIGTERM and SIGHUP."""

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def _block(ctx: click.Context, parameter: click.Parameter, names: list[str]) -> None:
    if names:
        from chainrule.registry import registry

        for name in names:
            registry.plugins.block(name)


def block_option(command: Decorated) -> Decorated:
    """Add ``--block NAME``, which prevents a plugin from being imported."""
    return click.option(
        "--block",
        multiple=True,
        metavar="NAME",
        callback=_block,
        expose_value=False,
        is_eager=True,
        help="Do not import this plugin; may be repeated.",
    )(command)


class Lazy(click.Group):
    """A group whose commands are imported when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *sorted(self._from_plugins())]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in COMMANDS:
            module = importlib.import_module(f"chainrule.cli.commands.{name}")
            command: click.Command = module.command
            return command
        return self._from_plugins().get(name)

    def _from_plugins(self) -> dict[str, click.Command]:
        """Return the commands of installed plugins; load nothing if there are none."""
        if not importlib.metadata.entry_points(group="chainrule"):
            return {}
        from chainrule.registry import registry

        return {entry.name: entry.target for entry in registry.entries("commands")}

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            hint = did_you_mean(name, self.list_commands(ctx))
            raise click.UsageError(f"no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        rows = list(COMMANDS.items())
        rows += [(n, c.get_short_help_str()) for n, c in self._from_plugins().items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Read the options of the group; mistakes in them are shown escaped."""
        with _visible_errors():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, turning an error into one message and an exit code."""
        try:
            with _visible_errors():
                return super().invoke(ctx)
        except KeyboardInterrupt as error:
            echo("interrupted", err=True)
            ctx.exit(interrupts.code_of(error))
        except ChainRuleError as error:
            if ctx.params["traceback"]:
                raise
            fail(str(error), code_of(error))


@contextmanager
def _visible_errors() -> Iterator[None]:
    """Escape what click's own messages quote from the command line."""
    try:
        yield
    except click.ClickException as error:
        error.message = indented(error.message)  # type: ignore[misc]
        raise


def indented(message: str) -> str:
    """Return a message for a terminal; what a name brings stays within its lines."""
    return visible(message).replace("\n", "\n  ")


def code_of(error: ChainRuleError) -> int:
    """Return the exit code for an error."""
    if isinstance(error, ConfigError):
        return WRONG_USE
    return DIVERGED if isinstance(error, DivergenceError) else FAILED


def fail(message: str, code: int = FAILED) -> NoReturn:
    """Print one message to stderr and exit."""
    label = "error:"
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        label = click.style(label, fg="red", bold=True)
    with suppress(OSError):
        click.echo(f"{label} {indented(message)}", err=True)
    raise click.exceptions.Exit(code)


@click.group(
    cls=Lazy,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
)
@click.version_option(package_name="chainrule", prog_name="chainrule")
@click.option("--traceback", is_flag=True, help="Show where an error was raised.")
@block_option
def main(traceback: bool) -> None:
    """Train networks, and see through them."""
