"""Everything chainrule raises: what was written, why it fails, what to write instead.

Every error is a `ChainRuleError` and also the built-in kind that fits, so that
``except ValueError`` written by somebody who never heard of chainrule works too.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ChainRuleError(Exception):
    """Base of every error that chainrule raises."""


class ShapeError(ChainRuleError, ValueError):
    """Shapes that do not fit together; the message names node, scope and shapes."""


class GraphError(ChainRuleError, ValueError):
    """A graph that cannot be built, such as two nodes of one name."""


class GradientError(ChainRuleError, ValueError):
    """A derivative that does not exist or was not asked for in a sensible way."""


class HyperparameterError(ChainRuleError, ValueError):
    """A hyperparameter with a value outside its domain, or of the wrong type."""


class DataError(ChainRuleError, ValueError):
    """Data that cannot be learned from: wrong shape, NaN, labels out of range."""


class ConfigError(ChainRuleError, ValueError):
    """A configuration file with a mistake; the message carries the line."""


class ModelFileError(ChainRuleError, ValueError):
    """A file that is not, or not completely, a saved chainrule model."""


class NotBuiltError(ChainRuleError, RuntimeError):
    """A model asked for something that exists only once its input shape is known."""


class UnknownNameError(ChainRuleError, KeyError):
    """A name that nothing registered; the message suggests near ones."""

    def __str__(self) -> str:  # KeyError would print the repr of the message
        return str(self.args[0]) if self.args else ""


class UnknownAttributeError(UnknownNameError, AttributeError):
    """The same for attribute access, as in ``cr.layers.Dens``."""


class PluginError(ChainRuleError, RuntimeError):
    """A plugin that cannot be used; names it, its distribution and the reason."""


class BackendError(ChainRuleError, RuntimeError):
    """A backend or device that cannot do what was asked."""


class ExecutionError(ChainRuleError, RuntimeError):
    """A failure while a program ran; names op, node, scope and input shapes."""


class DivergenceError(ChainRuleError, ArithmeticError):
    """Training produced NaN or infinity; names the first node and step that did."""


class ConformanceError(ChainRuleError, AssertionError):
    """A component that breaks its contract; says which part, and with what numbers."""


class RenderError(ChainRuleError, RuntimeError):
    """A diagram that cannot be rendered here; the message carries the remedy."""


class OutputError(ChainRuleError, OSError):
    """A file or folder that cannot be written."""


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Return ``" Did you mean 'tanh'?"`` for a near miss, the choices otherwise."""
    known = sorted(set(choices))
    folded = {choice.lower().replace("_", ""): choice for choice in known}
    key = name.lower().replace("_", "").replace("-", "")
    close = difflib.get_close_matches(key, list(folded), n=1, cutoff=0.6)
    if close:
        return f" Did you mean {folded[close[0]]!r}?"
    if not known:
        return ""
    shown = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
    return f" Known: {shown}."


def unknown_name(kind: str, name: str, choices: Iterable[str]) -> UnknownNameError:
    """Build the error for a name that resolves to nothing."""
    return UnknownNameError(f"no {kind} named {name!r}.{did_you_mean(name, choices)}")


def with_article(noun: str) -> str:
    """Return ``an activation`` for ``activation``."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
