"""Write core/__init__.pyi, so that type checkers and editors see every component.

Public names are imported lazily, which type checkers cannot follow. The stub declares
them. A catalog is written as a class that holds classes, so that ``cr.layers.Dense`` is
a type, which can be derived from; what a catalog does as a mapping, its metaclass does.
Each built-in component has the signature of its hyperparameters. Run ``python
tools/write_stub.py`` after adding a component; a test compares the file.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union

import chainrule
from chainrule.annotations import OfKind, kind_of
from chainrule.component import Component, field_types, required_fields
from chainrule.registry import KINDS, registry
from chainrule.registry.entry import Entry

TARGET = Path(__file__).parents[1] / "core" / "__init__.pyi"

HEAD = '''\
"""chainrule: a deep-learning framework that you can see through.

Written by tools/write_stub.py; do not edit.
"""

'''


def stub() -> str:
    """Return the text of the stub."""
    body = "\n".join(
        line
        for name, kind in chainrule._CATALOGS.items()
        for line in catalog(name, kind)
    )
    public = [
        f"from chainrule.{home} import {name} as {name}"
        for name, home in sorted(chainrule._HOME.items(), key=lambda item: item[::-1])
    ]
    modules = {
        entry.module
        for kind in chainrule._CATALOGS.values()
        for entry in built_in(kind)
    } | {name.rpartition(".")[0] for name in _qualified}
    imports = [
        "from collections.abc import Callable, Mapping, Sequence",
        "from typing import Any, ClassVar, Literal",
        "",
        *(f"import {module}" for module in sorted(modules)),
        "from chainrule import ops as ops",
        "from chainrule.registry.catalog import Catalog",
        *public,
        *renderers(),
        "",
        "__all__: list[str]",
        "__version__: str",
        "",
        "class _Catalog(Catalog, type): ...",
        "",
    ]
    return HEAD + "\n".join(imports) + "\n" + body


def built_in(kind: str) -> list[Entry]:
    """Return what chainrule itself registers of a kind, sorted by name."""
    entries = [e for e in registry.entries(kind) if e.distribution == "chainrule"]
    return sorted(entries, key=lambda entry: entry.name)


def renderers() -> Iterator[str]:
    """Yield the imports of the renderers."""
    for name in sorted(chainrule._RENDERERS):
        target = registry.find("renderers", name).target
        yield f"from {target.__module__} import {name} as {name}"


def catalog(public: str, kind: str) -> Iterator[str]:
    """Yield the lines of the class of one catalog."""
    yield f"class {public}(metaclass=_Catalog):"
    for entry in built_in(kind):
        if isinstance(entry.target, type):
            yield from component(entry, public)
        else:
            where = f"{entry.module}.{entry.target.__name__}"
            yield f"    {entry.name} = staticmethod({where})"
    yield "    ..."
    yield ""


def component(entry: Entry, public: str) -> Iterator[str]:
    """Yield a component's class, and its default object."""
    cls = entry.target
    parameters = ", ".join(["self", *fields(cls)])
    yield f"    class {cls.__name__}({qualified(cls)}):"
    yield f'        r"""{entry.summary}"""'
    yield f"        def __init__({parameters}) -> None: ..."
    if not (issubclass(cls, Component) and required_fields(cls)):
        yield f"    {entry.name}: ClassVar[{public}.{cls.__name__}]"
        yield f'    r"""{entry.summary}"""'


def fields(cls: type[Component]) -> Iterator[str]:
    """Yield the hyperparameters of a component as parameters."""
    hints = field_types(cls)
    required = required_fields(cls)
    every = [f for f in dataclasses.fields(cls) if f.init]
    for keyword in (False, True):
        chosen = [f for f in every if f.kw_only is keyword]
        if keyword and chosen:
            yield "*"
        for field in chosen:
            default = "" if field.name in required else shown(field.default)
            yield f"{field.name}: {written(hints[field.name])}{default}"


def shown(default: Any) -> str:
    """Return a default as a signature shows it, if it is short."""
    plain = default is None or isinstance(default, (bool, int, float, str))
    return f" = {default!r}" if plain else " = ..."


_qualified: set[str] = set()


def qualified(cls: type) -> str:
    """Return the full name of a class, and note that its module must be imported."""
    if cls.__module__ == "builtins":
        return cls.__qualname__
    name = f"{cls.__module__}.{cls.__qualname__}"
    _qualified.add(name)
    return name


def written(annotation: Any) -> str:
    """Return an annotation as source text, widened to what is accepted."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        base, *marks = arguments
        for mark in marks:
            if isinstance(mark, OfKind):
                return named(mark.kind, type(None) in typing.get_args(base))
        return written(base)
    if origin in (Union, types.UnionType):
        parts = dict.fromkeys(written(part) for part in arguments)
        return " | ".join(parts)
    if origin is Literal:
        return f"Literal[{', '.join(repr(value) for value in arguments)}]"
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return f"Sequence[{written(arguments[0])}]"
    if origin is not None and getattr(origin, "__name__", "") == "Callable":
        return "Callable[..., Any]"
    if origin is not None:
        inner = ", ".join(written(part) for part in arguments)
        return f"{qualified(origin)}[{inner}]"
    if annotation is type(None) or annotation is None:
        return "None"
    if annotation is Any:
        return "Any"
    if kind := kind_of(annotation):
        return named(kind, optional=False)
    if isinstance(annotation, type):
        return qualified(annotation)
    raise TypeError(f"cannot write the annotation {annotation!r}")


def named(kind: str, optional: bool) -> str:
    """Return the type of what is accepted for a component of a kind."""
    base = KINDS[kind]
    accepted = [qualified(base) if base else "Callable[..., Any]", "str"]
    if hasattr(base, "adapt"):
        accepted.append("Callable[[Node], Node]")
    return " | ".join([*accepted, "None"] if optional else accepted)


if __name__ == "__main__":
    TARGET.write_text(stub(), encoding="utf-8")
    print(f"wrote {TARGET}")
