"""Every layer with sizes, inputs and expected shapes: the table of the shared checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from s2s_keras.layers import (
    DECODERS,
    SCORES,
    Attention,
    Encoder,
    GRUCell,
    LSTMCell,
    Maxout,
    ScheduledSampling,
    mask_bias,
)

Array = np.ndarray
B, S, T, E, H, A, O, V = 3, 5, 4, 2, 4, 3, 7, 6  # noqa: E741
MASK = np.arange(S) < np.array([[5], [3], [1]])


class Case(NamedTuple):
    """A layer and how it is used.

    Attributes:
        make: constructs the layer, with no argument left at its default.
        build: makes the layer's weights.
        call: `call(layer, *inputs)` returns its outputs and uses every trainable weight.
        inputs: what `call` takes.
        shapes: the shapes of the outputs, in order.
    """

    make: Callable[[], keras.Layer]
    build: Callable[[Any], None]
    call: Callable[..., Any]
    inputs: Sequence[Array]
    shapes: Sequence[tuple[int, ...]]


def random_array(*shape: int, seed: int = 0) -> Array:
    """Returns float32 normal numbers, the same for the same shape and seed."""
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(np.float32)


def decode(decoder: Any, embedded: Any, memory: Any, last_states: Any) -> Any:
    """Decodes a whole target from what an encoder puts out."""
    source = decoder.read(memory, last_states, mask_bias(MASK, memory.dtype))
    return decoder(embedded, decoder.first_state(last_states), source)


def decoder_case(name: str, memory_size: int = 6, **options: Any) -> Case:
    """Returns the case of a decoder of `DECODERS` over memories of a width."""
    layers, cell = options.get("num_layers", 1), options.get("cell", "gru")
    rows = layers * {"gru": 1, "lstm": 2}[cell]
    return Case(
        make=lambda: DECODERS[name](H, O, **options),
        build=lambda layer: layer.build((None, None, E), (None, None, memory_size)),
        call=decode,
        inputs=[
            random_array(B, T, E),
            random_array(B, S, memory_size),
            random_array(rows, B, memory_size),
        ],
        shapes=[(B, T, O)],
    )


def encoder_case(width: int, states: int, **options: Any) -> Case:
    """Returns the case of an encoder with memories of a width and a number of last states."""
    return Case(
        make=lambda: Encoder(H, dropout=0.25, **options),
        build=lambda layer: layer.build((None, None, E)),
        call=lambda layer, inputs: layer(inputs, MASK),
        inputs=[random_array(B, S, E)],
        shapes=[(B, S, width), (states, B, width)],
    )


def attention_case(score: str, window: int | None) -> Case:
    """Returns the case of an attention."""
    units = A if score in ("additive", "concat") else None
    width = 6 if SCORES[score].has_keys else H
    return Case(
        make=lambda: Attention(score, units, window),
        build=lambda layer: layer.build((None, None, H), (None, None, width)),
        call=lambda layer, query, keys, values: layer(query, keys, values, MASK),
        inputs=[random_array(B, T, H), random_array(B, S, width), random_array(B, S, 8)],
        shapes=[(B, T, 8), (B, T, S)],
    )


def cell_case(cell: type[keras.Layer], states: int) -> Case:
    """Returns the case of a recurrent cell."""
    return Case(
        make=lambda: cell(H),
        build=lambda layer: layer.build((None, E)),
        call=lambda layer, inputs, *before: layer(layer.project(inputs), list(before)),
        inputs=[random_array(B, E), *(random_array(B, H, seed=i) for i in range(states))],
        shapes=[(B, H)] * states,
    )


CASES: dict[str, Case] = {
    "gru cell": cell_case(GRUCell, 1),
    "lstm cell": cell_case(LSTMCell, 2),
    "maxout": Case(
        lambda: Maxout(O),
        lambda layer: layer.build((None, E)),
        lambda layer, inputs: layer(inputs),
        [random_array(B, E)],
        [(B, O)],
    ),
    "encoder": encoder_case(2 * H, 1, num_layers=1, cell="gru", direction="bidirectional"),
    "encoder, three layers, residual": encoder_case(
        2 * H, 3, num_layers=3, cell="gru", direction="bidirectional", residual=True
    ),
    "encoder, lstm, forward": encoder_case(H, 4, num_layers=2, cell="lstm", direction="forward"),
    "encoder, backward": encoder_case(H, 1, num_layers=1, cell="gru", direction="backward"),
    **{
        f"attention, {score}, window {window}": attention_case(score, window)
        for score in SCORES
        for window in (None, 2)
    },
    "bahdanau": decoder_case("bahdanau", attention_units=A),
    "bahdanau, maxout, general, window": decoder_case(
        "bahdanau", score="general", deep_output="maxout", window=2
    ),
    "bahdanau, lstm, two layers, residual": decoder_case(
        "bahdanau", attention_units=A, num_layers=2, cell="lstm", residual=True
    ),
    "luong": decoder_case("luong"),
    "luong, dot, copy": decoder_case("luong", memory_size=H, score="dot", bridge="copy"),
    "luong, feeding, lstm": decoder_case("luong", input_feeding=True, cell="lstm", num_layers=2),
    "luong, feeding, concat, window": decoder_case(
        "luong", input_feeding=True, score="concat", attention_units=A, window=2
    ),
    "cho": decoder_case("cho"),
    "cho, lstm, tanh": decoder_case("cho", cell="lstm", num_layers=2, deep_output="tanh"),
    "sutskever": decoder_case("sutskever"),
    "sutskever, lstm, copy": decoder_case(
        "sutskever", memory_size=H, cell="lstm", num_layers=2, bridge="copy", residual=True
    ),
}

SAMPLING = Case(
    lambda: ScheduledSampling("exponential", 0.5, 10, seed=3),
    lambda layer: layer.build(),
    lambda layer, ids, logits, uniforms: layer(ops.cast(ids, "int32"), logits, uniforms),
    [
        np.array([1, 4, 5], np.float32),
        random_array(B, V),
        np.array([[0.0, 0.5], [2.0, 0.3], [2.0, 0.9]], np.float32),
    ],
    [(B,)],
)
"""Apart, because it puts out ids and has nothing to train."""
