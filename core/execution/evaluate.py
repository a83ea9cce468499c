"""Evaluating nodes: their values for given inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import RLock
from typing import Any, NamedTuple

import numpy.typing as npt

from chainrule.annotations import NonNegativeInt, Seed
from chainrule.arguments import checked
from chainrule.data.arrays import Array
from chainrule.data.inputs import values_for
from chainrule.errors import BackendError
from chainrule.execution.cache import PROGRAM_BYTES, PROGRAMS, Cache
from chainrule.execution.opening import generation, open_backend
from chainrule.graph import topological
from chainrule.kinds.backend import Backend, Executable
from chainrule.node import Input, Node, Parameter
from chainrule.program.lowering import is_rewriting
from chainrule.program.passes.specialise import collect_updates
from chainrule.program.program import LEARNING_RATE, STEP, FloatDtype, Program


@checked
def evaluate(
    nodes: Sequence[Node],
    feeds: Mapping[Any, npt.ArrayLike] | None = None,
    *,
    backend: str | Backend | None = None,
    dtype: FloatDtype = "float32",
    training: bool = False,
    seed: Seed = 0,
    step: NonNegativeInt = 1,
    lr: float = 0.0,
    rewrite: bool | None = None,
    updating: bool = True,
) -> list[Array]:
    """Compute nodes and return their values as arrays.

    Args:
        nodes: what to compute.
        feeds: a value for every input that `nodes` depend on, by input or by name.
        backend: name or object; None is the default.
        dtype: the NumPy dtype of floats, ``"float32"`` or ``"float64"``.
        training: whether dropout and its like are active.
        seed: seed of random ops.
        step: the step number that random ops and optimizers see.
        lr: the learning rate that optimizers see.
        rewrite: whether to compute the same in fewer steps and in forms that do not
            overflow. None: yes, unless the variable ``CHAINRULE_REWRITE`` is 0.
        updating: whether running averages and their like get their new values, if
            `training`; False changes nothing.

    Raises:
        DataError: an input has no value, or a value has the wrong shape.
        ArgumentError: an argument is of another type or out of range, such as a
            negative seed.
    """
    order = topological(nodes)
    inputs = [n for n in order if isinstance(n, Input)]
    fed = [leaf for leaf in inputs if leaf not in (LEARNING_RATE, STEP)]
    parameters = [n for n in order if isinstance(n, Parameter)]
    values = values_for(fed, nodes, {} if feeds is None else feeds)
    shapes = tuple((leaf, value.shape) for leaf, value in values.items())
    device = open_backend(backend)
    rewriting = is_rewriting() if rewrite is None else rewrite

    def compiled() -> _Compiled:
        program = Program(
            nodes if updating else collect_updates(nodes)[0],
            shapes=dict(shapes),
            training=training,
            dtype=dtype,
            rewrite=rewriting,
        )
        executable = device.compile(program)
        held = sum(parameter.value.nbytes for parameter in parameters)
        return _Compiled(executable, executable.nbytes + held)

    with _one_at_a_time:
        try:
            key = (
                device,
                generation(device),
                tuple(nodes),
                shapes,
                training,
                dtype,
                rewriting,
                updating,
                tuple(p for p in parameters if p.frozen),
            )
            executable = _compiled.get(key, compiled).executable
            device.pull(parameters)  # from a training run in progress there
            device.push(parameters)
            for leaf, value in values.items():
                executable.put(leaf, value)
            executable.run(seed=seed, step=step, lr=lr)
            results = [executable.fetch(i) for i in range(len(nodes))]
            device.pull(parameters)  # running averages, say
        except BackendError:
            _compiled.clear()  # drops what was compiled for a device that failed
            raise
        return results


_one_at_a_time = RLock()
"""Compiled programs are shared, and each has one set of buffers."""


class _Compiled(NamedTuple):
    """A compiled program, and its bytes with those of the parameters it holds."""

    executable: Executable
    nbytes: int


_compiled: Cache[_Compiled] = Cache(limit=PROGRAMS, nbytes=PROGRAM_BYTES)
"""What was compiled, by everything that it depends on."""
