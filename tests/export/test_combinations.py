"""Every encoder, decoder, score and window exports, each pair of choices at least once."""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import pytest

from s2s_keras.architecture import check_architecture
from s2s_keras.config import ModelConfig
from s2s_keras.decoding import DecodingSettings
from s2s_keras.export import export_tflite
from s2s_keras.layers import DECODERS, SCORES
from s2s_keras.model import Seq2Seq
from s2s_keras.text import CharacterTokenizer

SEED = 409
CELLS = ["gru", "lstm"]
DIRECTIONS = ["bidirectional", "forward", "backward"]
STACKS: list[dict[str, Any]] = [
    {},
    {"encoder_layers": 2, "decoder_layers": 2},
    {"encoder_layers": 2, "decoder_layers": 2, "residual": True},
]
BRIDGES = ["dense", "copy", "zeros"]
EMBEDDINGS: list[dict[str, Any]] = [
    {},
    {"tie_output": False, "source_embedding_size": 5},
    {"share_embeddings": True},
]
STATEFUL = [False, True]
BUCKETS: list[list[int]] = [[], [3]]
DECODER_CHOICES: list[dict[str, Any]] = [
    {"decoder": "bahdanau", "deep_output": "tanh"},
    {"decoder": "bahdanau", "deep_output": "maxout"},
    {"decoder": "luong"},
    {"decoder": "luong", "input_feeding": True},
]
WITHOUT_ATTENTION: list[dict[str, Any]] = [
    {"decoder": "cho", "deep_output": "maxout"},
    {"decoder": "cho", "deep_output": "tanh"},
    {"decoder": "sutskever"},
]


def decoders() -> Iterator[dict[str, Any]]:
    """Every decoder with every score and window; the few without attention four times."""
    yield from 4 * WITHOUT_ATTENTION
    for decoder, score, window in itertools.product(DECODER_CHOICES, SCORES, (None, 2)):
        yield {**decoder, "score": score, "attention_window": window}


def table() -> list[dict[str, Any]]:
    """Gives every decoder a draw of the other choices; the seed is one that misses no pair."""
    draw = random.Random(SEED).choice
    return [
        {
            **decoder,
            "cell": draw(CELLS),
            "encoder_direction": draw(DIRECTIONS),
            "bridge": draw(BRIDGES[: 2 if decoder["decoder"] == "sutskever" else None]),
            **draw(STACKS),
            **draw(EMBEDDINGS),
            "file": {"stateful": draw(STATEFUL), "source_buckets": draw(BUCKETS)},
        }
        for decoder in decoders()
    ]


def sized(row: dict[str, Any]) -> dict[str, Any]:
    """Adds tiny sizes with which a row's dot scores and copies fit."""
    directions = 2 if row["encoder_direction"] == "bidirectional" else 1
    return {"embedding_size": 6, "units": 8, "encoder_units": 8 // directions, **row}


TABLE = [sized(row) for row in table()]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: " ".join(map(str, row.values())))
def test_combination_exports_and_computes_what_keras_computes(
    row: dict[str, Any], tmp_path: Path
) -> None:
    row, file = {**row}, row["file"]
    del row["file"]
    check_architecture(ModelConfig(**row).arguments())  # the recipe allows it, too
    keras.utils.set_random_seed(1)
    tokenizer = CharacterTokenizer("abcdefgh")
    model = Seq2Seq(tokenizer, tokenizer, **row)
    for weight in model.trainable_weights:  # large enough that every input makes a difference
        weight.assign(weight + keras.random.normal(weight.shape, stddev=0.3))
    settings = DecodingSettings(beam_width=2, max_source_length=5, max_output_length=5)
    texts = ["abc", "h", "gfedc"]
    path = tmp_path / "m.tflite"
    report = export_tflite(model, path, texts, settings, quantization="none", **file)
    assert report.parity.max_difference < 1e-4
    assert report.parity.same_beams == 1.0


def pairs_missing(rows: list[dict[str, Any]]) -> list[Any]:
    """Returns the pairs of two axes' values that no row holds."""
    axes = {
        "decoder": [row["decoder"] for row in rows],
        "score": [row.get("score") for row in rows],
        "window": [row.get("attention_window") for row in rows],
        "output": [row.get("deep_output") for row in rows],
        "feeding": [row.get("input_feeding") for row in rows],
        "cell": [row["cell"] for row in rows],
        "direction": [row["encoder_direction"] for row in rows],
        "bridge": [row["bridge"] for row in rows],
        "stack": [(row.get("encoder_layers"), row.get("residual")) for row in rows],
        "stateful": [row["file"]["stateful"] for row in rows],
        "buckets": [len(row["file"]["source_buckets"]) for row in rows],
        "embedding": [(row.get("tie_output"), row.get("share_embeddings")) for row in rows],
    }
    of_the_decoder = {"decoder", "score", "window", "output", "feeding"}
    return [
        (a, b, pair)
        for a, b in itertools.combinations(axes, 2)
        if not {a, b} <= of_the_decoder  # `decoders` holds those that there are
        for pair in itertools.product(set(axes[a]), set(axes[b]))
        if pair not in {*zip(axes[a], axes[b], strict=True), ("sutskever", "zeros")}
    ]


def test_table_holds_every_pair_of_choices() -> None:
    assert {row["decoder"] for row in TABLE} == set(DECODERS)
    assert {row.get("score") for row in TABLE} == {None, *SCORES}
    assert pairs_missing(TABLE) == []
