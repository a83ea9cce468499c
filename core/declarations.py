"""Classes of components as they are declared: mistakes that Python would not notice."""

from __future__ import annotations

import difflib
import inspect
import warnings
from collections.abc import Iterator, Mapping, Sequence
from inspect import Parameter, Signature

from chainrule.errors import ComponentError, PluginWarning

ALIKE = 0.8
"""How alike the names of two methods are, from which on one is taken for a typo."""


def check_declaration(cls: type, foreign_methods: Mapping[str, str]) -> None:
    """Reject or report what a subclass declares in vain.

    Args:
        cls: the class, whose bases define the methods that are called.
        foreign_methods: the name of a method elsewhere → the one that is called here.

    Raises:
        ComponentError: it has an ``__init__`` with hyperparameters, or a method that
            another framework would call.

    Warns:
        PluginWarning: a method is spelt almost as one that would be called.
    """
    own = vars(cls)
    if "__init__" in own and len(inspect.signature(own["__init__"]).parameters) > 1:
        names = list(inspect.signature(own["__init__"]).parameters)[1:]
        fields = "; ".join(f"{name}: float = …" for name in names)
        raise ComponentError(
            f"{cls.__name__} must not define __init__: declare its hyperparameters as "
            f"annotated fields, {fields}"
        )
    callable_here = {name for base in cls.__mro__[1:] for name in _methods(base)}
    for name in _methods(cls):
        meant = foreign_methods.get(name, "")
        if meant and meant not in own:
            raise ComponentError(
                f"{cls.__name__}.{name} would never be called: call it {meant}, as "
                f"chainrule does{_signature(cls, meant)}"
            )
        if name in callable_here:
            continue
        close = difflib.get_close_matches(name, callable_here, n=1, cutoff=ALIKE)
        if close and close[0] not in own and not _is_abstract(cls, close[0]):
            warnings.warn(
                f"{cls.__name__}.{name} is never called. Did you mean {close[0]!r}? If "
                "not, begin its name with an underscore",
                PluginWarning,
                stacklevel=4,
            )


def check_signatures(cls: type, by_name: Mapping[str, Sequence[str]]) -> None:
    """Reject a method that takes something else than chainrule gives it.

    Args:
        cls: the class, whose bases in chainrule say what each method is given.
        by_name: method → what it is given by name beside, such as an optimizer's slots.

    Raises:
        ComponentError: a method takes more, fewer or other arguments.
    """
    if _is_own(cls):
        return
    for name, member in vars(cls).items():
        method = _function(member)
        bases = [vars(base).get(name) for base in cls.__mro__[1:] if _is_own(base)]
        contracts = map(_function, reversed(bases))
        called = next(filter(inspect.isfunction, contracts), None)
        if called is None or name.startswith("_") or not inspect.isfunction(method):
            continue
        contract, takes = inspect.signature(called), inspect.signature(method)
        given = [p.name for p in contract.parameters.values() if _is_place(p)]
        named = list(by_name.get(name, ()))
        several = name not in by_name and any(
            p.kind is p.VAR_POSITIONAL for p in contract.parameters.values()
        )
        if several and not any(map(_is_needed_by_name, takes.parameters.values())):
            continue  # who calls it counts what it takes
        try:
            takes.bind(*given, **dict.fromkeys(named))
        except TypeError:
            unknown = [p for p in takes.parameters if p not in given + named]
            every = (*named, *unknown) if name in by_name else ()
            slots = f"; a slot is declared: slots = {every}" * bool(every)
            raise ComponentError(
                f"{cls.__name__}.{name} must take ({', '.join(given + named)}), with "
                f"which chainrule calls it, got {_bare(takes)}{slots}"
            ) from None


def _bare(signature: Signature) -> str:
    """Write a signature without annotations, such as ``(self, x, y=0)``."""
    bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return str(Signature(bare))


def _is_own(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == "chainrule"


def _function(member: object) -> object:
    """Return the function of a class method; anything else as it is."""
    return member.__func__ if isinstance(member, classmethod) else member


def _is_place(parameter: Parameter) -> bool:
    return parameter.kind is Parameter.POSITIONAL_OR_KEYWORD


def _is_needed_by_name(parameter: Parameter) -> bool:
    by_name = parameter.kind is Parameter.KEYWORD_ONLY
    return by_name and parameter.default is Parameter.empty


def _is_abstract(cls: type, method: str) -> bool:
    """Whether a class has no such method yet, which is an error of its own."""
    return bool(getattr(getattr(cls, method), "__isabstractmethod__", False))


def _methods(cls: type) -> Iterator[str]:
    for name, member in vars(cls).items():
        if inspect.isfunction(member) and not name.startswith("_"):
            yield name


def _signature(cls: type, method: str) -> str:
    for base in cls.__mro__[1:]:
        if method in vars(base):
            parameters = inspect.signature(vars(base)[method]).parameters.values()
            bare = [
                str(p.replace(annotation=p.empty, default=p.empty)) for p in parameters
            ]
            return f": {method}({', '.join(bare)})"
    return ""
