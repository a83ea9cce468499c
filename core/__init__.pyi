"""chainrule: a deep-learning framework that you can see through.

Written by tools/write_stub.py; do not edit.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import chainrule.kinds.activation
import chainrule.kinds.initializer
import chainrule.kinds.schedule
import chainrule.plugins.activations.gated
import chainrule.plugins.activations.identity
import chainrule.plugins.activations.rectified
import chainrule.plugins.activations.sigmoidal
import chainrule.plugins.activations.softmax
import chainrule.plugins.callbacks.average
import chainrule.plugins.callbacks.checkpoint
import chainrule.plugins.callbacks.plateau
import chainrule.plugins.callbacks.progress
import chainrule.plugins.callbacks.trajectory
import chainrule.plugins.datasets.clusters
import chainrule.plugins.datasets.csv
import chainrule.plugins.datasets.curves
import chainrule.plugins.datasets.digits
import chainrule.plugins.datasets.idx
import chainrule.plugins.datasets.mnist
import chainrule.plugins.datasets.npz
import chainrule.plugins.figures.activation
import chainrule.plugins.figures.boundary
import chainrule.plugins.figures.compare
import chainrule.plugins.figures.confusion
import chainrule.plugins.figures.dropout
import chainrule.plugins.figures.fit
import chainrule.plugins.figures.gradient_flow
import chainrule.plugins.figures.gradient_noise
import chainrule.plugins.figures.history
import chainrule.plugins.figures.landscape
import chainrule.plugins.figures.weights
import chainrule.plugins.figures.worst
import chainrule.plugins.initializers.fixed
import chainrule.plugins.initializers.orthogonal
import chainrule.plugins.initializers.random
import chainrule.plugins.initializers.scaled
import chainrule.plugins.layers.activation
import chainrule.plugins.layers.batch_norm
import chainrule.plugins.layers.dense
import chainrule.plugins.layers.dropout
import chainrule.plugins.layers.gaussian_noise
import chainrule.plugins.layers.layer_norm
import chainrule.plugins.layers.normalization
import chainrule.plugins.layers.perceptron
import chainrule.plugins.layers.reshape
import chainrule.plugins.losses.binary
import chainrule.plugins.losses.classification
import chainrule.plugins.losses.divergence
import chainrule.plugins.losses.regression
import chainrule.plugins.metrics.accuracy
import chainrule.plugins.metrics.confusion
import chainrule.plugins.metrics.detection
import chainrule.plugins.metrics.f1
import chainrule.plugins.metrics.ranking
import chainrule.plugins.metrics.regression
import chainrule.plugins.optimizers.adadelta
import chainrule.plugins.optimizers.adagrad
import chainrule.plugins.optimizers.adam
import chainrule.plugins.optimizers.adamax
import chainrule.plugins.optimizers.amsgrad
import chainrule.plugins.optimizers.descent
import chainrule.plugins.optimizers.momentum
import chainrule.plugins.optimizers.nadam
import chainrule.plugins.optimizers.rmsprop
import chainrule.plugins.regularizers.constraint
import chainrule.plugins.regularizers.early_stopping
import chainrule.plugins.regularizers.noise
import chainrule.plugins.regularizers.penalty
import chainrule.plugins.schedules
import chainrule.plugins.themes
import chainrule.training.history
import os
from chainrule import ops as ops
from chainrule.registry.catalog import Catalog
from chainrule.autodiff import backward as backward
from chainrule.autodiff import grad as grad
from chainrule.errors import ChainRuleError as ChainRuleError
from chainrule.execution.evaluate import evaluate as evaluate
from chainrule.graph import Graph as Graph
from chainrule.kinds.activation import Activation as Activation
from chainrule.kinds.backend import Backend as Backend
from chainrule.kinds.callback import Callback as Callback
from chainrule.kinds.initializer import Initializer as Initializer
from chainrule.kinds.layer import Layer as Layer
from chainrule.kinds.loss import Loss as Loss
from chainrule.kinds.metric import Metric as Metric
from chainrule.kinds.optimizer import Optimizer as Optimizer
from chainrule.kinds.regularizer import Regularizer as Regularizer
from chainrule.kinds.schedule import Schedule as Schedule
from chainrule.kinds.theme import Theme as Theme
from chainrule.leaves import constant as constant
from chainrule.leaves import input as input
from chainrule.leaves import parameter as parameter
from chainrule.model.loading import load as load
from chainrule.model.model import Model as Model
from chainrule.model.sequential import Sequential as Sequential
from chainrule.node import Constant as Constant
from chainrule.node import Input as Input
from chainrule.node import Node as Node
from chainrule.node import Parameter as Parameter
from chainrule.ops import Elementwise as Elementwise
from chainrule.ops import Op as Op
from chainrule.plotting.plot import Plot as Plot
from chainrule.program.program import Program as Program
from chainrule.registry.hooks import hookimpl as hookimpl
from chainrule.registry.overriding import overrides as overrides
from chainrule.registry.registration import register as register
from chainrule.scopes import scope as scope
from chainrule.viz.difference import diff as diff
from chainrule.viz.draw import draw as draw
from chainrule.viz.explain import explain as explain
from chainrule.viz.difference import snapshot as snapshot
from chainrule.viz.worksheet import worksheet as worksheet

__all__: list[str]
__version__: str

class _Catalog(Catalog, type): ...

class activations(metaclass=_Catalog):
    class Elu(chainrule.plugins.activations.rectified.Elu):
        r"""y = x for x > 0, α·(eˣ − 1) elsewhere (Clevert et al., 2015)."""
        def __init__(self, alpha: float = 1.0) -> None: ...
    elu: ClassVar[activations.Elu]
    r"""y = x for x > 0, α·(eˣ − 1) elsewhere (Clevert et al., 2015)."""
    class Gelu(chainrule.plugins.activations.gated.Gelu):
        r"""y = x Φ(x) = x/2 · (1 + erf(x/√2)) (Hendrycks & Gimpel, 2016)."""
        def __init__(self, approximate: bool = False) -> None: ...
    gelu: ClassVar[activations.Gelu]
    r"""y = x Φ(x) = x/2 · (1 + erf(x/√2)) (Hendrycks & Gimpel, 2016)."""
    class HardSigmoid(chainrule.plugins.activations.sigmoidal.HardSigmoid):
        r"""y = x/6 + ½ for −3 < x < 3, 0 below and 1 above, as in Keras 3 and PyTorch."""
        def __init__(self) -> None: ...
    hard_sigmoid: ClassVar[activations.HardSigmoid]
    r"""y = x/6 + ½ for −3 < x < 3, 0 below and 1 above, as in Keras 3 and PyTorch."""
    class HardTanh(chainrule.plugins.activations.sigmoidal.HardTanh):
        r"""y = x for −1 < x < 1, −1 below and 1 above (Collobert, 2004)."""
        def __init__(self) -> None: ...
    hard_tanh: ClassVar[activations.HardTanh]
    r"""y = x for −1 < x < 1, −1 below and 1 above (Collobert, 2004)."""
    class Identity(chainrule.plugins.activations.identity.Identity):
        r"""y = x, called linear in tf.keras; a network of these is one linear map."""
        def __init__(self) -> None: ...
    identity: ClassVar[activations.Identity]
    r"""y = x, called linear in tf.keras; a network of these is one linear map."""
    class LeakyRelu(chainrule.plugins.activations.rectified.LeakyRelu):
        r"""y = x for x > 0, a·x elsewhere (Maas et al., 2013)."""
        def __init__(self, negative_slope: float = 0.2) -> None: ...
    leaky_relu: ClassVar[activations.LeakyRelu]
    r"""y = x for x > 0, a·x elsewhere (Maas et al., 2013)."""
    class LogSoftmax(chainrule.plugins.activations.softmax.LogSoftmax):
        r"""yᵢ = xᵢ − ln Σⱼ e^xⱼ: the logarithm of softmax, without overflow."""
        def __init__(self, axis: int = -1) -> None: ...
    log_softmax: ClassVar[activations.LogSoftmax]
    r"""yᵢ = xᵢ − ln Σⱼ e^xⱼ: the logarithm of softmax, without overflow."""
    class Mish(chainrule.plugins.activations.gated.Mish):
        r"""y = x tanh(ln(1 + eˣ)) (Misra, 2019)."""
        def __init__(self) -> None: ...
    mish: ClassVar[activations.Mish]
    r"""y = x tanh(ln(1 + eˣ)) (Misra, 2019)."""
    class Prelu(chainrule.plugins.activations.rectified.Prelu):
        r"""y = x for x > 0, α·x elsewhere, with a learned α for each feature."""
        def __init__(self, alpha_initializer: chainrule.kinds.initializer.Initializer | str = ...) -> None: ...
    prelu: ClassVar[activations.Prelu]
    r"""y = x for x > 0, α·x elsewhere, with a learned α for each feature."""
    class Relu(chainrule.plugins.activations.rectified.Relu):
        r"""y = max(x, 0); the derivative at 0 is 0 (Nair & Hinton, 2010)."""
        def __init__(self) -> None: ...
    relu: ClassVar[activations.Relu]
    r"""y = max(x, 0); the derivative at 0 is 0 (Nair & Hinton, 2010)."""
    class Selu(chainrule.plugins.activations.rectified.Selu):
        r"""y = λ·x for x > 0, λ·α·(eˣ − 1) elsewhere (Klambauer et al., 2017)."""
        def __init__(self) -> None: ...
    selu: ClassVar[activations.Selu]
    r"""y = λ·x for x > 0, λ·α·(eˣ − 1) elsewhere (Klambauer et al., 2017)."""
    class Sigmoid(chainrule.plugins.activations.sigmoidal.Sigmoid):
        r"""y = σ(x) = 1 / (1 + e⁻ˣ), in (0, 1)."""
        def __init__(self) -> None: ...
    sigmoid: ClassVar[activations.Sigmoid]
    r"""y = σ(x) = 1 / (1 + e⁻ˣ), in (0, 1)."""
    class Silu(chainrule.plugins.activations.gated.Silu):
        r"""y = x σ(x), also called swish (Elfwing et al., 2017)."""
        def __init__(self) -> None: ...
    silu: ClassVar[activations.Silu]
    r"""y = x σ(x), also called swish (Elfwing et al., 2017)."""
    class Softmax(chainrule.plugins.activations.softmax.Softmax):
        r"""yᵢ = e^xᵢ / Σⱼ e^xⱼ: positive numbers whose sum is 1."""
        def __init__(self, axis: int = -1) -> None: ...
    softmax: ClassVar[activations.Softmax]
    r"""yᵢ = e^xᵢ / Σⱼ e^xⱼ: positive numbers whose sum is 1."""
    class Softplus(chainrule.plugins.activations.rectified.Softplus):
        r"""y = ln(1 + eˣ), a smooth relu (Dugas et al., 2001)."""
        def __init__(self) -> None: ...
    softplus: ClassVar[activations.Softplus]
    r"""y = ln(1 + eˣ), a smooth relu (Dugas et al., 2001)."""
    class Softsign(chainrule.plugins.activations.sigmoidal.Softsign):
        r"""y = x / (1 + |x|), in (−1, 1) (Bergstra et al., 2009)."""
        def __init__(self) -> None: ...
    softsign: ClassVar[activations.Softsign]
    r"""y = x / (1 + |x|), in (−1, 1) (Bergstra et al., 2009)."""
    class Step(chainrule.plugins.activations.sigmoidal.Step):
        r"""y = 1 where x ≥ 0, 0 elsewhere: the perceptron's threshold (Rosenblatt, 1958)."""
        def __init__(self) -> None: ...
    step: ClassVar[activations.Step]
    r"""y = 1 where x ≥ 0, 0 elsewhere: the perceptron's threshold (Rosenblatt, 1958)."""
    class Tanh(chainrule.plugins.activations.sigmoidal.Tanh):
        r"""y = tanh(x), in (−1, 1)."""
        def __init__(self) -> None: ...
    tanh: ClassVar[activations.Tanh]
    r"""y = tanh(x), in (−1, 1)."""
    ...

