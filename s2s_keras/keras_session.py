"""The step function of a Keras model, for the search that every runtime shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from s2s_keras.decoding import DecodingSettings, Predictor, StepOutput
from s2s_keras.errors import ArtifactError
from s2s_keras.text import Shortlist

if TYPE_CHECKING:
    from s2s_keras.model import Seq2Seq

__all__ = ["EVALUATION_BATCH", "KerasSession", "make_predictor", "restrict"]

EVALUATION_BATCH = 256
"""Texts that a Keras model decodes together, unless told otherwise."""


class KerasSession:
    """The step function of a Keras model, for a batch of sources; see `decoding.Session`.

    Args:
        model: the model.
        shortlist: restricts a source's outputs to its candidates, as an exported file does.
    """

    def __init__(self, model: Seq2Seq, shortlist: Shortlist | None = None) -> None:
        self._model = model
        self._shortlist = shortlist
        self._candidate_ids = np.zeros((0, 0), np.int32)
        self._source: tuple[Any, ...] = ()
        self._state = np.zeros((0, 0, 0), np.float32)

    def start(self, source_ids: NDArray[np.int32], beam_width: int) -> None:
        """Encodes N sources int32 (N, S), each for `beam_width` rows of `step`."""
        # Keras warns of a softmax over one source token; padding changes no output.
        source_ids = np.pad(source_ids, [(0, 0), (0, max(0, 2 - source_ids.shape[1]))])
        if self._shortlist is not None:
            listed = np.stack([self._shortlist.candidates(ids) for ids in source_ids])
            self._candidate_ids = np.repeat(listed, beam_width, axis=0)
        encoded = self._model.encode(ops.convert_to_tensor(source_ids))
        state = ops.repeat(encoded.state, beam_width, axis=1)
        self._state = ops.convert_to_numpy(state)
        self._source = encoded[:3]

    def state(self) -> NDArray[Any]:
        """Returns the decoder's state; see `decoding.ResumableSession`."""
        return self._state

    def resume(self, state: NDArray[Any]) -> None:
        """Goes on from a state of before; see `decoding.ResumableSession`."""
        self._state = np.repeat(state[:, :1], self._state.shape[1], axis=1)

    def step(self, tokens: NDArray[np.int32], parents: NDArray[np.intp]) -> StepOutput:
        """Advances N * beam_width rows; see `decoding.Session.step`."""
        state = ops.convert_to_tensor(self._state[:, parents])
        log_probs, new_state, attention = self._model.decode_step(
            ops.convert_to_tensor(tokens), state, *self._source
        )
        self._state = ops.convert_to_numpy(new_state)
        log_probs = ops.convert_to_numpy(log_probs)
        token_ids = np.broadcast_to(np.arange(log_probs.shape[1]), log_probs.shape)
        if self._shortlist is not None:
            token_ids = self._candidate_ids
            log_probs = restrict(log_probs, token_ids)
        weights = None if attention is None else ops.convert_to_numpy(attention)
        return StepOutput(log_probs, token_ids, weights)


def make_predictor(model: Seq2Seq, settings: DecodingSettings) -> Predictor:
    """Returns a Keras model as a predictor of texts.

    Raises:
        ArtifactError: the model looks ahead: it tells words between their contexts, and what it
            wrote for a text would mean nothing.
    """
    if model.options["looks_ahead"]:
        raise ArtifactError(
            "This model tells words in their context and writes no texts. Export it with "
            "`s2s-keras export`, and take `s2s-keras correct` or `Corrector`."
        )
    return Predictor(KerasSession(model), model.source_tokenizer, model.target_tokenizer, settings)


def restrict(log_probs: NDArray[np.float32], token_ids: NDArray[np.int32]) -> NDArray[np.float32]:
    """Returns the log-probabilities among some tokens alone: those of a softmax over them.

    Args:
        log_probs: float32 (..., V).
        token_ids: int32 (..., N), distinct in a row.

    Returns:
        float32 (..., N).
    """
    found = np.take_along_axis(log_probs, token_ids, axis=-1)
    found = found - found.max(axis=-1, keepdims=True)
    restricted: NDArray[np.float32] = found - np.log(np.exp(found).sum(axis=-1, keepdims=True))
    return restricted
