"""Score functions: how well a query fits the keys."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

__all__ = [
    "SCORES",
    "AdditiveScore",
    "ConcatScore",
    "DotScore",
    "GeneralScore",
    "ScaledDotScore",
    "Score",
]


class Score(keras.layers.Layer):
    """Scores e_tj of queries s_t and memories h_j.

    A score that needs a product with each h_j computes it once a source in `project_keys`.

    Call arguments:
        query: float (..., T, Q).
        keys: float (..., S, A), from `project_keys`.

    Returns:
        The scores, float (..., T, S).
    """

    has_keys = False
    """Whether the keys are another tensor than the memory."""

    def project_keys(self, memory: Any) -> Any:
        """Returns the keys, float (..., S, A), of a memory float (..., S, M)."""
        return memory

    def call(self, query: Any, keys: Any) -> Any:
        """Scores; see the class."""
        raise NotImplementedError


@keras.saving.register_keras_serializable(package="s2s_keras")
class DotScore(Score):
    """e_tj = s_t . h_j, for queries as wide as the memory; see `Score`.

    Reference:
        Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine Translation",
        section 3.1, equation 8, "dot".
    """

    def build(
        self, query_shape: tuple[int | None, ...], memory_shape: tuple[int | None, ...]
    ) -> None:
        """Checks the widths; there are no weights."""
        if query_shape[-1] != memory_shape[-1]:
            raise ValueError(
                "A dot score needs queries as wide as the memory; the score `general` does not. "
                f"Received: {query_shape[-1]} and {memory_shape[-1]}."
            )

    def call(self, query: Any, keys: Any) -> Any:
        """Scores; see `Score`."""
        return ops.matmul(query, ops.swapaxes(keys, -1, -2))


@keras.saving.register_keras_serializable(package="s2s_keras")
class ScaledDotScore(DotScore):
    """e_tj = s_t . h_j / sqrt(Q), for queries as wide as the memory; see `Score`.

    Reference:
        Vaswani et al. 2017, "Attention Is All You Need", section 3.2.1, equation 1.
    """

    def call(self, query: Any, keys: Any) -> Any:
        """Scores; see `Score`."""
        return super().call(query * query.shape[-1] ** -0.5, keys)


@keras.saving.register_keras_serializable(package="s2s_keras")
class GeneralScore(DotScore):
    """e_tj = s_t . (W h_j); see `Score`.

    Reference:
        Luong et al. 2015, section 3.1, equation 8, "general".
    """

    has_keys = True

    def build(
        self, query_shape: tuple[int | None, ...], memory_shape: tuple[int | None, ...]
    ) -> None:
        """Makes the weights for queries (..., T, Q) and memories (..., S, M)."""
        self.kernel = self.add_weight(
            name="kernel", shape=(memory_shape[-1], query_shape[-1]), initializer="glorot_uniform"
        )

    def project_keys(self, memory: Any) -> Any:
        """Returns the keys W h_j, float (..., S, Q)."""
        return ops.matmul(memory, self.kernel)


@keras.saving.register_keras_serializable(package="s2s_keras")
class AdditiveScore(Score):
    """e_tj = v . tanh(W s_t + U h_j); see `Score`.

    `keras.layers.AdditiveAttention` has neither W nor U and is therefore another function.

    Args:
        units: A, the width of the keys.

    Reference:
        Bahdanau et al. 2015, "Neural Machine Translation by Jointly Learning to Align and
        Translate", section A.1.2, where W is W_a, U is U_a and v is v_a.
    """

    has_keys = True

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(
        self, query_shape: tuple[int | None, ...], memory_shape: tuple[int | None, ...]
    ) -> None:
        """Makes the weights for queries (..., T, Q) and memories (..., S, M)."""
        self.query_kernel = self.add_weight(
            name="query_kernel", shape=(query_shape[-1], self.units), initializer="glorot_uniform"
        )
        self.memory_kernel = self.add_weight(
            name="memory_kernel",
            shape=(memory_shape[-1], self.units),
            initializer="glorot_uniform",
        )
        self._add_score_kernel()

    def _add_score_kernel(self) -> None:
        self.score_kernel = self.add_weight(
            name="score_kernel", shape=(self.units, 1), initializer="glorot_uniform"
        )

    def project_keys(self, memory: Any) -> Any:
        """Returns the keys U h_j, float (..., S, A)."""
        return ops.matmul(memory, self.memory_kernel)

    def call(self, query: Any, keys: Any) -> Any:
        """Scores; see `Score`."""
        projected_query = ops.expand_dims(ops.matmul(query, self.query_kernel), -2)
        hidden = ops.tanh(projected_query + ops.expand_dims(keys, -3))  # (..., T, S, A)
        return ops.squeeze(ops.matmul(hidden, self.score_kernel), -1)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="s2s_keras")
class ConcatScore(AdditiveScore):
    """e_tj = v . tanh(W [s_t; h_j]); see `Score`.

    The same function as `AdditiveScore`, since W [s; h] = W_s s + W_h h; but W is one matrix, and
    starts in the range of one.

    Args:
        units: A, the width of the keys.

    Reference:
        Luong et al. 2015, section 3.1, equation 8, "concat".
    """

    def build(
        self, query_shape: tuple[int | None, ...], memory_shape: tuple[int | None, ...]
    ) -> None:
        """Makes the weights for queries (..., T, Q) and memories (..., S, M)."""
        query_size, memory_size = query_shape[-1], memory_shape[-1]
        if query_size is None or memory_size is None:
            raise ValueError(
                "The widths of query and memory must be known. "
                f"Received: {query_size} and {memory_size}."
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(query_size + memory_size, self.units),
            initializer="glorot_uniform",
        )
        self._query_size = query_size
        self._add_score_kernel()

    @property
    def query_kernel(self) -> Any:
        """W_s, float (Q, A)."""
        return self.kernel[: self._query_size]

    @property
    def memory_kernel(self) -> Any:
        """W_h, float (M, A)."""
        return self.kernel[self._query_size :]


SCORES: dict[str, type[Score]] = {
    "additive": AdditiveScore,
    "concat": ConcatScore,
    "dot": DotScore,
    "general": GeneralScore,
    "scaled_dot": ScaledDotScore,
}
"""Name in a recipe -> score function."""
