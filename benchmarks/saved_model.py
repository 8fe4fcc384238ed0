"""Measures how many texts a second a SavedModel decodes, beside the Keras model.

    python -m benchmarks.saved_model --out build/bench

Both decode the same texts in one process, in turns: the SavedModel with its signature
`serving_default`, the Keras model with the search in Python (`KerasSession`). Model and words are
untrained, outputs have as many tokens as sources, so that all contestants make the same steps. A
round's ratio is the SavedModel's speed over the Keras model's in the same round.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.claims.output import print_table
from s2s_keras.cli.console import quiet_native_logs
from s2s_keras.decoding import DecodingSettings, Predictor
from s2s_keras.files import make_folder, write_text
from s2s_keras.text import WordTokenizer

__all__ = ["main", "measure"]

BATCH_SIZES = (1, 8, 32, 128)
SAVED_MODEL, KERAS = "saved_model", "keras"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the figures")
    parser.add_argument("--vocabulary", type=int, default=4000, help="words, default 4000")
    parser.add_argument("--units", type=int, default=256, help="default 256")
    parser.add_argument("--tokens", type=int, default=12, help="of a text, default 12")
    parser.add_argument("--beam-width", type=int, default=4, help="default 4")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, default 5")
    options = parser.parse_args(arguments)
    texts = make_texts(options.vocabulary, options.tokens, max(BATCH_SIZES))
    with quiet_native_logs():
        contestants = make_contestants(options, texts)
        figures = [
            measure(contestants, texts[:size], options.rounds) for size in sorted(BATCH_SIZES)
        ]
    columns = ("batch", "SavedModel", "Keras and Python", "ratio", "smallest", "largest")
    rows = [[str(figure[key]) for key in figures[0]] for figure in figures]
    print_table("texts a second", columns, rows)
    text = json.dumps(figures, indent=2) + "\n"
    write_text(make_folder(options.out) / "saved_model.json", text)
    return 0


def make_texts(vocabulary: int, tokens: int, count: int) -> list[str]:
    """Returns texts of a half to all of `tokens` words."""
    generator = np.random.default_rng(0)
    lengths = generator.integers((tokens + 1) // 2, tokens + 1, count)
    return [" ".join(f"w{i}" for i in generator.integers(0, vocabulary, n)) for n in lengths]


def make_contestants(
    options: argparse.Namespace, texts: Sequence[str]
) -> dict[str, Callable[[Sequence[str]], Any]]:
    """Returns name -> what decodes texts together."""
    import keras
    import tensorflow as tf

    from s2s_keras.export import export_saved_model
    from s2s_keras.keras_session import KerasSession
    from s2s_keras.model import Seq2Seq
    from s2s_keras.saved_model_predictor import SavedModelPredictor

    keras.utils.set_random_seed(0)
    tokenizer = WordTokenizer([f"▁w{i}" for i in range(options.vocabulary)])
    model = Seq2Seq(
        tokenizer, tokenizer, embedding_size=options.units // 2, units=options.units, dropout=0.0
    )
    settings = DecodingSettings(
        beam_width=options.beam_width,
        max_source_length=options.tokens,
        max_output_length=options.tokens,
        min_output_length=options.tokens - 1,
    )
    predictor = Predictor(KerasSession(model), tokenizer, tokenizer, settings)
    with tempfile.TemporaryDirectory(prefix="s2s-keras-") as folder:
        export_saved_model(model, folder, texts[:4], settings)
        serve = SavedModelPredictor(folder).signatures["serving_default"]
    return {
        SAVED_MODEL: lambda batch: serve(texts=tf.constant(batch))["texts"].numpy(),
        KERAS: lambda batch: predictor.predict(batch, batch_size=len(batch)),
    }


def measure(
    contestants: dict[str, Callable[[Sequence[str]], Any]], texts: Sequence[str], rounds: int
) -> dict[str, Any]:
    """Lets each decode the texts, in turns.

    Args:
        contestants: from `make_contestants`.
        texts: of one batch.
        rounds: that count; a first one, in which buffers grow, does not.

    Returns:
        The batch's size, each contestant's texts a second, the median over the rounds, and the
        ratio of the first to the second: the median, the smallest and the largest.
    """
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(1 + rounds):
        for name, decode in contestants.items():
            started = time.perf_counter()
            decode(texts)
            rates[name].append(len(texts) / (time.perf_counter() - started))
    ratios = [a / b for a, b in zip(*(found[1:] for found in rates.values()), strict=True)]
    return {
        "batch_size": len(texts),
        **{name: round(statistics.median(found[1:]), 1) for name, found in rates.items()},
        "ratio": round(statistics.median(ratios), 2),
        "smallest": round(min(ratios), 2),
        "largest": round(max(ratios), 2),
    }


if __name__ == "__main__":
    sys.exit(main())
