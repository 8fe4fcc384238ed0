"""Captions in, and one English-French model out, which `beam`, `alignment` and others share.

Importing this loads TensorFlow only where a model is asked for.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.claims import data
from benchmarks.claims.experiments import run_experiments
from s2s_keras.cli.console import quiet_native_logs
from s2s_keras.data import Pair

if TYPE_CHECKING:
    from s2s_keras.model import Seq2Seq

__all__ = ["Translation", "train_translation"]

LONGEST = 40
"""Word tokens a side of a training pair; one caption in a thousand is longer."""


class Translation(NamedTuple):
    """The trained model and what it was trained by.

    Attributes:
        model: English to French.
        recipe: as it was given.
        parameters: of the model.
        dev: every dev pair.
        folder: the run folder.
    """

    model: Seq2Seq
    recipe: dict[str, Any]
    parameters: int
    dev: list[Pair]
    folder: Path


def train_translation(
    options: argparse.Namespace,
    name: str = "translation",
    changes: Mapping[str, Mapping[str, Any]] | None = None,
) -> Translation:
    """Trains the model with every core, or loads it where it is finished.

    About ten minutes on two cores.

    Args:
        options: `out`, `multi30k` and `quick`.
        name: of the folder in `out`.
        changes: section of the recipe -> keys that differ; without `quick` only.
    """
    train = data.read_multi30k(options.multi30k, "train", "fr", longest=LONGEST)
    dev = data.read_multi30k(options.multi30k, "val", "fr")
    if options.quick:
        train, dev = train[:500], data.spread(dev, 20)
    folder = options.out / (f"{name}-quick" if options.quick else name)
    recipe = _recipe(data.write_split(folder, train, dev), options.quick)
    if not options.quick:
        for section, keys in (changes or {}).items():
            recipe[section] |= keys
    result = run_experiments(
        {"en-fr": recipe}, [0], folder, processes=1, threads=os.cpu_count() or 1
    )["en-fr"][0]
    with quiet_native_logs():
        from s2s_keras.training.run import load_run

        model = load_run(result.folder).model
    return Translation(model, recipe, result.parameters, dev, result.folder)


def _recipe(paths: dict[str, str], quick: bool) -> dict[str, Any]:
    return {
        "task": "translation",
        "data": {
            **paths,
            "tokenizer": "word",
            "shared_vocabulary": False,
            "min_count": 3,
            "max_vocabulary": 5000,
            "max_source_length": LONGEST,
            "max_target_length": LONGEST,
            "bucket_lengths": [12, 16, 20, 28],
        },
        "model": {
            "decoder": "bahdanau",
            "embedding_size": 128,
            "units": 32 if quick else 256,
            "attention_units": 128,
            "dropout": 0.2,
        },
        "training": {"epochs": 1 if quick else 5, "batch_size": 64, "learning_rate": 0.002},
        "decoding": {"beam_width": 1, "allow_unknown": True},
    }
