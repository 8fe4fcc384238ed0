"""The step function of a Keras model, for the search that every runtime shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from s2s_keras.decoding import StepOutput

if TYPE_CHECKING:
    from s2s_keras.model import Seq2Seq

__all__ = ["EVALUATION_BATCH", "KerasSession"]

EVALUATION_BATCH = 256
"""Texts that a Keras model decodes together, unless told otherwise."""


class KerasSession:
    """The step function of a Keras model, for a batch of sources; see `decoding.Session`."""

    def __init__(self, model: Seq2Seq) -> None:
        self._model = model
        self._source: tuple[Any, ...] = ()
        self._state = np.zeros((0, 0, 0), np.float32)

    def start(self, source_ids: NDArray[np.int32], beam_width: int) -> None:
        """Encodes N sources int32 (N, S), each for `beam_width` rows of `step`."""
        # Keras warns of a softmax over one source token; padding changes no output.
        source_ids = np.pad(source_ids, [(0, 0), (0, max(0, 2 - source_ids.shape[1]))])
        encoded = self._model.encode(ops.convert_to_tensor(source_ids))
        state = ops.repeat(encoded.state, beam_width, axis=1)
        self._state = ops.convert_to_numpy(state)
        self._source = encoded[:3]

    def step(self, tokens: NDArray[np.int32], parents: NDArray[np.intp]) -> StepOutput:
        """Advances N * beam_width rows; see `decoding.Session.step`."""
        state = ops.convert_to_tensor(self._state[:, parents])
        log_probs, new_state, attention = self._model.decode_step(
            ops.convert_to_tensor(tokens), state, *self._source
        )
        self._state = ops.convert_to_numpy(new_state)
        log_probs = ops.convert_to_numpy(log_probs)
        token_ids = np.broadcast_to(np.arange(log_probs.shape[1]), log_probs.shape)
        weights = None if attention is None else ops.convert_to_numpy(attention)
        return StepOutput(log_probs, token_ids, weights)
