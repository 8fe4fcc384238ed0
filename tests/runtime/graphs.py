"""Graphs of a few operators, whose figures can be counted by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


def convert(
    function: Callable[..., Any], *specs: Sequence[int] | tf.TensorSpec, float16: bool = False
) -> bytes:
    """Converts a function of tensors to the bytes of a TFLite graph."""
    given = [s if isinstance(s, tf.TensorSpec) else tf.TensorSpec(s, tf.float32) for s in specs]
    graph = tf.function(function).get_concrete_function(*given)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([graph])
    if float16:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert())
