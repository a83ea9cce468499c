"""Times: a diagram whose blocks say, and show by colour, how long they took."""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from chainrule.node import Node
from chainrule.profile.attribution import purposes
from chainrule.profile.profile import Profile
from chainrule.profile.table import Row
from chainrule.viz.scene import Block, Line, Scene
from chainrule.viz.style import LIGHT
from chainrule.viz.text import Plain

MOST_NAMED = 5
"""The most names listed of what is not in the picture."""
PART = "training step"
"""The part of a profile that is shown; without it, the part that took longest."""


@dataclass(frozen=True)
class BlockTime:
    """The rows of a profile that were measured for a block.

    Attributes:
        forward: those that computed its value.
        backward: those that computed its gradients.
    """

    forward: tuple[Row, ...] = ()
    backward: tuple[Row, ...] = ()

    @property
    def rows(self) -> dict[Row, None]:
        """All of them, each once."""
        return dict.fromkeys((*self.forward, *self.backward))

    @property
    def ways(self) -> dict[str, list[Row]]:
        """Forward, backward, and both at once: the sign, and the rows."""
        both = {*self.forward} & {*self.backward}
        signs = {
            "→": [row for row in self.forward if row not in both],
            "⇄": [row for row in self.forward if row in both],
            "←": [row for row in self.backward if row not in both],
        }
        return {sign: rows for sign, rows in signs.items() if rows}

    @property
    def seconds(self) -> float:
        """The time of all of them."""
        return math.fsum(row.seconds for row in self.rows)


class Times:
    """The times of a profile, as a diagram shows them.

    A time is that of one run of the program, such as one training step. A kernel that
    works for several blocks is shown in each of them with its whole time, and with a
    letter that says so.

    Args:
        profile: what took how long.
        block_of: node → id of the block that shows its time.
    """

    def __init__(self, profile: Profile, block_of: Mapping[Node, str]) -> None:
        parts = dict.fromkeys(row.part for row in profile.rows)
        self._part = PART if PART in parts else next(iter(parts), PART)
        self._device = profile.device
        self._rows = [row for row in profile.rows if row.part == self._part]
        self._runs = max((row.calls for row in self._rows), default=1)
        self._total = math.fsum(row.seconds for row in self._rows)
        self._blocks = _block_times(self._rows, block_of)
        users = Counter(row for time in self._blocks.values() for row in time.rows)
        shared = [row for row in self._rows if users[row] > 1]
        self._letter = dict(zip(shared, _letters(), strict=False))
        self._largest = max((t.seconds for t in self._blocks.values()), default=0.0)

    def scene(self, scene: Scene) -> Scene:
        """Return a scene with times, their colours, and what explains them."""
        remarks = [Line(Plain(text), "note") for text in self._remarks()]
        return replace(
            scene,
            blocks=[self._timed(block) for block in scene.blocks],
            scale=self._scale(),
            caption=[*scene.caption, *remarks],
        )

    def kernels(self) -> dict[str, list[tuple[str, str]]]:
        """Return for each block the kernels that worked for it: a sign, and a text."""
        return {
            block: list(self._kernels(time)) for block, time in self._blocks.items()
        }

    def _timed(self, block: Block) -> Block:
        """Return a block with its time, if it has one."""
        time = self._blocks.get(block.id)
        if time is None or not self._largest:
            return block
        text, share = self._text(time), time.seconds / self._largest
        return replace(
            block,
            lines=[*block.lines, Line(Plain(text), "time")],
            heat=math.ceil(share * len(LIGHT.heat)) - 1 if share else 0,
            tooltip=f"{block.tooltip}, {text}",
        )

    def _scale(self) -> list[tuple[int, str]]:
        """Return for each colour the largest time that is shown in it."""
        if not self._largest:
            return []
        bounds = [
            self._largest * (heat + 1) / len(LIGHT.heat)
            for heat in range(len(LIGHT.heat))
        ]
        return [
            (heat, f"≤ {self._time(bound)} ({self._share(bound)})")
            for heat, bound in enumerate(bounds)
        ]

    def _kernels(self, time: BlockTime) -> Iterator[tuple[str, str]]:
        for sign, rows in time.ways.items():
            for row in rows:
                text = f"{self._time(row.seconds)}, {row.calls} calls; {row.name}"
                yield sign, text + self._letters_of([row])

    def _text(self, time: BlockTime) -> str:
        """Write ``→ 12 µs ← 30 µs 28 %``: forward, backward, and the share of both."""
        times = [
            f"{sign} {self._time(math.fsum(row.seconds for row in rows))}"
            f"{self._letters_of(rows)}"
            for sign, rows in time.ways.items()
        ]
        return "  ".join([*times, self._share(time.seconds)])

    def _letters_of(self, rows: Sequence[Row]) -> str:
        letters = [self._letter[row] for row in rows if row in self._letter]
        return f" [{' '.join(letters)}]" if letters else ""

    def _time(self, seconds: float) -> str:
        """Write the time of one run, given that of all."""
        micro = seconds / self._runs * 1e6
        if micro < 1000:
            return f"{_rounded(micro, 3)} µs"
        return f"{_rounded(micro / 1000, 3)} ms"

    def _share(self, seconds: float) -> str:
        return f"{_rounded(100 * seconds / self._total, 2)} %"

    def _remarks(self) -> Iterator[str]:
        """Say what the times are, what letters mean, and what is not in the picture."""
        if not self._largest:
            yield "no times: nothing of this graph was run while the profile was made"
            return
        yield (
            f"→ forward ← backward ⇄ both: time of one {self._part}, "
            f"{self._time(self._total)} in all, mean of {self._runs}; {self._device}"
        )
        if self._letter:
            yield (
                "[a]: one kernel computes all that has the letter; its time counts once"
            )
        yield from self._elsewhere()

    def _elsewhere(self) -> Iterator[str]:
        """Name what took most of the time that no block shows."""
        shown = {row for time in self._blocks.values() for row in time.rows}
        elsewhere: dict[str, float] = {}
        for row in self._rows:
            if row not in shown:
                name = re.split("[/ :,]", row.name)[0]
                elsewhere[name] = elsewhere.get(name, 0.0) + row.seconds
        if elsewhere:
            most = sorted(elsewhere.items(), key=lambda item: -item[1])[:MOST_NAMED]
            names = [f"{name} {self._share(seconds)}" for name, seconds in most]
            dots = ["…"] if len(elsewhere) > MOST_NAMED else []
            yield f"not in this picture: {', '.join([*names, *dots])}"


def _block_times(
    rows: Sequence[Row], block_of: Mapping[Node, str]
) -> dict[str, BlockTime]:
    """Find the rows that were measured for each block."""
    works = {task.work for row in rows for task in row.tasks}
    purpose = {work: purposes(work, block_of) for work in works}
    ways: dict[str, dict[str, dict[Row, None]]] = {}
    for row in rows:
        for task in row.tasks:
            for node in task.nodes:
                if node in purpose[task.work]:
                    known, way = purpose[task.work][node]
                    found = ways.setdefault(block_of[known], {})
                    found.setdefault(way, {})[row] = None
    return {
        block: BlockTime(tuple(way.get("forward", ())), tuple(way.get("backward", ())))
        for block, way in ways.items()
    }


def _rounded(value: float, digits: int) -> str:
    """Write a number of at least a hundredth with some digits, and none as 1e+02."""
    return f"{round(float(f'{value:.{digits}g}'), 2):g}"


def _letters() -> Iterator[str]:
    yield from string.ascii_lowercase
    yield from (a + b for a in string.ascii_lowercase for b in string.ascii_lowercase)
