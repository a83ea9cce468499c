"""These tests are about NumPy, whatever backend is the default."""

import pytest


@pytest.fixture(autouse=True)
def default_backend(on_numpy: None) -> None:
    """Compute on NumPy where no backend is named."""
