"""The sequence-to-sequence model: a GRU encoder-decoder with attention."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

import s2s_keras.training  # noqa: F401  registers the loss and the metrics for `load_model`
from s2s_keras.decoding import DecodingSettings, Prediction, Predictor, StepOutput
from s2s_keras.errors import ArtifactError
from s2s_keras.layers import AttentionDecoder, BidirectionalEncoder, padding_bias
from s2s_keras.text import BOS_ID, PAD_ID, CharacterTokenizer

__all__ = ["EVALUATION_BATCH", "Encoded", "KerasSession", "Seq2Seq", "load_model"]


EVALUATION_BATCH = 256
"""Texts that a Keras model decodes together, unless told otherwise."""


class Encoded(NamedTuple):
    """What the decoder needs of a source, computed once.

    Attributes:
        memory: float (B, S, M), the encoder's outputs.
        keys: float (B, S, A), the source half of the attention's score function.
        bias: float (B, S), 0 at tokens and a large negative number at padding.
        state: float (L, B, H), the decoder's first state.
    """

    memory: Any
    keys: Any
    bias: Any
    state: Any


@keras.saving.register_keras_serializable(package="s2s_keras")
class Seq2Seq(keras.Model):
    """A GRU encoder-decoder with Bahdanau's attention.

    The model carries its tokenisers, so that a saved model is complete: `generate` takes and
    returns text. It trains with plain `compile` and `fit`, on Keras's TensorFlow and JAX backends.

    Args:
        source_tokenizer: text -> `source_ids`.
        target_tokenizer: text -> `target_ids`.
        embedding_size: E, the width of the embeddings, at least 1.
        units: H, the width of each GRU direction and decoder layer, at least 1.
        encoder_layers: bidirectional layers, at least 1.
        decoder_layers: L, at least 1.
        attention_units: A, the width of the keys; `units` where not given.
        dropout: share of embedding and feature values dropped in training, 0 to 1.
        tie_output: projects to the vocabulary with the target embedding (Press and Wolf 2017)
            instead of a matrix of its own.
        share_embeddings: one embedding for both sides; their tokenisers must be equal.

    Call arguments:
        inputs: `{"source_ids": int (B, S), "target_ids": int (B, T)}`, padded with 0 on the right,
            targets ending with `eos`. The model shifts the targets itself (teacher forcing).

    Returns:
        `logits`, float (B, T, V).

    Raises:
        ValueError: `share_embeddings` with tokenisers that differ.

    Reference:
        Bahdanau et al. 2015, "Neural Machine Translation by Jointly Learning to Align and
        Translate".
    """

    def __init__(
        self,
        source_tokenizer: CharacterTokenizer,
        target_tokenizer: CharacterTokenizer,
        *,
        embedding_size: int = 64,
        units: int = 128,
        encoder_layers: int = 1,
        decoder_layers: int = 1,
        attention_units: int | None = None,
        dropout: float = 0.1,
        tie_output: bool = True,
        share_embeddings: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if share_embeddings and source_tokenizer != target_tokenizer:
            raise ValueError("`share_embeddings` needs one tokeniser on both sides; they differ.")
        self.source_tokenizer = source_tokenizer
        self.target_tokenizer = target_tokenizer
        self.embedding_size = embedding_size
        self.units = units
        self.encoder_layers = encoder_layers
        self.decoder_layers = decoder_layers
        self.attention_units = attention_units
        self.dropout = dropout
        self.tie_output = tie_output
        self.share_embeddings = share_embeddings

        policy = self.dtype_policy
        initializer = keras.initializers.RandomNormal(stddev=embedding_size**-0.5)
        self.target_embedding = keras.layers.ReversibleEmbedding(
            len(target_tokenizer),
            embedding_size,
            tie_weights=tie_output,
            embeddings_initializer=initializer,
            dtype=policy,
            name="target_embedding",
        )
        self.source_embedding = (
            self.target_embedding
            if share_embeddings
            else keras.layers.Embedding(
                len(source_tokenizer),
                embedding_size,
                embeddings_initializer=initializer.clone(),
                dtype=policy,
                name="source_embedding",
            )
        )
        self.encoder = BidirectionalEncoder(
            units, encoder_layers, dropout, dtype=policy, name="encoder"
        )
        self.decoder = AttentionDecoder(
            units,
            attention_units=attention_units or units,
            output_units=embedding_size,
            num_layers=decoder_layers,
            dtype=policy,
            name="decoder",
        )
        self.dropout_layer = keras.layers.Dropout(dropout, dtype=policy, name="dropout")
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes every weight; the sizes are known from the constructor."""
        embedded_shape = (None, None, self.embedding_size)
        self.target_embedding.build()
        if not self.share_embeddings:
            self.source_embedding.build()
        self.encoder.build(embedded_shape)
        self.decoder.build(embedded_shape, (None, None, 2 * self.units))
        self.built = True

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """Computes the logits of every target token from the true previous ones."""
        target_ids = inputs["target_ids"]
        encoded = self.encode(inputs["source_ids"], training=training)
        begin = ops.full_like(target_ids[:, :1], BOS_ID)
        previous_ids = ops.concatenate([begin, target_ids[:, :-1]], axis=1)
        embedded = self.dropout_layer(self.target_embedding(previous_ids), training=training)
        features = self.decoder(embedded, *encoded)
        features = self.dropout_layer(features, training=training)
        return self.target_embedding(features, reverse=True)

    def encode(self, source_ids: Any, training: bool = False) -> Encoded:
        """Encodes sources, once each.

        Args:
            source_ids: int (B, S), padded with 0 on the right.
            training: applies dropout.
        """
        mask = ops.not_equal(source_ids, PAD_ID)
        embedded = self.dropout_layer(self.source_embedding(source_ids), training=training)
        memory, summary = self.encoder(embedded, mask, training=training)
        keys = self.decoder.attention.project_memory(memory)
        bias = padding_bias(source_ids, memory.dtype)
        return Encoded(memory, keys, bias, self.decoder.initial_state(summary))

    def decode_step(
        self, token: Any, state: Any, memory: Any, keys: Any, bias: Any
    ) -> tuple[Any, Any, Any]:
        """Decodes one token; a source may be given once for all B rows, or once for each.

        Args:
            token: int (B,), the previous tokens; `bos` at first.
            state: float (L, B, H).
            memory: float (B or 1, S, M).
            keys: float (B or 1, S, A).
            bias: float (B or 1, S).

        Returns:
            `log_probs` float (B, V), the new `state` float (L, B, H), and the attention weights
            float (B, S).
        """
        embedded = self.target_embedding(token)
        features, state, attention = self.decoder.step(embedded, memory, keys, bias, state)
        logits = self.target_embedding(features, reverse=True)
        return ops.log_softmax(ops.cast(logits, "float32"), axis=-1), state, attention

    def generate(
        self,
        texts: Sequence[str],
        settings: DecodingSettings | None = None,
        batch_size: int = EVALUATION_BATCH,
    ) -> list[list[Prediction]]:
        """Decodes texts, the n best for each, the best first.

        Args:
            texts: sources, not empty.
            settings: beam width, length penalty, lengths; the defaults where not given.
            batch_size: texts that are decoded together.

        Raises:
            InputError: a text is empty or too long, or holds characters never seen in training
                while `settings.allow_unknown` is false.
        """
        predictor = Predictor(
            KerasSession(self),
            self.source_tokenizer,
            self.target_tokenizer,
            settings or DecodingSettings(),
        )
        return predictor.predict(texts, batch_size=batch_size)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments, tokenisers as their definitions."""
        return {
            **super().get_config(),
            "source_tokenizer": self.source_tokenizer.definition(),
            "target_tokenizer": self.target_tokenizer.definition(),
            "embedding_size": self.embedding_size,
            "units": self.units,
            "encoder_layers": self.encoder_layers,
            "decoder_layers": self.decoder_layers,
            "attention_units": self.attention_units,
            "dropout": self.dropout,
            "tie_output": self.tie_output,
            "share_embeddings": self.share_embeddings,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Seq2Seq:
        """Builds the model of what `get_config` returned."""
        config = dict(config)
        for side in ("source_tokenizer", "target_tokenizer"):
            config[side] = CharacterTokenizer.from_definition(config[side])
        return cls(**config)


def load_model(path: str | Path) -> Seq2Seq:
    """Loads what `Seq2Seq.save` wrote, with its optimiser.

    `keras.saving.load_model` does the same once this module is imported.

    Raises:
        ArtifactError: the file is missing, damaged, or another model's.
    """
    try:
        model = keras.saving.load_model(path)
    except (OSError, ValueError, TypeError, KeyError) as error:
        first_line = str(error).strip().partition("\n")[0]
        raise ArtifactError(f"{path}: Keras cannot load it: {first_line}") from error
    if not isinstance(model, Seq2Seq):
        raise ArtifactError(f"{path}: this is not a s2s-keras model.")
    return model


class KerasSession:
    """The step function of a Keras model, for a batch of sources; see `decoding.Session`."""

    def __init__(self, model: Seq2Seq) -> None:
        self._model = model
        self._source: tuple[Any, ...] = ()
        self._state = np.zeros((0, 0, 0), np.float32)

    def start(self, source_ids: NDArray[np.int32], beam_width: int) -> None:
        """Encodes N sources int32 (N, S), each for `beam_width` rows of `step`."""
        # Keras warns of a softmax over one source token; padding changes no output.
        source_ids = np.pad(source_ids, [(0, 0), (0, max(0, 2 - source_ids.shape[1]))])
        encoded = self._model.encode(ops.convert_to_tensor(source_ids))
        state = ops.repeat(encoded.state, beam_width, axis=1)
        self._state = ops.convert_to_numpy(state)
        self._source = tuple(ops.repeat(part, beam_width, axis=0) for part in encoded[:3])

    def step(self, tokens: NDArray[np.int32], parents: NDArray[np.intp]) -> StepOutput:
        """Advances N * beam_width rows; see `decoding.Session.step`."""
        state = ops.convert_to_tensor(self._state[:, parents])
        log_probs, new_state, attention = self._model.decode_step(
            ops.convert_to_tensor(tokens), state, *self._source
        )
        self._state = ops.convert_to_numpy(new_state)
        log_probs = ops.convert_to_numpy(log_probs)
        token_ids = np.broadcast_to(np.arange(log_probs.shape[1]), log_probs.shape)
        return StepOutput(log_probs, token_ids, ops.convert_to_numpy(attention))
