"""The encoder's graph for one source: a loop of as many steps as the source has tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf
from keras import ops

from s2s_keras.layers import DIRECTIONS, Encoder
from s2s_keras.layers.cell import RecurrentCell

__all__ = ["encode_source"]


def encode_source(encoder: Encoder, embedded: Any, length: Any) -> tuple[Any, Any]:
    """Encodes one source; the same function as `Encoder.call`, for a device.

    Without other sources beside it, nothing is held still at padding: the loop ends at the last
    token, and the backward direction starts there. Every shape is known before, and an output is
    written into the memory in place, so that an interpreter plans its memory once.

    Args:
        encoder: built.
        embedded: float (S, E), embedded tokens with padding on the right.
        length: int32 (), the tokens without padding.

    Returns:
        `memory` float (1, S, M), 0 at padding, and the last states, float (R, 1, M).
    """
    outputs = embedded
    last_states: list[Any] = []
    for index, cells in enumerate(encoder.layers_of_cells()):
        below = outputs
        outputs, states = _run(cells, DIRECTIONS[encoder.direction], outputs, length)
        if index > 0 and encoder.residual:
            outputs = outputs + below
        last_states += states
    return ops.expand_dims(outputs, 0), ops.stack(last_states)


def _run(
    cells: Sequence[RecurrentCell], directions: Sequence[str], inputs: Any, length: Any
) -> tuple[Any, list[Any]]:
    """Runs a layer over inputs (S, width): outputs (S, M) and the last states, each (1, M)."""
    units, count = cells[0].units, cells[0].num_states
    projected = [cell.project(inputs) for cell in cells]
    zeros = ops.zeros((1, units), dtype=inputs.dtype)
    memory = ops.zeros((inputs.shape[0], units * len(cells)), dtype=inputs.dtype)

    def step(time: Any, memory: Any, *states: Any) -> list[Any]:
        new_states: list[Any] = []
        for i, (cell, direction) in enumerate(zip(cells, directions, strict=True)):
            at = length - 1 - time if direction == "backward" else time
            after = cell(
                tf.gather(projected[i], ops.reshape(at, (1,))), states[i * count :][:count]
            )
            memory = ops.slice_update(memory, (at, i * units), after[0])
            new_states += after
        return [time + 1, memory, *new_states]

    def unfinished(time: Any, *_: Any) -> Any:
        return time < length

    first = [ops.zeros((), dtype="int32"), memory, *[zeros] * (count * len(cells))]
    _, memory, *states = ops.while_loop(unfinished, step, first)
    return memory, [ops.concatenate(states[k::count], axis=-1) for k in range(count)]
