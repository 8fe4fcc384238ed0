"""The loss and the metrics of `compile`; padding counts in none of them."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from s2s_keras.text import PAD_ID

__all__ = ["ExactMatch", "MaskedCrossentropy", "TokenAccuracy"]


@keras.saving.register_keras_serializable(package="s2s_keras")
class MaskedCrossentropy(keras.losses.SparseCategoricalCrossentropy):
    """The mean negative log-likelihood of a target token, in nats; padding does not count.

    Call arguments:
        y_true: `target_ids`, int (B, T), padded with 0.
        y_pred: `logits`, float (B, T, V).
    """

    def __init__(self, name: str = "masked_crossentropy", **kwargs: Any) -> None:
        kwargs = {**kwargs, "from_logits": True, "ignore_class": PAD_ID}
        super().__init__(name=name, **kwargs)


@keras.saving.register_keras_serializable(package="s2s_keras")
class TokenAccuracy(keras.metrics.Mean):
    """The share of target tokens, padding apart, whose logit is the largest."""

    def __init__(self, name: str = "token_accuracy", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts `target_ids` int (B, T) against `logits` float (B, T, V), weighted by (B,)."""
        right, weight = _is_right(y_true, y_pred), _is_token(y_true)
        if sample_weight is not None:
            weight = weight * ops.reshape(ops.cast(sample_weight, weight.dtype), (-1, 1))
        # Flat, so that a token counts alike in batches of any length.
        super().update_state(ops.reshape(right, (-1,)), sample_weight=ops.reshape(weight, (-1,)))


@keras.saving.register_keras_serializable(package="s2s_keras")
class ExactMatch(keras.metrics.Mean):
    """The share of targets in which the logit of every token is the largest.

    Under teacher forcing this equals the share of targets that greedy decoding gets exactly right:
    as long as every token so far is right, both see the same previous tokens.
    """

    def __init__(self, name: str = "exact_match", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts `target_ids` int (B, T) against `logits` float (B, T, V)."""
        right_or_padding = ops.maximum(_is_right(y_true, y_pred), 1.0 - _is_token(y_true))
        super().update_state(ops.min(right_or_padding, axis=-1), sample_weight=sample_weight)


def _is_token(y_true: Any) -> Any:
    return ops.cast(ops.not_equal(y_true, PAD_ID), "float32")


def _is_right(y_true: Any, y_pred: Any) -> Any:
    best = ops.cast(ops.argmax(y_pred, axis=-1), y_true.dtype)
    return ops.cast(ops.equal(y_true, best), "float32")
