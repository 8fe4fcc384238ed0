"""Bahdanau's decoder: the previous state looks at the source, then the cell moves on."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from s2s_keras.layers.attention_decoder import AttentionDecoder
from s2s_keras.layers.decoder import Source
from s2s_keras.layers.output import make_deep_output

__all__ = ["BahdanauDecoder"]


@keras.saving.register_keras_serializable(package="s2s_keras")
class BahdanauDecoder(AttentionDecoder):
    """A decoder fed with the previous token and the context that its previous state attends to.

        c_t = attention(s_{t-1}, h)
        s_t = cell([E y_{t-1}; c_t], s_{t-1})
        o_t = g([s_t; c_t; E y_{t-1}])

    In teacher forcing the product of the context with the cell's kernel C is taken the other way
    round, sum_j alpha_tj (C h_j), so that C h_j is computed once and not at every step.

    With several layers, the query is the top layer's output and the context enters the lowest.

    Args:
        units: see `Decoder`.
        output_units: see `Decoder`.
        score: see `Attention`.
        deep_output: g: `tanh` or `maxout`, each after a linear layer.
        kwargs: see `AttentionDecoder`.

    Reference:
        Bahdanau et al. 2015 (RNNsearch), sections 3.1 and A.2.2. There o_t is a maxout layer;
        section A.2.2 computes it of s_{t-1}, here, as equation 4 in section 3.1 has it, of s_t.
    """

    keeps_weights = True

    def __init__(
        self,
        units: int,
        output_units: int,
        *,
        score: str = "additive",
        deep_output: str = "tanh",
        **kwargs: Any,
    ) -> None:
        super().__init__(units, output_units, score=score, **kwargs)
        self.deep_output = deep_output
        self.output_layer = make_deep_output(deep_output, output_units, self.dtype_policy)

    def _extra_size(self, memory_size: int) -> int:
        return memory_size

    def _build_output(self, embedding_size: int, memory_size: int) -> None:
        super()._build_output(embedding_size, memory_size)
        self.output_layer.build((None, self.units + memory_size + embedding_size))

    def _prepare(self, source: Source) -> Source:
        return source._replace(inputs=ops.matmul(source.memory, self.extra_kernel))

    def _advance(self, projected: Any, rows: list[Any], source: Source) -> tuple[list[Any], Any]:
        context, weights = self._attend_rows(self._output(rows), source)
        if source.inputs is None:  # else it is the context's product already
            context = ops.matmul(context, self.extra_kernel)
        return self._run_cells(projected + context, rows), weights

    def _finish(
        self, rows: list[Any], weights: Any, embedded: Any, source: Source
    ) -> tuple[Any, Any]:
        context = ops.matmul(weights, source.memory)
        inputs = ops.concatenate([self._output(rows), context, embedded], axis=-1)
        return self.output_layer(inputs), weights

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "deep_output": self.deep_output}
