"""The gated recurrent unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from s2s_keras.layers.cell import RecurrentCell

__all__ = ["GRUCell"]


@keras.saving.register_keras_serializable(package="s2s_keras")
class GRUCell(RecurrentCell):
    """One step of a GRU; see `RecurrentCell` for its arguments.

    With x_t the input and h_{t-1} the only state:

        z_t = sigmoid(W_z x_t + b_z + U_z h_{t-1} + c_z)
        r_t = sigmoid(W_r x_t + b_r + U_r h_{t-1} + c_r)
        n_t = tanh(W_n x_t + b_n + r_t * (U_n h_{t-1} + c_n))
        h_t = z_t * h_{t-1} + (1 - z_t) * n_t

    The weights lie as in `keras.layers.GRU` with `reset_after=True`, the form that cuDNN computes.

    Reference:
        Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", section 2.3,
        equations 5 to 8. There r_t multiplies h_{t-1} before U_n; here after it, as cuDNN does.
    """

    gates = 3
    num_states = 1

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the weights for inputs of shape (..., input width)."""
        super().build(input_shape)
        self.bias = self.add_weight(name="bias", shape=(2, 3 * self.units), initializer="zeros")

    @property
    def input_bias(self) -> Any:
        """b, float (3H,)."""
        return self.bias[0]

    def recur(self, output: Any) -> Any:
        """Returns U h + c; see `RecurrentCell`."""
        return super().recur(output) + self.bias[1]

    def advance(self, projected: Any, recurrent: Any, states: Sequence[Any]) -> list[Any]:
        """Returns h_t; see `RecurrentCell`."""
        (state,) = states
        input_zr, input_n = ops.split(projected, [2 * self.units], axis=-1)
        state_zr, state_n = ops.split(recurrent, [2 * self.units], axis=-1)
        update, reset = ops.split(ops.sigmoid(input_zr + state_zr), 2, axis=-1)
        candidate = ops.tanh(input_n + reset * state_n)
        return [candidate + update * (state - candidate)]
