"""Provenance: which plugins a saved model was computed with, and whether they changed.

A file records, for every component that is not built in, the distribution and version
that brought it, and a hash of each formula that such a component has a part in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chainrule.calls import calls, is_returned
from chainrule.component import Component
from chainrule.errors import ModelFileError
from chainrule.graph import topological
from chainrule.kinds.module import Module
from chainrule.model.foreign import classes_in, trained_with, used_classes
from chainrule.model.formulas import hash_of, hash_of_call
from chainrule.model.missing import Missing, why_missing
from chainrule.model.parametric import Parametric
from chainrule.registry import registry
from chainrule.registry.entry import is_built_in
from chainrule.registry.kinds import singular
from chainrule.registry.recorded import Recorded


def origins_of(model: Parametric) -> dict[str, Any]:
    """Return what a file records of the components that are not built in.

    Raises:
        ModelFileError: one of them is missing.
    """
    used = used_classes(model)
    for cls in used:
        if issubclass(cls, Missing):
            raise ModelFileError(
                f"{why_missing(cls.recorded)}; without it the model cannot be saved or "
                "copied"
            )
    components = [_recorded(cls) for cls in used if not is_built_in(cls)]
    if not components:
        return {}
    return {
        "components": [vars(component) for component in components],
        "formulas": dict(_formulas(model)),
        **_results(model),
    }


def _results(model: Parametric) -> dict[str, Any]:
    """Return what stands for modules where their plugins are missing.

    That is by path, for each call, the shape and dtype of each output; and the paths of
    parameters that are not trained.
    """
    if not model.is_built:
        return {}
    found: dict[str, dict[int, dict[int, Any]]] = {}
    for node in topological(model.outputs):
        for depth, part in enumerate(node.scope):
            ours = isinstance(part.component, Component)
            if (
                ours
                and not is_built_in(type(part.component))
                and is_returned(node, part)
            ):
                path = "/".join(each.title for each in node.scope[: depth + 1])
                outer = calls[node].module is not part.component  # which returned it
                call = id(node if outer else calls[node].inputs)
                outputs = found.setdefault(path, {}).setdefault(call, {})
                number = 0 if outer else calls[node].output
                outputs[number] = [list(node.shape), node.dtype]
    results = {
        path: [_listed(outputs) for outputs in by_call.values()]
        for path, by_call in found.items()
    }
    untrained = [p for p, one in model.owned_parameters() if not one.node.learned]
    return {"results": results, "untrained": untrained}


def _listed(outputs: Mapping[int, Any]) -> list[Any]:
    """List what is known of outputs by number; the last stands for unused ones."""
    last = max(outputs)
    return [outputs.get(number, outputs[last]) for number in range(last + 1)]


def origin_of(cls: Any) -> str:
    """Return distribution and version of a class; empty if built in or in none."""
    if issubclass(cls, Missing):
        return f"{cls.recorded.origin}, missing"
    if is_built_in(cls):
        return ""
    found = _recorded(cls)
    return found.origin if found.distribution else ""


def components_in(origins: Mapping[str, Any]) -> list[Recorded]:
    """Return the components that a file records."""
    return [
        Recorded(*(str(each[name]) for name in Recorded.__dataclass_fields__))
        for each in origins.get("components", ())
    ]


def remarks_on(model: Parametric, origins: Mapping[str, Any]) -> Iterator[str]:
    """Say what computes otherwise than when the model was saved."""
    told = set()
    for each in components_in(origins):
        if not each.distribution or not registry.has(each.kind, each.name):
            continue
        entry = registry.find(each.kind, each.name)
        if entry.distribution != each.distribution:
            told.add(each.name)
            yield (
                f"{singular(each.kind)} {each.name!r} was that of {each.distribution} "
                f"{each.version}, and is that of {entry.distribution} now, so numbers "
                f"may differ: pip install '{each.requirement}'"
            )
    now = dict(_formulas(model))
    for part, formula in origins.get("formulas", {}).items():
        if now.get(part, formula) != formula and part not in told:
            yield (
                f"{part} computes another formula than when the model was saved"
                f"{_versions(origins)}, so numbers may differ"
            )


def missing_in(origins: Mapping[str, Any]) -> list[Recorded]:
    """Return the components whose distribution is not in use."""
    known = {p.distribution for p in registry.plugins if p.state == "loaded"}
    return [
        each
        for each in components_in(origins)
        if each.distribution and each.distribution not in known
    ]


def advice_on(origins: Mapping[str, Any]) -> str:
    """Say what to do where a name of a file is not known."""
    if needed := dict.fromkeys(each.requirement for each in missing_in(origins)):
        install = " ".join(f"'{each}'" for each in needed)
        return f"It was saved with a plugin that is not in use: pip install {install}"
    return (
        "If it is of a plugin, install that; if it is your own, write custom={name: "
        "class}, or @cr.register before the class"
    )


def _versions(origins: Mapping[str, Any]) -> str:
    """Name the distributions that have another version now."""
    now = {p.distribution: p.version for p in registry.plugins}
    then = {each.distribution: each.version for each in components_in(origins)}
    changed = [
        f"{name} was {version} and is {now[name]}"
        for name, version in then.items()
        if now.get(name, version) != version
    ]
    return f" ({', '.join(changed)})" if changed else ""


def _recorded(cls: Any) -> Recorded:
    entry = registry.entry_of(cls)
    kind = entry.kind if entry else getattr(cls, "kind", "") or "ops"
    if entry is None or not entry.version:  # registered by hand, in no distribution
        return Recorded(kind, cls.type_name, "", "")
    return Recorded(kind, cls.type_name, entry.distribution, entry.version)


def _formulas(model: Parametric) -> Iterator[tuple[str, str]]:
    """Yield the name and hash of each formula that is not all built in."""
    if not model.is_built:
        return
    for node in model.structure.order:
        if node in calls and node not in model.structure.places:
            module = calls[node].module
            if isinstance(module, Module) and not _all_built_in(module):
                yield module.scope.title, hash_of_call(node)
    for component in trained_with(model):
        if isinstance(component, Component) and not _all_built_in(component):
            yield type(component).type_name, hash_of(component)


def _all_built_in(component: Component) -> bool:
    return all(is_built_in(cls) for cls in classes_in(component))
