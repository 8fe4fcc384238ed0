"""Training with the weights that an int8 file will have."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import keras
from keras import ops

__all__ = ["QuantizationAware", "fake_quantize", "quantized_weights"]

INT8_MAX = 127
"""The largest int8; -128 is left out, so that the values lie evenly around 0."""

SMALLEST_MATRIX = 1024
"""Values from which on the converter makes a matrix int8; smaller ones stay in float32."""


def fake_quantize(weights: Any, is_per_channel: bool = False) -> Any:
    """Returns weights rounded to what symmetric int8 holds, with the gradient of the weights.

        scale = max |w| / 127
        q(w) = scale round(w / scale),    d q(w) / d w = 1

    Args:
        weights: float (..., channels).
        is_per_channel: one scale a channel instead of one for all.

    Returns:
        The same shape and dtype.

    Reference:
        Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient
        Integer-Arithmetic-Only Inference", section 3; Bengio et al. 2013, "Estimating or
        Propagating Gradients Through Stochastic Neurons for Conditional Computation", section 4,
        for the gradient (straight-through).
    """
    exact = ops.cast(weights, "float32")
    axes = tuple(range(len(exact.shape) - 1)) if is_per_channel else None
    largest = ops.max(ops.abs(exact), axis=axes, keepdims=True)
    scale = ops.maximum(largest, 1e-9) / INT8_MAX
    rounded = ops.round(exact / scale) * scale
    return ops.cast(exact + ops.stop_gradient(rounded - exact), weights.dtype)


@contextmanager
def quantized_weights(model: keras.Model, is_per_channel: bool = False) -> Iterator[None]:
    """Inside, whoever reads a weight matrix of `model` gets it fake-quantised; see `fake_quantize`.

    These are the matrices that become int8 in the file: kernels and embeddings of at least
    `SMALLEST_MATRIX` values. An embedding has one scale in every file. The weights themselves do
    not change, and updates of other variables, such as random states, are kept.

    Args:
        model: built.
        is_per_channel: one scale an output channel of a kernel.
    """
    variables = [*model.trainable_variables, *model.non_trainable_variables]
    # All of them: the scope hides an outer one, in which JAX keeps the values.
    scope = keras.StatelessScope([(v, _as_in_the_file(v, is_per_channel)) for v in variables])
    before = [scope.get_current_value(variable) for variable in variables]
    with scope:
        yield
    for variable, value in zip(variables, before, strict=True):
        now = scope.get_current_value(variable)
        if now is not value:
            variable.assign(now)


def _as_in_the_file(variable: Any, is_per_channel: bool) -> Any:
    """Returns the variable's value, fake-quantised where it becomes int8."""
    value = ops.convert_to_tensor(variable.value)
    is_matrix = len(variable.shape) == 2 and variable.name != "bias"
    if not is_matrix or math.prod(variable.shape) < SMALLEST_MATRIX:
        return value
    return fake_quantize(value, is_per_channel and variable.name != "embeddings")


class QuantizationAware(keras.callbacks.Callback):
    """From an epoch on, trains and validates with the weights that an int8 file will have.

    The weights stay those of float32, and so do checkpoints: only what `Seq2Seq.call` reads is
    rounded.

    Args:
        first_epoch: the number of epochs to train before.
        is_per_channel: see `quantized_weights`.
    """

    def __init__(self, first_epoch: int, is_per_channel: bool = False) -> None:
        super().__init__()
        self.first_epoch = first_epoch
        self.is_per_channel = is_per_channel
        self._is_on = False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Begins where it is time; the compiled steps are made anew."""
        if epoch >= self.first_epoch and not self._is_on:
            self._is_on = True
            self.model.reading = partial(quantized_weights, self.model, self.is_per_channel)
            self.model.make_train_function(force=True)
            self.model.make_test_function(force=True)
