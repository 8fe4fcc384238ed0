"""Cho's decoder: the same context at every step."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from s2s_keras.layers.decoder import Decoder, Source
from s2s_keras.layers.output import make_deep_output

__all__ = ["ChoDecoder"]


@keras.saving.register_keras_serializable(package="s2s_keras")
class ChoDecoder(Decoder):
    """A decoder without attention, fed with one context of the whole source at every step.

        s_t = cell([E y_{t-1}; c], s_{t-1})
        o_t = g([s_t; c; E y_{t-1}])

    c is the `memory` of its `Source`, one position long: float (N, 1, M).

    Args:
        units: see `Decoder`.
        output_units: see `Decoder`.
        deep_output: g: `tanh` or `maxout`, each after a linear layer.
        kwargs: see `Decoder`.

    Reference:
        Cho et al. 2014 (RNNencdec), section 2.2 and appendix A.1.2, where o_t is a maxout layer and
        c a tanh layer of the encoder's last state; here c is that state.
    """

    def __init__(
        self, units: int, output_units: int, *, deep_output: str = "maxout", **kwargs: Any
    ) -> None:
        super().__init__(units, output_units, **kwargs)
        self.deep_output = deep_output
        self.output_layer = make_deep_output(deep_output, output_units, self.dtype_policy)

    def _extra_size(self, memory_size: int) -> int:
        return memory_size

    def _build_output(self, embedding_size: int, memory_size: int) -> None:
        self.output_layer.build((None, self.units + memory_size + embedding_size))

    def read(self, memory: Any, last_states: Any, bias: Any) -> Source:
        """Returns the context c as a memory of one position."""
        return Source(ops.expand_dims(self._last_output(last_states), 1))

    def _project(self, embedded: Any, source: Source) -> Any:
        context = ops.matmul(source.memory, self.extra_kernel)  # (N, 1, gates * H)
        return super()._project(embedded, source) + context

    def _finish(
        self, rows: list[Any], weights: Any, embedded: Any, source: Source
    ) -> tuple[Any, Any]:
        output = self._output(rows)
        context = source.memory + ops.zeros_like(output[..., :1])  # (N, T, M)
        return self.output_layer(ops.concatenate([output, context, embedded], axis=-1)), None

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "deep_output": self.deep_output}
