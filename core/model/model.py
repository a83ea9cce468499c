"""Models: graphs from inputs to outputs that can be trained, saved and used again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from chainrule.annotations import FilePath, Name, PositiveInt, Seed
from chainrule.arguments import checked
from chainrule.by_name import ByName
from chainrule.calls import Call, calls
from chainrule.data.columns import columns_of, in_order
from chainrule.errors import GraphError
from chainrule.files import write_file
from chainrule.kinds.backend import Backend
from chainrule.kinds.module import Module
from chainrule.model.description import check_owners, describe_graph
from chainrule.model.foreign import foreign_classes, warn_of_foreign
from chainrule.model.parametric import Parametric
from chainrule.model.provenance import origins_of
from chainrule.model.unsaved import warn_of_unsaved
from chainrule.model.writing import check_suffix, model_bytes
from chainrule.node import Input, Node, as_node
from chainrule.ops import identity
from chainrule.program.program import FloatDtype
from chainrule.scopes import current_scope
from chainrule.substitution import substitute
from chainrule.training import History, inference
from chainrule.training.adapting import adapt
from chainrule.training.fit import fit
from chainrule.training.options import FitOptions, Verbosity


class Model(Parametric):
    """A function of inputs with parameters that can be trained.

    ::

        x = cr.input("x", (None, 64))
        h = cr.layers.Dense(32, activation="relu")(x)
        model = cr.Model(x, cr.layers.Dense(10)(h))

    Layers and plain ops can be mixed; a layer that is called twice is shared. A model
    can itself be called like a layer.

    Args:
        inputs: one input or several.
        outputs: one output or several, computed from the inputs.
        name: what it is called as part of another model.

    Attributes:
        history: the `History` of the last `fit`, empty before it.
        metadata: anything that JSON can hold, saved and loaded with the model.

    Raises:
        GraphError: the outputs depend on other inputs, or two layers have one name.
    """

    @checked
    def __init__(
        self,
        inputs: Input | Sequence[Input],
        outputs: Node | Sequence[Node],
        *,
        name: Name | None = None,
    ) -> None:
        self._start(name)
        self._build(inputs, outputs)

    @checked
    def __call__(self, *inputs: Any) -> Any:
        """Apply the model to nodes, like a layer; parameters are shared.

        Give one node for each input, or a list of them; several outputs come back as a
        tuple. For arrays it returns numbers, as `predict` does.

        Raises:
            GraphError: it is another number of nodes, or a layer applies the model.
            ShapeError: the nodes do not fit.
        """
        single = inputs[0] if len(inputs) == 1 else list(inputs)
        if isinstance(single, (list, tuple)):
            inputs = tuple(single)
        if inputs and not any(isinstance(x, Node) for x in inputs):
            return self.predict(single)
        path = current_scope()
        if path and isinstance(path[-1].component, Module):
            raise GraphError(
                f"{path[-1].title} applies a model, and a layer is made of layers: "
                "give it those of the model, in a field such as blocks: "
                "tuple[cr.Layer, ...]"
            )
        nodes = tuple(as_node(x) for x in inputs)
        self._build_for([x.shape for x in nodes])
        if len(nodes) != len(self.inputs):
            raise GraphError(
                f"the model has {_inputs(len(self.inputs))}, it was called with "
                f"{len(nodes)}"
            )
        results = substitute(
            self.outputs,
            dict(zip(self.inputs, nodes, strict=True)),
            inside=(*current_scope(), self.scope),
        )
        for i, result in enumerate(results):
            if result in nodes or result in self.outputs:
                results[i] = result = identity(result)  # so that the call can be found
            calls[result] = Call(self, nodes, i)
        return results[0] if len(results) == 1 else tuple(results)

    # -- training and using ------------------------------------------------------------

    @checked
    def fit(
        self,
        x: Any,
        y: Any,
        *,
        loss: Any,
        optimizer: Any = "adam",
        epochs: PositiveInt = 1,
        batch_size: PositiveInt = 32,
        validation: Any = None,
        regularizers: Any = (),
        callbacks: Any = (),
        metrics: Any = (),
        schedule: Any = None,
        backend: str | Backend | None = None,
        seed: Seed = 0,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        loss_weights: Sequence[Any] | Mapping[str, Any] | None = None,
        shuffle: bool = True,
        profile: bool = False,
        dtype: FloatDtype = "float32",
        deterministic: bool = False,
        verbose: bool | Verbosity = "auto",
    ) -> History:
        """Train on examples; return the history of losses and metrics by epoch.

        On one machine with one number of threads the same seed gives the same bytes;
        `deterministic` makes them the same for any number. A model that was never
        trained starts from weights drawn from `seed`, except where they were set. A
        second call continues: epochs and steps are counted on and the optimizer keeps
        its slots, so two calls of 5 epochs equal one of 10. An optimizer with other
        hyperparameters (the learning rate aside) starts from zero. A layer that learns
        from its input, such as `Normalization`, does so before the first step, from the
        rows to train on; later calls leave it as it is.

        ``"loss"`` and ``"val_loss"`` contain the penalties of regularizers, as in
        tf.keras.

        Args:
            x: the examples, one row each; a list or a mapping for several inputs. The
                columns of data frames are found by name from then on.
            y: the targets; a list or a mapping for several outputs.
            loss: name, object, a function of (target, prediction), or a node with one
                input more than the model has, for the targets; a list or a
                mapping for several outputs, whose losses are added.
            optimizer: name or object.
            epochs: how often to go through all examples.
            batch_size: the number of examples in a step; the last batch may be smaller.
            validation: ``(x, y)``, ``(x, y, sample_weight)``, or a fraction of the
                examples to hold out, drawn from the seed.
            regularizers: names or objects, a list or a single one.
            callbacks: names or objects, a list or a single one.
            metrics: names, objects, or functions of (target, prediction), which return
                a node: the mean over a batch. A list or a single one for all outputs;
                a mapping or a list of lists with those of each output. Measured without
                sample weights.
            schedule: how the learning rate changes; name or object.
            backend: name, such as ``"numpy"``; None is the default; ``"auto"`` is the
                device on which the steps are fastest, timed once for steps like these;
                `predict` and `evaluate` then take it for ``"auto"``.
            seed: the seed of initial weights, shuffling, dropout and noise.
            sample_weight: how much each example counts, one number each, for all
                outputs; or a list or a mapping with the weights of each output.
            class_weight: how much the examples of a class count, as in
                ``{0: 1.0, 1: 5.0}``; 1 for classes that are not in it. Sample weights
                are multiplied by it. As in tf.keras validation does not know of it.
            loss_weights: the factors of the losses of several outputs in the sum that
                is minimized, a list or a mapping; 1 for an output that is not in it.
                The history has the loss of each output without its factor.
            shuffle: whether to take the examples in another order in each epoch.
            profile: whether to time each kernel, validation included. A table is
                printed when training ends, however it ends, and ``history.profile``
                keeps it: ``profile.table()``, ``profile.save_trace("trace.json")``,
                ``draw(model, times=profile)``.
            dtype: in which precision to train: ``"float32"``, or ``"float64"`` for
                whoever doubts a result. The model then predicts, measures and is saved
                in it too.
            deterministic: whether the bytes must not depend on the number of threads.
                NumPy's matrix products then use a single one, which costs time where
                they are large.
            verbose: 0 or False is silent, ``"auto"`` and 1 show progress, 2 writes a
                line for each epoch; see `chainrule.callbacks.Progress`.

        Raises:
            DataError: data that cannot be learned from; says where and why.
            HyperparameterError: a number out of range.
            UnknownNameError: a name that nothing registered.
            GradientError: the loss does not depend on some trainable parameter.
            BackendError: the backend has no profiler, and one was asked for.
            DivergenceError: NaN or infinity; names the first node and step that had
                one. The parameters are those after the last finite epoch (or the best
                ones), the history so far is in `history`.
            KeyboardInterrupt: Ctrl-C. The step was completed, the best weights put back
                if a regularizer does that, and the history so far is in `history`.

        Warns:
            BackendWarning: ``backend="auto"`` leaves out a device, which cannot do
                these steps; says why.
        """
        self._build_from(x)
        x = self._in_order(x)
        if columns := columns_of(x, self.network.input_names):
            self.metadata["columns"] = columns
        if isinstance(validation, (tuple, list)) and validation:
            validation = (self._in_order(validation[0]), *validation[1:])
        options = FitOptions(
            x=x, y=y, loss=loss, optimizer=optimizer, epochs=epochs,
            batch_size=batch_size, validation=validation, regularizers=regularizers,
            callbacks=callbacks, metrics=metrics, schedule=schedule, backend=backend,
            seed=seed, sample_weight=sample_weight, class_weight=class_weight,
            loss_weights=loss_weights, shuffle=shuffle, profile=profile, dtype=dtype,
            deterministic=deterministic, verbose=verbose,
        )  # fmt: skip
        setup = options.resolved(self.network)
        if self.session.state is None:
            self._require().structure.draw_weights(options.seed)
        adapt(self.session, setup.examples.inputs, setup.backend, dtype)
        return fit(self, self.session, setup)

    def _in_order(self, x: Any) -> Any:
        """Return examples with the columns of data frames as they were in training."""
        return in_order(x, self.network.input_names, self.metadata.get("columns", {}))

    @checked
    def predict(
        self,
        x: Any,
        *,
        batch_size: PositiveInt = inference.BATCH_SIZE,
        backend: str | Backend | None = None,
    ) -> Any:
        """Return the outputs for examples, as an array, or a list for several outputs.

        Raises:
            DataError: examples that do not fit the model.
        """
        self._build_from(x)
        results = inference.predict(
            self.session, self._in_order(x), batch_size=batch_size, backend=backend
        )
        return results[0] if len(results) == 1 else results

    @checked
    def evaluate(
        self,
        x: Any,
        y: Any,
        *,
        loss: Any = None,
        metrics: Any = None,
        sample_weight: Any = None,
        batch_size: PositiveInt = inference.BATCH_SIZE,
        backend: str | Backend | None = None,
    ) -> ByName[Any]:
        """Return loss and metrics on examples, by name: ``scores["loss"]``.

        ``loss, accuracy = model.evaluate(x, y).values()`` takes them in order. They are
        numbers, but for metrics of arrays, such as ``"confusion_matrix"``.

        Without `loss`, the criteria of the last `fit` are measured, penalties and loss
        weights included, so that the result compares with the history. What losses,
        metrics and sample weights may be, `fit` says. A loss that compares the examples
        of a batch depends on `batch_size`: give that of `fit`.

        Raises:
            DataError: examples or targets that do not fit the model.
            HyperparameterError: no loss is known.
        """
        self._build_from(x)
        scores = inference.evaluate(
            self.session, self._in_order(x), y, loss=loss, metrics=metrics,
            sample_weight=sample_weight, batch_size=batch_size, backend=backend,
        )  # fmt: skip
        return ByName(scores)

    # -- describing and saving it ------------------------------------------------------

    @checked
    def summary(self) -> None:
        """Print the layers with the shapes of their outputs and their parameters."""
        from chainrule.model.summary import show  # rich is slow to import

        show(self._require().structure)

    @checked
    def to_config(self) -> dict[str, Any]:
        """Return a description that JSON can hold; weights are not in it."""
        return {"type": self.label, **describe_graph(self._require().structure)}

    @checked
    def save(self, path: FilePath) -> None:
        """Save structure, weights and optimizer to one file.

        The file is in safetensors format and holds no code. It replaces an older one
        only when it is complete. It has a checksum for each tensor.

        Raises:
            ModelFileError: the model contains a function that no file can hold, a
                weight that is not finite, or a class with the name of another.
            OutputError: the file cannot be written.

        Warns:
            ModelFileWarning: a class is not registered, so that loading will need it;
                or the file lacks something: a loss or a metric that is a function, or
                the weights of layers in a model that is not built yet.
        """
        check_suffix(path)
        content = self._content()
        warn_of_foreign(self, level=4)
        warn_of_unsaved(self, level=4)
        write_file(path, content)

    def _content(self, *, whole: bool = False) -> bytes:
        """Return what `save` writes; `whole`: with what only a copy has."""
        if self.is_built:
            check_owners(self.layers)
        description = {"name": self.scope.name, "model": self.to_config()}
        if self.metadata:
            description["metadata"] = self.metadata
        if origins := origins_of(self):
            description["origins"] = origins
        if whole and self.history:
            description["history"] = dict(self.history)
        if self.is_built:
            owned = self.owned_parameters()
            drawn = {p: one.drawn for p, one in owned if whole or one.from_data}
            if any(drawn.values()):
                description["drawn"] = {p: value for p, value in drawn.items() if value}
        return model_bytes(description, self.session if self.is_built else None)

    def __reduce__(self) -> tuple[Any, ...]:
        content = self._content(whole=True)
        warn_of_foreign(self, level=3)
        warn_of_unsaved(self, level=3)
        return _load_bytes(), (content,)

    def __copy__(self) -> Model:
        """Return a model of its own, with the same weights and optimizer state."""
        made: Model = _load_bytes()(self._content(whole=True), foreign_classes(self))
        criteria = self.session.criteria if self._built else None
        if criteria is not None and not criteria.has_nodes:
            made.session.criteria = criteria  # with its functions
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Model:
        return self.__copy__()

    def __repr__(self) -> str:
        if self._built is None:
            return f"<{type(self).__name__}, not built yet>"
        count = sum(p.value.size for p in self.parameters.values())
        return (
            f"<{type(self).__name__}: {len(self.layers)} layers, {count:,} parameters>"
        )


def _inputs(count: int) -> str:
    return "1 input" if count == 1 else f"{count} inputs"


def _load_bytes() -> Callable[..., Model]:
    """Return what reads a model from memory, from a module that imports this one."""
    loading = import_module("chainrule.model.loading")
    found: Callable[..., Model] = loading.load_bytes
    return found
