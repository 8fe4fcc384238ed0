"""The encoder: embedded source tokens -> memory and a summary of the whole source."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from s2s_keras.layers.gru import GRUCell

__all__ = ["BidirectionalEncoder"]


@keras.saving.register_keras_serializable(package="s2s_keras")
class BidirectionalEncoder(keras.layers.Layer):
    """A stack of bidirectional GRUs.

    Each layer runs its two directions in one loop; a state is held still at padding, so that the
    backward direction starts at the last token. Memory h_j is the forward and the backward state
    at position j, side by side.

    Args:
        units: H, the width of one direction; the memory is M = 2H wide.
        num_layers: layers, at least 1.
        dropout: share of the values dropped between layers, 0 to 1.

    Call arguments:
        inputs: float (B, S, E), embedded tokens.
        mask: bool (B, S), false at padding, which must lie on the right.

    Returns:
        `memory` float (B, S, 2H), and the top layer's two last states side by side, float (B, 2H).

    Reference:
        Bahdanau et al. 2015, section 3.2 and A.1.1.
    """

    def __init__(
        self, units: int, num_layers: int = 1, dropout: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.num_layers = num_layers
        self.dropout = dropout
        self.forward_cells, self.backward_cells = (
            [
                GRUCell(units, dtype=self.dtype_policy, name=f"{direction}_{i}")
                for i in range(num_layers)
            ]
            for direction in ("forward", "backward")
        )
        self.dropout_layer = keras.layers.Dropout(dropout, dtype=self.dtype_policy)

    def build(self, inputs_shape: tuple[int | None, ...]) -> None:
        """Makes the weights for inputs of shape (B, S, E)."""
        width = inputs_shape[-1]
        for forward, backward in zip(self.forward_cells, self.backward_cells, strict=True):
            forward.build((None, width))
            backward.build((None, width))
            width = 2 * self.units

    def call(self, inputs: Any, mask: Any, training: bool = False) -> tuple[Any, Any]:
        """Encodes; see the class."""
        keep = ops.expand_dims(ops.cast(ops.transpose(mask), inputs.dtype), -1)  # (S, B, 1)
        outputs = ops.transpose(inputs, (1, 0, 2))  # time first
        states: list[Any] = []
        for layer, cells in enumerate(zip(self.forward_cells, self.backward_cells, strict=True)):
            if layer > 0:
                outputs = self.dropout_layer(outputs, training=training)
            outputs, states = _run_both_directions(*cells, outputs, keep)
        return ops.transpose(outputs, (1, 0, 2)), ops.concatenate(states, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "num_layers": self.num_layers,
            "dropout": self.dropout,
        }


def _run_both_directions(
    forward: GRUCell, backward: GRUCell, inputs: Any, keep: Any
) -> tuple[Any, list[Any]]:
    """Runs two cells over time-major inputs (S, B, ...), the second from the end.

    All that the loop reads goes in as one tensor: on TensorFlow `keras.ops.scan` (3.15) fails on
    several where the length is dynamic, and one read a step is also the cheapest.
    """
    gates = 3 * forward.units
    sequence = ops.concatenate(
        [
            forward.project(inputs),
            ops.flip(backward.project(inputs), axis=0),
            keep,
            ops.flip(keep, axis=0),
        ],
        axis=-1,
    )

    def step(states: list[Any], at: Any) -> tuple[list[Any], list[Any]]:
        forward_inputs, backward_inputs, forward_keep, backward_keep = ops.split(
            at, [gates, 2 * gates, 2 * gates + 1], axis=-1
        )
        forward_state, backward_state = states
        forward_new = forward(forward_inputs, forward_state)
        backward_new = backward(backward_inputs, backward_state)
        states = [
            forward_state + forward_keep * (forward_new - forward_state),
            backward_state + backward_keep * (backward_new - backward_state),
        ]
        return states, states

    zeros = ops.zeros((ops.shape(inputs)[1], forward.units), dtype=inputs.dtype)
    states, (forward_outputs, backward_outputs) = ops.scan(step, [zeros, zeros], sequence)
    outputs = ops.concatenate([forward_outputs, ops.flip(backward_outputs, axis=0)], axis=-1)
    return outputs, states
