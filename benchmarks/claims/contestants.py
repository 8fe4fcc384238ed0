"""The contestants of `recurrent_against_transformer`: built, trained, exported, loaded.

Importing this loads TensorFlow.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras

from benchmarks.claims.transformer import Transformer
from benchmarks.claims.transformer_file import TransformerSession, export_transformer
from s2s_keras.data import Pair
from s2s_keras.data.batches import encode_pairs, make_dataset, stream
from s2s_keras.decoding import DecodingSettings, Predictor, Session
from s2s_keras.errors import ArtifactError
from s2s_keras.export import export_tflite
from s2s_keras.model import Seq2Seq
from s2s_keras.runtime import load
from s2s_keras.text import CharacterTokenizer
from s2s_keras.training import MaskedCrossentropy

__all__ = [
    "PEAK_LEARNING_RATE",
    "Exported",
    "build_model",
    "export_model",
    "load_model",
    "tokenizer_of",
    "train",
]

PEAK_LEARNING_RATE = {"gru": 5e-3, "lstm": 3e-3, "transformer": 2e-3}


class Exported(NamedTuple):
    """A file under measurement."""

    predictor: Predictor
    size_bytes: int


def build_model(kind: str, tokenizer: CharacterTokenizer, options: argparse.Namespace) -> Any:
    """Returns an untrained model.

    Args:
        kind: `gru`, `lstm` or `transformer`.
        tokenizer: of both sides.
        options: `units`; or `width`, `layers` and `max_length`.
    """
    keras.utils.set_random_seed(0)
    if kind == "transformer":
        return Transformer(
            tokenizer,
            width=options.width,
            hidden=2 * options.width,
            layers=options.layers,
            max_length=options.max_length + 1,
        )
    return Seq2Seq(
        tokenizer,
        tokenizer,
        embedding_size=options.units // 2,
        units=options.units,
        dropout=0.0,
        share_embeddings=True,
        cell=kind,
        decoder="luong",  # learns dates faster than `bahdanau`, with LSTM cells above all
    )


def train(
    model: Any, pairs: Sequence[Pair], epochs: int, peak: float, batch_size: int = 96
) -> None:
    """Trains any of the models; Adam's step size rises to `peak` and falls as a cosine."""
    tokenizer = tokenizer_of(model)
    examples = encode_pairs(pairs, tokenizer, tokenizer)
    longest = max(max(len(side) for side in example) for example in examples)
    batches = make_dataset(examples, batch_size, [longest // 2, 3 * longest // 4, longest], seed=0)
    steps = epochs * len(batches)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps, alpha=0.02, warmup_target=peak, warmup_steps=min(200, steps // 2)
    )
    model.compile(
        keras.optimizers.Adam(schedule, global_clipnorm=1.0),
        MaskedCrossentropy(),
        jit_compile=False,
    )
    model.fit(
        stream(batches.repeat(epochs)),
        epochs=epochs,
        steps_per_epoch=len(batches),
        shuffle=False,
        verbose=0,
    )


def export_model(
    model: Any, path: Path, quantization: str, dev: Sequence[Pair], max_length: int
) -> Exported:
    """Writes the model's file and returns it as a greedy predictor, on one thread."""
    settings = DecodingSettings(
        beam_width=1,
        max_output_length=max_length + 1,
        max_source_length=max_length,
        allow_unknown=True,
    )
    if isinstance(model, Transformer):
        graph = export_transformer(
            model, path, max_length=max_length + 1, quantization=quantization
        )
        session: Session = TransformerSession(graph)
    else:
        sample = [pair.source for pair in dev[:50]]
        export_tflite(model, path, sample, settings, quantization=quantization, min_same_best=0.0)
        session = load(path).session
    tokenizer = tokenizer_of(model)
    return Exported(Predictor(session, tokenizer, tokenizer, settings), path.stat().st_size)


def load_model(path: Path, tokenizer: CharacterTokenizer) -> Any:
    """Returns the model of a `.keras` file, or nothing where there is no file.

    Raises:
        ArtifactError: the file's model has another vocabulary.
    """
    if not path.exists():
        return None
    model = keras.saving.load_model(path)
    if tokenizer_of(model) != tokenizer:
        raise ArtifactError(
            f"{path}: this model was trained on other data. Remove it, or choose another `--out`."
        )
    return model


def tokenizer_of(model: Any) -> CharacterTokenizer:
    """Returns the tokeniser of a model's both sides."""
    return getattr(model, "tokenizer", None) or model.target_tokenizer
