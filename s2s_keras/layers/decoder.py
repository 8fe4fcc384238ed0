"""What decoders share: a stack of cells, its first state, the loop and the single step."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops

from s2s_keras.layers.cell import RecurrentCell
from s2s_keras.layers.cells import CELLS
from s2s_keras.layers.loop import run_loop

__all__ = ["BRIDGES", "Decoder", "Source", "flatten_rows", "group_rows"]

BRIDGES = ("copy", "dense", "zeros")
"""From the encoder to the decoder's first state, by the names in a recipe."""


class Source(NamedTuple):
    """What a decoder reads of N sources at every step; `None` where it does not.

    Attributes:
        memory: float (N, S, M), what the encoder put out, or (N, 1, M), its summary.
        keys: float (N, S, A), the source half of the score function, where it is not the memory.
        bias: float (N, S), 0 at tokens and a large negative number at padding.
        inputs: float (N, S, gates * H), the memory's share of the lowest cell's input, where it is
            computed once for many steps.
    """

    memory: Any = None
    keys: Any = None
    bias: Any = None
    inputs: Any = None


class Decoder(keras.layers.Layer):
    """A stack of recurrent cells that predicts the next target token from the previous ones.

    The embeddings are known before the loop in teacher forcing, so their part of the lowest cell's
    input is projected for all steps at once, and so is all that follows the cells without going
    back into them. A subclass says what else goes in (`_extra_size`, `_advance`) and how the
    cells' output becomes features (`_finish`).

    The decoder's state is one tensor (R, N, H): the states of each layer from the lowest, the
    output first, and behind them what a subclass feeds back.

    Args:
        units: H, the width of a cell.
        output_units: O, the width of the features.
        num_layers: L, at least 1.
        cell: a key of `CELLS`: `gru` or `lstm`.
        residual: adds a layer's input to its output, from the second layer on.
        bridge: from the encoder to the first state. `dense`: tanh(W x + b) of the encoder's last
            output, for every state; `copy`: the encoder's last states as they are, which needs as
            many layers of the same cell and width; `zeros`: nothing, the decoder knows the source
            by attention alone.

    Call arguments:
        embedded: float (N, T, E), the embedded previous tokens, `bos` first.
        state: float (R, N, H), from `first_state`.
        source: a `Source` of N sources.

    Returns:
        The features o_1 to o_T, float (N, T, O).

    Raises:
        ValueError: there is no such bridge, or the widths do not fit `copy`.

    Reference:
        Wu et al. 2016, section 3.1 (residual); Sutskever et al. 2014, section 2 (`copy`); Bahdanau
        et al. 2015, section A.2.2 (`dense`), where s_0 comes from the backward direction's last
        state, here from every direction's.
    """

    feedback_rows = 0
    """Tensors of width H that a step hands to the next beside the cells' states."""
    keeps_weights = False
    """Whether the attention weights come about in the loop and `_finish` needs them."""

    def __init__(
        self,
        units: int,
        output_units: int,
        *,
        num_layers: int = 1,
        cell: str = "gru",
        residual: bool = False,
        bridge: str = "dense",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if bridge not in BRIDGES:
            raise ValueError(
                f"`bridge` must be one of {sorted(BRIDGES)}. Received: bridge={bridge!r}."
            )
        self.units = units
        self.output_units = output_units
        self.num_layers = num_layers
        self.cell = cell
        self.residual = residual
        self.bridge = bridge
        policy = self.dtype_policy
        self.cells: list[RecurrentCell] = [
            CELLS[cell](units, dtype=policy, name=f"cell_{i}") for i in range(num_layers)
        ]
        self.bridge_layer: keras.layers.Layer | None = None
        if bridge == "dense":
            self.bridge_layer = keras.layers.Dense(
                self.cell_rows * units, activation="tanh", dtype=policy, name="bridge"
            )

    @property
    def cell_rows(self) -> int:
        """Rows of the state that belong to the cells."""
        return self.num_layers * CELLS[self.cell].num_states

    def build(
        self, embedded_shape: tuple[int | None, ...], memory_shape: tuple[int | None, ...]
    ) -> None:
        """Makes the weights for embeddings (N, T, E) and memories (N, S, M)."""
        embedding_size, memory_size = embedded_shape[-1], memory_shape[-1]
        if embedding_size is None or memory_size is None:
            raise ValueError(
                "The widths of embeddings and memory must be known. "
                f"Received: {embedding_size} and {memory_size}."
            )
        width = embedding_size
        for cell in self.cells:
            cell.build((None, width))
            width = self.units
        if self.bridge_layer is not None:
            self.bridge_layer.build((None, memory_size))
        elif self.bridge == "copy" and memory_size != self.units:
            raise ValueError(
                "`bridge` 'copy' needs an encoder as wide as the decoder; 'dense' does not. "
                f"Received: {memory_size} and {self.units}."
            )
        extra_size = self._extra_size(memory_size)
        if extra_size:
            self.extra_kernel = self.add_weight(
                name="extra_kernel",
                shape=(extra_size, self.cells[0].gates * self.units),
                initializer="glorot_uniform",
            )
        self._build_output(embedding_size, memory_size)

    def _extra_size(self, memory_size: int) -> int:
        """The width of what goes into the lowest cell beside the embedding; 0 for nothing."""
        return 0

    def _build_output(self, embedding_size: int, memory_size: int) -> None:
        """Makes the weights of what follows the cells."""
        raise NotImplementedError

    def first_state(self, last_states: Any) -> Any:
        """Returns s_0, float (R, N, H), for the encoder's last states."""
        if self.bridge == "zeros":
            count = ops.shape(last_states)[1]
            state = ops.zeros((self.cell_rows, count, self.units), dtype=last_states.dtype)
        elif self.bridge_layer is None:
            state = last_states
        else:
            summary = self.bridge_layer(self._last_output(last_states))
            rows = ops.reshape(summary, (-1, self.cell_rows, self.units))
            state = ops.transpose(rows, (1, 0, 2))
        if self.feedback_rows:
            state = ops.concatenate([state, ops.zeros_like(state[: self.feedback_rows])])
        return state

    def read(self, memory: Any, last_states: Any, bias: Any) -> Source:
        """Returns what the steps read of N sources; see `Encoder` and `padding_bias`.

        Args:
            memory: float (N, S, M).
            last_states: float (R, N, M).
            bias: float (N, S).
        """
        return Source()

    def call(self, embedded: Any, state: Any, source: Source) -> Any:
        """Decodes a whole target with teacher forcing; see the class."""
        projected = ops.transpose(self._project(embedded, source), (1, 0, 2))
        carry = self._rows(state)
        count = len(carry)
        if self.keeps_weights:
            carry.append(ops.zeros_like(source.bias))
        prepared = self._prepare(source)

        def step(carry: list[Any], projected_at: Any) -> list[Any]:
            rows, weights = self._advance(projected_at, carry[:count], prepared)
            return [*rows, weights] if self.keeps_weights else rows

        _, outputs = run_loop(step, carry, projected)
        outputs = [ops.transpose(x, (1, 0, 2)) for x in outputs]
        weights = outputs[count] if self.keeps_weights else None
        return self._finish(outputs[:count], weights, embedded, source)[0]

    def step(self, embedded: Any, state: Any, source: Source) -> tuple[Any, Any, Any]:
        """Decodes one token for N * K rows: K hypotheses of each source, one source after another.

        Args:
            embedded: float (N * K, E), the embedded previous tokens.
            state: float (R, N * K, H).
            source: a `Source` of N sources.

        Returns:
            o_t float (N * K, O), the new state float (R, N * K, H), and the attention weights float
            (N * K, S), or `None` without attention.
        """
        grouped = group_rows(embedded, source)
        projected = flatten_rows(self._project(grouped, source))
        rows, weights = self._advance(projected, self._rows(state), source)
        features, weights = self._finish(
            [group_rows(row, source) for row in rows],
            None if weights is None else group_rows(weights, source),
            grouped,
            source,
        )
        weights = None if weights is None else flatten_rows(weights)
        return flatten_rows(features), ops.stack(rows), weights

    def _rows(self, state: Any) -> list[Any]:
        return list(ops.unstack(state, self.cell_rows + self.feedback_rows))

    def _last_output(self, last_states: Any) -> Any:
        """The output of the encoder's top layer at its end: (N, M)."""
        return ops.unstack(last_states)[-CELLS[self.cell].num_states]

    def _project(self, embedded: Any, source: Source) -> Any:
        """The share of the lowest cell's input that is known before the loop: (N, T, gates * H)."""
        return self.cells[0].project(embedded)

    def _prepare(self, source: Source) -> Source:
        """Adds what many steps need of a source, and one step had better compute itself."""
        return source

    def _advance(self, projected: Any, rows: list[Any], source: Source) -> tuple[list[Any], Any]:
        """One step of the loop: new rows, and the attention weights, float (N, S).

        The weights are `None` where they do not come about in the loop.
        """
        return self._run_cells(projected, rows), None

    def _finish(
        self, rows: list[Any], weights: Any, embedded: Any, source: Source
    ) -> tuple[Any, Any]:
        """What follows the loop, for T steps at once.

        Args:
            rows: what `_advance` returned, each float (N, T, H).
            weights: likewise, float (N, T, S), or `None`.
            embedded: float (N, T, E).
            source: of N sources.

        Returns:
            The features, float (N, T, O), and the attention weights, float (N, T, S), or `None`
            without attention.
        """
        raise NotImplementedError

    def _run_cells(self, projected: Any, rows: list[Any]) -> list[Any]:
        """Advances every cell; `projected` is the lowest one's whole input."""
        count = CELLS[self.cell].num_states
        new_rows: list[Any] = []
        for i, cell in enumerate(self.cells):
            if i > 0:
                projected = cell.project(self._output(new_rows))
            new_rows += cell(projected, rows[i * count : (i + 1) * count])
        return new_rows

    def _output(self, rows: list[Any]) -> Any:
        """The output of the top layer so far, with `residual` the sum over the layers."""
        count = CELLS[self.cell].num_states
        outputs = rows[: self.cell_rows : count]
        return sum(outputs[1:], start=outputs[0]) if self.residual else outputs[-1]

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "output_units": self.output_units,
            "num_layers": self.num_layers,
            "cell": self.cell,
            "residual": self.residual,
            "bridge": self.bridge,
        }


def group_rows(rows: Any, source: Source) -> Any:
    """Lays rows (N * K, width) out by source, (N, K, width); one group without a memory."""
    count = 1 if source.memory is None else ops.shape(source.memory)[0]
    return ops.reshape(rows, (count, -1, ops.shape(rows)[-1]))


def flatten_rows(grouped: Any) -> Any:
    """Undoes `group_rows`."""
    return ops.reshape(grouped, (-1, ops.shape(grouped)[-1]))
