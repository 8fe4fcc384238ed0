"""Our model as tutorials of translation with attention write it, to measure against.

TensorFlow's tutorial "Neural machine translation with attention" has had two forms. In the older
one the training step is a Python loop over the target, and each turn looks the previous token up,
attends, runs a GRU layer over one step and projects to the vocabulary. In the other a
`keras.layers.RNN` runs a cell that attends. Both stand here in our words and with stock Keras
layers, and both compute what `Seq2Seq` computes with one layer, no dropout and an output matrix of
its own: with its weights they give its loss. Only the biases of `Attention` and of the output,
which `keras.layers.Dense` has unless told otherwise, are theirs alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from s2s_keras.layers import padding_bias
from s2s_keras.text import BOS_ID, PAD_ID

__all__ = ["CellModel", "LoopModel", "Sizes"]


@dataclass(frozen=True)
class Sizes:
    """The sizes that all contestants share.

    Attributes:
        vocabulary: V, on both sides.
        embedding_size: E.
        units: H, a GRU's width; also the attention's.
    """

    vocabulary: int
    embedding_size: int
    units: int


class Encoder(keras.layers.Layer):
    """Source ids (B, S) -> memory (B, S, 2H) and the decoder's first state (B, H)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.embedding = keras.layers.Embedding(
            sizes.vocabulary, sizes.embedding_size, mask_zero=True
        )
        self.gru = keras.layers.Bidirectional(
            keras.layers.GRU(sizes.units, return_sequences=True, return_state=True)
        )
        self.bridge = keras.layers.Dense(sizes.units, activation="tanh")

    def call(self, source_ids: Any) -> tuple[Any, Any]:
        """Encodes; see the class."""
        memory, forward, backward = self.gru(self.embedding(source_ids))
        return memory, self.bridge(ops.concatenate([forward, backward], axis=-1))


class Attention(keras.layers.Layer):
    """A query (B, H) and the memory (B, S, M) -> the context (B, M)."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.query_layer = keras.layers.Dense(units)
        self.memory_layer = keras.layers.Dense(units)
        self.score_layer = keras.layers.Dense(1)
        self.units = units

    def build(self, query_shape: Any, memory_shape: Any, bias_shape: Any = None) -> None:
        """Makes the weights for queries (B, H) and memories (B, S, M)."""
        self.query_layer.build(query_shape)
        self.memory_layer.build(memory_shape)
        self.score_layer.build((*memory_shape[:-1], self.units))

    def call(self, query: Any, memory: Any, bias: Any) -> Any:
        """Attends; see the class."""
        query = self.query_layer(ops.expand_dims(query, 1))
        scores = self.score_layer(ops.tanh(query + self.memory_layer(memory)))  # (B, S, 1)
        weights = ops.softmax(scores + ops.expand_dims(bias, -1), axis=1)
        return ops.sum(weights * memory, axis=1)


class StepDecoder(keras.layers.Layer):
    """Advances the decoder by one token; the older form's decoder."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.embedding = keras.layers.Embedding(sizes.vocabulary, sizes.embedding_size)
        self.attention = Attention(sizes.units)
        self.gru = keras.layers.GRU(sizes.units, return_state=True)
        self.hidden_layer = keras.layers.Dense(sizes.embedding_size, activation="tanh")
        self.output_layer = keras.layers.Dense(sizes.vocabulary)

    def call(self, token: Any, state: Any, memory: Any, bias: Any) -> tuple[Any, Any]:
        """Takes `token` int (B,) and `state` (B, H); returns `logits` (B, V) and the new state."""
        embedded = self.embedding(token)
        context = self.attention(state, memory, bias)
        inputs = ops.concatenate([embedded, context], axis=-1)
        output, state = self.gru(ops.expand_dims(inputs, 1), initial_state=state)
        hidden = self.hidden_layer(ops.concatenate([output, context, embedded], axis=-1))
        return self.output_layer(hidden), state


