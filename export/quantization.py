"""How each quantisation recipe is made: converter settings, and what follows the converter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from s2s_keras.decoding import DecodingSettings
from s2s_keras.export.static_int8 import quantize_activations
from s2s_keras.quantization import Quantization
from s2s_keras.runtime import Artifact

__all__ = ["QUANTIZATIONS", "QuantizationRecipe"]


@dataclass(frozen=True)
class QuantizationRecipe:
    """How a file of one quantisation is made.

    Attributes:
        configure: sets a `tf.lite.TFLiteConverter` up.
        finish: makes the final graph of the converter's, wrapped in a file, with representative
            texts and the settings that decode them; `None` where the converter's is final.
    """

    configure: Callable[[Any], None]
    finish: Callable[[Artifact, Sequence[str], DecodingSettings], bytes] | None = None


def _none(converter: Any) -> None:
    pass


def _float16(converter: Any) -> None:
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]


def _dynamic_range(converter: Any) -> None:
    # Per-channel dense layers become FULLY_CONNECTED version 12, which tflite-runtime 2.14 lacks.
    _dynamic_range_per_channel(converter)
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True


def _dynamic_range_per_channel(converter: Any) -> None:
    converter.optimizations = [tf.lite.Optimize.DEFAULT]


QUANTIZATIONS: dict[str, QuantizationRecipe] = {
    Quantization.NONE: QuantizationRecipe(_none),
    Quantization.FLOAT16: QuantizationRecipe(_float16),
    Quantization.DYNAMIC_RANGE: QuantizationRecipe(_dynamic_range),
    Quantization.DYNAMIC_RANGE_PER_CHANNEL: QuantizationRecipe(_dynamic_range_per_channel),
    Quantization.INT8: QuantizationRecipe(_dynamic_range, quantize_activations),
}
"""Name -> how a file of it is made."""