class layers(metaclass=_Catalog):
    class Activation(chainrule.plugins.layers.activation.Activation):
        r"""y = g(x), for x of any shape."""
        def __init__(self, activation: chainrule.kinds.activation.Activation | str | Callable[[Node], Node], *, name: str | None = None) -> None: ...
    class BatchNorm(chainrule.plugins.layers.batch_norm.BatchNorm):
        r"""y = γ (x − μ) / √(σ² + ε) + β, feature by feature (Ioffe & Szegedy, 2015)."""
        def __init__(self, momentum: float = 0.99, epsilon: float = 0.001, *, name: str | None = None) -> None: ...
    batch_norm: ClassVar[layers.BatchNorm]
    r"""y = γ (x − μ) / √(σ² + ε) + β, feature by feature (Ioffe & Szegedy, 2015)."""
    class Dense(chainrule.plugins.layers.dense.Dense):
        r"""ŷ = g(x W + b): each unit sums all features, each with its own weight."""
        def __init__(self, units: int, activation: chainrule.kinds.activation.Activation | str | Callable[[Node], Node] | None = None, use_bias: bool = True, kernel_initializer: chainrule.kinds.initializer.Initializer | str = 'glorot_uniform', bias_initializer: chainrule.kinds.initializer.Initializer | str = 'zeros', *, name: str | None = None) -> None: ...
    class Dropout(chainrule.plugins.layers.dropout.Dropout):
        r"""y = x · m / (1 − rate) while training, m = 1 with probability 1 − rate, else 0."""
        def __init__(self, rate: float, *, name: str | None = None) -> None: ...
    class Flatten(chainrule.plugins.layers.reshape.Flatten):
        r"""y = x, with one axis after the batch: (batch, a, b, …) becomes (batch, a·b·…)."""
        def __init__(self, *, name: str | None = None) -> None: ...
    flatten: ClassVar[layers.Flatten]
    r"""y = x, with one axis after the batch: (batch, a, b, …) becomes (batch, a·b·…)."""
    class GaussianNoise(chainrule.plugins.layers.gaussian_noise.GaussianNoise):
        r"""y = x + ε with ε ~ N(0, stddev²) while training, y = x otherwise."""
        def __init__(self, stddev: float, *, name: str | None = None) -> None: ...
    class LayerNorm(chainrule.plugins.layers.layer_norm.LayerNorm):
        r"""y = γ (x − μ) / √(σ² + ε) + β, example by example (Ba et al., 2016)."""
        def __init__(self, epsilon: float = 0.001, *, name: str | None = None) -> None: ...
    layer_norm: ClassVar[layers.LayerNorm]
    r"""y = γ (x − μ) / √(σ² + ε) + β, example by example (Ba et al., 2016)."""
    class Normalization(chainrule.plugins.layers.normalization.Normalization):
        r"""y = (x − μ) / √v: features of mean 0 and variance 1, as far as training knows."""
        def __init__(self, axis: int | Sequence[int] | None = -1, mean: float | Sequence[float] | None = None, variance: float | Sequence[float] | None = None, *, name: str | None = None) -> None: ...
    normalization: ClassVar[layers.Normalization]
    r"""y = (x − μ) / √v: features of mean 0 and variance 1, as far as training knows."""
    class Perceptron(chainrule.plugins.layers.perceptron.Perceptron):
        r"""ŷ = g(w₀ + Σ xᵢ wᵢ): one unit (Rosenblatt, 1958)."""
        def __init__(self, activation: chainrule.kinds.activation.Activation | str | Callable[[Node], Node] = 'step', weights: Sequence[float] | None = None, bias: float = 0.0, *, name: str | None = None) -> None: ...
    perceptron: ClassVar[layers.Perceptron]
    r"""ŷ = g(w₀ + Σ xᵢ wᵢ): one unit (Rosenblatt, 1958)."""
    class Reshape(chainrule.plugins.layers.reshape.Reshape):
        r"""y = x, with another shape after the batch axis."""
        def __init__(self, shape: Sequence[int], *, name: str | None = None) -> None: ...
    ...

