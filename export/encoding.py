"""The encoder's graph for one source: a loop of as many steps as the source has tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
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
    positions = np.arange(embedded.shape[0], dtype="int32")
    # Where each token stands from the last one back; padding stays. Its own inverse.
    backward = ops.where(positions < length, length - 1 - positions, positions)
    outputs = embedded
    last_states: list[Any] = []
    for index, cells in enumerate(encoder.layers_of_cells()):
        below = outputs
        outputs, states = _run(cells, DIRECTIONS[encoder.direction], outputs, length, backward)
        if index > 0 and encoder.residual:
            outputs = outputs + below
        last_states += states
    return ops.expand_dims(outputs, 0), ops.stack(last_states)


def _run(
    cells: Sequence[RecurrentCell],
    directions: Sequence[str],
    inputs: Any,
    length: Any,
    backward: Any,
) -> tuple[Any, list[Any]]:
    """Runs a layer over inputs (S, width): outputs (S, M) and the last states, each (1, M).

    The D directions are rows of the same tensors: but for their weights they take the same steps.
    """
    units, rows = cells[0].units, len(cells)
    ways = list(zip(cells, directions, strict=True))
    projected = ops.stack(
        [cell.project(_in_order(inputs, way, backward)) for cell, way in ways], axis=1
    )
    zeros = ops.zeros((rows, units), dtype=inputs.dtype)
    outputs = ops.zeros((inputs.shape[0], rows, units), dtype=inputs.dtype)

    def step(time: Any, outputs: Any, *states: Any) -> list[Any]:
        before = ops.split(states[0], rows)
        recurrent = ops.concatenate(
            [cell.recur(row) for cell, row in zip(cells, before, strict=True)]
        )
        after = cells[0].advance(tf.gather(projected, time), recurrent, states)
        outputs = ops.slice_update(outputs, (time, 0, 0), ops.expand_dims(after[0], 0))
        return [time + 1, outputs, *after]

    def unfinished(time: Any, *_: Any) -> Any:
        return time < length

    first = [ops.zeros((), dtype="int32"), outputs, *[zeros] * cells[0].num_states]
    _, outputs, *states = ops.while_loop(unfinished, step, first)
    memory = [
        _in_order(rows, way, backward)
        for rows, way in zip(ops.unstack(outputs, axis=1), directions, strict=True)
    ]
    return ops.concatenate(memory, axis=-1), [ops.reshape(state, (1, -1)) for state in states]


def _in_order(rows: Any, direction: str, backward: Any) -> Any:
    """Lays rows (S, width) out as a direction reads them, or back."""
    return tf.gather(rows, backward) if direction == "backward" else rows
