"""A layer that keeps the larger of two linear units."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

__all__ = ["Maxout"]


@keras.saving.register_keras_serializable(package="s2s_keras")
class Maxout(keras.layers.Layer):
    """t_i = max(u_i, u_{O+i}) with u = W x + b, 2O wide.

    Args:
        units: O, the width of the output.

    Call arguments:
        inputs: float (..., width).

    Returns:
        float (..., O).

    Reference:
        Goodfellow et al. 2013, "Maxout Networks"; as the deep output of a decoder: Bahdanau et al.
        2015, section A.2.2, and Cho et al. 2014, appendix A.1.2. The papers pair neighbours, which
        is the same function with W's rows in another order.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.dense = keras.layers.Dense(2 * units, dtype=self.dtype_policy, name="dense")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the weights for inputs (..., width)."""
        self.dense.build(input_shape)

    def call(self, inputs: Any) -> Any:
        """Computes; see the class."""
        return ops.maximum(*ops.split(self.dense(inputs), 2, axis=-1))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "units": self.units}
