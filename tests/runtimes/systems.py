"""Small files with random weights, one for each kind of graph that is exported."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import keras
import numpy as np

from s2s_keras.decoding import DecodingSettings
from s2s_keras.export import export_tflite
from s2s_keras.model import Seq2Seq
from s2s_keras.text import CharacterTokenizer, Shortlist

__all__ = ["ALL", "SYSTEMS", "export_systems"]

TOKENIZER = CharacterTokenizer(string.ascii_lowercase + string.digits)
LARGE = CharacterTokenizer(string.ascii_lowercase + "".join(map(chr, range(0x4E00, 0x5058))))
SHORTLIST = Shortlist(
    np.arange(12), np.random.default_rng(0).integers(4, 40, (len(TOKENIZER), 3)), len(TOKENIZER)
)
SYSTEMS: dict[str, dict[str, Any]] = {
    "bahdanau": {"deep_output": "maxout", "score": "concat", "attention_window": 2},
    "luong": {"decoder": "luong", "cell": "lstm", "score": "dot", "encoder_units": 16},
    "feeding": {"decoder": "luong", "input_feeding": True, "decoder_layers": 2, "residual": True},
    "cho": {"decoder": "cho", "cell": "lstm"},
    "sutskever": {
        "decoder": "sutskever",
        "encoder_direction": "backward",
        "bridge": "copy",
        "tie_output": False,
    },
    "large": {"tokenizer": LARGE},
    "shortlist": {"file": {"shortlist": SHORTLIST}},
    "stateful": {"decoder_layers": 2, "file": {"stateful": True, "source_buckets": [3]}},
}
"""Name -> arguments of `Seq2Seq`, its tokenizer if another, and under `file` of `export_tflite`."""

ALL = ("none", "float16", "dynamic_range", "int8")
"""The quantisations that run everywhere."""

FORMS = {"bahdanau": ALL, "large": ("none",)}
"""Name -> quantisations, if others. Of many candidates the last ones are near ties in int8."""


def export_systems(folder: Path) -> list[Path]:
    """Exports each of `SYSTEMS` without quantisation and with int8 weights, one in every form.

    Sizes are such that kernels and embeddings hold more than 1,024 numbers: smaller ones stay
    float32 in a file with int8 weights.
    """
    settings = DecodingSettings(beam_width=2, max_source_length=5, max_output_length=6)
    paths = []
    for name, options in SYSTEMS.items():
        file = options.get("file", {})
        tokenizer = options.get("tokenizer", TOKENIZER)
        options = {k: v for k, v in options.items() if k not in ("file", "tokenizer")}
        keras.utils.set_random_seed(1)
        model = Seq2Seq(tokenizer, tokenizer, embedding_size=32, units=32, **options)
        for weight in model.trainable_weights:
            weight.assign(weight + keras.random.normal(weight.shape, stddev=0.3))
        for quantization in FORMS.get(name, ("none", "dynamic_range")):
            path = folder / f"{name}-{quantization}.tflite"
            arguments = {"quantization": quantization, "min_same_best": 0.0, **file}
            export_tflite(model, path, ["abc"], settings, **arguments)
            paths.append(path)
    return paths
