"""The activation keeps the contract of its kind."""

from __future__ import annotations

import pytest
from chainrule.pytest_plugin import Checkable
from chainrule.testing import check_activation

from chainrule_snake import Snake


def test_snake() -> None:
    check_activation(Snake())


@pytest.mark.chainrule_plugin("snake")
def test_contract(chainrule_component: Checkable) -> None:
    chainrule_component.check()
