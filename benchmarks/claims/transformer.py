"""A small Transformer encoder-decoder, to measure against; it decodes step by step with a cache.

It is trained with what trains `Seq2Seq`: the same tokenisers, batches, loss and metrics. Layers are
normalised before, not after, the output is tied to the target embedding, and positions are
sinusoids.

Reference:
    Vaswani et al. 2017, "Attention Is All You Need"; Xiong et al. 2020, "On Layer Normalization in
    the Transformer Architecture" (normalisation before each part).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from s2s_keras.layers import MASKED_SCORE, padding_bias
from s2s_keras.text import BOS_ID, CharacterTokenizer

__all__ = ["Source", "Transformer"]


class Source(NamedTuple):
    """What the decoder needs of a source, computed once.

    Attributes:
        cross_keys: float (L, B, heads, S, D / heads), of each decoder layer.
        cross_values: the same shape.
        bias: float (B, S), 0 at tokens and a large negative number at padding.
    """

    cross_keys: Any
    cross_values: Any
    bias: Any


class Attention(keras.layers.Layer):
    """Scaled dot-product attention with several heads: (B, N, D) -> (B, N, D)."""

    def __init__(self, width: int, heads: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.heads = heads
        self.query_layer = keras.layers.Dense(width)
        self.memory_layer = keras.layers.Dense(2 * width)
        self.output_layer = keras.layers.Dense(width)

    def build(self, inputs_shape: Any = None) -> None:
        """Makes the weights."""
        for layer in (self.query_layer, self.memory_layer, self.output_layer):
            layer.build((None, None, self.width))

    def project(self, memory: Any) -> tuple[Any, Any]:
        """Returns keys and values (B, heads, S, D / heads) of a memory (B, S, D)."""
        keys, values = ops.split(self.memory_layer(memory), 2, axis=-1)
        return self._split(keys), self._split(values)

    def call(self, inputs: Any, keys: Any, values: Any, bias: Any) -> Any:
        """Attends; `bias` is added to the scores (B, heads, N, S)."""
        query = self._split(self.query_layer(inputs)) * (self.width // self.heads) ** -0.5
        weights = ops.softmax(ops.matmul(query, ops.swapaxes(keys, 2, 3)) + bias, axis=-1)
        context = ops.transpose(ops.matmul(weights, values), (0, 2, 1, 3))
        batch, length = ops.shape(inputs)[:2]
        return self.output_layer(ops.reshape(context, (batch, length, self.width)))

    def _split(self, inputs: Any) -> Any:
        batch, length = ops.shape(inputs)[:2]
        heads = ops.reshape(inputs, (batch, length, self.heads, self.width // self.heads))
        return ops.transpose(heads, (0, 2, 1, 3))


class Block(keras.layers.Layer):
    """One layer of the encoder, or with `crosses` of the decoder.

    Each part, self-attention, attention to the source and two dense layers, takes its normalised
    input and adds to it.
    """

    def __init__(
        self, width: int, heads: int, hidden: int, dropout: float, crosses: bool, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.attention = Attention(width, heads)
        self.cross_attention = Attention(width, heads) if crosses else None
        self.hidden_layer = keras.layers.Dense(hidden, activation="relu")
        self.output_layer = keras.layers.Dense(width)
        self.norms = [
            keras.layers.LayerNormalization(epsilon=1e-6) for _ in range(3 if crosses else 2)
        ]
        self.dropout_layer = keras.layers.Dropout(dropout)

    def build(self, inputs_shape: Any = None) -> None:
        """Makes the weights."""
        shape = (None, None, self.width)
        self.attention.build(shape)
        if self.cross_attention is not None:
            self.cross_attention.build(shape)
        for norm in self.norms:
            norm.build(shape)
        self.hidden_layer.build(shape)
        self.output_layer.build((None, None, self.hidden_layer.units))

    def call(
        self,
        inputs: Any,
        bias: Any,
        cache: tuple[Any, Any] | None = None,
        source: tuple[Any, Any, Any] | None = None,
        training: bool = False,
    ) -> tuple[Any, tuple[Any, Any]]:
        """Advances (B, N, D).

        Args:
            inputs: float (B, N, D).
            bias: added to the scores of self-attention over the cache and the inputs.
            cache: keys and values (B, heads, T, D / heads) of the tokens before the inputs.
            source: keys, values and bias of the source, for a block that crosses.
            training: applies dropout.

        Returns:
            The outputs, float (B, N, D), and the inputs' own keys and values, for the cache.
        """
        normal = self.norms[0](inputs)
        new = keys, values = self.attention.project(normal)
        if cache is not None:
            keys, values = (ops.concatenate(pair, axis=2) for pair in zip(cache, new, strict=True))
        attended = self.attention(normal, keys, values, bias)
        x = inputs + self.dropout_layer(attended, training=training)
        if self.cross_attention is not None and source is not None:
            attended = self.cross_attention(self.norms[1](x), *source)
            x = x + self.dropout_layer(attended, training=training)
        hidden = self.output_layer(self.hidden_layer(self.norms[-1](x)))
        return x + self.dropout_layer(hidden, training=training), new


@keras.saving.register_keras_serializable(package="s2s_keras_benchmarks")
class Transformer(keras.Model):
    """A Transformer encoder-decoder that takes the batches of `Seq2Seq`.

    Args:
        tokenizer: of both sides, which share an embedding.
        width: D, a multiple of twice the heads.
        heads: of each attention.
        hidden: width of the dense part of a layer.
        layers: L, of the encoder and of the decoder.
        max_length: the longest source or target, in tokens.
        dropout: share of values dropped in training.

    Call arguments and result are those of `s2s_keras.model.Seq2Seq`.
    """

    def __init__(
        self,
        tokenizer: CharacterTokenizer,
        *,
        width: int = 96,
        heads: int = 4,
        hidden: int = 192,
        layers: int = 2,
        max_length: int = 64,
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.tokenizer = tokenizer
        self.sizes = {
            "width": width,
            "heads": heads,
            "hidden": hidden,
            "layers": layers,
            "max_length": max_length,
            "dropout": dropout,
        }
        self.embedding = keras.layers.ReversibleEmbedding(
            len(tokenizer),
            width,
            embeddings_initializer=keras.initializers.RandomNormal(0, width**-0.5),
        )
        self.encoder, self.decoder = (
            [Block(width, heads, hidden, dropout, crosses) for _ in range(layers)]
            for crosses in (False, True)
        )
        self.norms = [keras.layers.LayerNormalization(epsilon=1e-6) for _ in range(2)]
        self.dropout_layer = keras.layers.Dropout(dropout)
        self.positions = _sinusoids(max_length, width)
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes every weight; the sizes are known from the constructor."""
        self.embedding.build()
        for layer in (*self.encoder, *self.decoder, *self.norms):
            layer.build((None, None, self.sizes["width"]))
        self.built = True

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """Computes the logits (B, T, V) of every target token from the true previous ones."""
        target_ids = inputs["target_ids"]
        source = self.encode(inputs["source_ids"], training=training)
        begin = ops.full_like(target_ids[:, :1], BOS_ID)
        ids = ops.concatenate([begin, target_ids[:, :-1]], axis=1)
        order = ops.arange(ops.shape(ids)[1])
        later = ops.expand_dims(order, 0) > ops.expand_dims(order, 1)  # (T, T)
        causal = ops.cast(later, "float32") * MASKED_SCORE
        x = self.dropout_layer(self._embed(ids), training=training)
        for layer, block in enumerate(self.decoder):
            x, _ = block(x, causal, source=_of_layer(source, layer), training=training)
        return self.embedding(self.norms[1](x), reverse=True)

    def encode(self, source_ids: Any, training: bool = False) -> Source:
        """Encodes sources int (B, S), and projects them for each layer of the decoder."""
        bias = padding_bias(source_ids)
        x = self.dropout_layer(self._embed(source_ids), training=training)
        for block in self.encoder:
            x, _ = block(x, bias[:, None, None], training=training)
        memory = self.norms[0](x)
        projected = [block.cross_attention.project(memory) for block in self.decoder]
        keys, values = zip(*projected, strict=True)
        return Source(ops.stack(keys), ops.stack(values), bias)

    def decode_step(
        self, token: Any, position: Any, keys: Any, values: Any, source: Source
    ) -> tuple[Any, Any, Any]:
        """Decodes one token from a cache of fixed length T.

        Args:
            token: int (B,), the previous tokens; `bos` at first.
            position: int (), the number of tokens in the cache.
            keys: float (L, B, heads, T, D / heads), filled up to `position`.
            values: the same shape.
            source: from `encode`.

        Returns:
            `log_probs` float (B, V), and the new keys and values, float (L, B, heads, 1, D /
            heads), which belong into the cache at `position`.
        """
        # Slots not yet filled are masked; the token's own key is always seen.
        order = ops.arange(keys.shape[3] + 1)
        empty = ops.logical_and(order >= position, order < keys.shape[3])
        bias = ops.cast(empty, "float32") * MASKED_SCORE
        x = self._embed(ops.expand_dims(token, 1), ops.reshape(position, (1,)))
        new = []
        for layer, block in enumerate(self.decoder):
            cache = (keys[layer], values[layer])
            x, of_token = block(x, bias, cache, _of_layer(source, layer))
            new.append(of_token)
        logits = self.embedding(self.norms[1](x[:, 0]), reverse=True)
        new_keys, new_values = (ops.stack(part) for part in zip(*new, strict=True))
        return ops.log_softmax(logits, axis=-1), new_keys, new_values

    def _embed(self, ids: Any, positions: Any = None) -> Any:
        table = ops.convert_to_tensor(self.positions)
        if positions is None:
            positions = ops.arange(ops.shape(ids)[1])
        at = ops.take(table, positions, axis=0)
        return self.embedding(ids) * self.sizes["width"] ** 0.5 + at

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments, the tokeniser as its definition."""
        return {**super().get_config(), **self.sizes, "tokenizer": self.tokenizer.definition()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Transformer:
        """Builds the model of what `get_config` returned."""
        tokenizer = CharacterTokenizer.from_definition(config["tokenizer"])
        return cls(**{**config, "tokenizer": tokenizer})


def _of_layer(source: Source, layer: int) -> tuple[Any, Any, Any]:
    return source.cross_keys[layer], source.cross_values[layer], source.bias[:, None, None]


def _sinusoids(length: int, width: int) -> NDArray[np.float32]:
    """Returns (length, width): sines in the first half, cosines in the second."""
    angles = np.arange(length)[:, None] / 10_000 ** (np.arange(width // 2) / (width // 2))
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)
