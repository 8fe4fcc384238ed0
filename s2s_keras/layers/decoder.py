"""The decoder: previous target tokens, the memory and a state -> features of the next token."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from s2s_keras.layers.attention import AdditiveAttention
from s2s_keras.layers.gru import GRUCell

__all__ = ["AttentionDecoder"]


@keras.saving.register_keras_serializable(package="s2s_keras")
class AttentionDecoder(keras.layers.Layer):
    """A GRU decoder fed with the previous token's embedding and the attention's context.

        c_t = attention(s_{t-1}, h)
        s_t = GRU([E y_{t-1}; c_t], s_{t-1})
        o_t = tanh(W [s_t; c_t; E y_{t-1}] + b)

    The embeddings are known before the loop in teacher forcing, so their part of the GRU's input
    is projected for all steps at once, and so is o_t after the loop; in the loop stands only what
    hangs on the state. With several layers, the attention's query is the top layer's state, the
    context enters the lowest layer, and each further layer takes the state below it.

    Args:
        units: H, the width of a layer's state.
        attention_units: A, the width of the keys.
        output_units: O, the width of o_t.
        num_layers: L, at least 1.

    Call arguments:
        embedded: float (B, T, E), the embedded previous tokens, `bos` first.
        memory: float (B, S, M); keys: float (B, S, A); bias: float (B, S).
        state: float (L, B, H), from `initial_state`.

    Returns:
        o_1 to o_T, float (B, T, O).

    Reference:
        Bahdanau et al. 2015, sections 3.1 and A.2.2. There o_t is a maxout layer, here tanh; and
        s_0 comes from the backward direction's last state, here from both directions'.
    """

    def __init__(
        self,
        units: int,
        attention_units: int,
        output_units: int,
        num_layers: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.attention_units = attention_units
        self.output_units = output_units
        self.num_layers = num_layers
        policy = self.dtype_policy
        self.attention = AdditiveAttention(attention_units, dtype=policy, name="attention")
        self.cells = [GRUCell(units, dtype=policy, name=f"cell_{i}") for i in range(num_layers)]
        self.bridge = keras.layers.Dense(
            num_layers * units, activation="tanh", dtype=policy, name="bridge"
        )
        self.output_layer = keras.layers.Dense(
            output_units, activation="tanh", dtype=policy, name="output"
        )

    def build(
        self, embedded_shape: tuple[int | None, ...], memory_shape: tuple[int | None, ...]
    ) -> None:
        """Makes the weights for embeddings (B, T, E) and memories (B, S, M)."""
        embedding_size, memory_size = embedded_shape[-1], memory_shape[-1]
        if embedding_size is None or memory_size is None:
            raise ValueError(
                "The widths of embeddings and memory must be known. "
                f"Received: {embedding_size} and {memory_size}."
            )
        self.attention.build((None, self.units), memory_shape)
        self.bridge.build((None, memory_size))
        width = embedding_size + memory_size
        for cell in self.cells:
            cell.build((None, width))
            width = self.units
        self.output_layer.build((None, self.units + memory_size + embedding_size))
        self._embedding_size = embedding_size

    def initial_state(self, summary: Any) -> Any:
        """Returns s_0 = tanh(W summary + b): float (L, B, H) for the encoder's summary (B, M)."""
        return ops.stack(ops.split(self.bridge(summary), self.num_layers, axis=-1))

    def call(self, embedded: Any, memory: Any, keys: Any, bias: Any, state: Any) -> Any:
        """Decodes a whole target with teacher forcing; see the class."""
        projected = ops.transpose(self._project_embedded(embedded), (1, 0, 2))

        def step(carry: list[Any], projected_at: Any) -> tuple[list[Any], list[Any]]:
            states, context, _ = self._advance(projected_at, memory, keys, bias, carry[:-1])
            return [*states, context], [*states, context]

        states = [state[layer] for layer in range(self.num_layers)]
        no_context = ops.zeros((ops.shape(embedded)[0], memory.shape[-1]), dtype=memory.dtype)
        _, outputs = ops.scan(step, [*states, no_context], projected)
        top_state, context = (ops.transpose(x, (1, 0, 2)) for x in outputs[-2:])
        return self._output(top_state, context, embedded)

    def step(
        self, embedded: Any, memory: Any, keys: Any, bias: Any, state: Any
    ) -> tuple[Any, Any, Any]:
        """Decodes one token.

        Args:
            embedded: float (B, E), the embedded previous tokens.
            memory: float (B or 1, S, M).
            keys: float (B or 1, S, A).
            bias: float (B or 1, S).
            state: float (L, B, H).

        Returns:
            o_t float (B, O), the new state float (L, B, H), the attention weights float (B, S).
        """
        states, context, weights = self._advance(
            self._project_embedded(embedded),
            memory,
            keys,
            bias,
            [state[layer] for layer in range(self.num_layers)],
        )
        return self._output(states[-1], context, embedded), ops.stack(states), weights

    def _project_embedded(self, embedded: Any) -> Any:
        """The embedding's share of the lowest cell's input projection."""
        cell = self.cells[0]
        return ops.matmul(embedded, cell.kernel[: self._embedding_size]) + cell.bias[0]

    def _advance(
        self, projected: Any, memory: Any, keys: Any, bias: Any, states: list[Any]
    ) -> tuple[list[Any], Any, Any]:
        context, weights = self.attention(states[-1], keys, memory, bias)
        lowest, *upper = self.cells
        projected = projected + ops.matmul(context, lowest.kernel[self._embedding_size :])
        new_states = [lowest(projected, states[0])]
        for cell, state in zip(upper, states[1:], strict=True):
            new_states.append(cell(cell.project(new_states[-1]), state))
        return new_states, context, weights

    def _output(self, state: Any, context: Any, embedded: Any) -> Any:
        return self.output_layer(ops.concatenate([state, context, embedded], axis=-1))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "attention_units": self.attention_units,
            "output_units": self.output_units,
            "num_layers": self.num_layers,
        }
