"""Copies by two threads are those by one, whatever interrupts them."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest

from chainrule.program import copying
from chainrule.program.copying import LARGE, copy_at_once

LONG = LARGE // 8 + 1
random = np.random.default_rng(2)


def sources() -> list[Any]:
    """Return arrays of all kinds, of more than `LARGE` bytes in all."""
    wide = random.normal(size=(3, LONG))
    kinds = [np.float32(3.5), wide[0].astype(np.float32), wide[:, :5].T, wide[:, ::2]]
    return [np.asarray(one) for one in [*kinds, np.zeros((0, 4)), np.arange(7) > 3]]


@pytest.mark.parametrize("threads", [True, False])
def test_copies_are_exact(threads: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    if not threads:
        monkeypatch.setattr(threading.Thread, "start", refused)
    copies = [(np.empty(one.shape, one.dtype), one) for one in sources()]
    copy_at_once(copies)
    for target, source in copies:
        np.testing.assert_array_equal(target, source)


def test_nothing_is_written_after_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    in_turn, join, pressed = copying.copy_in_turn, threading.Thread.join, [1]

    def slowly(copies: Any) -> None:
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        time.sleep(0.1)
        in_turn(copies)

    def interrupted(self: threading.Thread) -> None:
        if pressed:
            raise KeyboardInterrupt(pressed.pop())
        join(self)

    monkeypatch.setattr(copying, "copy_in_turn", slowly)
    monkeypatch.setattr(threading.Thread, "join", interrupted)
    target, source = np.zeros(LONG), np.ones(LONG)
    with pytest.raises(KeyboardInterrupt):
        copy_at_once([(target, source)])
    assert not pressed
    half = LONG // 2
    assert (target[half:] == source[half:]).all()  # already, and never later