class losses(metaclass=_Catalog):
    class BinaryCrossEntropy(chainrule.plugins.losses.binary.BinaryCrossEntropy):
        r"""J = mean of −(y ln p + (1 − y) ln(1 − p)); the prediction p is a probability."""
        def __init__(self, label_smoothing: float = 0.0) -> None: ...
    binary_cross_entropy: ClassVar[losses.BinaryCrossEntropy]
    r"""J = mean of −(y ln p + (1 − y) ln(1 − p)); the prediction p is a probability."""
    class CategoricalCrossEntropy(chainrule.plugins.losses.classification.CategoricalCrossEntropy):
        r"""J = mean of −Σ yⱼ ln pⱼ; y and p are probabilities over the last axis."""
        def __init__(self, label_smoothing: float = 0.0) -> None: ...
    categorical_cross_entropy: ClassVar[losses.CategoricalCrossEntropy]
    r"""J = mean of −Σ yⱼ ln pⱼ; y and p are probabilities over the last axis."""
    class Hinge(chainrule.plugins.losses.binary.Hinge):
        r"""J = mean of max(0, 1 − y z), y = ±1; a target of 0 counts as −1, as in tf.keras."""
        def __init__(self) -> None: ...
    hinge: ClassVar[losses.Hinge]
    r"""J = mean of max(0, 1 − y z), y = ±1; a target of 0 counts as −1, as in tf.keras."""
    class Huber(chainrule.plugins.losses.regression.Huber):
        r"""J = mean of e²/2 where |e| ≤ δ, δ(|e| − δ/2) elsewhere (Huber, 1964)."""
        def __init__(self, delta: float = 1.0) -> None: ...
    huber: ClassVar[losses.Huber]
    r"""J = mean of e²/2 where |e| ≤ δ, δ(|e| − δ/2) elsewhere (Huber, 1964)."""
    class KLDivergence(chainrule.plugins.losses.divergence.KLDivergence):
        r"""J = mean of Σ y ln(y / p) over the last axis (Kullback & Leibler, 1951)."""
        def __init__(self) -> None: ...
    kl_divergence: ClassVar[losses.KLDivergence]
    r"""J = mean of Σ y ln(y / p) over the last axis (Kullback & Leibler, 1951)."""
    class LogCosh(chainrule.plugins.losses.regression.LogCosh):
        r"""J = mean of ln cosh(ŷ − y): about e²/2 for small e, |e| − ln 2 for large e."""
        def __init__(self) -> None: ...
    log_cosh: ClassVar[losses.LogCosh]
    r"""J = mean of ln cosh(ŷ − y): about e²/2 for small e, |e| − ln 2 for large e."""
    class MAE(chainrule.plugins.losses.regression.MAE):
        r"""J = mean of |ŷ − y|: the mean absolute error."""
        def __init__(self) -> None: ...
    mae: ClassVar[losses.MAE]
    r"""J = mean of |ŷ − y|: the mean absolute error."""
    class MSE(chainrule.plugins.losses.regression.MSE):
        r"""J = mean of (ŷ − y)²: the mean squared error."""
        def __init__(self) -> None: ...
    mse: ClassVar[losses.MSE]
    r"""J = mean of (ŷ − y)²: the mean squared error."""
    class SigmoidCrossEntropy(chainrule.plugins.losses.binary.SigmoidCrossEntropy):
        r"""J = mean of ln(1 + eᶻ) − y z: binary cross entropy of p = σ(z), from the logit z."""
        def __init__(self, label_smoothing: float = 0.0) -> None: ...
    sigmoid_cross_entropy: ClassVar[losses.SigmoidCrossEntropy]
    r"""J = mean of ln(1 + eᶻ) − y z: binary cross entropy of p = σ(z), from the logit z."""
    class SoftmaxCrossEntropy(chainrule.plugins.losses.classification.SoftmaxCrossEntropy):
        r"""J = mean of −Σ yⱼ ln softmax(z)ⱼ; y are probabilities, z logits."""
        def __init__(self, label_smoothing: float = 0.0) -> None: ...
    softmax_cross_entropy: ClassVar[losses.SoftmaxCrossEntropy]
    r"""J = mean of −Σ yⱼ ln softmax(z)ⱼ; y are probabilities, z logits."""
    class SparseCategoricalCrossEntropy(chainrule.plugins.losses.classification.SparseCategoricalCrossEntropy):
        r"""J = mean of −ln p[y]; y is the number of a class, p are probabilities."""
        def __init__(self, label_smoothing: float = 0.0) -> None: ...
    sparse_categorical_cross_entropy: ClassVar[losses.SparseCategoricalCrossEntropy]
    r"""J = mean of −ln p[y]; y is the number of a class, p are probabilities."""
    class SparseSoftmaxCrossEntropy(chainrule.plugins.losses.classification.SparseSoftmaxCrossEntropy):
        r"""J = mean of −ln softmax(z)[y]; y is the number of a class, z are logits."""
        def __init__(self, label_smoothing: float = 0.0) -> None: ...
    sparse_softmax_cross_entropy: ClassVar[losses.SparseSoftmaxCrossEntropy]
    r"""J = mean of −ln softmax(z)[y]; y is the number of a class, z are logits."""
    ...

