"""Habits that meet a model, its training or its parts."""

from __future__ import annotations

from chainrule.habits.habit import habits

_FIT = 'model.fit(X, Y, loss="mse", {})'.format

MODEL = habits("models", {
    "compile": ('model.compile(optimizer="adam", loss="mse")',
        "give loss=, optimizer= and metrics= to model.fit"),
    "add": ("model.add(cr.layers.Dense(3))",
        "a model does not change; write cr.Sequential([*model.layers, layer])"),
    "append extend insert": ("model.append(cr.layers.Dense(3))",
        "a model does not change; write cr.Sequential([*model.layers, layer])"),
    "pop": ("model.pop()",
        "a model does not change; write cr.Sequential(model.layers[:-1])"),
    "weights variables trainable_weights trainable_variables": ("model.weights",
        "write model.parameters, which has them by path"),
    "non_trainable_weights non_trainable_variables buffers": (
        "model.non_trainable_weights",
        "write [p for p in model.parameters.values() if not p.trainable]"),
    "named_parameters": ("model.named_parameters()",
        "write model.parameters.items()"),
    "state_dict": ("model.state_dict()", "write model.get_weights()"),
    "load_state_dict": ("model.load_state_dict({})",
        "write model.set_weights(weights)"),
    "save_weights": ('model.save_weights("w.h5")',
        "write model.save(path), which saves the weights with the structure"),
    "load_weights": ('model.load_weights("w.h5")',
        "write model = cr.load(path), or model.set_weights(weights)"),
    "to_json to_yaml get_config": ("model.to_json()",
        "write json.dumps(model.to_config())"),
    "predict_classes": ("model.predict_classes(X)",
        "write model.predict(X).argmax(axis=1)"),
    "predict_proba": ("model.predict_proba(X)",
        "write model.predict(X), which are probabilities if the last layer has a "
        "softmax or a sigmoid"),
    "predict_on_batch predict_step": ("model.predict_on_batch(X)",
        "write model.predict(X)"),
    "train_on_batch train_step": ("model.train_on_batch(X, Y)",
        "write model.fit(X, Y, loss=…, batch_size=len(X)), which goes on from where "
        "the last call ended"),
    "test_on_batch score": ("model.score(X, Y)", "write model.evaluate(X, Y)"),
    "fit_generator partial_fit": ("model.fit_generator(batches)",
        "write model.fit(X, Y, …); a second call goes on training"),
    "fit_transform transform": ("model.transform(X)", "write model.predict(X)"),
    "get_params": ("model.get_params()", "write model.to_config()"),
    "coef_ coefs_": ("model.coef_", 'write model.get_weights()["dense_1/kernel"]'),
    "intercept_ intercepts_": ("model.intercept_",
        'write model.get_weights()["dense_1/bias"]'),
    "forward call": ("model.forward(X)",
        "write model(x), and model.predict(X) for numbers"),
    "train": ("model.train()",
        "leave it out: fit trains, and predict and evaluate do not"),
    "eval": ("model.eval()",
        "leave it out: predict and evaluate run in inference mode"),
    "to cuda cpu": ('model.to("cuda")',
        'give backend="opencl" to model.fit and model.predict'),
    "half float double bfloat16": ("model.double()",
        'give dtype="float64" to model.fit'),
    "zero_grad": ("model.zero_grad()",
        "leave it out: gradients are expressions and do not add up"),
    "backward": ("model.backward()",
        "leave it out: model.fit differentiates, and cr.grad(loss, [w]) does by hand"),
    "children modules": ("model.children()", "write model.layers"),
    "get_layer": ('model.get_layer("dense_1")',
        'write model.layers[0]; "dense_1/kernel" names a parameter'),
    "input": ("model.input", "write model.inputs[0]"),
    "output": ("model.output", "write model.outputs[0]"),
    "input_shape": ("model.input_shape", "write model.inputs[0].shape"),
    "output_shape": ("model.output_shape", "write model.outputs[0].shape"),
    "optimizer loss metrics": ("model.optimizer",
        "a model keeps none; give it to model.fit"),
    "metrics_names": ("model.metrics_names",
        "write model.history.keys(), or model.evaluate(X, Y).keys()"),
    "adapt": ("model.adapt(X)",
        "write layer.adapt(x); fit does it before its first step"),
    "build": ("model.build((None, 4))",
        "leave it out: input_shape=… or the first data build it"),
    "built": ("model.built", "write model.is_built"),
    "load from_config from_pretrained": ('model.load("m.safetensors")',
        "write model = cr.load(path)"),
    "name": ("model.name", "write model.scope.name"),
    "dtype": ("model.dtype", "write model.get_weights()[0].dtype"),
    "reset_states reset_parameters reset_weights": ("model.reset_states()",
        "make the model anew; seed= of model.fit draws other weights"),
    "apply": ("model.apply(abs)",
        "give the layers initializers, as in cr.layers.Dense(4, "
        'kernel_initializer="he_normal")'),
    "register_buffer register_parameter add_weight": (
        'model.register_buffer("a", 1.0)',
        "write a class from cr.Layer, whose apply calls self.parameter"),
    "trainable_parameters": ("model.trainable_parameters",
        "write [p for p in model.parameters.values() if p.trainable]"),
    "num_parameters numel n_parameters": ("model.num_parameters()",
        "write model.count_params()"),
    "seed random_state": ("model.seed(1)", "give seed= to model.fit"),
    "device": ("model.device", "give backend= to model.fit and model.predict"),
    "plot plot_model": ("model.plot()", 'write cr.draw(model).save("model.svg")'),
})  # fmt: skip

