"""Habits that meet the package itself: names and modules that other frameworks have."""

from __future__ import annotations

from chainrule.habits.habit import habits

_LAYERS = "layers are in cr.layers, activations in cr.activations, losses in cr.losses"

PACKAGE = habits("chainrule", {
    "nn keras torch tf tensorflow": ("import chainrule.nn as nn", _LAYERS),
    "functional F": ("cr.functional.relu(x)",
        "functions of nodes are in cr.ops, such as cr.ops.relu(x)"),
    "optim": ("import chainrule.optim as optim", "optimizers are in cr.optimizers"),
    "models": ("from chainrule.models import Sequential",
        "write cr.Sequential, cr.Model and cr.load"),
    "load_model": ('cr.load_model("m.keras")', "write cr.load(path)"),
    "save": ('cr.save(model, "m.safetensors")', "write model.save(path)"),
    "Module": ("cr.Module", "write cr.Layer, and define apply(self, x)"),
    "tensor Tensor array as_tensor from_numpy convert_to_tensor": (
        "cr.tensor([1.0, 2.0])",
        "write cr.constant(numbers), or cr.parameter(name, numbers) for what is "
        "trained"),
    "Variable": ("cr.Variable(1.0)", "write cr.parameter(name, numbers)"),
    "placeholder": ('cr.placeholder("float32")', "write cr.input(name, shape)"),
    "no_grad inference_mode": ("cr.no_grad()",
        "leave it out: gradients are computed only where cr.grad asks for them"),
    "GradientTape autograd backprop": ("cr.GradientTape()",
        "write cr.grad(loss, [w]), which returns expressions for the gradients"),
    "jit compile function": ("cr.jit(abs)",
        "leave it out: every graph is compiled when it is run"),
    "cuda device backends": ("cr.cuda.is_available()",
        'write backend="opencl"; `chainrule devices` lists what there is'),
    "random manual_seed set_random_seed set_seed seed": ("cr.manual_seed(0)",
        "give seed= to model.fit"),
    "utils preprocessing": ("cr.utils.plot_model(model)",
        "write cr.draw(model) for a picture, and np.eye(classes)[labels] for one-hot "
        "rows"),
    "to_categorical": ("cr.to_categorical(labels)",
        "write np.eye(classes)[labels], or take a loss for labels such as "
        "sparse_softmax_cross_entropy"),
    "plot_model": ("cr.plot_model(model)", 'write cr.draw(model).save("model.svg")'),
    "train_test_split": ("cr.train_test_split(X, Y)",
        "give validation=0.2 to model.fit, or split the arrays with NumPy"),
    "DataLoader TensorDataset Dataset data": ("cr.DataLoader(X)",
        "give arrays to model.fit, which makes batches of batch_size="),
    "gradients jacobian hessian value_and_grad": ("cr.hessian(loss, [w])",
        "write cr.grad(loss, [w]), and again for second derivatives"),
    "vmap": ("cr.vmap(abs)", "leave it out: functions of cr.ops take whole batches"),
    "run Session": ("cr.Session()", "write cr.evaluate([node], {input: value})"),
    "load_weights": ('cr.load_weights("w.h5")', "write model = cr.load(path)"),
    "set_backend backend": ('cr.set_backend("opencl")',
        "give backend= to model.fit, model.predict and cr.evaluate"),
    "float32 float64 set_floatx": ("cr.float64",
        'give dtype="float64" to model.fit and cr.evaluate'),
    "version": ("cr.version", "write cr.__version__"),
    "zeros ones eye arange linspace": ("cr.zeros((2, 3))",
        "write np.{name}(…): an array may stand wherever a node may"),
    "summary": ("cr.summary(model)", "write model.summary()"),
})  # fmt: skip