class optimizers(metaclass=_Catalog):
    class Adadelta(chainrule.plugins.optimizers.adadelta.Adadelta):
        r"""s ← ρ s + (1−ρ) g²;  δ = g √(d+ε) / √(s+ε);  d ← ρ d + (1−ρ) δ²;  p ← p − α δ."""
        def __init__(self, lr: float = 0.001, rho: float = 0.95, epsilon: float = 1e-07, *, clip_value: float | None = None, clip_norm: float | None = None) -> None: ...
    adadelta: ClassVar[optimizers.Adadelta]
    r"""s ← ρ s + (1−ρ) g²;  δ = g √(d+ε) / √(s+ε);  d ← ρ d + (1−ρ) δ²;  p ← p − α δ."""
    class Adagrad(chainrule.plugins.optimizers.adagrad.Adagrad):
        r"""s ← s + g²;  p ← p − α g / √(s + ε)."""
        def __init__(self, lr: float = 0.001, initial_accumulator: float = 0.1, epsilon: float = 1e-07, *, clip_value: float | None = None, clip_norm: float | None = None) -> None: ...
    adagrad: ClassVar[optimizers.Adagrad]
    r"""s ← s + g²;  p ← p − α g / √(s + ε)."""
    class Adam(chainrule.plugins.optimizers.adam.Adam):
        r"""m ← β₁ m + g;  v ← β₂ v + g²;  p ← p − αₜ m / (√v + ε′)."""
        def __init__(self, lr: float = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-07, *, clip_value: float | None = None, clip_norm: float | None = None) -> None: ...
    adam: ClassVar[optimizers.Adam]
    r"""m ← β₁ m + g;  v ← β₂ v + g²;  p ← p − αₜ m / (√v + ε′)."""
    class Adamax(chainrule.plugins.optimizers.adamax.Adamax):
        r"""m ← β₁ m + g;  u ← max(β₂ u, |g|);  p ← p − α (1−β₁)/(1−β₁ᵗ) m / (u + ε)."""
        def __init__(self, lr: float = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-07, *, clip_value: float | None = None, clip_norm: float | None = None) -> None: ...
    adamax: ClassVar[optimizers.Adamax]
    r"""m ← β₁ m + g;  u ← max(β₂ u, |g|);  p ← p − α (1−β₁)/(1−β₁ᵗ) m / (u + ε)."""
    class AdamW(chainrule.plugins.optimizers.adam.AdamW):
        r"""p ← (1 − α λ) p, then Adam's step: weight decay that Adam does not rescale."""
        def __init__(self, lr: float = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-07, weight_decay: float = 0.004, exclude_from_weight_decay: Sequence[str] = ..., *, clip_value: float | None = None, clip_norm: float | None = None) -> None: ...
    adamw: ClassVar[optimizers.AdamW]
    r"""p ← (1 − α λ) p, then Adam's step: weight decay that Adam does not rescale."""
    class AMSGrad(chainrule.plugins.optimizers.amsgrad.AMSGrad):
        r"""m ← β₁ m + g;  v ← β₂ v + g²;  u ← max(u, v);  p ← p − αₜ m / (√u + ε′)."""
        def __init__(self, lr: float = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-07, *, clip_value: float | None = None, clip_norm: float | None = None) -> None: ...
    amsgrad: ClassVar[optimizers.AMSGrad]
    r"""m ← β₁ m + g;  v ← β₂ v + g²;  u ← max(u, v);  p ← p − αₜ m / (√u + ε′)."""
    class GradientDescent(chainrule.plugins.optimizers.descent.GradientDescent):
        r"""Gradient descent on the whole training set: p ← p − α ∂J/∂p."""
        def __init__(self, lr: float = 0.01, *, clip_value: float | None = None, clip_norm: float | None = None) -> None: ...
    gradient_descent: ClassVar[optimizers.GradientDescent]
    r"""Gradient descent on the whole training set: p ← p − α ∂J/∂p."""
    class Momentum(chainrule.plugins.optimizers.momentum.Momentum):
        r"""m ← μ m − α g;  p ← p + m."""
        def __init__(self, lr: float = 0.01, momentum: float = 0.9, *, clip_value: float | None = None, clip_norm: float | None = None) -> None: ...
    momentum: ClassVar[optimizers.Momentum]
    r"""m ← μ m − α g;  p ← p + m."""
    class Nadam(chainrule.plugins.optimizers.nadam.Nadam):
        r"""m ← β₁ m + g;  v ← β₂ v + g²;  p ← p − (a m + b g) / (√v + ε / r)."""
        def __init__(self, lr: float = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-07, *, clip_value: float | None = None, clip_norm: float | None = None) -> None: ...
    nadam: ClassVar[optimizers.Nadam]
    r"""m ← β₁ m + g;  v ← β₂ v + g²;  p ← p − (a m + b g) / (√v + ε / r)."""
    class Nesterov(chainrule.plugins.optimizers.momentum.Nesterov):
        r"""m ← μ m − α g;  p ← p + μ m − α g: the momentum as it will be after the step."""
        def __init__(self, lr: float = 0.01, momentum: float = 0.9, *, clip_value: float | None = None, clip_norm: float | None = None) -> None: ...
    nesterov: ClassVar[optimizers.Nesterov]
    r"""m ← μ m − α g;  p ← p + μ m − α g: the momentum as it will be after the step."""
    class RMSprop(chainrule.plugins.optimizers.rmsprop.RMSprop):
        r"""s ← ρ s + (1−ρ) g²;  p ← p − α g / √(s + ε)."""
        def __init__(self, lr: float = 0.001, rho: float = 0.9, epsilon: float = 1e-07, *, clip_value: float | None = None, clip_norm: float | None = None) -> None: ...
    rmsprop: ClassVar[optimizers.RMSprop]
    r"""s ← ρ s + (1−ρ) g²;  p ← p − α g / √(s + ε)."""
    class SGD(chainrule.plugins.optimizers.descent.SGD):
        r"""Stochastic gradient descent: p ← p − α g, g from one batch."""
        def __init__(self, lr: float = 0.01, *, clip_value: float | None = None, clip_norm: float | None = None) -> None: ...
    sgd: ClassVar[optimizers.SGD]
    r"""Stochastic gradient descent: p ← p − α g, g from one batch."""
    ...

