"""Errors for attributes that an object lacks, which say what to write."""

from __future__ import annotations

from chainrule.errors import UnknownAttributeError, did_you_mean, with_article
from chainrule.habits.lookup import advice


def unknown_attribute(
    of: object, name: str, place: str, otherwise: str = ""
) -> AttributeError:
    """Build the error for an attribute that an object lacks.

    Args:
        of: the object.
        name: the attribute; one that begins with an underscore is nobody's habit.
        place: where the table of habits lists it.
        otherwise: what to write if the table does not list it.
    """
    text = f"{with_article(type(of).__name__)} has no attribute {name!r}"
    if name.startswith("_"):
        return AttributeError(text)
    write = advice(name, place) or otherwise
    public = [each for each in dir(type(of)) if not each.startswith("_")]
    error = UnknownAttributeError(
        f"{text}: {write}" if write else f"{text}.{did_you_mean(name, public)}"
    )
    error.obj = None  # or Python 3.12 adds a suggestion of its own
    return error
