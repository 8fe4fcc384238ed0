"""Attention: a query and the keys of the source give weights, and the weights give a context."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from s2s_keras.text import PAD_ID

__all__ = ["MASKED_SCORE", "AdditiveAttention", "padding_bias"]

MASKED_SCORE = -1e4
"""Added to the scores of padding. exp of it is 0 in float32, and it is finite in float16."""


def padding_bias(source_ids: Any, dtype: str = "float32") -> Any:
    """Returns (B, S): 0 at tokens and `MASKED_SCORE` at padding, for `source_ids` int (B, S)."""
    return ops.cast(ops.equal(source_ids, PAD_ID), dtype) * MASKED_SCORE


@keras.saving.register_keras_serializable(package="s2s_keras")
class AdditiveAttention(keras.layers.Layer):
    """Bahdanau's attention.

        e_tj = v^T tanh(W query_t + U h_j)
        alpha_tj = exp(e_tj) / sum_k exp(e_tk)
        c_t = sum_j alpha_tj h_j

    `project_memory` computes the keys U h_j once a sentence. `keras.layers.AdditiveAttention` has
    neither W nor U and is therefore another function.

    Args:
        units: A, the width of the keys.

    Call arguments:
        query: float (B, H), in Bahdanau's decoder the previous state s_{t-1}.
        keys: float (B or 1, S, A), from `project_memory`.
        memory: float (B or 1, S, M), the encoder's outputs h_j.
        bias: float (B or 1, S), from `padding_bias`.

    Returns:
        The context, float (B, M), and the attention weights, float (B, S), whose rows sum to 1.

    Reference:
        Bahdanau et al. 2015, "Neural Machine Translation by Jointly Learning to Align and
        Translate", sections 3.1 and A.1.2, where W is W_a, U is U_a and v is v_a.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(
        self, query_shape: tuple[int | None, ...], memory_shape: tuple[int | None, ...]
    ) -> None:
        """Makes the weights for queries (B, H) and memories (B, S, M)."""
        self.query_kernel = self.add_weight(
            name="query_kernel", shape=(query_shape[-1], self.units), initializer="glorot_uniform"
        )
        self.memory_kernel = self.add_weight(
            name="memory_kernel",
            shape=(memory_shape[-1], self.units),
            initializer="glorot_uniform",
        )
        self.score_kernel = self.add_weight(
            name="score_kernel", shape=(self.units, 1), initializer="glorot_uniform"
        )

    def project_memory(self, memory: Any) -> Any:
        """Returns the keys U h_j: float (B, S, A) for a memory float (B, S, M)."""
        return ops.matmul(memory, self.memory_kernel)

    def call(self, query: Any, keys: Any, memory: Any, bias: Any) -> tuple[Any, Any]:
        """Attends; see the class."""
        projected_query = ops.expand_dims(ops.matmul(query, self.query_kernel), 1)  # (B, 1, A)
        hidden = ops.tanh(keys + projected_query)  # (B, S, A)
        scores = ops.squeeze(ops.matmul(hidden, self.score_kernel), -1)  # (B, S)
        attention_weights = ops.softmax(scores + bias, axis=-1)
        context = ops.squeeze(ops.matmul(ops.expand_dims(attention_weights, 1), memory), 1)
        return context, attention_weights  # (B, M), (B, S)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "units": self.units}
