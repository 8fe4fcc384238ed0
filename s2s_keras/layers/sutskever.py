"""Sutskever's decoder: all that it knows of the source is its first state."""

from __future__ import annotations

from typing import Any

import keras

from s2s_keras.layers.decoder import Decoder, Source
from s2s_keras.layers.output import make_linear_output

__all__ = ["SutskeverDecoder"]


@keras.saving.register_keras_serializable(package="s2s_keras")
class SutskeverDecoder(Decoder):
    """A decoder without attention that sees the source in its first state alone.

        s_t = cell(E y_{t-1}, s_{t-1})
        o_t = s_t, or V s_t where the features are not H wide

    Args:
        units: see `Decoder`.
        output_units: see `Decoder`.
        kwargs: see `Decoder`. The paper has four LSTM layers and copies the encoder's states.

    Reference:
        Sutskever et al. 2014, "Sequence to Sequence Learning with Neural Networks", section 2.
    """

    def __init__(self, units: int, output_units: int, **kwargs: Any) -> None:
        super().__init__(units, output_units, **kwargs)
        self.output_layer = make_linear_output(units, output_units, self.dtype_policy)

    def _build_output(self, embedding_size: int, memory_size: int) -> None:
        self.output_layer.build((None, self.units))

    def _finish(
        self, rows: list[Any], weights: Any, embedded: Any, source: Source
    ) -> tuple[Any, Any]:
        return self.output_layer(self._output(rows)), None
