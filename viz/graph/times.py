"""Times: a diagram whose blocks say, and show by colour, how long they took."""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chainrule.node import Node
from chainrule.profile.attribution import credited
from chainrule.profile.profile import Profile, Row
from chainrule.viz.formats.story import Extras
from chainrule.viz.graph.compose import Composer
from chainrule.viz.scene import Block, Line, Scene
from chainrule.viz.text import Plain

LEVELS = 5
"""Colours that times are shown in."""
MOST_NAMED = 5
"""What is not in the picture, and is named."""
PART = "training step"
"""What is shown of a profile that has it; otherwise what took longest."""


@dataclass
class Spent:
    """The kernels that worked for a block, for its value and for its gradients."""

    forward: dict[Row, None] = field(default_factory=dict)
    backward: dict[Row, None] = field(default_factory=dict)

    @property
    def rows(self) -> dict[Row, None]:
        """All of them, each once."""
        return self.forward | self.backward

    @property
    def ways(self) -> dict[str, list[Row]]:
        """Forward, backward, and both at once: the sign, and the kernels."""
        both = self.forward.keys() & self.backward.keys()
        signs = {
            "→": [row for row in self.forward if row not in both],
            "⇄": [row for row in self.forward if row in both],
            "←": [row for row in self.backward if row not in both],
        }
        return {sign: rows for sign, rows in signs.items() if rows}


class Times:
    """Writes the times of a profile into a scene.

    What is written is the time of one run of the program: one training step. A kernel
    that works for several blocks stands at each of them with its whole time, and with a
    letter that says so.
    """

    def __init__(self, profile: Profile, composer: Composer) -> None:
        parts = dict.fromkeys(row.part for row in profile.rows)
        self.part = PART if PART in parts else next(iter(parts), PART)
        self.device = profile.device
        self.rows = [row for row in profile.rows if row.part == self.part]
        self.runs = max((row.calls for row in self.rows), default=1)
        self.total = math.fsum(row.seconds for row in self.rows)
        self.block_of = dict(_blocks(composer))
        self.spent = self._spent()
        users = Counter(row for spent in self.spent.values() for row in spent.rows)
        shared = [row for row in self.rows if users[row] > 1]
        self.letter = dict(zip(shared, _letters(), strict=False))
        self.largest = max(map(self._seconds, self.spent.values()), default=0.0)

    def _spent(self) -> dict[str, Spent]:
        """Find for each block the kernels that worked for its nodes."""
        works = {kernel.work for row in self.rows for kernel in row.kernels}
        credit = {work: credited(work, self.block_of) for work in works}
        found: dict[str, Spent] = {}
        for row in self.rows:
            for kernel in row.kernels:
                for node in kernel.nodes:
                    if node in credit[kernel.work]:
                        known, way = credit[kernel.work][node]
                        spent = found.setdefault(self.block_of[known], Spent())
                        getattr(spent, way)[row] = None
        return found

    def write(self, scene: Scene) -> None:
        """Add times, colours and what explains them."""
        for block in scene.blocks:
            spent = self.spent.get(block.id)
            if spent is not None and self.largest:
                block.lines.append(Line(Plain(self._told(spent)), "time"))
                block.heat = self._heat(spent)
                block.tooltip += f", {self._told(spent)}"
        if self.largest:
            bounds = [self.largest * (level + 1) / LEVELS for level in range(LEVELS)]
            scene.scale = [
                (level, f"≤ {self._time(bound)} ({self._share(bound)})")
                for level, bound in enumerate(bounds)
            ]
        scene.caption += [Line(Plain(text), "note") for text in self._remarks()]

    def explained(self, extras: Extras, scene: Scene) -> Extras:
        """Return what a page shows on request, with the kernels of each block."""
        details = {
            block.id: [*extras.details.get(block.id, ()), *self._details(block)]
            for block in scene.blocks
        }
        return replace(extras, details=details)

    def _details(self, block: Block) -> list[dict[str, Any]]:
        spent = self.spent.get(block.id, Spent())
        listed = []
        for sign, rows in spent.ways.items():
            for row in rows:
                told = f"{self._time(row.seconds)}, {row.calls} calls; {row.name}"
                told += self._marked([row])
                listed.append({"name": f"{sign} time", "shape": "", "value": told})
        return listed

    def _told(self, spent: Spent) -> str:
        """Write ``→ 12 µs ← 30 µs 28 %``: forward, backward, and the share of both."""
        times = [
            f"{sign} {self._time(math.fsum(row.seconds for row in rows))}"
            f"{self._marked(rows)}"
            for sign, rows in spent.ways.items()
        ]
        return "  ".join([*times, self._share(self._seconds(spent))])

    def _marked(self, rows: Sequence[Row]) -> str:
        letters = [self.letter[row] for row in rows if row in self.letter]
        return f" [{' '.join(letters)}]" if letters else ""

    def _seconds(self, spent: Spent) -> float:
        return math.fsum(row.seconds for row in spent.rows)

    def _heat(self, spent: Spent) -> int:
        share = self._seconds(spent) / self.largest
        return min(math.ceil(share * LEVELS), LEVELS) - 1 if share else 0

    def _time(self, seconds: float) -> str:
        """Write what one run takes of the seconds of all."""
        micro = seconds / self.runs * 1e6
        if micro < 1000:
            return f"{_rounded(micro, 3)} µs"
        return f"{_rounded(micro / 1000, 3)} ms"

    def _share(self, seconds: float) -> str:
        return f"{_rounded(100 * seconds / self.total, 2)} %"

    def _remarks(self) -> Iterator[str]:
        """Say what the times are, what letters mean, and what is not in the picture."""
        if not self.largest:
            yield "no times: nothing of this graph was run while the profile was made"
            return
        yield (
            f"→ forward ← backward ⇄ both: time of one {self.part}, "
            f"{self._time(self.total)} in all, mean of {self.runs}; {self.device}"
        )
        if self.letter:
            yield (
                "[a]: one kernel computes all that has the letter; its time counts once"
            )
        shown = {row for spent in self.spent.values() for row in spent.rows}
        left: dict[str, float] = {}
        for row in self.rows:
            if row not in shown:
                name = re.split("[/ :,]", row.name)[0]
                left[name] = left.get(name, 0.0) + row.seconds
        if left:
            most = sorted(left.items(), key=lambda item: -item[1])[:MOST_NAMED]
            listed = [f"{name} {self._share(seconds)}" for name, seconds in most]
            dots = ["…"] if len(left) > MOST_NAMED else []
            yield f"not in this picture: {', '.join([*listed, *dots])}"


def _blocks(composer: Composer) -> Iterator[tuple[Node, str]]:
    """Yield every node with the id of the block that shows it, or shows its like."""
    for i, part in enumerate(composer.parts):
        first, _ = composer.home[i]
        for node in part.nodes:
            yield node, composer.ids[first]


def _rounded(value: float, digits: int) -> str:
    """Write a number of at least a hundredth with some digits, and none as 1e+02."""
    return f"{round(float(f'{value:.{digits}g}'), 2):g}"


def _letters() -> Iterator[str]:
    yield from string.ascii_lowercase
    yield from (a + b for a in string.ascii_lowercase for b in string.ascii_lowercase)
