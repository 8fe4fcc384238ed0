"""Named recipes that set a TFLite converter up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

__all__ = ["QUANTIZATIONS"]


def _none(converter: Any) -> None:
    """Float32 weights and arithmetic."""


def _dynamic_range(converter: Any) -> None:
    """int8 weights, one scale a tensor; activations are quantised at run time.

    One scale a tensor, not a channel: per-channel dense layers become FULLY_CONNECTED version 12,
    which tflite-runtime 2.14 does not have.
    """
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True


QUANTIZATIONS: dict[str, Callable[[Any], None]] = {
    "none": _none,
    "dynamic_range": _dynamic_range,
}
"""Name -> what it does to a `tf.lite.TFLiteConverter`."""