LAYERS = habits("model.layers", {
    "append extend insert": ("model.layers.append(cr.layers.Dense(3))",
        "a model does not change; write cr.Sequential([*model.layers, layer])"),
    "pop remove clear": ("model.layers.pop()",
        "a model does not change; write cr.Sequential(model.layers[:-1])"),
})  # fmt: skip

SETTING = habits("setting a model", {
    "stop_training": ("model.stop_training = True", "write run.stop() in a callback"),
})  # fmt: skip

FIT = habits("Model.fit", {
    "weighted_metrics": (_FIT('weighted_metrics=["mae"]'),
        "leave it out: metrics are measured without sample weights"),
    "train_data data dataset train_loader": (_FIT("data=X"), "write x=… and y=…"),
    "validation_data": (_FIT("validation_data=(X, Y)"), "write validation=(x, y)"),
    "validation_split": (_FIT("validation_split=0.2"), "write validation=0.2"),
    "validation_freq validation_steps validation_batch_size": (
        _FIT("validation_freq=2"),
        "leave it out: validation=(x, y) is measured after each epoch"),
    "learning_rate lr": (_FIT("learning_rate=0.01"),
        "give it to the optimizer, as in optimizer=cr.optimizers.Adam(lr=0.01)"),
    "n_epochs nb_epoch num_epochs max_iter max_epochs epoch": (_FIT("max_iter=9"),
        "write epochs=…"),
    "steps_per_epoch": (_FIT("steps_per_epoch=2"),
        "leave it out: an epoch goes through all examples; batch_size= sets the steps"),
    "initial_epoch": (_FIT("initial_epoch=2"),
        "leave it out: a second call of fit counts epochs on"),
    "workers use_multiprocessing max_queue_size num_workers": (_FIT("workers=2"),
        "leave it out: arrays need no workers"),
    "random_state": (_FIT("random_state=1"), "write seed=…"),
    "device": (_FIT('device="cuda"'), 'write backend="opencl"'),
    "criterion loss_fn objective": (_FIT('criterion="mse"'), "write loss=…"),
    "early_stopping patience": (_FIT("patience=3"),
        "write regularizers=[cr.regularizers.EarlyStopping(patience=…)]"),
    "optim": (_FIT('optim="adam"'), "write optimizer=…"),
    "lr_scheduler scheduler": (_FIT('scheduler="cosine_decay"'), "write schedule=…"),
    "sample_weights weights": (_FIT("weights=None"), "write sample_weight=…"),
})  # fmt: skip

MEASURE = (
    *habits("Model.evaluate", {
        "verbose": ("model.evaluate(X, Y, verbose=0)",
            "leave it out: evaluate prints nothing"),
        "return_dict": ("model.evaluate(X, Y, return_dict=True)",
            "leave it out: evaluate returns loss and metrics by name"),
    }),
    *habits("Model.predict", {
        "verbose": ("model.predict(X, verbose=0)",
            "leave it out: predict prints nothing"),
        "steps callbacks workers": ("model.predict(X, steps=2)",
            "leave it out: predict goes through all rows"),
    }),
    *habits("Model", {
        "training": ("model(x, training=True)",
            "leave it out: fit trains, and predict and evaluate do not"),
    }),
)  # fmt: skip

