"""The long short-term memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from s2s_keras.layers.cell import RecurrentCell

__all__ = ["LSTMCell"]


@keras.saving.register_keras_serializable(package="s2s_keras")
class LSTMCell(RecurrentCell):
    """One step of an LSTM; see `RecurrentCell` for its arguments.

    With x_t the input, and the output h_{t-1} and the cell c_{t-1} as states:

        i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)
        f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)
        g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)
        o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)
        c_t = f_t * c_{t-1} + i_t * g_t
        h_t = o_t * tanh(c_t)

    The weights lie as in `keras.layers.LSTM`; b_f starts at 1.

    Reference:
        Hochreiter and Schmidhuber 1997, "Long Short-Term Memory", with the forget gate of Gers et
        al. 2000, "Learning to Forget". Sutskever et al. 2014 use this form.
    """

    gates = 4
    num_states = 2

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the weights for inputs of shape (..., input width)."""
        super().build(input_shape)
        self.bias = self.add_weight(
            name="bias", shape=(4 * self.units,), initializer=_open_forget_gate
        )

    @property
    def input_bias(self) -> Any:
        """b, float (4H,)."""
        return self.bias

    def advance(self, projected: Any, recurrent: Any, states: Sequence[Any]) -> list[Any]:
        """Returns h_t and c_t; see `RecurrentCell`."""
        _, cell = states
        write, forget, candidate, read = ops.split(projected + recurrent, 4, axis=-1)
        cell = ops.sigmoid(forget) * cell + ops.sigmoid(write) * ops.tanh(candidate)
        return [ops.sigmoid(read) * ops.tanh(cell), cell]


def _open_forget_gate(shape: tuple[int], dtype: Any = None) -> Any:
    """Zeros, and ones for the forget gate, so that a new network remembers."""
    units = shape[0] // 4
    zeros, ones = ops.zeros((units,), dtype=dtype), ops.ones((units,), dtype=dtype)
    return ops.concatenate([zeros, ones, zeros, zeros])
