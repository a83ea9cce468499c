"""What a notebook shows as a picture."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from typing import Any


class Picture(ABC):
    """Base of what can be rendered: notebooks show its SVG, or else its PNG."""

    __slots__ = ()

    @abstractmethod
    def render(self, format: str) -> bytes:
        """Return the picture as the content of a file of a format."""

    def _repr_svg_(self) -> str:
        return self.render("svg").decode()

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, str]:
        """Return the picture for a notebook, and a PNG for what shows no SVG."""
        return {
            "image/svg+xml": self._repr_svg_(),
            "image/png": base64.b64encode(self.render("png")).decode(),
            "text/plain": repr(self),
        }
