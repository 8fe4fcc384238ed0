"""Writes what Python makes of texts with the files of `kinds`, for `android_demo/core`'s tests.

`python -m tests.android.kinds_golden FOLDER` in an environment that has TensorFlow Lite's C
library; FOLDER holds the files.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from s2s_keras.decoding import Prediction
from s2s_keras.errors import InputError
from s2s_keras.runtime import Corrector, Seq2SeqLite, read_artifact
from s2s_keras.runtime.artifact import Artifact
from tests.golden.__main__ import mistyped
from tests.runtimes.c_library import Interpreter

__all__ = ["main"]

TEXTS = 36
VARIANTS: tuple[dict[str, Any], ...] = (
    {"beam_width": 3, "n_best": 3},
    {"beam_width": 1},
    {"beam_width": 3, "n_best": 2, "length_penalty": "gnmt", "length_penalty_alpha": 0.7},
    {"beam_width": 3, "n_best": 3, "coverage_penalty_beta": 0.4, "replace_unknown": True},
    {"beam_width": 3, "n_best": 3, "min_output_length": 4, "length_penalty_alpha": 0.0},
    {"beam_width": 1, "max_output_length": 3, "max_source_length": 5, "split_long_sources": True},
)

SETTINGS = (*sorted({name for variant in VARIANTS for name in variant}), "allow_unknown")


def main() -> None:
    """Writes a file of lines beside each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    for path in sorted(parser.parse_args().folder.glob("*.tflite")):
        artifact = read_artifact(path)
        lines = list((_translations if artifact.lexicon is None else _corrections)(artifact))
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        path.with_suffix(".jsonl").write_text(text, encoding="ascii")


def _texts(artifact: Artifact) -> Iterator[str]:
    """Yields texts of the source's vocabulary, of all lengths, and some that it does not know."""
    rng, tokenizer = random.Random(6), artifact.source_tokenizer
    yield from ("\u00e9\u00e9 ab", "a", "Baba, 7")
    for index in range(TEXTS - 3):
        yield tokenizer.join(rng.choices(tokenizer.vocabulary, k=1 + index % 13))


def _translations(artifact: Artifact) -> Iterator[dict[str, Any]]:
    with Seq2SeqLite(artifact.path, interpreter=Interpreter) as model:
        default = model.settings
        for index, text in enumerate(_texts(artifact)):
            model.settings = replace(default, **VARIANTS[index % len(VARIANTS)])
            try:
                [found] = model.predict([text])
            except (InputError, ValueError):  # too long, unknown, or no attention to cover
                found = []
            yield {
                "text": text,
                "source_ids": artifact.source_tokenizer.encode(text),
                "settings": {name: getattr(model.settings, name) for name in SETTINGS},
                "outputs": [_output(output) for output in found],
                "stream": [output.text for output in model.stream(text)] if found else [],
            }


def _output(output: Prediction) -> dict[str, Any]:
    attention = output.attention
    return {
        "text": output.text,
        "log_prob": output.log_prob,
        "score": output.score,
        "target_tokens": output.target_tokens,
        "is_complete": output.is_complete,
        "attention": None if attention is None else attention.astype(float).round(6).tolist(),
    }


def _corrections(artifact: Artifact) -> Iterator[dict[str, Any]]:
    rng, lexicon = random.Random(7), artifact.lexicon
    assert lexicon is not None
    with Corrector(artifact.path, interpreter=Interpreter) as corrector:
        for index in range(TEXTS):
            words = [lexicon.word(rng.randrange(len(lexicon))) for _ in range(7)]
            text = f"{mistyped(' '.join(words[:5]), rng).capitalize()}, {''.join(words[5:])}."
            begun = words[0][: 1 + index % 4]
            yield {
                "text": text,
                "corrected": corrector.correct(text, index % 5 / 4).text,
                "aggressiveness": index % 5 / 4,
                "edits": [
                    {"alternatives": edit.alternatives, "probability": edit.probability}
                    for edit in corrector.correct(text, index % 5 / 4).edits
                ],
                "begun": begun,
                "left": text,
                "suggested": [
                    [found.text, found.probability] for found in corrector.suggest(begun, text, k=5)
                ],
            }


if __name__ == "__main__":
    main()
