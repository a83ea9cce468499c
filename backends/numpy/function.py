"""The generated function: compiled, and able to say which node has failed."""

from __future__ import annotations

import linecache
import weakref
from itertools import count
from typing import Any

import numpy as np

from chainrule.backends.numpy.generate import Generated
from chainrule.node import Node
from chainrule.program.sizes import owner

_numbers = count(1)


class Function:
    """Generated code that can be run.

    Attributes:
        generated: the code, and the arrays that it computes with.
        source: the code and that of the loops which it calls, to be read.
        run: the function.
    """

    def __init__(self, generated: Generated) -> None:
        text = generated.text
        self.generated = generated
        self.source = "\n\n".join([text, *generated.loops])
        self._file = f"<chainrule program {next(_numbers)}>"
        exec(compile(text, self._file, "exec"), generated.namespace)
        self.run: Any = generated.namespace["run"]
        self._values = [(p, p.value) for p in generated.parameters]
        lines = text.splitlines(keepends=True)
        linecache.cache[self._file] = (len(text), None, lines, self._file)
        weakref.finalize(self, linecache.cache.pop, self._file, None)

    @property
    def nbytes(self) -> int:
        """The bytes of all arrays that it computes with, but those of parameters."""
        values = self.generated.namespace.values()
        owners = (owner(value) for value in values if isinstance(value, np.ndarray))
        memory = {id(array): array.nbytes for array in owners}
        for _, value in self._values:
            memory.pop(id(owner(value)), None)
        return sum(memory.values())

    def is_outdated(self) -> bool:
        """Whether a parameter has its value in another array than it had."""
        for parameter, value in self._values:  # noqa: SIM110  # faster, in every step
            if parameter.value is not value:
                return True
        return False

    def failed_node(self, error: Exception) -> Node | None:
        """Return the node that was computed when an error was raised, if known."""
        trace, line = error.__traceback__, 0
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self._file:
                line = trace.tb_lineno
            trace = trace.tb_next
        nodes = self.generated.nodes_of_line.get(line - 1)
        return nodes[-1] if nodes else None
