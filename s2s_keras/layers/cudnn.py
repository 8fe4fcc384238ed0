"""The recurrence of an encoder on an NVIDIA GPU, where TensorFlow gives it to cuDNN."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from s2s_keras.layers.cell import RecurrentCell
from s2s_keras.layers.gru import GRUCell
from s2s_keras.layers.lstm import LSTMCell

__all__ = ["CudnnRecurrence", "takes_cudnn"]


def takes_cudnn() -> bool:
    """Whether a recurrence can be cuDNN's: on TensorFlow, where it sees a GPU."""
    is_tensorflow = keras.backend.backend() == "tensorflow"
    return is_tensorflow and bool(keras.distribution.list_devices("gpu"))


class CudnnRecurrence:
    """A cell's run over whole sequences, by the Keras layer that gives it to cuDNN.

    It has no weights of its own: the layer reads the cell's, which lie alike. cuDNN wants padding
    on the right and no JIT, and knows no dropout inside the recurrence; the first is ours, the
    others are what our models do without. Where there is no GPU the layer computes the same with a
    loop.

    Args:
        cell: a `GRUCell` or an `LSTMCell`, built.
        is_backward: reads each sequence from its last token.
    """

    def __init__(self, cell: RecurrentCell, is_backward: bool) -> None:
        kind = {GRUCell: keras.layers.GRU, LSTMCell: keras.layers.LSTM}[type(cell)]
        self._layer: Any = kind(
            cell.units, return_sequences=True, return_state=True, dtype=cell.dtype_policy
        )
        inner = self._layer.cell
        inner.kernel, inner.recurrent_kernel = cell.kernel, cell.recurrent_kernel
        inner.bias = cell.bias
        inner.built = True
        self._is_backward = is_backward

    def __call__(self, inputs: Any, mask: Any) -> tuple[Any, list[Any]]:
        """Reads B sequences.

        Args:
            inputs: float (B, S, width), what the cell projects.
            mask: bool (B, S), false at padding, which lies on the right.

        Returns:
            The outputs, float (B, S, H), which at padding mean nothing, and the last states, each
            float (B, H).
        """
        if not self._is_backward:
            outputs, *states = self._layer.call(inputs, mask=mask)
            return outputs, states
        places = _reversed_places(mask)
        turned = ops.take_along_axis(inputs, places, axis=1)
        outputs, *states = self._layer.call(turned, mask=mask)
        return ops.take_along_axis(outputs, places, axis=1), states


def _reversed_places(mask: Any) -> Any:
    """Returns int (B, S, 1): where each token comes from when only tokens are turned around."""
    places = ops.arange(ops.shape(mask)[1], dtype="int32")[None, :]
    lengths = ops.sum(ops.cast(mask, "int32"), axis=1, keepdims=True)
    return ops.where(mask, lengths - 1 - places, places)[..., None]
