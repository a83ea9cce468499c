"""Kernels that plugins add to backends: checked, and gathered in a table for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.errors import PluginError, did_you_mean, shown
from chainrule.kinds.backend import Backend
from chainrule.ops import Op
from chainrule.registry.overriding import Overriding

HOOK = "register_kernels"


@dataclass(frozen=True, eq=False)
class KernelEntry:
    """A kernel of a backend for an op, and the plugin that it comes from."""

    backend: str
    op: type[Op]
    kernel: Any
    plugin: str
    distribution: str
    built_in: bool
    overrides: bool

    @property
    def name(self) -> str:
        """What a listing calls it."""
        return f"{self.op.type_name} on {self.backend}"


def read_kernels(
    result: Any, plugin: str, distribution: str, *, built_in: bool
) -> tuple[KernelEntry, ...]:
    """Return the kernels in what a hook returned.

    Raises:
        PluginError: it is not a mapping from backend name to op class to kernel.
    """
    if not isinstance(result, Mapping):
        raise PluginError(
            f"{HOOK} must return a mapping from backend name to kernels, got "
            f"{shown(result)}"
        )
    entries = []
    for backend, table in result.items():
        if not isinstance(backend, str) or not isinstance(table, Mapping):
            raise PluginError(
                f"{HOOK} must map the name of a backend to a mapping from op class to "
                f"kernel, got {shown(backend)}: {shown(table)}"
            )
        for op, kernel in table.items():
            if not (isinstance(op, type) and issubclass(op, Op)):
                raise PluginError(
                    f"{HOOK}: the keys of {backend!r} must be op classes, such as "
                    f"cr.ops.Tanh, got {shown(op)}"
                )
            marked = isinstance(kernel, Overriding)
            entries.append(
                KernelEntry(
                    backend,
                    op,
                    kernel.kernel if marked else kernel,
                    plugin,
                    distribution,
                    built_in,
                    marked or "overrides" in getattr(kernel, "__dict__", {}),
                )
            )
    return tuple(entries)


def check_kernels(
    entries: Iterable[KernelEntry], backends: Mapping[str, type[Backend]]
) -> None:
    """Reject a kernel that its backend could not run.

    Raises:
        PluginError: the backend says that it is not a kernel.
    """
    for entry in entries:
        backend = backends.get(entry.backend)
        if backend is None:
            continue
        try:
            backend.check_kernel(entry.op, entry.kernel)
        except PluginError as error:
            raise PluginError(f"{HOOK}: {entry.name}: {error}") from error


def homeless(entries: Iterable[KernelEntry], backends: Collection[str]) -> list[str]:
    """Say which backends that kernels were given for are not installed."""
    missing = {e.backend: e for e in entries if e.backend not in backends}
    return [
        f"{entry.plugin}: {HOOK} has kernels for the backend {name!r}, which is not "
        f"installed.{did_you_mean(name, backends)}"
        for name, entry in missing.items()
    ]


def choose(built_in: bool, entries: Sequence[KernelEntry]) -> KernelEntry | None:
    """Return which of the kernels that are given for one op is used; None: its own.

    What overrides by intent wins, if it is the only one. Otherwise the backend's own
    kernel stays, or the first one that was registered.

    Args:
        built_in: whether the backend has a kernel of its own.
        entries: the kernels that plugins give, in the order of registration.
    """
    intended = [entry for entry in entries if entry.overrides]
    if len(intended) == 1:
        return intended[0]
    return None if built_in else entries[0]
