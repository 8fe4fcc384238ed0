"""Luong's decoder: the cell moves on, then the current state looks at the source."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from s2s_keras.layers.attention_decoder import AttentionDecoder
from s2s_keras.layers.decoder import Source
from s2s_keras.layers.output import make_linear_output

__all__ = ["LuongDecoder"]


@keras.saving.register_keras_serializable(package="s2s_keras")
class LuongDecoder(AttentionDecoder):
    """A decoder whose output and the context that it attends to make an attentional vector.

        s_t = cell(E y_{t-1}, s_{t-1})              or, with input feeding,
        s_t = cell([E y_{t-1}; a_{t-1}], s_{t-1})
        c_t = attention(s_t, h)
        a_t = tanh(W [c_t; s_t])
        o_t = a_t, or V a_t where the features are not H wide

    Without input feeding nothing of the attention goes back into the cell: it is computed for all
    steps at once, and the loop holds the cells alone.

    Args:
        units: see `Decoder`.
        output_units: see `Decoder`.
        score: see `Attention`.
        input_feeding: feeds a_{t-1} back, a_0 being 0.
        kwargs: see `AttentionDecoder`.

    Reference:
        Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine Translation",
        sections 3, 3.1 (global), 3.2 (local) and 3.3 (input feeding). a_t is their h~_t.
    """

    def __init__(
        self,
        units: int,
        output_units: int,
        *,
        score: str = "general",
        input_feeding: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, output_units, score=score, **kwargs)
        self.input_feeding = input_feeding
        self.feedback_rows = int(input_feeding)
        policy = self.dtype_policy
        self.attentional_layer = keras.layers.Dense(
            units, activation="tanh", use_bias=False, dtype=policy, name="attentional"
        )
        self.output_layer = make_linear_output(units, output_units, policy)

    def _extra_size(self, memory_size: int) -> int:
        return self.units if self.input_feeding else 0

    def _build_output(self, embedding_size: int, memory_size: int) -> None:
        super()._build_output(embedding_size, memory_size)
        self.attentional_layer.build((None, memory_size + self.units))
        self.output_layer.build((None, self.units))

    def _advance(self, projected: Any, rows: list[Any], source: Source) -> tuple[list[Any], Any]:
        if not self.input_feeding:
            return self._run_cells(projected, rows), None
        *rows, fed = rows
        rows = self._run_cells(projected + ops.matmul(fed, self.extra_kernel), rows)
        output = self._output(rows)
        context, weights = self._attend_rows(output, source)
        return [*rows, self._attentional(context, output)], weights

    def _finish(
        self, rows: list[Any], weights: Any, embedded: Any, source: Source
    ) -> tuple[Any, Any]:
        if self.input_feeding:
            return self.output_layer(rows[-1]), weights
        output = self._output(rows)
        context, weights = self._attend(output, source)
        return self.output_layer(self._attentional(context, output)), weights

    def _attentional(self, context: Any, output: Any) -> Any:
        return self.attentional_layer(ops.concatenate([context, output], axis=-1))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "input_feeding": self.input_feeding}
