"""Errors for attributes that an object lacks, which say what to write."""

from __future__ import annotations

from abc import ABCMeta
from typing import TYPE_CHECKING, NoReturn

from chainrule.errors import UnknownAttributeError, did_you_mean, with_article
from chainrule.habits.lookup import advice


class Answering(ABCMeta):
    """The class of classes that say what to write for an attribute they lack."""

    kind = ""
    """Where the table of habits lists what a class and its objects lack."""

    if not TYPE_CHECKING:  # or type checkers would accept any attribute

        def __getattr__(cls, name: str) -> NoReturn:
            own = f"each has its own, as in {cls.__name__}(…).{name}"
            of_objects = name in cls.__dict__.get("__dataclass_fields__", ())
            raise unknown_attribute(cls, name, cls.kind, own if of_objects else "")


def unknown_attribute(
    of: object, name: str, place: str, otherwise: str = ""
) -> AttributeError:
    """Build the error for an attribute that an object lacks.

    Args:
        of: the object, or the class that was asked itself.
        name: the attribute; one that begins with an underscore is nobody's habit.
        place: where the table of habits lists it.
        otherwise: what to write if the table does not list it.
    """
    cls = of if isinstance(of, type) else type(of)
    who = f"the class {cls.__name__}" if of is cls else with_article(cls.__name__)
    text = f"{who} has no attribute {name!r}"
    if name.startswith("_"):
        return AttributeError(text)
    write = advice(name, place) or otherwise
    public = [each for each in dir(cls) if not each.startswith("_")]
    error = UnknownAttributeError(
        f"{text}: {write}" if write else f"{text}.{did_you_mean(name, public)}"
    )
    error.obj = None  # or Python 3.12 adds a suggestion of its own
    return error
