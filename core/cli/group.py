"""The command group: lazy commands, errors as one message, exit codes."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from chainrule import interrupts
from chainrule.cli.built_in_commands import COMMANDS
from chainrule.cli.output import echo
from chainrule.errors import ChainRuleError, ConfigError, DivergenceError, did_you_mean
from chainrule.terminal import visible, visible_line

if TYPE_CHECKING:
    from chainrule.registry.entry import Entry

FAILED, WRONG_USE, DIVERGED = 1, 2, 3
EPILOG = """\b
Exit codes: 0 done; 1 failed; 2 wrong command line or configuration;
3 training diverged; 130 interrupted by Ctrl-C; 143 and 129 by SIGTERM and SIGHUP."""

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def _block(ctx: click.Context, parameter: click.Parameter, names: list[str]) -> None:
    if names:
        from chainrule.registry import registry

        with _as_usage_error(ctx):
            for name in names:
                registry.plugins.block(name)


def _add_files(
    ctx: click.Context, parameter: click.Parameter, files: list[Path]
) -> None:
    if files:
        from chainrule.registry import registry

        with _as_usage_error(ctx):
            for file in files:
                registry.plugins.add_file(file)


@contextmanager
def _as_usage_error(ctx: click.Context) -> Iterator[None]:
    try:
        yield
    except ChainRuleError as error:
        raise click.UsageError(str(error), ctx) from error


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
        entry = self._from_plugins().get(name)
        return entry.target if entry else None

    def _from_plugins(self) -> Mapping[str, Entry]:
        """Return the commands of plugins; load nothing if there are none."""
        asked = "chainrule.registry" in sys.modules  # by --plugin, say
        if not (asked or importlib.metadata.entry_points(group="chainrule")):
            return {}
        from chainrule.cli.plugin_commands import plugin_commands

        return plugin_commands()

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
        for name, entry in self._from_plugins().items():
            said = f"{entry.summary} ({entry.distribution})"
            rows.append((name, visible_line(said)))
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
            notes = getattr(error, "__notes__", ())
            fail("\n".join([str(error), *notes]), code_of(error))
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            name = str(ctx.invoked_subcommand)
            entry = self._from_plugins().get(name)
            if entry is None:
                raise
            failed = f"command {name!r} of {entry.distribution} failed"
            if ctx.params["traceback"]:
                error.add_note(failed)
                raise
            fail(
                f"{failed}: {type(error).__name__}: {error}; "
                f"chainrule --traceback {name} … shows where"
            )


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
@click.option(
    "--plugin",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    callback=_add_files,
    expose_value=False,
    is_eager=True,
    help="Load this Python file as a plugin; may be repeated.",
)
def main(traceback: bool) -> None:
    """Train networks, and see through them."""