class regularizers(metaclass=_Catalog):
    class Dropout(chainrule.plugins.regularizers.noise.Dropout):
        r"""h · m / (1 − rate) on hidden layers, m = 1 with probability 1 − rate, else 0."""
        def __init__(self, rate: float = 0.5) -> None: ...
    dropout: ClassVar[regularizers.Dropout]
    r"""h · m / (1 − rate) on hidden layers, m = 1 with probability 1 − rate, else 0."""
    class EarlyStopping(chainrule.plugins.regularizers.early_stopping.EarlyStopping):
        r"""Stop when `monitor` has not improved for `patience` epochs."""
        def __init__(self, monitor: str = 'val_loss', patience: int = 5, min_delta: float = 0.0, restore_best_weights: bool = True, mode: Literal['auto', 'min', 'max'] = 'auto', start_from_epoch: int = 0, baseline: float | None = None) -> None: ...
    early_stopping: ClassVar[regularizers.EarlyStopping]
    r"""Stop when `monitor` has not improved for `patience` epochs."""
    class ElasticNet(chainrule.plugins.regularizers.penalty.ElasticNet):
        r"""J + λ₁ Σ |w| + λ₂ Σ w² over all weight matrices: tf.keras ``L1L2``."""
        def __init__(self, l1: float = 0.01, l2: float = 0.01) -> None: ...
    elastic_net: ClassVar[regularizers.ElasticNet]
    r"""J + λ₁ Σ |w| + λ₂ Σ w² over all weight matrices: tf.keras ``L1L2``."""
    class GaussianNoise(chainrule.plugins.regularizers.noise.GaussianNoise):
        r"""h + σ ε on every hidden layer, ε ~ N(0, 1): tf.keras ``GaussianNoise``."""
        def __init__(self, stddev: float = 0.1) -> None: ...
    gaussian_noise: ClassVar[regularizers.GaussianNoise]
    r"""h + σ ε on every hidden layer, ε ~ N(0, 1): tf.keras ``GaussianNoise``."""
    class L1(chainrule.plugins.regularizers.penalty.L1):
        r"""J + λ Σ |w| over all weight matrices, not biases; λ = 0.01: tf.keras ``L1``."""
        def __init__(self, strength: float = 0.01) -> None: ...
    l1: ClassVar[regularizers.L1]
    r"""J + λ Σ |w| over all weight matrices, not biases; λ = 0.01: tf.keras ``L1``."""
    class L2(chainrule.plugins.regularizers.penalty.L2):
        r"""J + λ Σ w² over all weight matrices, not biases; λ = 0.01: tf.keras ``L2``."""
        def __init__(self, strength: float = 0.01) -> None: ...
    l2: ClassVar[regularizers.L2]
    r"""J + λ Σ w² over all weight matrices, not biases; λ = 0.01: tf.keras ``L2``."""
    class MaxNorm(chainrule.plugins.regularizers.constraint.MaxNorm):
        r"""w ← w · min(‖w‖, c) / (‖w‖ + ε): the weights of each unit have norm at most c."""
        def __init__(self, limit: float = 2.0) -> None: ...
    max_norm: ClassVar[regularizers.MaxNorm]
    r"""w ← w · min(‖w‖, c) / (‖w‖ + ε): the weights of each unit have norm at most c."""
    ...

