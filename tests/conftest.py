"""What all tests share; and one BLAS thread for each process, where several run.

Threads of several processes that wait for each other cost ten times what they save.
"""

import os
import sys
from collections.abc import Iterator

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    assert "numpy" not in sys.modules, "too late: BLAS has its threads already"
    for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(variable, "1")


@pytest.fixture
def on_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute on NumPy where no backend is named, whatever the default is.

    For tests about NumPy, and for many small graphs that other backends would compile.
    """
    monkeypatch.setenv("CHAINRULE_BACKEND", "numpy")


@pytest.fixture(autouse=True)
def registrations_end() -> Iterator[None]:
    """Remove what a test registers when it has ended."""
    from chainrule.registry import registry

    before = {plugin.name for plugin in registry.plugins}
    yield
    for name in {plugin.name for plugin in registry.plugins} - before:
        registry.plugins.unregister(name)
