"""The verdict of the proof-reader, as a diagram's caption has it."""

from __future__ import annotations

from chainrule.viz.proof.finding import Report
from chainrule.viz.scene import Line
from chainrule.viz.text import Plain

MOST = 5
"""Findings that a caption names."""


def verdict(report: Report) -> list[Line]:
    """Say what was read back, and name what is false; labels may cover each other."""
    wrong = [finding for finding in report.wrong if finding.check != "layout"]
    lines = [Line(Plain(f"✗ {finding}"), "mark") for finding in wrong[:MOST]]
    if len(wrong) > MOST:
        lines.append(Line(Plain(f"✗ {len(wrong) - MOST} more"), "mark"))
    counts = report.counts
    formulas, edges = counts["formula"], counts["edge"]
    if not wrong and formulas + edges:
        text = f"✓ read back: {_many(formulas, 'formula')} and {_many(edges, 'edge')}"
        lines.append(Line(Plain(f"{text} give the values drawn"), "good"))
    if report.unread:
        text = f"{_many(len(report.unread), 'formula')} cut short, not checked"
        lines.append(Line(Plain(text), "note"))
    return lines


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
