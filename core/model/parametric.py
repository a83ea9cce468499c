"""The base of models: a graph, its layers, and the values of its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy.typing as npt

from chainrule.arguments import checked
from chainrule.calls import calls
from chainrule.data.inputs import shape_of_examples
from chainrule.errors import (
    ArgumentTypeError,
    NotBuiltError,
    shown,
)
from chainrule.frozen import Frozen
from chainrule.habits import Answering, advice, unknown_attribute
from chainrule.kinds.backend import Executable
from chainrule.kinds.owned import OwnedParameter
from chainrule.model.by_path import ByPath, Parameters
from chainrule.model.layers import Layers, unchanging
from chainrule.model.selection import selected
from chainrule.model.structure import Structure
from chainrule.model.weights import weights_for
from chainrule.node import Input, Node
from chainrule.scopes import Scope
from chainrule.shapes import Shape
from chainrule.training import History
from chainrule.training.network import Network
from chainrule.training.session import Session


@dataclass(frozen=True)
class Built:
    """The parts of a model that depend on the shapes of its inputs."""

    structure: Structure
    session: Session


class Parametric(Frozen, metaclass=Answering):
    """Base of models: what a model consists of; see `chainrule.model.model.Model`."""

    label = "model"
    kind: ClassVar[str] = "models"
    _built: Built | None = None

    def _start(self, name: str | None) -> None:
        """Set the attributes of a model that is not built yet."""
        self.scope = Scope(self.label, name, self)
        self.history = History()
        self.metadata: dict[str, Any] = {}

    def _build(self, inputs: Any, outputs: Any) -> None:
        structure = Structure.of(inputs, outputs)
        self._built = Built(structure, Session(structure.network))
        structure.draw_weights(0)

    def _build_for(self, shapes: Sequence[Shape]) -> None:
        """Build what depends on the shapes of the inputs; a Model is built already."""

    def _build_from(self, x: Any) -> None:
        if self._built is None:
            self._build_for([shape_of_examples(x)])

    def _require(self) -> Built:
        if self._built is None:
            raise NotBuiltError(
                f"this {type(self).__name__} does not know its input shape yet: give "
                "input_shape=…, or call fit or predict with data first"
            )
        return self._built

    # -- what it is made of ------------------------------------------------------------

    @property
    def is_built(self) -> bool:
        """Whether the shape of its input is known, so that it has parameters."""
        return self._built is not None

    @property
    def structure(self) -> Structure:
        """The layers, and what they are called on.

        Raises:
            NotBuiltError: the input shape is not known yet.
        """
        return self._require().structure

    @property
    def session(self) -> Session:
        """The state between calls: compiled programs, and what the optimizer remembers.

        Raises:
            NotBuiltError: the input shape is not known yet.
        """
        return self._require().session

    @property
    def network(self) -> Network:
        """The graph: inputs, outputs and parameters."""
        return self.session.network

    @property
    def program(self) -> Executable | None:
        """The training step used last: read its ``source`` and its ``summary()``."""
        return self.session.program

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The inputs."""
        return self.network.inputs

    @property
    def outputs(self) -> tuple[Node, ...]:
        """The outputs: nodes that can be drawn, differentiated and built upon."""
        return self.network.outputs

    @property
    def layers(self) -> Layers:
        """The layers, in the order in which they are first called."""
        return Layers(self._require().structure.parts)

    @checked
    def contents(self) -> Iterator[Any]:
        """Yield the layers, and the ops between them."""
        yield from self.layers
        if self._built is not None:
            order = self._built.structure.order
            yield from (n.op for n in order if n.op and n not in calls)

    @property
    def parameters(self) -> Parameters:
        """The parameters by path, such as ``"dense_1/kernel"``."""
        self.session.pull()
        return Parameters(self.network.parameters)

    @checked
    def count_params(self) -> int:
        """Return how many numbers the parameters have."""
        return sum(p.value.size for p in self.network.parameters.values())

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, index: int) -> Any:
        if not isinstance(index, int):
            raise ArgumentTypeError(
                f"the index of a layer must be an integer, got {shown(index)}: "
                "model.layers can be sliced, and model.parameters has paths"
            )
        return self.layers[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)

    __setitem__ = __delitem__ = unchanging

    def _no_operand(self, *others: Any) -> NoReturn:
        raise ArgumentTypeError(
            f"{self!r} is a function and no operand: apply it first, as in model(x) + "
            "y, or write cr.Sequential([first, second]) for one after the other"
        )

    __add__ = __radd__ = __sub__ = __mul__ = __rmul__ = __truediv__ = _no_operand
    __or__ = __rshift__ = __matmul__ = _no_operand

    @checked
    def owned_parameters(self) -> Iterator[tuple[str, OwnedParameter]]:
        """Yield (path, parameter) for everything that the layers own."""
        yield from self._require().structure.owned.items()

    @checked
    def freeze(self, *what: Any) -> None:
        """Let training leave parameters as they are.

        ::

            model.freeze("dense_1")              # a layer, by name or itself
            model.freeze("dense_*/kernel")       # paths, with * and ?
            model.freeze()                       # everything

        A layer whose parameters are all frozen computes as in inference, so a frozen
        BatchNorm uses its running averages, which stay as they are; its averages alone
        are ``model.freeze("batch_norm_1/moving_*")``. It is what
        ``parameters[path].trainable = False`` does. Frozen parameters are marked in
        diagrams, have no penalties or constraints, and are saved as such. Training
        goes on as before with the others; the epochs are counted on.

        Args:
            *what: paths, names of layers or patterns of these; layers; parameters.

        Raises:
            UnknownNameError: a name or pattern that fits no parameter.
            GraphError: something else, or a layer without parameters.
        """
        self._set_frozen(what, True)

    @checked
    def unfreeze(self, *what: Any) -> None:
        """Let training change parameters again that were frozen; see `freeze`."""
        self._set_frozen(what, False)

    def _set_frozen(self, what: Sequence[Any], frozen: bool) -> None:
        for parameter in selected(self.network.parameters, what):
            parameter.frozen = frozen

    @checked
    def get_weights(self) -> ByPath[npt.NDArray[Any]]:
        """Return copies of the parameters' values by path."""
        return ByPath((path, p.value.copy()) for path, p in self.parameters.items())

    @checked
    def set_weights(
        self, weights: Mapping[str, npt.ArrayLike] | Sequence[npt.ArrayLike]
    ) -> None:
        """Set the values of some or all parameters; training starts from them.

        Args:
            weights: arrays by path; or, as in Keras, a list with all of them in order.

        Raises:
            DataError: no such parameter, another shape, or not a finite number. Then
                nothing was changed.
        """
        arrays = weights_for(self.parameters, weights)
        self._require().structure.set_weights(arrays)
        self.session.refresh()

    if not TYPE_CHECKING:  # or type checkers would accept any attribute

        def __getattr__(self, name: str) -> NoReturn:
            raise unknown_attribute(self, name, self.kind)

    def _instead_of_setting(self, name: str, value: Any) -> str:
        if name in ("trainable", "frozen"):
            verb = "freeze" if bool(value) == (name == "frozen") else "unfreeze"
            return f"write model.{verb}(), or give it the names of layers"
        if name in ("optimizer", "loss", "metrics"):
            return f"a model has no {name} of its own: write model.fit(…, {name}=…)"
        if write := advice(name, "setting a model", self.kind):
            return f"{type(self).__name__}: {name} cannot be set: {write}"
        return super()._instead_of_setting(name, value)
