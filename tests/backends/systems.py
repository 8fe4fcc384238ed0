"""The trainings that every backend goes through: recipes of a few steps."""

from __future__ import annotations

import itertools
from pathlib import Path

from s2s_keras.data import Pair, write_pairs
from tests.correction.few_words import write_data

RECIPE = """
name: reversal
task: translation
data:
  train: {folder}/train.tsv
  dev: {folder}/dev.tsv
  max_source_length: 4
  max_target_length: 4
  bucket_lengths: [5]
model: {{embedding_size: 6, units: 8, dropout: 0.1}}
training: {{epochs: 4, batch_size: 24, learning_rate: 0.05, warmup_steps: 1, seed: 5}}
decoding: {{beam_width: 1}}
export: {{parity_texts: 4}}
"""

# As few shapes as can be, because JAX compiles for each: whole batches, sources of one length.
DEV_PAIRS = 9
LETTERS = list(itertools.product("abc", repeat=4))

SAMPLING = "training.scheduled_sampling={schedule: linear, final_sampling_probability: 0.5}"

SYSTEMS = {
    "bahdanau": (
        "model.decoder_layers=2",
        "model.deep_output=maxout",
        "model.token_dropout=0.1",
        "model.memory_dropout=0.1",
        "training.ema_momentum=0.5",
        "training.label_smoothing=0.1",
    ),
    "luong": (
        "model.decoder=luong",
        "model.cell=lstm",
        "model.encoder_direction=forward",
        "model.bridge=copy",
        "model.input_feeding=true",
        "model.attention_window=2",
        SAMPLING,
    ),
    "cho": (
        "model.decoder=cho",
        "model.encoder_direction=forward",
        "training.precision=mixed_float16",
        "training.ema_momentum=0.5",
        "training.decay=inverse_sqrt",
        SAMPLING,
    ),
    "sutskever": (
        "model.decoder=sutskever",
        "model.cell=lstm",
        "model.encoder_direction=backward",
        "model.encoder_layers=2",
        "model.decoder_layers=2",
        "model.residual=true",
        "model.bridge=copy",
        "model.tie_output=false",
        "training.precision=mixed_bfloat16",
    ),
    "looks ahead": (
        "model.embedding_size=6",
        "model.units=8",
        "data.dev_fraction=0.25",
        "training.epochs=2",
        "training.batch_size=24",
        "training.learning_rate=0.05",
    ),
}
"""Name -> what its recipe has otherwise."""

PRECISIONS = {"cho": "mixed_float16", "sutskever": "mixed_bfloat16"}
INTERRUPTED = "bahdanau"
"""Stops after the first epoch, and goes on."""


def write_recipe(system: str, folder: Path) -> None:
    """Writes a system's data and recipe into a new folder."""
    folder.mkdir()
    if system == "looks ahead":
        write_data(folder)
        return
    pairs = [Pair("".join(letters), "".join(letters)[::-1]) for letters in LETTERS]
    write_pairs(folder / "train.tsv", pairs[DEV_PAIRS:])
    write_pairs(folder / "dev.tsv", pairs[:DEV_PAIRS])
    (folder / "recipe.yaml").write_text(RECIPE.format(folder=folder), encoding="utf-8")


def arguments(system: str, folder: Path) -> list[str]:
    """Returns the arguments of `train` for what `write_recipe` wrote."""
    overrides = [argument for override in SYSTEMS[system] for argument in ("--set", override)]
    return [str(folder / "recipe.yaml"), *overrides]
