"""Opening backends: which one, once each, and what a wrong name gets."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

import chainrule as cr
from chainrule.backends.numpy import NumpyBackend
from chainrule.errors import BackendError, UnknownNameError
from chainrule.execution import open_backend, opening


@pytest.fixture(autouse=True)
def nothing_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(opening.VARIABLE, raising=False)
    monkeypatch.setattr(opening, "_opened", {})


def test_a_name_is_opened_once() -> None:
    assert open_backend() is open_backend("numpy") is open_backend(None)
    backend = open_backend("numpy")
    assert open_backend(backend) is backend


def test_threads_that_open_at_once_get_one_backend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    initialize = NumpyBackend.__init__

    def slowly(self: NumpyBackend, device: str = "") -> None:
        time.sleep(0.05)
        initialize(self, device)

    monkeypatch.setattr(NumpyBackend, "__init__", slowly)
    opened: list[Any] = []
    threads = [
        threading.Thread(target=lambda: opened.append(open_backend("numpy")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 4
    assert all(backend is opened[0] for backend in opened)


def test_an_interrupted_opening_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: NumpyBackend, device: str = "") -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(NumpyBackend, "__init__", interrupted)
        with pytest.raises(KeyboardInterrupt):
            open_backend("numpy")
    assert isinstance(open_backend("numpy"), NumpyBackend)


def test_the_environment_names_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(opening.VARIABLE, "nump")
    with pytest.raises(cr.ChainRuleError, match=r"CHAINRULE_BACKEND=nump: .*'numpy'"):
        open_backend()
    assert isinstance(open_backend("numpy"), NumpyBackend)


def test_what_is_not_a_backend_is_refused() -> None:
    with pytest.raises(BackendError, match=r"backend must be a name .*, got 3"):
        open_backend(3)  # type: ignore[arg-type]


def test_names_have_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("Auto", "AUTO", "NumPy"):
        assert open_backend(name) is open_backend("numpy")
    assert opening.is_auto("Auto")
    monkeypatch.setenv(opening.VARIABLE, "Auto")
    assert opening.is_auto(None)


@pytest.mark.parametrize("name", ["Jax", "jax"])
def test_an_unknown_backend_gets_the_names(name: str) -> None:
    with pytest.raises(UnknownNameError, match="Known: auto, numpy, opencl"):
        open_backend(name)


def test_a_long_name_is_shortened() -> None:
    with pytest.raises(UnknownNameError) as caught:
        open_backend("9" * 5000)
    assert len(str(caught.value)) < 400
