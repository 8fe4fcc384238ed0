"""The sequence-to-sequence model: a recurrent encoder-decoder with or without attention."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import keras
from keras import ops

import s2s_keras.training  # noqa: F401  registers the loss and the metrics for `load_model`
from s2s_keras.architecture import check_architecture
from s2s_keras.decoding import DecodingSettings, Prediction
from s2s_keras.encoded import Encoded
from s2s_keras.errors import ArtifactError
from s2s_keras.keras_session import EVALUATION_BATCH, make_predictor
from s2s_keras.layers import (
    CELLS,
    DECODERS,
    DIRECTIONS,
    Encoder,
    ScheduledSampling,
    Source,
    mask_bias,
)
from s2s_keras.layers.decoders import decoder_options
from s2s_keras.layers.embedding import embedding_initializer
from s2s_keras.layers.look_ahead import LookAhead
from s2s_keras.layers.loop import run_loop
from s2s_keras.text import BOS_ID, PAD_ID, Tokenizer
from s2s_keras.training.portable import PortableModel

__all__ = ["Seq2Seq", "load_model"]


@keras.saving.register_keras_serializable(package="s2s_keras")
class Seq2Seq(PortableModel):
    """A recurrent encoder-decoder, with or without attention.

    The model carries its tokenisers, so that a saved model is complete: `generate` takes and
    returns text. It trains with plain `compile` and `fit`; see `PortableModel` for the backends.

    The systems of the papers are:

    - RNNencdec (Cho 2014): `decoder="cho", encoder_direction="forward", deep_output="maxout"`.
    - Sutskever 2014: `decoder="sutskever", encoder_direction="backward", cell="lstm"`,
      `bridge="copy"`, four layers.
    - RNNsearch (Bahdanau 2015): `decoder="bahdanau", deep_output="maxout"`.
    - Luong 2015: `decoder="luong", encoder_direction="forward", cell="lstm", bridge="copy"`,
      `input_feeding=True`, any `score`, `attention_window` for local-p.

    Args:
        source_tokenizer: text -> `source_ids`.
        target_tokenizer: text -> `target_ids`.
        embedding_size: E, the width of the target embedding and of the features, at least 1.
        source_embedding_size: the width of the source embedding; E where not given.
        units: H, the width of a decoder layer, at least 1.
        encoder_units: the width of one direction of an encoder layer; H where not given.
        cell: `gru` or `lstm`.
        encoder_layers: at least 1.
        decoder_layers: at least 1.
        encoder_direction: `bidirectional`, `forward`, or `backward` (Sutskever's reversed source).
        residual: adds a layer's input to its output, from the second layer on.
        bridge: from the encoder to the decoder's first state, `dense`, `copy` or `zeros`; see
            `Decoder`.
        decoder: `bahdanau`, `cho`, `luong` or `sutskever`.
        score: `additive`, `concat`, `dot`, `general` or `scaled_dot`; where not given, `additive`
            for `bahdanau` and `general` for `luong`.
        attention_units: A, the width of the keys of `additive` and `concat`; H where not given.
        attention_window: D in tokens, for local-p; `None` attends to the whole source.
        input_feeding: for `luong`; see `LuongDecoder`.
        looks_ahead: shows the decoder, in training, only what follows the word; see `LookAhead`.
        deep_output: `tanh` or `maxout`, for `bahdanau` and `cho`; their own where not given.
        dropout: share of embedding and feature values dropped in training, 0 to 1.
        token_dropout: share of tokens, of sources and before a target token, whose whole embedding
            is dropped in training (Gal and Ghahramani 2016, section 4.2), 0 to 1.
        memory_dropout: share of the memory's values dropped in training, 0 to 1.
        tie_output: projects to the vocabulary with the target embedding (Press and Wolf 2017)
            instead of a matrix of its own.
        share_embeddings: one embedding for both sides; their tokenisers must be equal.
        freeze_source_embedding: keeps it as it starts, for pretrained embeddings.
        freeze_target_embedding: likewise.
        scheduled_sampling: how the decoder comes to see its own tokens in training; teacher forcing
            where not given.

    Call arguments:
        inputs: `{"source_ids": int (B, S), "target_ids": int (B, T)}`, padded with 0 on the right,
            targets ending with `eos`. The model shifts the targets itself (teacher forcing).

    Returns:
        `logits`, float (B, T, V).

    Raises:
        ValueError: settings that do not fit together, or `share_embeddings` with tokenisers that
            differ.

    Reference:
        Each layer names its own; the table above names the systems.
    """

    def __init__(
        self,
        source_tokenizer: Tokenizer,
        target_tokenizer: Tokenizer,
        *,
        embedding_size: int = 64,
        source_embedding_size: int | None = None,
        units: int = 128,
        encoder_units: int | None = None,
        cell: str = "gru",
        encoder_layers: int = 1,
        decoder_layers: int = 1,
        encoder_direction: str = "bidirectional",
        residual: bool = False,
        bridge: str = "dense",
        decoder: str = "bahdanau",
        score: str | None = None,
        attention_units: int | None = None,
        attention_window: int | None = None,
        input_feeding: bool = False,
        looks_ahead: bool = False,
        deep_output: str | None = None,
        dropout: float = 0.1,
        token_dropout: float = 0.0,
        memory_dropout: float = 0.0,
        tie_output: bool = True,
        share_embeddings: bool = False,
        freeze_source_embedding: bool = False,
        freeze_target_embedding: bool = False,
        scheduled_sampling: ScheduledSampling | None = None,
        **kwargs: Any,
    ) -> None:
        options = {
            "embedding_size": embedding_size,
            "source_embedding_size": source_embedding_size,
            "units": units,
            "encoder_units": encoder_units,
            "cell": cell,
            "encoder_layers": encoder_layers,
            "decoder_layers": decoder_layers,
            "encoder_direction": encoder_direction,
            "residual": residual,
            "bridge": bridge,
            "decoder": decoder,
            "score": score,
            "attention_units": attention_units,
            "attention_window": attention_window,
            "input_feeding": input_feeding,
            "looks_ahead": looks_ahead,
            "deep_output": deep_output,
            "dropout": dropout,
            "token_dropout": token_dropout,
            "memory_dropout": memory_dropout,
            "tie_output": tie_output,
            "share_embeddings": share_embeddings,
            "freeze_source_embedding": freeze_source_embedding,
            "freeze_target_embedding": freeze_target_embedding,
        }
        super().__init__(**kwargs)
        names_of = (("cell", CELLS), ("encoder_direction", DIRECTIONS), ("decoder", DECODERS))
        for key, names in names_of:
            if options[key] not in names:
                raise ValueError(
                    f"`{key}` must be one of {sorted(names)}. Received: {key}={options[key]!r}."
                )
        check_architecture(options)
        if share_embeddings and source_tokenizer != target_tokenizer:
            raise ValueError("`share_embeddings` needs one tokeniser on both sides; they differ.")
        self.source_tokenizer = source_tokenizer
        self.target_tokenizer = target_tokenizer
        self.options = options
        if looks_ahead and scheduled_sampling is not None:
            raise ValueError("`looks_ahead` needs teacher forcing: no `scheduled_sampling`.")
        self.look_ahead = LookAhead(source_tokenizer, target_tokenizer) if looks_ahead else None
        self.reading: Callable[[], AbstractContextManager[None]] = nullcontext
        """Makes the context in which `call` reads weights; see `training.fake_quantization`."""
        self.scheduled_sampling = scheduled_sampling

        policy = self.dtype_policy
        self.target_embedding = keras.layers.ReversibleEmbedding(
            len(target_tokenizer),
            embedding_size,
            tie_weights=tie_output,
            embeddings_initializer=embedding_initializer(embedding_size),
            dtype=policy,
            trainable=not freeze_target_embedding,
            name="target_embedding",
        )
        self._source_embedding_size = source_embedding_size or embedding_size
        self.source_embedding = (
            self.target_embedding
            if share_embeddings
            else keras.layers.Embedding(
                len(source_tokenizer),
                self._source_embedding_size,
                embeddings_initializer=embedding_initializer(self._source_embedding_size),
                dtype=policy,
                trainable=not freeze_source_embedding,
                name="source_embedding",
            )
        )
        self.encoder = Encoder(
            encoder_units or units,
            encoder_layers,
            cell=cell,
            direction=encoder_direction,
            residual=residual,
            dropout=dropout,
            dtype=policy,
            name="encoder",
        )
        self.decoder = DECODERS[decoder](
            units,
            output_units=embedding_size,
            num_layers=decoder_layers,
            cell=cell,
            residual=residual,
            bridge=bridge,
            dtype=policy,
            name="decoder",
            **decoder_options(options),
        )
        self.dropout_layer = keras.layers.Dropout(dropout, dtype=policy, name="dropout")
        self.token_dropout_layer = keras.layers.Dropout(
            token_dropout, noise_shape=(None, None, 1), dtype=policy, name="token_dropout"
        )
        self.memory_dropout_layer = keras.layers.Dropout(
            memory_dropout, dtype=policy, name="memory_dropout"
        )
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes every weight; the sizes are known from the constructor."""
        self.target_embedding.build()
        if self.source_embedding is not self.target_embedding:
            self.source_embedding.build()
        if self.scheduled_sampling is not None and not self.scheduled_sampling.built:
            self.scheduled_sampling.build()  # a loaded one is built already
        self.encoder.build((None, None, self._source_embedding_size))
        embedded_shape = (None, None, self.target_embedding.output_dim)
        self.decoder.build(embedded_shape, (None, None, self.encoder.memory_size))
        self.built = True

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """Computes the logits of every target token from the previous ones."""
        with self.reading():
            return self._logits(inputs, training)

    def _logits(self, inputs: dict[str, Any], training: bool) -> Any:
        target_ids = inputs["target_ids"]
        encoded = self.encode(inputs["source_ids"], training=training)
        begin = ops.full_like(target_ids[:, :1], BOS_ID)
        previous_ids = ops.concatenate([begin, target_ids[:, :-1]], axis=1)
        if training and self.scheduled_sampling is not None:
            return self._sampled_logits(previous_ids, encoded, self.scheduled_sampling)
        embedded = self._dropped(self.target_embedding(previous_ids), training)
        source = Source(*encoded[:3])
        if self.look_ahead is not None:
            bias = self.look_ahead(inputs["source_ids"], target_ids, source.bias)
            source = source._replace(bias=bias)
        features = self.decoder(embedded, encoded.state, source)
        features = self.dropout_layer(features, training=training)
        return self.target_embedding(features, reverse=True)

    def _dropped(self, embedded: Any, training: bool) -> Any:
        """Returns embeddings (N, T, E) with the dropout of tokens and of values."""
        kept = self.token_dropout_layer(embedded, training=training)
        return self.dropout_layer(kept, training=training)

    def _sampled_logits(self, true_ids: Any, encoded: Encoded, sampling: ScheduledSampling) -> Any:
        """The logits where some previous tokens are the model's own; see `ScheduledSampling`.

        Dropout masks of values are the same at every step (Gal and Ghahramani 2016): they are drawn
        before the loop, as those of tokens and the coins are.
        """
        sampling.advance()
        count, length = ops.shape(true_ids)
        uniforms = sampling.uniforms((count, length))
        # The first token is `bos`, whatever the schedule says: no coin reaches -1.
        is_first = ops.cast(ops.equal(ops.arange(length), 0), "float32")
        uniforms = uniforms - is_first[None, :, None]
        kept = self.token_dropout_layer(ops.ones((count, length, 1)), training=True)
        columns = [ops.cast(true_ids, "float32")[..., None], ops.cast(kept, "float32"), uniforms]
        sequence = ops.concatenate(columns, axis=-1)
        ones = ops.ones((count, self.target_embedding.output_dim), dtype=self.compute_dtype)
        embedding_mask, feature_mask = (self.dropout_layer(ones, training=True) for _ in range(2))
        source = Source(*encoded[:3])

        def step(carry: list[Any], at: Any) -> list[Any]:
            last_logits, state = carry
            token = sampling(ops.cast(at[:, 0], "int32"), last_logits, at[:, 2:])
            kept = ops.cast(at[:, 1:2], self.compute_dtype)
            embedded = self.target_embedding(token) * kept * embedding_mask
            features, state, _ = self.decoder.step(embedded, state, source)
            logits = self.target_embedding(features * feature_mask, reverse=True)
            return [ops.cast(logits, "float32"), state]  # Keras projects in that on some backends

        no_logits = ops.zeros((count, len(self.target_tokenizer)), dtype="float32")
        sequence = ops.transpose(sequence, (1, 0, 2))
        _, (logits, _) = run_loop(step, [no_logits, encoded.state], sequence)
        return ops.transpose(logits, (1, 0, 2))

    def encode(self, source_ids: Any, training: bool = False) -> Encoded:
        """Encodes sources, once each.

        Args:
            source_ids: int (N, S), padded with 0 on the right.
            training: applies dropout.
        """
        mask = ops.not_equal(source_ids, PAD_ID)
        embedded = self._dropped(self.source_embedding(source_ids), training)
        memory, last_states = self.encoder(embedded, mask, training=training)
        memory = self.memory_dropout_layer(memory, training=training)
        source = self.decoder.read(memory, last_states, mask_bias(mask, memory.dtype))
        return Encoded(*source[:3], self.decoder.first_state(last_states))

    def decode_step(
        self, token: Any, state: Any, memory: Any = None, keys: Any = None, bias: Any = None
    ) -> tuple[Any, Any, Any]:
        """Decodes one token for N * K rows: K hypotheses of each source, one source after another.

        Args:
            token: int (N * K,), the previous tokens; `bos` at first.
            state: float (R, N * K, H).
            memory: what `encode` returned for N sources.
            keys: likewise.
            bias: likewise.

        Returns:
            `log_probs` float (N * K, V), the new `state` float (R, N * K, H), and the attention
            weights float (N * K, S), or `None` without attention.
        """
        embedded = self.target_embedding(token)
        source = Source(memory, keys, bias)
        features, state, attention = self.decoder.step(embedded, state, source)
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
            ArtifactError: the model looks ahead; see `make_predictor`.
        """
        predictor = make_predictor(self, settings or DecodingSettings())
        return predictor.predict(texts, batch_size=batch_size)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments, tokenisers as their definitions."""
        return {
            **super().get_config(),
            "source_tokenizer": self.source_tokenizer.definition(),
            "target_tokenizer": self.target_tokenizer.definition(),
            "scheduled_sampling": keras.saving.serialize_keras_object(self.scheduled_sampling),
            **self.options,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Seq2Seq:
        """Builds the model of what `get_config` returned."""
        config = dict(config)
        for side in ("source_tokenizer", "target_tokenizer"):
            config[side] = Tokenizer.from_definition(config[side])
        sampling = config.pop("scheduled_sampling", None)
        return cls(**config, scheduled_sampling=keras.saving.deserialize_keras_object(sampling))


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
