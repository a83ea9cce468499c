"""The proof-reader: reads a finished picture, and finds what on it is not so."""

from __future__ import annotations

from chainrule.viz.proof.boxes import Circle
from chainrule.viz.proof.edges import check_edges, check_names
from chainrule.viz.proof.finding import Finding, Report
from chainrule.viz.proof.formulas import check_statements
from chainrule.viz.proof.layout import check_layout
from chainrule.viz.proof.marks import check_marks
from chainrule.viz.proof.reading import read
from chainrule.viz.proof.truth import Truth
from chainrule.viz.proof.units import check_units


def proofread(svg: str, truth: Truth | None = None) -> Report:
    """Check all that stands on a picture.

    Args:
        svg: the picture.
        truth: the graph with an example. Formulas are then evaluated as they are
            printed, edges walked as they are drawn, and marks held against their
            definitions. Without it only the places of labels are checked.
    """
    picture = read(svg)
    unread: list[str] = []
    found: list[Finding] = list(check_layout(picture))
    units = any(isinstance(s.outline, Circle) for s in picture.shapes.values())
    if truth is not None and units:
        found += check_units(picture, truth, unread)
    elif truth is not None:
        found += check_names(picture)
        found += check_statements(picture, truth, unread)
        found += check_edges(picture, truth, unread)
        found += check_marks(picture, truth)
    return Report(tuple(found), tuple(unread))
