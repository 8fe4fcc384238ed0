"""What the decoders with attention share."""

from __future__ import annotations

from typing import Any

from s2s_keras.layers.attention import Attention
from s2s_keras.layers.decoder import Decoder, Source, flatten_rows, group_rows

__all__ = ["AttentionDecoder"]


class AttentionDecoder(Decoder):
    """A decoder that looks at the source at every step.

    Args:
        units: see `Decoder`.
        output_units: see `Decoder`.
        score: see `Attention`.
        attention_units: A, the width of the keys; see `Attention`.
        window: D, in tokens; see `Attention`.
        kwargs: see `Decoder`.
    """

    def __init__(
        self,
        units: int,
        output_units: int,
        *,
        score: str,
        attention_units: int | None = None,
        window: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, output_units, **kwargs)
        self.score = score
        self.attention_units = attention_units
        self.window = window
        self.attention = Attention(
            score, attention_units, window, dtype=self.dtype_policy, name="attention"
        )

    def _build_output(self, embedding_size: int, memory_size: int) -> None:
        self.attention.build((None, None, self.units), (None, None, memory_size))

    def read(self, memory: Any, last_states: Any, bias: Any) -> Source:
        """Returns memory, keys and bias."""
        has_keys = self.attention.score_layer.has_keys
        return Source(memory, self.attention.project_keys(memory) if has_keys else None, bias)

    def _attend(self, query: Any, source: Source) -> tuple[Any, Any]:
        """Returns contexts (N, T, M) and weights (N, T, S) of queries (N, T, H).

        Where the source has `inputs`, these are what the weights are applied to.
        """
        keys = source.memory if source.keys is None else source.keys
        values = source.memory if source.inputs is None else source.inputs
        return self.attention.attend(query, keys, values, source.bias)

    def _attend_rows(self, query: Any, source: Source) -> tuple[Any, Any]:
        """Returns contexts (N * K, M) and weights (N * K, S) of queries (N * K, H)."""
        context, weights = self._attend(group_rows(query, source), source)
        return flatten_rows(context), flatten_rows(weights)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "score": self.score,
            "attention_units": self.attention_units,
            "window": self.window,
        }
