"""The loss and the metrics of `compile`; padding counts in none of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from s2s_keras.text import PAD_ID
from s2s_keras.training.replicas import mean_over_replicas

__all__ = ["ExactMatch", "MaskedCrossentropy", "NegativeLogLikelihood", "TokenAccuracy"]


@keras.saving.register_keras_serializable(package="s2s_keras")
class MaskedCrossentropy(keras.losses.Loss):
    """The mean cross-entropy of a target token, in nats; padding does not count.

    With label smoothing e, the target is 1 - e of the true token and e of the uniform distribution
    over the vocabulary of V tokens:

        loss = -(1 - e) log p(y) - e / V sum_v log p(v)

    Without it, this is the negative log-likelihood. It is computed in float32, whatever the logits'
    dtype.

    Args:
        label_smoothing: e, at least 0 and less than 1.

    Call arguments:
        y_true: `target_ids`, int (B, T), padded with 0.
        y_pred: `logits`, float (B, T, V).
        sample_weight: float (B,) or (B, T), factors of the losses.

    Raises:
        ValueError: `label_smoothing` is out of its range.

    Reference:
        Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision", section 7;
        Vaswani et al. 2017, "Attention Is All You Need", section 5.4.
    """

    def __init__(
        self, label_smoothing: float = 0.0, name: str = "masked_crossentropy", **kwargs: Any
    ) -> None:
        if not 0 <= label_smoothing < 1:
            raise ValueError(
                "`label_smoothing` must be at least 0 and less than 1. "
                f"Received: label_smoothing={label_smoothing}."
            )
        super().__init__(name=name, **kwargs)
        self.label_smoothing = label_smoothing

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Returns the loss, a scalar unless `reduction` is `None`."""
        weight = _token_weight(y_true, sample_weight)
        if self.reduction in ("sum_over_batch_size", "mean"):  # Keras divides by B * T
            weight = ops.divide_no_nan(weight, mean_over_replicas(ops.mean(_is_token(y_true))))
        return super().__call__(y_true, y_pred, weight)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the loss of every token, float32 (B, T)."""
        return _crossentropy(y_true, y_pred, self.label_smoothing)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}


@keras.saving.register_keras_serializable(package="s2s_keras")
class NegativeLogLikelihood(keras.metrics.Mean):
    """The mean negative log-likelihood of a target token, in nats; perplexity is its exponential.

    It is the loss without label smoothing, so that trainings with and without can be compared.
    """

    def __init__(self, name: str = "nll", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds `target_ids` int (B, T) under `logits` float (B, T, V), weighted by (B,)."""
        weight = _token_weight(y_true, sample_weight)
        _add_tokens(super().update_state, _crossentropy(y_true, y_pred), weight)


@keras.saving.register_keras_serializable(package="s2s_keras")
class TokenAccuracy(keras.metrics.Mean):
    """The share of target tokens, padding apart, whose logit is the largest."""

    def __init__(self, name: str = "token_accuracy", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts `target_ids` int (B, T) against `logits` float (B, T, V), weighted by (B,)."""
        weight = _token_weight(y_true, sample_weight)
        _add_tokens(super().update_state, _is_right(y_true, y_pred), weight)


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
        is_token = _is_token(y_true)
        right_or_padding = ops.maximum(_is_right(y_true, y_pred), 1.0 - is_token)
        weight = ops.max(is_token, axis=-1)  # 0 where a row has no token at all
        if sample_weight is not None:
            weight = weight * ops.cast(sample_weight, weight.dtype)
        super().update_state(ops.min(right_or_padding, axis=-1), sample_weight=weight)


def _is_token(y_true: Any) -> Any:
    return ops.cast(ops.not_equal(y_true, PAD_ID), "float32")


def _token_weight(y_true: Any, sample_weight: Any) -> Any:
    """Returns float32 (B, T): 0 at padding, elsewhere the weight of the example or the token."""
    weight = _is_token(y_true)
    if sample_weight is None:
        return weight
    sample_weight = ops.cast(sample_weight, weight.dtype)
    if len(sample_weight.shape) == 1:
        sample_weight = ops.expand_dims(sample_weight, -1)
    return weight * sample_weight


def _add_tokens(update_state: Callable[..., None], values: Any, weight: Any) -> None:
    # Flat, so that a token counts alike in batches of any length.
    update_state(ops.reshape(values, (-1,)), sample_weight=ops.reshape(weight, (-1,)))


def _crossentropy(y_true: Any, y_pred: Any, label_smoothing: float = 0.0) -> Any:
    """Returns the loss of every token, float32 (B, T); see `MaskedCrossentropy`.

    Over a large vocabulary this weighs much in a training step on a CPU. So the sum of exponentials
    is read off the softmax, which TensorFlow computes several times as fast as the cross-entropy,
    and the gradient, p - q for the target distribution q, takes that softmax, too.
    """
    y_true = ops.cast(y_true, "int32")

    def losses_of(logits: Any) -> tuple[Any, Callable[..., Any]]:
        probabilities = ops.softmax(logits, axis=-1)
        mean_logit = (1.0 - label_smoothing) * _true_logit(y_true, logits)
        if label_smoothing:
            mean_logit = mean_logit + label_smoothing * ops.mean(logits, axis=-1)
        # The largest probability is at least 1 / V: its logarithm is finite.
        log_largest = ops.log(ops.max(probabilities, axis=-1))
        losses = (ops.max(logits, axis=-1) - mean_logit) - log_largest

        def gradient(*arguments: Any, upstream: Any = None) -> Any:
            (upstream,) = arguments if upstream is None else (upstream,)  # it hangs on the backend
            size = ops.shape(logits)[-1]
            wanted = ops.one_hot(y_true, size)
            if label_smoothing:
                wanted = (1.0 - label_smoothing) * wanted + label_smoothing / size
            return (probabilities - wanted) * upstream[..., None]

        return losses, gradient

    # In float32: a sum over the vocabulary overflows in float16, and bfloat16 has three digits.
    with_gradient: Any = ops.custom_gradient(losses_of)
    return with_gradient(ops.cast(y_pred, "float32"))


def _true_logit(y_true: Any, y_pred: Any) -> Any:
    """Returns the logit of each target token, (B, T)."""
    indices = ops.cast(y_true, "int32")[..., None]
    return ops.squeeze(ops.take_along_axis(y_pred, indices, axis=-1), -1)


def _is_right(y_true: Any, y_pred: Any) -> Any:
    return ops.cast(ops.equal(_true_logit(y_true, y_pred), ops.max(y_pred, axis=-1)), "float32")
