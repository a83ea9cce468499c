"""Pages inside notebooks: a frame that runs the page and can reach nothing else."""

from __future__ import annotations

import html
from dataclasses import dataclass

HEIGHT = 640
"""Pixels of a frame; a page scrolls inside, and uses the whole width."""


@dataclass(frozen=True)
class InlinePage:
    """An HTML page that a notebook shows inline, without a server.

    The frame is a sandbox: the page's script runs in an origin of its own, so it sees
    neither the notebook nor its cookies, and the page's policy lets it fetch nothing.

    Attributes:
        html: the page, as `Diagram.save` writes it.
        name: what it shows.
        height: of the frame, in pixels.
    """

    html: str
    name: str
    height: int = HEIGHT

    def _repr_html_(self) -> str:
        return (
            f'<iframe sandbox="allow-scripts" srcdoc="{html.escape(self.html)}" '
            f'title="{html.escape(self.name)}" width="100%" height="{self.height}" '
            'style="border:1px solid #9aa0a6;border-radius:4px" loading="lazy">'
            "</iframe>"
        )

    def __repr__(self) -> str:
        size = f"{len(self.html) / 1000:,.0f}".replace(",", "\u202f")
        return f"<page of {self.name!r}: {size} kB; shown by notebooks>"
