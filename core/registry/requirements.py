"""Requirements: whether what a plugin's distribution needs is installed."""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Iterable

from chainrule.errors import PluginError


def check_requirements(requirements: Iterable[str]) -> tuple[str, ...]:
    """Return remarks on requirements that are not quite met.

    Raises:
        PluginError: a distribution is missing, or this version of chainrule does not
            fit; says what to install.
    """
    found = (_remark(requirement) for requirement in requirements)
    return tuple(remark for remark in found if remark)


@functools.cache
def _remark(text: str) -> str:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = Requirement(text)
    except InvalidRequirement:
        return f"its requirement {text!r} cannot be read"
    if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
        return ""
    try:
        version = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        if wanted.name == "chainrule":  # which runs from a source tree
            return ""
        raise PluginError(
            f"it needs {wanted.name}, which is not installed: pip install "
            f"'{wanted.name}{wanted.specifier}'"
        ) from None
    if wanted.specifier.contains(version, prereleases=True):
        return ""
    said = f"it needs {wanted.name}{wanted.specifier}, and {version} is installed"
    if wanted.name == "chainrule":
        raise PluginError(f"{said}: install a version of either that fits the other")
    return said
