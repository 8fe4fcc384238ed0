"""Tiny files with random weights: what is measured of a file does not depend on its quality."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest

from s2s_keras.decoding import DecodingSettings
from s2s_keras.export import export_tflite
from s2s_keras.model import Seq2Seq
from s2s_keras.text import CharacterTokenizer

FLAVOURS = {
    "float32": {"quantization": "none"},
    "int8": {"quantization": "dynamic_range"},
    "stateful": {"quantization": "dynamic_range", "stateful": True},
}


@pytest.fixture(scope="session")
def tiny_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file of each of `FLAVOURS`, for sources of 4 and 8 tokens and beams of 1 and 3."""
    keras.utils.set_random_seed(7)
    tokenizer = CharacterTokenizer("abcdefgh")
    model = Seq2Seq(tokenizer, tokenizer, embedding_size=24, units=32)
    folder = tmp_path_factory.mktemp("tiny")
    settings = DecodingSettings(beam_width=3, max_source_length=8, max_output_length=9)
    for name, options in FLAVOURS.items():
        arguments = {"source_buckets": [4], "min_same_best": 0.0, **options}
        export_tflite(model, folder / f"{name}.tflite", ["abc"], settings, **arguments)
    return {name: folder / f"{name}.tflite" for name in FLAVOURS}
