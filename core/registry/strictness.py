"""What is said of plugins while they are loaded: traces, warnings, strictness."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable

from chainrule.errors import PluginError, PluginWarning
from chainrule.registry.collision import Collision
from chainrule.registry.plugin import Plugin
from chainrule.terminal import visible

TRACE = "CHAINRULE_TRACE_PLUGINS"
"""Set to 1, every plugin that is loaded is reported on stderr."""
STRICT = "CHAINRULE_STRICT_PLUGINS"
"""Set to 1, a plugin that cannot be used, or a collision, is an error."""
SLOW = 3.0
"""Seconds from which on the import of a plugin is called slow."""


def is_on(variable: str) -> bool:
    """Return whether an environment variable is set to something else than 0."""
    return os.environ.get(variable, "0") not in ("", "0")


def is_strict() -> bool:
    """Return whether plugins that cannot be used are errors."""
    return is_on(STRICT)


def trace(plugin: Plugin) -> None:
    """Report a plugin that was loaded on stderr, if that is asked for."""
    if plugin.built_in or not is_on(TRACE) or sys.stderr is None:
        return
    what = f"{len(plugin.entries) + len(plugin.kernels)} components"
    said = what if plugin.state == "loaded" else plugin.reason
    text = (
        f"plugin {plugin.name} ({plugin.distribution} {plugin.version}): "
        f"{plugin.state} in {plugin.seconds:.3f} s, {said}\n{plugin.traceback}"
    )
    sys.stderr.write(visible(text))


def warn_of_slow(plugins: Iterable[Plugin]) -> None:
    """Name the plugins that took long to import."""
    for plugin in plugins:
        if plugin.seconds >= SLOW and not plugin.built_in:
            text = (
                f"plugin {plugin.name} ({plugin.distribution}) took "
                f"{plugin.seconds:.1f} s to import; block it where it is not needed"
            )
            warnings.warn(visible(text), PluginWarning, stacklevel=2)


def check_strictly(plugins: Iterable[Plugin], collisions: Iterable[Collision]) -> None:
    """Reject plugins that cannot be used, and collisions, if that is asked for.

    Raises:
        PluginError: there are some; names them all.
    """
    if not is_strict():
        return
    said = [f"{p.name}: {p.reason}" for p in plugins if p.state == "broken"]
    said += [str(each) for each in collisions if not each.intended]
    if said:
        raise PluginError(f"{STRICT} is set, and {'; '.join(said)}")