class LoopModel:
    """The older form: the training step loops over the target in Python, under `tf.function`.

    The loop is unrolled while TensorFlow traces it, once for each length of batch.

    Args:
        sizes: of the model.
        optimizer: a Keras optimiser.
    """

    def __init__(self, sizes: Sizes, optimizer: Any) -> None:
        self.encoder = Encoder(sizes)
        self.decoder = StepDecoder(sizes)
        self.optimizer = optimizer
        self._train_step = tf.function(self._update)

    def train_on_batch(self, inputs: dict[str, Any], target_ids: Any) -> float:
        """Takes one step on a batch of `make_dataset`; returns the loss in nats a token."""
        return float(self._train_step(inputs["source_ids"], target_ids))

    def loss(self, source_ids: Any, target_ids: Any) -> Any:
        """Adds the loss up step by step; `target_ids` must have a fixed shape (B, T)."""
        memory, state = self.encoder(source_ids)
        bias = padding_bias(source_ids)
        token = tf.fill(tf.shape(target_ids)[:1], BOS_ID)
        total = tf.constant(0.0)
        for step in range(target_ids.shape[1]):
            logits, state = self.decoder(token, state, memory, bias)
            token = target_ids[:, step]
            losses = keras.losses.sparse_categorical_crossentropy(token, logits, from_logits=True)
            total += tf.reduce_sum(losses * tf.cast(token != PAD_ID, losses.dtype))
        return total / tf.reduce_sum(tf.cast(target_ids != PAD_ID, total.dtype))

    @property
    def trainable_variables(self) -> list[Any]:
        """The weights of both halves."""
        return [*self.encoder.trainable_variables, *self.decoder.trainable_variables]

    def count_params(self) -> int:
        """Returns the number of weights."""
        return int(self.encoder.count_params() + self.decoder.count_params())

    def _update(self, source_ids: Any, target_ids: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = self.loss(source_ids, target_ids)
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss


class AttentionCell(keras.layers.Layer):
    """A GRU cell that attends first: embedding (B, E) and state (B, H) -> [state; context]."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.attention = Attention(units)
        self.cell = keras.layers.GRUCell(units)
        self.state_size = units
        self.output_size = 3 * units
        self.source: tuple[Any, Any] = (None, None)
        """Memory and bias. Keras 3 hands a cell no constants, so the model puts them here."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the weights for inputs of shape (B, E)."""
        units = self.state_size
        self.attention.build((None, units), (None, None, 2 * units))
        self.cell.build((None, input_shape[-1] + 2 * units))

    def call(self, inputs: Any, states: Any) -> tuple[Any, Any]:
        """Advances one step; see the class."""
        context = self.attention(states[0], *self.source)
        output, states = self.cell(ops.concatenate([inputs, context], axis=-1), states)
        return ops.concatenate([output, context], axis=-1), states


class CellModel(keras.Model):
    """The other form: `keras.layers.RNN` runs the decoder's cell, and the rest follows the loop.

    Args:
        sizes: of the model.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.encoder = Encoder(sizes)
        self.embedding = keras.layers.Embedding(sizes.vocabulary, sizes.embedding_size)
        self.cell = AttentionCell(sizes.units)
        self.rnn = keras.layers.RNN(self.cell, return_sequences=True)
        self.hidden_layer = keras.layers.Dense(sizes.embedding_size, activation="tanh")
        self.output_layer = keras.layers.Dense(sizes.vocabulary)

    def call(self, inputs: dict[str, Any]) -> Any:
        """Computes the logits (B, T, V) of every target token from the true previous ones."""
        source_ids, target_ids = inputs["source_ids"], inputs["target_ids"]
        memory, state = self.encoder(source_ids)
        begin = ops.full_like(target_ids[:, :1], BOS_ID)
        embedded = self.embedding(ops.concatenate([begin, target_ids[:, :-1]], axis=1))
        self.cell.source = (memory, padding_bias(source_ids))
        outputs = self.rnn(embedded, initial_state=[state])
        self.cell.source = (None, None)
        hidden = self.hidden_layer(ops.concatenate([outputs, embedded], axis=-1))
        return self.output_layer(hidden)
