"""Text from outside made safe for a terminal: shown, not obeyed."""

from __future__ import annotations

import re

_OBEYED = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
"""Control characters but tab and newline, and those that reverse or break a line."""
_UNPRINTABLE = re.compile(f"[{_OBEYED}\ud800-\udfff]")
_UNPRINTABLE_IN_A_LINE = re.compile(f"[\t\n{_OBEYED}\ud800-\udfff]")


def visible(text: str) -> str:
    r"""Return a text with all that a terminal would obey as escape sequences.

    Tabs and newlines stay. Bytes of a path that are not UTF-8 are shown too.

    >>> visible("a\x1b[31m")
    'a\\x1b[31m'
    """
    return _UNPRINTABLE.sub(_escaped, text)


def visible_line(text: str) -> str:
    r"""Return a text as `visible` does, with tabs and newlines escaped as well.

    >>> visible_line("a\n\x1b[31m")
    'a\\n\\x1b[31m'
    """
    return _UNPRINTABLE_IN_A_LINE.sub(_escaped, text)


def visible_json(text: str) -> str:
    """Return JSON in which such characters are JSON's escape sequences."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