class initializers(metaclass=_Catalog):
    class Constant(chainrule.plugins.initializers.fixed.Constant):
        r"""The given values."""
        def __init__(self, value: float | Sequence[float]) -> None: ...
    class GlorotNormal(chainrule.plugins.initializers.scaled.GlorotNormal):
        r"""Normal with variance 2/(fan_in + fan_out) (Glorot & Bengio, 2010)."""
        def __init__(self) -> None: ...
    glorot_normal: ClassVar[initializers.GlorotNormal]
    r"""Normal with variance 2/(fan_in + fan_out) (Glorot & Bengio, 2010)."""
    class GlorotUniform(chainrule.plugins.initializers.scaled.GlorotUniform):
        r"""Uniform with variance 2/(fan_in + fan_out) (Glorot & Bengio, 2010)."""
        def __init__(self) -> None: ...
    glorot_uniform: ClassVar[initializers.GlorotUniform]
    r"""Uniform with variance 2/(fan_in + fan_out) (Glorot & Bengio, 2010)."""
    class HeNormal(chainrule.plugins.initializers.scaled.HeNormal):
        r"""Normal with variance 2/fan_in, for relu and its relatives (He et al., 2015)."""
        def __init__(self) -> None: ...
    he_normal: ClassVar[initializers.HeNormal]
    r"""Normal with variance 2/fan_in, for relu and its relatives (He et al., 2015)."""
    class HeUniform(chainrule.plugins.initializers.scaled.HeUniform):
        r"""Uniform with variance 2/fan_in, for relu and its relatives (He et al., 2015)."""
        def __init__(self) -> None: ...
    he_uniform: ClassVar[initializers.HeUniform]
    r"""Uniform with variance 2/fan_in, for relu and its relatives (He et al., 2015)."""
    class LecunNormal(chainrule.plugins.initializers.scaled.LecunNormal):
        r"""Normal with variance 1/fan_in (LeCun et al., 1998), for selu."""
        def __init__(self) -> None: ...
    lecun_normal: ClassVar[initializers.LecunNormal]
    r"""Normal with variance 1/fan_in (LeCun et al., 1998), for selu."""
    class LecunUniform(chainrule.plugins.initializers.scaled.LecunUniform):
        r"""Uniform with variance 1/fan_in (LeCun et al., 1998)."""
        def __init__(self) -> None: ...
    lecun_uniform: ClassVar[initializers.LecunUniform]
    r"""Uniform with variance 1/fan_in (LeCun et al., 1998)."""
    class Normal(chainrule.plugins.initializers.random.Normal):
        r"""N(mean, stddev²)."""
        def __init__(self, mean: float = 0.0, stddev: float = 0.05) -> None: ...
    normal: ClassVar[initializers.Normal]
    r"""N(mean, stddev²)."""
    class Ones(chainrule.plugins.initializers.fixed.Ones):
        r"""1 for every element."""
        def __init__(self) -> None: ...
    ones: ClassVar[initializers.Ones]
    r"""1 for every element."""
    class Orthogonal(chainrule.plugins.initializers.orthogonal.Orthogonal):
        r"""A random orthogonal matrix (Saxe et al., 2014): orthonormal rows or columns."""
        def __init__(self, gain: float = 1.0) -> None: ...
    orthogonal: ClassVar[initializers.Orthogonal]
    r"""A random orthogonal matrix (Saxe et al., 2014): orthonormal rows or columns."""
    class Uniform(chainrule.plugins.initializers.random.Uniform):
        r"""U[low, high)."""
        def __init__(self, low: float = -0.05, high: float = 0.05) -> None: ...
    uniform: ClassVar[initializers.Uniform]
    r"""U[low, high)."""
    class Zeros(chainrule.plugins.initializers.fixed.Zeros):
        r"""0 for every element."""
        def __init__(self) -> None: ...
    zeros: ClassVar[initializers.Zeros]
    r"""0 for every element."""
    ...

class schedules(metaclass=_Catalog):
    class Constant(chainrule.plugins.schedules.Constant):
        r"""The optimizer's own rate α at every step."""
        def __init__(self) -> None: ...
    constant: ClassVar[schedules.Constant]
    r"""The optimizer's own rate α at every step."""
    class CosineDecay(chainrule.plugins.schedules.CosineDecay):
        r"""α · (floor + (1 − floor) (1 + cos(π t / epochs)) / 2), then α · floor."""
        def __init__(self, epochs: float, floor: float = 0.0) -> None: ...
    class ExponentialDecay(chainrule.plugins.schedules.ExponentialDecay):
        r"""α · factor^(t / epochs): tf.keras ``ExponentialDecay``."""
        def __init__(self, factor: float = 0.96, epochs: float = 1.0) -> None: ...
    exponential_decay: ClassVar[schedules.ExponentialDecay]
    r"""α · factor^(t / epochs): tf.keras ``ExponentialDecay``."""
    class PiecewiseConstant(chainrule.plugins.schedules.PiecewiseConstant):
        r"""α · factors[i] between boundaries[i − 1] and boundaries[i]."""
        def __init__(self, boundaries: Sequence[float], factors: Sequence[float]) -> None: ...
    class StepDecay(chainrule.plugins.schedules.StepDecay):
        r"""α · factor^⌊t / epochs⌋: tf.keras ``ExponentialDecay(staircase=True)``."""
        def __init__(self, factor: float = 0.5, epochs: float = 10.0) -> None: ...
    step_decay: ClassVar[schedules.StepDecay]
    r"""α · factor^⌊t / epochs⌋: tf.keras ``ExponentialDecay(staircase=True)``."""
    class Warmup(chainrule.plugins.schedules.Warmup):
        r"""Another schedule, whose rate rises linearly from 0 during the first epochs."""
        def __init__(self, epochs: float = 1.0, then: chainrule.kinds.schedule.Schedule | str = 'constant') -> None: ...
    warmup: ClassVar[schedules.Warmup]
    r"""Another schedule, whose rate rises linearly from 0 during the first epochs."""
    ...

