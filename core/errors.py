"""Errors: their messages say what was written, why it fails and what to write instead.

Every error is a `ChainRuleError` and also the built-in exception that fits, so that
``except ValueError`` works without any knowledge of chainrule.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from chainrule.terminal import visible

LONGEST_SHOWN = 200
"""Characters of a value that a message shows."""


class ChainRuleError(Exception):
    """Base of every error that chainrule raises.

    Its text is safe to print on a terminal, even if a name in it is hostile.
    """

    def __str__(self) -> str:
        return visible(super().__str__())


class ModelFileWarning(UserWarning):
    """A model file that is read although nothing says whether it is undamaged."""


class BackendWarning(UserWarning):
    """A device that is not used although it might be; says why."""


class PluginWarning(UserWarning):
    """A plugin that is used although something about it is odd; names it."""


class ShapeError(ChainRuleError, ValueError):
    """Shapes that do not fit together; the message names nodes, scopes and shapes."""


class GraphError(ChainRuleError, ValueError):
    """A graph that cannot be built, such as two nodes of one name."""


class GradientError(ChainRuleError, ValueError):
    """A derivative that does not exist, or of something that has none."""


class ArgumentError(ChainRuleError, ValueError):
    """An argument with a value that its parameter does not allow."""


class ArgumentTypeError(ArgumentError, TypeError):
    """An argument of another type than its parameter's, or one too many or too few."""


class HyperparameterError(ArgumentError):
    """A hyperparameter with a value outside its domain, or of the wrong type."""


class DataError(ChainRuleError, ValueError):
    """Data that cannot be learned from: wrong shape, NaN, labels out of range."""


class ConfigError(ChainRuleError, ValueError):
    """A mistake in a configuration file; the message carries the line."""


class ModelFileError(ChainRuleError, ValueError):
    """A file that is not a saved chainrule model, or not a complete one."""


class NotBuiltError(ChainRuleError, RuntimeError):
    """Something of a model that exists only once the shape of its input is known."""


class UnknownNameError(ChainRuleError, KeyError):
    """A name that is not registered; the message suggests similar ones."""

    def __str__(self) -> str:  # KeyError would print the repr of the message
        return visible(str(self.args[0])) if self.args else ""


class UnknownIndexError(ChainRuleError, IndexError):
    """A place in a list that has no such place."""


class UnknownAttributeError(UnknownNameError, AttributeError):
    """An unknown name in attribute access, as in ``cr.layers.Dens``."""


class FrozenError(ChainRuleError, AttributeError):
    """An attribute that cannot be set, or would have no effect; says what to do."""


class UnknownModuleError(ChainRuleError, ModuleNotFoundError):
    """A module of chainrule that does not exist; the message says what to write."""


class PluginError(ChainRuleError, RuntimeError):
    """A plugin that cannot be used; the message names it, its distribution and why."""


class ComponentError(ChainRuleError, TypeError):
    """A class of a component that breaks its contract; says what it must return."""


class BackendError(ChainRuleError, RuntimeError):
    """A backend or a device that cannot do what is asked of it."""


class ExecutionError(ChainRuleError, RuntimeError):
    """A failure while a program runs; names op, node, scope and shapes of operands."""


class DivergenceError(ChainRuleError, ArithmeticError):
    """NaN or infinity in training; names the first node and step that produced it."""


class ConformanceError(ChainRuleError, AssertionError):
    """A component that breaks its contract; says how, and with which numbers."""


class RenderError(ChainRuleError, RuntimeError):
    """A diagram or figure that cannot be rendered here; says what to do."""


class OutputError(ChainRuleError, OSError):
    """A file or folder that cannot be written."""


def did_you_mean(name: object, choices: Iterable[str]) -> str:
    """Return ``" Did you mean 'tanh'?"`` for a near miss, the choices otherwise."""
    known = sorted(set(choices))
    folded = {choice.lower().replace("_", ""): choice for choice in known}
    key = name.lower() if isinstance(name, str) else ""
    key = key.replace("_", "").replace("-", "")
    close = difflib.get_close_matches(key, list(folded), n=1, cutoff=0.6)
    if close:
        return f" Did you mean {folded[close[0]]!r}?"
    if not known:
        return ""
    shown = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
    return f" Known: {shown}."


def unknown_name(kind: str, name: object, choices: Iterable[str]) -> UnknownNameError:
    """Build the error for a name that is not registered."""
    return UnknownNameError(
        f"no {kind} named {shown(name)}.{did_you_mean(name, choices)}"
    )


def shown(value: object) -> str:
    """Return how a value is written, shortened, whatever its ``repr`` does."""
    try:
        text = repr(value)
    except Exception:  # an integer of 5,000 digits, or a user's class
        return f"a value of type {type(value).__name__}"
    text = " ".join(text.split())  # arrays are written in several lines
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def with_article(noun: str) -> str:
    """Return ``an activation`` for ``activation``."""
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"
