"""What stands in a model for components whose plugins are not in use.

A file says what such a component is called, where it came from, which parameters it
owns and of what shape its results are. So the model can be listed and drawn with it;
it cannot be computed.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from chainrule.dtypes import Dtype
from chainrule.errors import ModelFileError
from chainrule.kinds.activation import Activation
from chainrule.kinds.layer import Layer
from chainrule.kinds.module import Module
from chainrule.model.stored import Tensors
from chainrule.node import Node
from chainrule.ops import Op
from chainrule.ops.base import Gradients
from chainrule.registry import registry
from chainrule.registry.kinds import check_name, singular
from chainrule.registry.recorded import Recorded
from chainrule.scopes import current_scope
from chainrule.shapes import Shape


class Missing:
    """Base of what stands for a component; `recorded` says for which."""

    recorded: ClassVar[Recorded]


class MissingOp(Missing, Op):
    """y = f(x, …), where nothing here can compute f; subclasses are made for one f."""

    shape: tuple[int | None, ...]
    dtype: Dtype

    def infer(self, *inputs: Node) -> tuple[Shape, Dtype]:
        if None in self.shape and not any(None in x.shape for x in inputs):
            raise ModelFileError(why_missing(self.recorded))  # of a known batch
        return self.shape, self.dtype

    def written(self, node: Node) -> tuple[str, str]:
        return _call(self.recorded, 0, len(node.inputs))

    def vjp(self, g: Node, y: Node, *inputs: Node) -> Gradients:
        return tuple(
            MissingGradient(i, self.recorded)(g, *inputs)
            if x.dtype == "float"
            else None
            for i, x in enumerate(inputs)
        )

    def expand(self, *inputs: Node) -> Node:
        raise ModelFileError(why_missing(self.recorded))


class MissingGradient(Op):
    """∂L/∂x for one operand x of a `MissingOp`, given g = ∂L/∂y."""

    operand: int
    recorded: Recorded

    def infer(self, g: Node, *inputs: Node) -> tuple[Shape, Dtype]:
        return inputs[self.operand].shape, "float"

    def written(self, node: Node) -> tuple[str, str]:
        x = f"{{{self.operand + 1}}}"
        text, latex = _call(self.recorded, 1, len(node.inputs))
        return f"{{0}} · ∂{text}/∂{x}", rf"{{0}} \cdot \partial {latex} / \partial {x}"

    def expand(self, g: Node, *inputs: Node) -> Node:
        raise ModelFileError(why_missing(self.recorded))


def _call(recorded: Recorded, first: int, end: int) -> tuple[str, str]:
    """Write a call of a component in Unicode and in LaTeX."""
    operands = ", ".join(f"{{{i}}}" for i in range(first, end))
    name = recorded.name.replace("_", r"\_")
    return (
        f"{recorded.name}({operands})",
        rf"\operatorname{{{name}}}\left({operands}\right)",
    )


class MissingModule(Missing, Module):
    """A module whose class is missing; subclasses are made for one component."""

    config: Mapping[str, Any]
    reader: ClassVar[Reader]

    def apply(self, *inputs: Node) -> Node | tuple[Node, ...]:
        path = "/".join((*self.reader.inside, *(s.title for s in current_scope())))
        zeros = registry.resolve("initializers", "zeros")
        owned = [
            self.parameter(name, shape, zeros, trainable=trainable)
            for name, shape, trainable in self.reader.parameters_of(path)
        ]
        results = tuple(
            self.reader.op(self.recorded, shape, dtype)(*inputs, *owned)
            for shape, dtype in self.reader.results_of(path)
        )
        return results if len(results) > 1 else results[0]

    def hyperparameters(self) -> dict[str, Any]:
        return {name: v for name, v in self.config.items() if name != "type"}

    def to_config(self) -> dict[str, Any]:
        return dict(self.config)

    def __repr__(self) -> str:
        given = ", ".join(f"{k}={v!r}" for k, v in self.hyperparameters().items())
        return f"{type(self).__name__}({given})"


class MissingActivation(MissingModule, Activation):  # type: ignore[misc]  # of one x
    """An activation whose class is missing."""


class MissingLayer(MissingModule, Layer):
    """A layer whose class is missing."""


@dataclass(frozen=True)
class Reader:
    """What a file says of the components that are not built in.

    Attributes:
        tensors: the weights by path.
        results: path of a module → for each call shape and dtype of each output.
        untrained: the paths of parameters that are not trained.
        remarks: what a user should know about the file; is added to.
        inside: the names of the models that the one which is made is part of.
        calls: how often each module has been called so far.
    """

    tensors: Tensors
    results: Mapping[str, Any]
    untrained: frozenset[str]
    remarks: list[str]
    inside: tuple[str, ...] = ()
    calls: dict[str, int] = field(default_factory=dict)

    def within(self, name: str) -> Reader:
        """Return the same for a model that is part of this one."""
        return replace(self, inside=(*self.inside, name))

    def stand_in(self, recorded: Recorded, config: Mapping[str, Any]) -> Any:
        """Return what stands for a component that is missing; None: nothing can."""
        if recorded.kind == "initializers":
            why = (
                why_missing(recorded)
                if recorded.distribution
                else f"no initializer named {recorded.name!r}"
            )
            self.remarks.append(f"{why}; its weights are loaded")
            return registry.resolve("initializers", "zeros")
        bases: dict[str, type] = {
            "activations": MissingActivation,
            "layers": MissingLayer,
        }
        if not recorded.distribution or not self.results or recorded.kind not in bases:
            return None
        self._remark(recorded)
        cls = _made_for(recorded, bases[recorded.kind], reader=self)
        return cls(config)

    def op(self, recorded: Recorded, shape: Any, dtype: str) -> Op:
        """Return what stands for an op, or for all that a module computes."""
        self._remark(recorded)
        made: Op = _made_for(recorded, MissingOp)(tuple(shape), dtype)
        return made

    def _remark(self, recorded: Recorded) -> None:
        text = (
            f"{why_missing(recorded)}. Until then the model can be listed and drawn, "
            "and not computed"
        )
        if text not in self.remarks:
            self.remarks.append(text)

    def parameters_of(self, path: str) -> list[tuple[str, tuple[int, ...], bool]]:
        """List name, shape and whether it is trained of what a module owns."""
        return [
            (name.removeprefix(f"{path}/"), value.shape, name not in self.untrained)
            for name, value in self.tensors.items()
            if name.startswith(f"{path}/")
        ]

    def results_of(self, path: str) -> list[tuple[Any, str]]:
        """Return shape and dtype of each output of the next call of a module."""
        every = self.results[path]
        self.calls[path] = place = self.calls.get(path, -1) + 1
        return [(shape, dtype) for shape, dtype in every[min(place, len(every) - 1)]]


def _made_for(recorded: Recorded, base: type, **more: Any) -> Any:
    """Make a subclass that is named like a component."""
    check_name(recorded.name, recorded.kind)
    name = "".join(part[:1].upper() + part[1:] for part in recorded.name.split("_"))
    own = {"type_name": recorded.name, "recorded": recorded, **more}
    own["__module__"] = __name__
    return types.new_class(name, (base,), exec_body=lambda body: body.update(own))


def why_missing(recorded: Recorded) -> str:
    """Say whose plugin a component is of, why it is not in use, and what to do."""
    what = f"{singular(recorded.kind)} {recorded.name!r} is of {recorded.origin}"
    for plugin in registry.plugins:
        if plugin.distribution == recorded.distribution and plugin.state != "loaded":
            reason = f": {plugin.reason}" if plugin.reason else ""
            return f"{what}, whose plugin {plugin.name!r} is {plugin.state}{reason}"
    return f"{what}, which is not in use: pip install '{recorded.requirement}'"