class metrics(metaclass=_Catalog):
    class Accuracy(chainrule.plugins.metrics.accuracy.Accuracy):
        r"""Share of right answers: binary, categorical or sparse, by the shapes."""
        def __init__(self) -> None: ...
    accuracy: ClassVar[metrics.Accuracy]
    r"""Share of right answers: binary, categorical or sparse, by the shapes."""
    class AUC(chainrule.plugins.metrics.ranking.AUC):
        r"""Area under the ROC curve: how often a yes has a higher score than a no."""
        def __init__(self, num_thresholds: int = 200) -> None: ...
    auc: ClassVar[metrics.AUC]
    r"""Area under the ROC curve: how often a yes has a higher score than a no."""
    class BinaryAccuracy(chainrule.plugins.metrics.accuracy.BinaryAccuracy):
        r"""Share of elements on the right side of the threshold."""
        def __init__(self, threshold: float = 0.5) -> None: ...
    binary_accuracy: ClassVar[metrics.BinaryAccuracy]
    r"""Share of elements on the right side of the threshold."""
    class CategoricalAccuracy(chainrule.plugins.metrics.accuracy.CategoricalAccuracy):
        r"""Share of examples whose largest prediction is at the 1 of a one-hot target."""
        def __init__(self) -> None: ...
    categorical_accuracy: ClassVar[metrics.CategoricalAccuracy]
    r"""Share of examples whose largest prediction is at the 1 of a one-hot target."""
    class ConfusionMatrix(chainrule.plugins.metrics.confusion.ConfusionMatrix):
        r"""Counts of examples by true class (rows) and predicted class (columns)."""
        def __init__(self) -> None: ...
    confusion_matrix: ClassVar[metrics.ConfusionMatrix]
    r"""Counts of examples by true class (rows) and predicted class (columns)."""
    class F1(chainrule.plugins.metrics.f1.F1):
        r"""F₁ = 2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall."""
        def __init__(self, average: Literal['binary', 'macro', 'micro'] = 'binary', threshold: float | None = None) -> None: ...
    f1: ClassVar[metrics.F1]
    r"""F₁ = 2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall."""
    class MAE(chainrule.plugins.metrics.regression.MAE):
        r"""Mean absolute error: mean of |ŷ − y|."""
        def __init__(self) -> None: ...
    mae: ClassVar[metrics.MAE]
    r"""Mean absolute error: mean of |ŷ − y|."""
    class MAPE(chainrule.plugins.metrics.regression.MAPE):
        r"""Mean absolute percentage error: 100 times the mean of |ŷ − y| / max(|y|, ε)."""
        def __init__(self) -> None: ...
    mape: ClassVar[metrics.MAPE]
    r"""Mean absolute percentage error: 100 times the mean of |ŷ − y| / max(|y|, ε)."""
    class MSE(chainrule.plugins.metrics.regression.MSE):
        r"""Mean squared error: mean of (ŷ − y)²."""
        def __init__(self) -> None: ...
    mse: ClassVar[metrics.MSE]
    r"""Mean squared error: mean of (ŷ − y)²."""
    class Precision(chainrule.plugins.metrics.detection.Precision):
        r"""Share of right ones among the predicted yeses; 0 if there are none."""
        def __init__(self, threshold: float = 0.5) -> None: ...
    precision: ClassVar[metrics.Precision]
    r"""Share of right ones among the predicted yeses; 0 if there are none."""
    class R2(chainrule.plugins.metrics.regression.R2):
        r"""R² = 1 − Σ (y − ŷ)² / Σ (y − ȳ)², the mean over the columns of the target."""
        def __init__(self) -> None: ...
    r2: ClassVar[metrics.R2]
    r"""R² = 1 − Σ (y − ŷ)² / Σ (y − ȳ)², the mean over the columns of the target."""
    class Recall(chainrule.plugins.metrics.detection.Recall):
        r"""Share of predicted ones among the true yeses; 0 if there are none."""
        def __init__(self, threshold: float = 0.5) -> None: ...
    recall: ClassVar[metrics.Recall]
    r"""Share of predicted ones among the true yeses; 0 if there are none."""
    class RMSE(chainrule.plugins.metrics.regression.RMSE):
        r"""Root of the mean squared error, in the unit of the target."""
        def __init__(self) -> None: ...
    rmse: ClassVar[metrics.RMSE]
    r"""Root of the mean squared error, in the unit of the target."""
    class SparseCategoricalAccuracy(chainrule.plugins.metrics.accuracy.SparseCategoricalAccuracy):
        r"""Share of examples whose largest prediction is at the class of the target."""
        def __init__(self) -> None: ...
    sparse_categorical_accuracy: ClassVar[metrics.SparseCategoricalAccuracy]
    r"""Share of examples whose largest prediction is at the class of the target."""
    class TopK(chainrule.plugins.metrics.accuracy.TopK):
        r"""Share of examples whose true class is among the k largest predictions."""
        def __init__(self, k: int = 5) -> None: ...
    top_k: ClassVar[metrics.TopK]
    r"""Share of examples whose true class is among the k largest predictions."""
    ...

class callbacks(metaclass=_Catalog):
    class Checkpoint(chainrule.plugins.callbacks.checkpoint.Checkpoint):
        r"""Save the model after each epoch, or after each that is the best so far."""
        def __init__(self, path: str | os.PathLike[str], save_best_only: bool = False, monitor: str = 'val_loss', mode: Literal['auto', 'min', 'max'] = 'auto') -> None: ...
    class History(chainrule.training.history.History):
        r"""The numbers of each epoch: ``history["loss"]``, ``history["val_accuracy"]`` …."""
        def __init__(self) -> None: ...
    history: ClassVar[callbacks.History]
    r"""The numbers of each epoch: ``history["loss"]``, ``history["val_accuracy"]`` …."""
    class Progress(chainrule.plugins.callbacks.progress.Progress):
        r"""Show epoch, speed, remaining time and the numbers of the last epoch."""
        def __init__(self, lines: bool = False) -> None: ...
    progress: ClassVar[callbacks.Progress]
    r"""Show epoch, speed, remaining time and the numbers of the last epoch."""
    class ReduceLROnPlateau(chainrule.plugins.callbacks.plateau.ReduceLROnPlateau):
        r"""Multiply the learning rate by `factor` if `monitor` no longer improves."""
        def __init__(self, monitor: str = 'val_loss', factor: float = 0.1, patience: int = 10, mode: Literal['auto', 'min', 'max'] = 'auto', min_delta: float = 0.0001, cooldown: int = 0, min_lr: float = 0.0) -> None: ...
    reduce_lr_on_plateau: ClassVar[callbacks.ReduceLROnPlateau]
    r"""Multiply the learning rate by `factor` if `monitor` no longer improves."""
    class Trajectory(chainrule.plugins.callbacks.trajectory.Trajectory):
        r"""Keep a copy of the weights at the start and after each epoch."""
        def __init__(self, every: int | None = None) -> None: ...
    trajectory: ClassVar[callbacks.Trajectory]
    r"""Keep a copy of the weights at the start and after each epoch."""
    class WeightAverage(chainrule.plugins.callbacks.average.WeightAverage):
        r"""a ← d a + (1 − d) w after each step; at the end the weights are the averages."""
        def __init__(self, decay: float = 0.99) -> None: ...
    weight_average: ClassVar[callbacks.WeightAverage]
    r"""a ← d a + (1 − d) w after each step; at the end the weights are the averages."""
    ...

