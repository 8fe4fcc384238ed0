"""Attention: queries, keys, values and a mask give contexts and weights."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from s2s_keras.layers.score import SCORES, AdditiveScore, Score
from s2s_keras.text import PAD_ID

__all__ = ["MASKED_SCORE", "Attention", "mask_bias", "padding_bias"]

MASKED_SCORE = -1e4
"""Added to the scores of padding. exp of it is 0 in float32, and it is finite in float16."""


def padding_bias(source_ids: Any, dtype: str = "float32") -> Any:
    """Returns (B, S): 0 at tokens and `MASKED_SCORE` at padding, for `source_ids` int (B, S)."""
    return mask_bias(ops.not_equal(source_ids, PAD_ID), dtype)


def mask_bias(mask: Any, dtype: str = "float32") -> Any:
    """Returns 0 where `mask` is true and `MASKED_SCORE` elsewhere, in the shape of `mask`."""
    return ops.cast(ops.logical_not(mask), dtype) * MASKED_SCORE


@keras.saving.register_keras_serializable(package="s2s_keras")
class Attention(keras.layers.Layer):
    """Attention with any score function, global or in a window around a predicted position.

        alpha_tj = exp(e_tj) / sum_k exp(e_tk)
        c_t = sum_j alpha_tj h_j

    where e_tj is the score of query t and key j. With `window` D ("local-p"), a position is
    predicted from the query,

        p_t = S sigmoid(v . tanh(W s_t))

    with S the source's length without padding; scores further than D from p_t are masked, and
    (j - p_t)^2 / (2 sigma^2) with sigma = D / 2 is taken from the others.

    Args:
        score: a key of `SCORES`: `additive`, `concat`, `dot`, `general` or `scaled_dot`.
        units: A, the width of the keys, for `additive` and `concat`.
        window: D, in tokens, at least 1; `None` attends to the whole source.

    Call arguments:
        query: float (..., T, Q).
        keys: float (..., S, M); in a decoder the memory.
        values: float (..., S, M'), in a decoder the memory, too.
        mask: bool (..., S), true at tokens; `None` where all are.

    Returns:
        The contexts, float (..., T, M'), and the attention weights, float (..., T, S), whose rows
        sum to 1 and are 0 where `mask` is false.

    Raises:
        ValueError: there is no such score function, or it lacks or does not take `units`.

    Reference:
        Bahdanau et al. 2015, section 3.1, equations 5 and 6; Luong et al. 2015, section 3.2,
        equations 9 and 10, for local-p. There the Gaussian is multiplied to the weights after the
        softmax, here added to the scores before it, so that the rows still sum to 1.
    """

    def __init__(
        self,
        score: str = "additive",
        units: int | None = None,
        window: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if score not in SCORES:
            raise ValueError(f"`score` must be one of {sorted(SCORES)}. Received: score={score!r}.")
        takes_units = issubclass(SCORES[score], AdditiveScore)
        if takes_units != (units is not None):
            raise ValueError(
                f"`units` {'is needed by' if takes_units else 'means nothing to'} the score "
                f"{score!r}. Received: units={units}."
            )
        if window is not None and window < 1:
            raise ValueError(f"`window` must be at least 1 token. Received: window={window}.")
        self.score = score
        self.units = units
        self.window = window
        options = {"units": units} if takes_units else {}
        self.score_layer: Score = SCORES[score](**options, dtype=self.dtype_policy, name="score")
        self.supports_masking = True

    def build(
        self, query_shape: tuple[int | None, ...], keys_shape: tuple[int | None, ...]
    ) -> None:
        """Makes the weights for queries (..., T, Q) and keys (..., S, M)."""
        self.score_layer.build(query_shape, keys_shape)
        if self.window is not None:
            size = query_shape[-1]
            self.position_kernel = self.add_weight(
                name="position_kernel", shape=(size, size), initializer="glorot_uniform"
            )
            self.position_score_kernel = self.add_weight(
                name="position_score_kernel", shape=(size, 1), initializer="glorot_uniform"
            )

    def call(self, query: Any, keys: Any, values: Any, mask: Any = None) -> tuple[Any, Any]:
        """Projects the keys and attends; see the class."""
        keys = ops.convert_to_tensor(keys, dtype=self.compute_dtype)
        if mask is None:
            mask = ops.ones(ops.shape(keys)[:-1], dtype="bool")
        return self.attend(query, self.project_keys(keys), values, mask_bias(mask, keys.dtype))

    def project_keys(self, memory: Any) -> Any:
        """Returns the source half of the scores, float (..., S, A), once for all queries."""
        return self.score_layer.project_keys(memory)

    def attend(self, query: Any, keys: Any, values: Any, bias: Any) -> tuple[Any, Any]:
        """Attends with keys that are projected already.

        Args:
            query: float (..., T, Q).
            keys: float (..., S, A), from `project_keys`.
            values: float (..., S, M').
            bias: float (..., S), from `padding_bias` or `mask_bias`; or (..., T, S), one for each
                query.

        Returns:
            The contexts, float (..., T, M'), and the attention weights, float (..., T, S).
        """
        of_each = bias if len(bias.shape) == len(query.shape) else ops.expand_dims(bias, -2)
        scores = self.score_layer(query, keys) + of_each
        if self.window is not None:
            scores = scores + self._window_bias(query, bias, self.window)
        attention_weights = ops.softmax(scores, axis=-1)
        return ops.matmul(attention_weights, values), attention_weights

    def _window_bias(self, query: Any, bias: Any, window: int) -> Any:
        """Returns what falls on a score for its distance to p_t: float (..., T, S)."""
        is_token = ops.cast(ops.greater(bias, MASKED_SCORE / 2), "float32")
        length = ops.sum(is_token, axis=-1, keepdims=True)  # (..., 1)
        hidden = ops.tanh(ops.matmul(query, self.position_kernel))
        share = ops.sigmoid(ops.matmul(hidden, self.position_score_kernel))  # (..., T, 1)
        center = ops.expand_dims(length, -2) * ops.cast(share, "float32")
        # In float32, because positions do not fit into the 8 bits of a bfloat16.
        distance = ops.arange(ops.shape(bias)[-1], dtype="float32") - center  # (..., T, S)
        outside = ops.cast(ops.greater(ops.abs(distance), window), "float32")
        gaussian = ops.square(distance) * (2.0 / window**2)
        return ops.cast(outside * MASKED_SCORE - gaussian, query.dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "score": self.score,
            "units": self.units,
            "window": self.window,
        }