PARTS = (
    *habits("layers", {
        "kernel weight bias weights variables get_weights set_weights parameters "
        "state_dict": ("model.layers[0].kernel",
            'write model.parameters["dense_1/kernel"]; model.parameters.keys() are the '
            "paths"),
        "fit fit_transform partial_fit": ("cr.layers.Normalization().fit(X)",
            "write layer.adapt(x), or fit the model that it is in"),
        "transform": ("cr.layers.Normalization().transform(X)", "write layer(x)"),
        "build": ("model.layers[0].build((None, 4))",
            "leave it out: a layer is built when it is called"),
        "count_params": ("model.layers[0].count_params()",
            "write model.count_params(), or print model.summary()"),
        "get_config": ("model.layers[0].get_config()", "write layer.to_config()"),
        "trainable requires_grad": ("model.layers[0].trainable",
            "write model.freeze(name), or model.parameters[path].trainable"),
        "input output": ("model.layers[0].output",
            "a layer is a function; write h = layer(x) and keep h"),
        "forward call": ("model.layers[0].forward(x)", "write layer(x)"),
        "in_features input_shape output_shape": ("model.layers[0].in_features",
            "it is known once the layer is called; write h = layer(x), then h.shape"),
    }),
    *habits("optimizers", {
        "step apply_gradients apply": ("optimizer.step()",
            "model.fit updates the parameters; by hand write "
            "w.value = w.value - lr * gradient"),
        "zero_grad": ("optimizer.zero_grad()",
            "leave it out: gradients are expressions and do not add up"),
        "learning_rate": ("optimizer.learning_rate", "write optimizer.lr"),
        "param_groups state_dict load_state_dict get_config": (
            "optimizer.state_dict()",
            "write optimizer.hyperparameters(); model.save keeps what it remembers"),
    }),
    *habits("metrics", {
        "update_state reset_state reset_states update compute reset": (
            'cr.metrics["accuracy"].update_state(Y, Y)',
            "give metrics= to model.fit and model.evaluate, which sum over batches"),
    }),
    *habits("history", {
        "params": ('model.fit(X, Y, loss="mse").params',
            "a History has the numbers of each epoch, by name, and no more"),
        "history": ('model.fit(X, Y, loss="mse").history["loss"]',
            "a History is itself a mapping; write history['loss']"),
    }),
)  # fmt: skip

ELSEWHERE = (
    *habits("Sequential", {
        "input_dim batch_input_shape in_features": (
            "cr.Sequential([cr.layers.Dense(2)], input_dim=4)",
            "write input_shape=(4,)"),
    }),
    *habits("Optimizer.minimize", {
        "var_list params": ("optimizer.minimize(loss, var_list=[w])",
            "write parameters=[w]"),
    }),
    *habits("minimizer", {
        "step run zero_grad": ("optimizer.minimize(loss).step()",
            "call it: step({x: …}) computes gradients and updates the parameters"),
    }),
    *habits("grad", {
        "create_graph retain_graph allow_unused": (
            "cr.grad(loss, [w], create_graph=True)",
            "leave it out: gradients are expressions, which have gradients again"),
    }),
    *habits("evaluate", {
        "feed_dict inputs": ("cr.evaluate([loss], feed_dict={x: np.ones((4, 2))})",
            "write feeds=, or give the mapping as the second argument"),
    }),
    *habits("draw", {
        "to_file": ('cr.draw(model, to_file="m.png")',
            'write cr.draw(model).save("m.png")'),
    }),
    *habits("parameter", {
        "requires_grad": ('cr.parameter("v", [1.0], requires_grad=False)',
            "write trainable=False"),
    }),
    *habits("constant", {
        "dtype": ('cr.constant(1.0, dtype="float64")',
            'leave it out: evaluate and fit have dtype="float64"'),
    }),
    *habits("diagram", {
        "show view display open": ("cr.draw(model).show()",
            'write diagram.save("m.svg"); in a notebook it shows itself'),
        "write to_png render_to": ('cr.draw(model).write("m.png")',
            'write diagram.save("m.png")'),
        "pipe": ('cr.draw(model).pipe("png")', 'write diagram.render("png")'),
    }),
)  # fmt: skip

MISSING = (
    *habits("missing from Model.fit", {
        "loss": ("model.fit(X, Y)",
            'a model keeps none; write model.fit(X, Y, loss="mse")'),
        "y": ('model.fit(batches, loss="mse")',
            "give examples and targets apart, as in model.fit(X, Y, loss=…)"),
    }),
    *habits("missing from grad", {
        "wrt": ("cr.grad(loss)", "write cr.grad(loss, [w])"),
    }),
    *habits("missing from Input", {
        "name": ("cr.Input(shape=(4,))",
            'write cr.input("x", (None, 4)), with a size for the batch'),
    }),
    *habits("missing from input", {
        "name": ("cr.input(shape=(4,))",
            'write cr.input("x", (None, 4)), with a size for the batch'),
    }),
)  # fmt: skip

HABITS = (*MODEL, *LAYERS, *SETTING, *FIT, *MEASURE, *PARTS, *ELSEWHERE, *MISSING)
