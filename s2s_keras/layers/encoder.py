"""The encoder: embedded source tokens -> memory and the last states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from s2s_keras.layers.cell import RecurrentCell
from s2s_keras.layers.cells import CELLS
from s2s_keras.layers.cudnn import CudnnRecurrence, takes_cudnn
from s2s_keras.layers.loop import run_loop

__all__ = ["DIRECTIONS", "Encoder"]

DIRECTIONS = {
    "bidirectional": ("forward", "backward"),
    "forward": ("forward",),
    "backward": ("backward",),
}
"""Name in a recipe -> the directions in which a layer reads the source."""


@keras.saving.register_keras_serializable(package="s2s_keras")
class Encoder(keras.layers.Layer):
    """A stack of recurrent layers, each reading the source in one or both directions.

    A layer runs its directions in one loop. A state is held still at padding, so that the backward
    direction starts at the last token and the forward one ends there. Memory h_j is what the
    directions put out at position j, side by side. Where TensorFlow sees a GPU, each direction is
    cuDNN's instead of the loop's (`uses_cudnn`).

    Reading `backward` is Sutskever's reversal of the source, without moving a token: the last state
    has just read the first token, and h_j still belongs to token j.

    With `residual`, each layer from the second on adds its input to its output.

    Args:
        units: H, the width of one direction; the memory is M = H or 2H wide.
        num_layers: layers, at least 1.
        cell: a key of `CELLS`: `gru` or `lstm`.
        direction: a key of `DIRECTIONS`: `bidirectional`, `forward` or `backward`.
        residual: adds a layer's input to its output, from the second layer on.
        dropout: share of the values dropped between layers, 0 to 1.

    Call arguments:
        inputs: float (B, S, E), embedded tokens.
        mask: bool (B, S), false at padding, which must lie on the right; `None` where there is
            none.

    Returns:
        `memory` float (B, S, M), and the last states, float (R, B, M) with R = layers * states of a
        cell: of each layer from the lowest, the output first.

    Reference:
        Bahdanau et al. 2015, sections 3.2 and A.1.1 (bidirectional); Sutskever et al. 2014,
        section 3.3 (reversal); Wu et al. 2016, "Google's Neural Machine Translation System",
        section 3.1, equations 5 and 6 (residual).
    """

    def __init__(
        self,
        units: int,
        num_layers: int = 1,
        cell: str = "gru",
        direction: str = "bidirectional",
        residual: bool = False,
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.num_layers = num_layers
        self.cell = cell
        self.direction = direction
        self.residual = residual
        self.dropout = dropout
        self.supports_masking = True
        policy = self.dtype_policy
        self.cells: list[RecurrentCell] = [
            CELLS[cell](units, dtype=policy, name=f"{way}_{i}")
            for i in range(num_layers)
            for way in DIRECTIONS[direction]
        ]
        self.dropout_layer = keras.layers.Dropout(dropout, dtype=policy)
        self._cudnn: list[CudnnRecurrence] = []

    @property
    def memory_size(self) -> int:
        """M."""
        return self.units * len(DIRECTIONS[self.direction])

    def build(self, inputs_shape: tuple[int | None, ...]) -> None:
        """Makes the weights for inputs of shape (B, S, E)."""
        width = inputs_shape[-1]
        for cells in self.layers_of_cells():
            for cell in cells:
                cell.build((None, width))
            width = self.memory_size
        if takes_cudnn():
            ways = DIRECTIONS[self.direction] * self.num_layers
            self._cudnn = [
                CudnnRecurrence(cell, way == "backward")
                for cell, way in zip(self.cells, ways, strict=True)
            ]

    @property
    def uses_cudnn(self) -> bool:
        """Whether the recurrence is cuDNN's."""
        return bool(self._cudnn)

    def call(self, inputs: Any, mask: Any = None, training: bool = False) -> tuple[Any, Any]:
        """Encodes; see the class."""
        if mask is None:
            mask = ops.ones(ops.shape(inputs)[:2], dtype="bool")
        keep = ops.expand_dims(ops.cast(ops.transpose(mask), inputs.dtype), -1)  # (S, B, 1)
        outputs = ops.transpose(inputs, (1, 0, 2))  # time first
        last_states: list[Any] = []
        for index, cells in enumerate(self.layers_of_cells()):
            below = outputs
            if index > 0:
                outputs = self.dropout_layer(outputs, training=training)
            if self.uses_cudnn:
                outputs, states = self._run_with_cudnn(index, outputs, mask)
            else:
                outputs, states = self._run(cells, outputs, keep)
            if index > 0 and self.residual:
                outputs = outputs + below
            last_states += states
        return ops.transpose(outputs, (1, 0, 2)), ops.stack(last_states)

    def layers_of_cells(self) -> list[list[RecurrentCell]]:
        """Returns the cells of each layer from the lowest, one for each direction."""
        width = len(DIRECTIONS[self.direction])
        return [self.cells[i : i + width] for i in range(0, len(self.cells), width)]

    def _run(self, cells: Sequence[RecurrentCell], inputs: Any, keep: Any) -> tuple[Any, list[Any]]:
        """Runs a layer over time-major inputs (S, B, ...)."""
        flips = [way == "backward" for way in DIRECTIONS[self.direction]]
        pieces = [cell.project(inputs) for cell in cells] + [keep] * len(cells)
        pieces = [_flip(piece, flips[i % len(cells)]) for i, piece in enumerate(pieces)]
        widths = [cell.gates * cell.units for cell in cells] + [1] * len(cells)
        ends = [sum(widths[: i + 1]) for i in range(len(widths) - 1)]
        count = cells[0].num_states

        def step(states: list[Any], at: Any) -> list[Any]:
            parts = ops.split(at, ends, axis=-1)
            new_states: list[Any] = []
            for i, cell in enumerate(cells):
                before = states[i * count : (i + 1) * count]
                kept = parts[len(cells) + i]
                after = cell(parts[i], before)
                new_states += [x + kept * (y - x) for x, y in zip(before, after, strict=True)]
            return new_states

        zeros = ops.zeros((ops.shape(inputs)[1], self.units), dtype=inputs.dtype)
        sequence = ops.concatenate(pieces, axis=-1)
        states, outputs = run_loop(step, [zeros] * (count * len(cells)), sequence)
        outputs = [_flip(x, flip) for x, flip in zip(outputs[::count], flips, strict=True)]
        last_states = [ops.concatenate(states[k::count], axis=-1) for k in range(count)]
        return ops.concatenate(outputs, axis=-1), last_states

    def _run_with_cudnn(self, index: int, inputs: Any, mask: Any) -> tuple[Any, list[Any]]:
        """Does what `_run` does, with the directions one after another."""
        inputs = ops.transpose(inputs, (1, 0, 2))
        width = len(DIRECTIONS[self.direction])
        runs = [run(inputs, mask) for run in self._cudnn[index * width : (index + 1) * width]]
        outputs = ops.concatenate([output for output, _ in runs], axis=-1)
        states = zip(*(states for _, states in runs), strict=True)
        last_states = [ops.concatenate(kind, axis=-1) for kind in states]
        return ops.transpose(outputs, (1, 0, 2)), last_states

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "num_layers": self.num_layers,
            "cell": self.cell,
            "direction": self.direction,
            "residual": self.residual,
            "dropout": self.dropout,
        }


def _flip(sequence: Any, wanted: bool) -> Any:
    return ops.flip(sequence, axis=0) if wanted else sequence