class datasets(metaclass=_Catalog):
    blobs = staticmethod(chainrule.plugins.datasets.clusters.blobs)
    circles = staticmethod(chainrule.plugins.datasets.clusters.circles)
    digits = staticmethod(chainrule.plugins.datasets.digits.digits)
    load_csv = staticmethod(chainrule.plugins.datasets.csv.load_csv)
    load_idx = staticmethod(chainrule.plugins.datasets.idx.load_idx)
    load_npz = staticmethod(chainrule.plugins.datasets.npz.load_npz)
    mnist = staticmethod(chainrule.plugins.datasets.mnist.mnist)
    moons = staticmethod(chainrule.plugins.datasets.clusters.moons)
    noisy_curve = staticmethod(chainrule.plugins.datasets.curves.noisy_curve)
    spirals = staticmethod(chainrule.plugins.datasets.clusters.spirals)
    xor = staticmethod(chainrule.plugins.datasets.clusters.xor)
    ...

class themes(metaclass=_Catalog):
    class Dark(chainrule.plugins.themes.Dark):
        r"""Light colours on a dark slide."""
        def __init__(self, font: str = 'DejaVu Sans,Verdana,Helvetica,Arial,sans-serif', text_scale: float = 1.0, paper: str = '#16181D', ink: str = '#ECECF1', faint: str = '#A9B0B8', forward: str = '#8A929B', good: str = '#7BD490', alarm: str = '#FF8A8F', loss: str = '#DDC4FF', between: str = '#FF6B72', parameter: str = '#86BDF5', data: str = '#A9B0B8', loss_dash: str = 'solid', between_dash: str = 'solid', parameter_dash: str = 'dashed', data_dash: str = 'dotted', input_fill: str = '#16181D', parameter_fill: str = '#1B2D42', op_fill: str = '#262B33', loss_fill: str = '#3A301A', input_border: str = '#16181D', parameter_border: str = '#5AA2EE', op_border: str = '#8A929B', loss_border: str = '#E0A640', heat: tuple[str, str, str, str, str] = ...) -> None: ...
    dark: ClassVar[themes.Dark]
    r"""Light colours on a dark slide."""
    class Light(chainrule.plugins.themes.Light):
        r"""The lecture's colours on white."""
        def __init__(self, font: str = 'DejaVu Sans,Verdana,Helvetica,Arial,sans-serif', text_scale: float = 1.0, paper: str = 'white', ink: str = '#1B1B1E', faint: str = '#5C636A', forward: str = '#9AA0A6', good: str = '#2B7A3D', alarm: str = '#9D0208', loss: str = '#4A148C', between: str = '#D62839', parameter: str = '#0353A4', data: str = '#6C757D', loss_dash: str = 'solid', between_dash: str = 'solid', parameter_dash: str = 'dashed', data_dash: str = 'dotted', input_fill: str = '#FFFFFF', parameter_fill: str = '#EAF2FB', op_fill: str = '#FAFAFA', loss_fill: str = '#FFF7E6', input_border: str = '#FFFFFF', parameter_border: str = '#0353A4', op_border: str = '#5C636A', loss_border: str = '#B7791F', heat: tuple[str, str, str, str, str] = ...) -> None: ...
    light: ClassVar[themes.Light]
    r"""The lecture's colours on white."""
    class Print(chainrule.plugins.themes.Print):
        r"""Greys on white; dashes tell the edges apart."""
        def __init__(self, font: str = 'DejaVu Sans,Verdana,Helvetica,Arial,sans-serif', text_scale: float = 1.0, paper: str = 'white', ink: str = '#000000', faint: str = '#444444', forward: str = '#8C8C8C', good: str = '#000000', alarm: str = '#000000', loss: str = '#000000', between: str = '#333333', parameter: str = '#000000', data: str = '#666666', loss_dash: str = 'solid', between_dash: str = 'dashed', parameter_dash: str = 'dotted', data_dash: str = 'dotted', input_fill: str = '#FFFFFF', parameter_fill: str = '#F2F2F2', op_fill: str = '#FFFFFF', loss_fill: str = '#E6E6E6', input_border: str = '#FFFFFF', parameter_border: str = '#000000', op_border: str = '#444444', loss_border: str = '#000000', heat: tuple[str, str, str, str, str] = ...) -> None: ...
    print: ClassVar[themes.Print]
    r"""Greys on white; dashes tell the edges apart."""
    class Transparent(chainrule.plugins.themes.Transparent):
        r"""The lecture's colours, on the page's own background."""
        def __init__(self, font: str = 'DejaVu Sans,Verdana,Helvetica,Arial,sans-serif', text_scale: float = 1.0, paper: str = 'transparent', ink: str = '#1B1B1E', faint: str = '#5C636A', forward: str = '#9AA0A6', good: str = '#2B7A3D', alarm: str = '#9D0208', loss: str = '#4A148C', between: str = '#D62839', parameter: str = '#0353A4', data: str = '#6C757D', loss_dash: str = 'solid', between_dash: str = 'solid', parameter_dash: str = 'dashed', data_dash: str = 'dotted', input_fill: str = '#FFFFFF', parameter_fill: str = '#EAF2FB', op_fill: str = '#FAFAFA', loss_fill: str = '#FFF7E6', input_border: str = '#FFFFFF', parameter_border: str = '#0353A4', op_border: str = '#5C636A', loss_border: str = '#B7791F', heat: tuple[str, str, str, str, str] = ...) -> None: ...
    transparent: ClassVar[themes.Transparent]
    r"""The lecture's colours, on the page's own background."""
    ...

class plot(metaclass=_Catalog):
    activation = staticmethod(chainrule.plugins.figures.activation.activation)
    boundary = staticmethod(chainrule.plugins.figures.boundary.boundary)
    compare = staticmethod(chainrule.plugins.figures.compare.compare)
    confusion = staticmethod(chainrule.plugins.figures.confusion.confusion)
    dropout = staticmethod(chainrule.plugins.figures.dropout.dropout)
    fit = staticmethod(chainrule.plugins.figures.fit.fit)
    gradient_flow = staticmethod(chainrule.plugins.figures.gradient_flow.gradient_flow)
    gradient_noise = staticmethod(chainrule.plugins.figures.gradient_noise.gradient_noise)
    history = staticmethod(chainrule.plugins.figures.history.history)
    landscape = staticmethod(chainrule.plugins.figures.landscape.landscape)
    weights = staticmethod(chainrule.plugins.figures.weights.weights)
    worst = staticmethod(chainrule.plugins.figures.worst.worst)
    ...
