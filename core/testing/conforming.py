"""Conforming: a check whose failures say which component breaks its contract."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

from chainrule.errors import ComponentError, ConformanceError, shown

P = ParamSpec("P")


def conforming(check: Callable[P, None]) -> Callable[P, None]:
    """Let the messages of a check begin with what it was given.

    What a component returns, and should not, is a failure of the check too.

    Raises:
        ConformanceError: the check fails.
    """

    @functools.wraps(check)
    def named(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            check(*args, **kwargs)
        except (ConformanceError, ComponentError) as error:
            what = _name(args[0] if args else next(iter(kwargs.values())))
            text = str(error)
            if isinstance(error, ConformanceError) and text.startswith(f"{what}: "):
                raise
            raise ConformanceError(f"{what}: {text}") from error

    return named


def _name(component: Any) -> str:
    if isinstance(component, str):
        return component
    return str(getattr(component, "__name__", None) or shown(component))
