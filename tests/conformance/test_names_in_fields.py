"""Names in fields are resolved, however a class is imported."""

import subprocess
import sys

import pytest

SUBCLASS = """
from typing import Annotated, Any
import chainrule as cr
from chainrule.annotations import OfKind
class Gate(cr.Layer):
    g: Annotated[Any, OfKind("activations")] = "relu"
    def apply(self, x): return self.g(x)
print(type(Gate().g).__name__)
"""
DIRECT = """
from chainrule.plugins.layers.dense import Dense
print(type(Dense(3, activation="relu").activation).__name__)
"""


@pytest.mark.parametrize("script", [SUBCLASS, DIRECT], ids=["subclass", "direct"])
def test_in_a_fresh_process(script: str) -> None:
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "Relu\n"
