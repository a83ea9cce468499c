"""Classes in a model that a file only names, and that nothing registered."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from chainrule.component import Component
from chainrule.errors import ModelFileError, ModelFileWarning
from chainrule.kinds.metric import FunctionMetric
from chainrule.model.parametric import Parametric
from chainrule.ops import Op
from chainrule.registry import registry
from chainrule.training.criteria import Criteria


def foreign_classes(model: Parametric) -> list[tuple[str, type]]:
    """List the classes that a look-up would not find, by the names a file gives them.

    These are the classes of layers and of what they are made with, of ops, and of what
    the model is trained with.
    """
    unknown = (cls for cls in used_classes(model) if registry.entry_of(cls) is None)
    return [(cls.type_name, cls) for cls in unknown]


def used_classes(model: Parametric) -> list[Any]:
    """List the classes of components and ops that a model is made of."""
    parts = [*model.contents(), *trained_with(model)]
    return list(dict.fromkeys(cls for part in parts for cls in classes_in(part)))


def trained_with(model: Parametric) -> list[Any]:
    """List the optimizer, losses, metrics and regularizers of the last training run."""
    if not model.is_built:
        return []
    session = model.session
    optimizer = [session.state.optimizer] if session.state else []
    return [*optimizer, *_components(session.criteria)]


def warn_of_foreign(model: Parametric, level: int) -> None:
    """Say which classes loading will need; refuse what would load as something else.

    Raises:
        ModelFileError: a name is registered for another class.

    Warns:
        ModelFileWarning: a class is not registered.
    """
    unknown: dict[str, type] = {}
    for name, cls in foreign_classes(model):
        other = _registered(cls)
        if other is None:
            unknown[name] = cls
        elif (other.__module__, other.__qualname__) != (
            cls.__module__,
            cls.__qualname__,
        ):
            raise ModelFileError(
                f"a file would call {cls.__qualname__} {name!r}, which is registered "
                f"for {other.__module__}.{other.__qualname__}; give the class another "
                'type_name = "…"'
            )
    if unknown:
        custom = ", ".join(f"{name!r}: {cls.__name__}" for name, cls in unknown.items())
        warnings.warn(
            f"{' and '.join(unknown)} {'is' if len(unknown) == 1 else 'are'} not "
            f"registered: loading will need custom={{{custom}}}, or @cr.register "
            "before the class",
            ModelFileWarning,
            stacklevel=level,
        )


def _components(criteria: Criteria | None) -> list[Any]:
    if criteria is None:
        return []
    metrics = [m for m in criteria.all_metrics if not isinstance(m, FunctionMetric)]
    return [*criteria.losses, *metrics, *criteria.regularizers]


def classes_in(one: Any) -> Iterator[Any]:
    """Yield the classes of a component and of what it is configured with."""
    if isinstance(one, Component):
        yield type(one)
        for value in one.hyperparameters().values():
            yield from classes_in(value)
    elif isinstance(one, (tuple, list)):
        for item in one:
            yield from classes_in(item)
    elif isinstance(one, Parametric):
        for part in one.contents():
            yield from classes_in(part)
    elif isinstance(one, Op):
        yield type(one)


def _registered(cls: Any) -> Any:
    """Return what a look-up finds by the name of a class, or None."""
    kind = "ops" if issubclass(cls, Op) else cls.kind
    known = bool(kind) and registry.has(kind, cls.type_name)
    return registry.find(kind, cls.type_name).target if known else None