CATALOGS = (
    *habits("backends", {
        "cuda gpu mps tpu rocm": ('model.fit(X, Y, loss="mse", backend="cuda")',
            'write backend="opencl"; `chainrule devices` lists what there is'),
        "cpu": ('model.fit(X, Y, loss="mse", backend="cpu")', 'write backend="numpy"'),
    }),
    *habits("losses", {
        "poisson cosine_similarity CosineSimilarity Poisson": (
            'model.fit(X, Y, loss="poisson")',
            "write a function, such as "
            "lambda t, p: cr.ops.mean(p - t * cr.ops.log(p))"),
    }),
    *habits("initializers", {
        "xavier xavier_uniform xavier_uniform_": ("cr.initializers.xavier_uniform()",
            "write glorot_uniform"),
        "xavier_normal xavier_normal_": ("cr.initializers.xavier_normal()",
            "write glorot_normal"),
        "kaiming_uniform kaiming_uniform_": ("cr.initializers.kaiming_uniform()",
            "write he_uniform"),
        "kaiming_normal kaiming_normal_": ("cr.initializers.kaiming_normal()",
            "write he_normal"),
        "TruncatedNormal truncated_normal": ("cr.initializers.TruncatedNormal()",
            "write cr.initializers.Normal()"),
    }),
    *habits("schedules", {
        "StepLR MultiStepLR": ("cr.schedules.StepLR(10)",
            "write cr.schedules.StepDecay or cr.schedules.PiecewiseConstant"),
        "CosineAnnealingLR": ("cr.schedules.CosineAnnealingLR(10)",
            "write cr.schedules.CosineDecay(epochs)"),
        "ReduceLROnPlateau": ("cr.schedules.ReduceLROnPlateau()",
            "write callbacks=[cr.callbacks.ReduceLROnPlateau()]"),
    }),
    *habits("callbacks", {
        "EarlyStopping early_stopping": ("cr.callbacks.EarlyStopping()",
            "give regularizers=[cr.regularizers.EarlyStopping(patience=…)] to "
            "model.fit"),
        "ModelCheckpoint": ('cr.callbacks.ModelCheckpoint("m.keras")',
            "write cr.callbacks.Checkpoint(path)"),
        "LearningRateScheduler": ("cr.callbacks.LearningRateScheduler(abs)",
            "give schedule= to model.fit, such as cr.schedules.CosineDecay(epochs)"),
        "TensorBoard CSVLogger": ('cr.callbacks.TensorBoard("logs")',
            "model.fit returns a History, which is a mapping from names to lists"),
        "TerminateOnNaN": ("cr.callbacks.TerminateOnNaN()",
            "leave it out: fit ends with a DivergenceError that says where"),
        "ProgbarLogger TqdmCallback RichProgressBar": (
            "cr.callbacks.TqdmCallback()",
            "leave it out: fit shows progress, and verbose= says how much"),
        "BackupAndRestore": ('cr.callbacks.BackupAndRestore("backup")',
            "write cr.callbacks.Checkpoint(path), and cr.load(path) to go on"),
        "LambdaCallback Callback": ("cr.callbacks.Callback",
            "derive a class from cr.Callback"),
    }),
    *habits("layers", {
        "Input InputLayer": ("cr.layers.Input(shape=(4,))",
            "write cr.Sequential([…], input_shape=(4,)), or cr.input(name, (None, 4))"),
        "Conv1D Conv2D Conv1d Conv2d MaxPooling2D MaxPool2d LSTM GRU SimpleRNN "
        "Embedding MultiHeadAttention": ("cr.layers.Conv2D(3, 3)",
            "there is none yet; write a class from cr.Layer with functions of cr.ops"),
        "Rescaling": ("cr.layers.Rescaling(1 / 255)",
            "divide the data, or write cr.layers.Normalization()"),
        "CategoryEncoding StringLookup IntegerLookup OneHotEncoder": (
            "cr.layers.CategoryEncoding(3)",
            "write np.eye(classes)[labels], which are one-hot rows"),
        "Sequential": ("cr.layers.Sequential([])", "write cr.Sequential([…])"),
        "Lambda": ("cr.layers.Lambda(abs)",
            "give the function to cr.layers.Activation, or use cr.ops between layers"),
        "Concatenate Add Multiply Average Maximum Minimum Subtract Dot": (
            "cr.layers.Add()",
            "it needs no layer; write a + b or cr.ops.concatenate([a, b]) and make a "
            "cr.Model of it"),
    }),
    *habits("optimizers", {
        "LBFGS Lion Ftrl": ("cr.optimizers.LBFGS()",
            "there is none; write a class from cr.Optimizer"),
        "legacy": ("cr.optimizers.legacy.Adam()", "write cr.optimizers.Adam()"),
        "schedules lr_scheduler": ("cr.optimizers.schedules",
            "schedules are in cr.schedules"),
    }),
    *habits("metrics", {
        "acc": ('model.fit(X, Y, loss="mse", metrics=["acc"])',
            'write metrics=["accuracy"]'),
    }),
    *habits("datasets", {
        "fashion_mnist cifar10 cifar100 imdb reuters boston_housing california_housing "
        "FashionMNIST CIFAR10": ("cr.datasets.cifar10.load_data()",
            "nothing is downloaded; write cr.datasets.load_npz(path) for a file of "
            "yours"),
        "load_digits": ("cr.datasets.load_digits()", "write cr.datasets.digits()"),
        "load_iris load_wine load_breast_cancer fetch_openml make_regression": (
            "cr.datasets.load_iris()",
            "give the arrays of scikit-learn to model.fit as they are"),
        "make_moons make_blobs make_circles": ("cr.datasets.make_moons()",
            "write it without make_, as in cr.datasets.moons()"),
    }),
    *habits("activations", {
        "Activation": ("cr.activations.Activation",
            "derive a class from cr.Activation"),
    }),
)  # fmt: skip

HABITS = (*PACKAGE, *CATALOGS)
