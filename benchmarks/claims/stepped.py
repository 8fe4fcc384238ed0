"""Luong's decoder without its short cut: the attention stands in the loop over the target.

Importing this loads TensorFlow.
"""

from __future__ import annotations

from typing import Any
from unittest import mock

from keras import ops

from s2s_keras.layers import DECODERS, LuongDecoder, Source
from s2s_keras.model import Seq2Seq

__all__ = ["FORMS", "AttendingInLoop", "SteppingInLoop", "build_form"]


class SteppingInLoop(LuongDecoder):
    """Goes through the single step of decoding, for each target token."""

    def call(self, embedded: Any, state: Any, source: Source) -> Any:
        """Decodes a whole target with teacher forcing; see `Decoder.call`."""

        def step(carry: list[Any], embedded_at: Any) -> tuple[list[Any], list[Any]]:
            features, state, _ = self.step(embedded_at, carry[0], source)
            return [state, features], [state, features]

        features = ops.zeros((ops.shape(embedded)[0], self.output_units), embedded.dtype)
        sequence = ops.transpose(embedded, (1, 0, 2))
        _, (_, outputs) = ops.scan(step, [state, features], sequence)
        return ops.transpose(outputs, (1, 0, 2))


class AttendingInLoop(LuongDecoder):
    """Attends at each target token; inputs and outputs are projected outside the loop."""

    def call(self, embedded: Any, state: Any, source: Source) -> Any:
        """Decodes a whole target with teacher forcing; see `Decoder.call`."""
        count = self.cell_rows

        def step(carry: list[Any], projected_at: Any) -> tuple[list[Any], list[Any]]:
            rows = self._run_cells(projected_at, carry[:count])
            output = self._output(rows)
            context, _ = self._attend_rows(output, source)
            carry = [*rows, self._attentional(context, output)]
            return carry, carry

        rows = self._rows(state)
        projected = ops.transpose(self._project(embedded, source), (1, 0, 2))
        _, outputs = ops.scan(step, [*rows, ops.zeros_like(rows[0])], projected)
        return self.output_layer(ops.transpose(outputs[-1], (1, 0, 2)))


FORMS: dict[str, type[LuongDecoder]] = {
    "all at once": LuongDecoder,
    "attention in the loop": AttendingInLoop,
    "single steps in the loop": SteppingInLoop,
}
"""The same function three times, the slower the more stands in the loop."""


def build_form(form: str, *tokenizers: Any, **options: Any) -> Seq2Seq:
    """Returns a `Seq2Seq` of the decoder `luong` in one of `FORMS`."""
    with mock.patch.dict(DECODERS, luong=FORMS[form]):
        return Seq2Seq(*tokenizers, decoder="luong", **options)
