"""What stands between a decoder's cells and the vocabulary."""

from __future__ import annotations

from typing import Any

import keras

from s2s_keras.layers.maxout import Maxout

__all__ = ["DEEP_OUTPUTS", "make_deep_output", "make_linear_output"]

DEEP_OUTPUTS = ("maxout", "tanh")
"""Deep outputs by their names in a recipe."""


def make_deep_output(kind: str, units: int, policy: Any) -> keras.layers.Layer:
    """Returns a deep output layer, O = `units` wide.

    Args:
        kind: one of `DEEP_OUTPUTS`.
        units: O.
        policy: Keras dtype policy.

    Raises:
        ValueError: there is no such deep output.

    Reference:
        Pascanu et al. 2014, "How to Construct Deep Recurrent Neural Networks", section 3.3.2.
    """
    if kind not in DEEP_OUTPUTS:
        raise ValueError(
            f"`deep_output` must be one of {sorted(DEEP_OUTPUTS)}. Received: deep_output={kind!r}."
        )
    if kind == "maxout":
        return Maxout(units, dtype=policy, name="output")
    return keras.layers.Dense(units, activation="tanh", dtype=policy, name="output")


def make_linear_output(width: int, units: int, policy: Any) -> keras.layers.Layer:
    """Returns a linear map from `width` to `units`; nothing where they are equal."""
    if width == units:
        return keras.layers.Identity(dtype=policy, name="output")
    return keras.layers.Dense(units, use_bias=False, dtype=policy, name="output")
