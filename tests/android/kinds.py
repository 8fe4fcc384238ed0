"""Small files with random weights, of kinds that the models that ship are not.

`python -m tests.android.kinds FOLDER` writes them; `kinds_golden` writes what Python makes of texts
with them.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import Any

import keras
import numpy as np

from s2s_keras.decoding import DecodingSettings
from s2s_keras.decoding.correction import CorrectionSettings
from s2s_keras.export import export_tflite
from s2s_keras.model import Seq2Seq
from s2s_keras.text import (
    CharacterTokenizer,
    Lexicon,
    Shortlist,
    SubwordTokenizer,
    Tokenizer,
    WordTokenizer,
    with_end,
)
from tests.runtime.packing import repack

__all__ = ["KINDS", "export_kinds", "write_unfit"]

_SYLLABLES = [c + v for c in "bdklmnrst" for v in "aeio"]
_STEMS = [one + two for one in _SYLLABLES for two in _SYLLABLES]
CHARACTERS = CharacterTokenizer("abcdefgh")
SUBWORDS = SubwordTokenizer(["▁", *"abdeiklmnorst", *(f"▁{s}" for s in _SYLLABLES), *_SYLLABLES])
WORDS = WordTokenizer([f"▁{stem}" for stem in _STEMS[::4]], lowercase=True)
LEXICON = Lexicon(
    {stem + ending: 0.001 for stem in _STEMS[::3] for ending in ("", "t", "ne")},
    spellings=["Baba", "BABAT"],
    variants=[("baba", "babo")],
)


def shortlist(source: Tokenizer, target: Tokenizer, size: int = 40) -> Shortlist:
    """Returns one of tokens that were drawn, three for each of the source's."""
    drawn = np.random.default_rng(0).integers(4, len(target), (len(source), 3))
    return Shortlist(np.arange(size), drawn, len(target))


KINDS: dict[str, dict[str, Any]] = {
    # Memory and state inside the interpreter, characters, three source lengths.
    "stateful": {
        "model": {"decoder_layers": 2, "attention_window": 2},
        "file": {"stateful": True, "source_buckets": [3, 6]},
    },
    # The same with a shortlist and int8 weights, from subwords to words.
    "stateful-shortlist": {
        "tokenizers": (SUBWORDS, WORDS),
        "model": {"decoder": "luong", "input_feeding": True, "cell": "lstm"},
        "file": {
            "stateful": True,
            "source_buckets": [],
            "shortlist": shortlist(SUBWORDS, WORDS),
            "quantization": "dynamic_range",
        },
    },
    # No attention; of a source's 40 candidates a step gives the 8 likeliest.
    "shortlist": {
        "tokenizers": (CHARACTERS, WORDS),
        "model": {"decoder": "cho"},
        "file": {
            "source_buckets": [4],
            "shortlist": shortlist(CHARACTERS, WORDS),
            "candidates": 8,
        },
    },
    # Words that may be unknown, on either side; of a large vocabulary a step gives the likeliest.
    "words": {
        "tokenizers": (WORDS, WORDS),
        "model": {"decoder": "luong", "score": "dot", "encoder_units": 16},
        "file": {"source_buckets": [2, 5]},
        "settings": {"allow_unknown": True, "replace_unknown": True, "length_penalty": "gnmt"},
    },
    # Words of several tokens each, a lexicon, and neither a channel nor a language.
    "corrector": {
        "tokenizers": (with_end(SUBWORDS),) * 2,
        "model": {
            "looks_ahead": True,
            "decoder": "luong",
            "encoder_direction": "backward",
            "bridge": "zeros",
            "share_embeddings": True,
        },
        "file": {
            "source_buckets": [3],
            "quantization": "dynamic_range",
            "lexicon": LEXICON,
            "card": {
                "task": "correction",
                "correction": CorrectionSettings(
                    right_tokens=6, known_margin=0.4, unknown_margin=-0.6
                ).as_metadata(),
            },
        },
    },
}
"""Name -> arguments of `Seq2Seq` and of `export_tflite`; tokenizers and settings if others."""


def export_kinds(folder: Path) -> None:
    """Exports each of `KINDS` to a file of its name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, kind in KINDS.items():
        source, target = kind.get("tokenizers", (CHARACTERS, CHARACTERS))
        keras.utils.set_random_seed(5)
        model = Seq2Seq(source, target, embedding_size=32, units=32, **kind["model"])
        for weight in model.trainable_weights:  # large enough that outputs hang on every token
            weight.assign(weight + keras.random.normal(weight.shape, stddev=0.4))
        lengths = {"max_source_length": 12, "max_output_length": 9}
        settings = DecodingSettings(beam_width=3, **{**lengths, **kind.get("settings", {})})
        pieces = random.Random(1).choices(source.vocabulary, k=5)
        options = {"quantization": "none", "min_same_best": 0.0, **kind["file"]}
        export_tflite(model, folder / f"{name}.tflite", [source.join(pieces)], settings, **options)


def write_unfit(folder: Path, whole: bytes) -> None:
    """Writes files whose checksums match and whose graph is another's, made of a stateful one."""
    folder.mkdir(exist_ok=True)
    larger, smaller = (
        CharacterTokenizer(letters).to_json() for letters in ("abcdefghijklmnop", "abcd")
    )
    signatures = {"start": {"12": "start"}, "step": {"12": {"1": "step_1", "3": "step"}}}
    unfit: dict[str, dict[str, Any]] = {
        "larger-source": {"members": {"source_tokenizer.json": larger.encode()}},
        "larger-target": {"members": {"target_tokenizer.json": larger.encode()}},
        "smaller-target": {"members": {"target_tokenizer.json": smaller.encode()}},
        "other-name": {"signatures": {**signatures, "start": {"12": "begin"}}},
        "other-shape": {"signatures": {**signatures, "start": {"12": "start_s3"}}},
        "other-width": {"signatures": {**signatures, "step": {"12": {"2": "step"}}}},
        "other-flavour": {
            "signatures": {"encode": {"12": "start"}, "decode_step": {"12": {"3": "step"}}}
        },
        "other-length": {"max_source_length": 6},
    }
    for name, changes in unfit.items():
        (folder / f"{name}.tflite").write_bytes(repack(whole, **changes))


def main() -> None:
    """Writes the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    export_kinds(folder)
    write_unfit(folder / "unfit", (folder / "stateful.tflite").read_bytes())


if __name__ == "__main__":
    main()
