"""The gated recurrent unit, with the part that needs no recurrence kept apart."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

__all__ = ["GRUCell"]


@keras.saving.register_keras_serializable(package="s2s_keras")
class GRUCell(keras.layers.Layer):
    """One step of a GRU whose inputs are projected before the loop.

    With x_t the input and h_{t-1} the state:

        z_t = sigmoid(W_z x_t + b_z + U_z h_{t-1} + c_z)
        r_t = sigmoid(W_r x_t + b_r + U_r h_{t-1} + c_r)
        n_t = tanh(W_n x_t + b_n + r_t * (U_n h_{t-1} + c_n))
        h_t = z_t * h_{t-1} + (1 - z_t) * n_t

    `project` computes W x + b for a whole sequence in one matrix product, `call` does the rest.
    The three gates share one matrix product, and the weights lie as in `keras.layers.GRU` with
    `reset_after=True`, the form that cuDNN computes.

    Args:
        units: H, the width of the state.

    Call arguments:
        projected: float (B, 3H), one time step of what `project` returned.
        state: float (B, H).

    Returns:
        The new state, float (B, H).

    Reference:
        Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", section 2.3,
        equations 5 to 8. There r_t multiplies h_{t-1} before U_n; here after it, as cuDNN does.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the weights for inputs of shape (..., input width)."""
        gates = 3 * self.units
        self.kernel = self.add_weight(
            name="kernel", shape=(input_shape[-1], gates), initializer="glorot_uniform"
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel", shape=(self.units, gates), initializer=_orthogonal_gates
        )
        self.bias = self.add_weight(name="bias", shape=(2, gates), initializer="zeros")

    def project(self, inputs: Any) -> Any:
        """Returns W x + b: float (..., 3H) for inputs float (..., input width)."""
        return ops.matmul(inputs, self.kernel) + self.bias[0]

    def call(self, projected: Any, state: Any) -> Any:
        """Advances one step; see the class."""
        recurrent = ops.matmul(state, self.recurrent_kernel) + self.bias[1]
        input_z, input_r, input_n = ops.split(projected, 3, axis=-1)
        state_z, state_r, state_n = ops.split(recurrent, 3, axis=-1)
        update = ops.sigmoid(input_z + state_z)
        reset = ops.sigmoid(input_r + state_r)
        candidate = ops.tanh(input_n + reset * state_n)
        return candidate + update * (state - candidate)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "units": self.units}


def _orthogonal_gates(shape: tuple[int, int], dtype: Any = None) -> Any:
    """Gives each gate an orthogonal matrix of its own."""
    units = shape[0]
    orthogonal = keras.initializers.Orthogonal
    gates = [orthogonal()((units, units), dtype=dtype) for _ in range(shape[1] // units)]
    return ops.concatenate(gates, axis=1)
