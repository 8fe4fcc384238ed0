"""The names of the quantisation recipes, without any framework; `export` says how each is made."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Quantization"]


class Quantization(StrEnum):
    """How the weights of an exported file are stored, and what is computed in int8.

    All but `dynamic_range_per_channel` run on every supported interpreter, so the default does.
    """

    NONE = "none"
    """Float32."""
    FLOAT16 = "float16"
    """Float16 weights, which the interpreter turns into float32 once, when it loads them."""
    DYNAMIC_RANGE = "dynamic_range"
    """int8 weights, one scale a tensor; what a product reads is quantised in each run."""
    DYNAMIC_RANGE_PER_CHANNEL = "dynamic_range_per_channel"
    """The same with one scale an output channel, which tflite-runtime 2.14 does not run."""
    INT8 = "int8"
    """int8 weights, one scale a tensor; outside loops, products read and put out int8 with ranges
    that were measured once, on representative texts."""

    @property
    def has_int8_weights(self) -> bool:
        """Whether weights are rounded to 255 values."""
        return self not in (Quantization.NONE, Quantization.FLOAT16)

    @property
    def is_per_channel(self) -> bool:
        """Whether each output channel of a weight matrix has its own scale."""
        return self is Quantization.DYNAMIC_RANGE_PER_CHANNEL
