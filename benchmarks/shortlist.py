"""Measures what a vocabulary shortlist costs and brings: speed, and quality on a translation.

    python -m benchmarks.shortlist --multi30k FOLDER --out build/shortlist

Speed: one untrained model with a vocabulary of 8,000, exported without a shortlist and with
shortlists of several sizes; steps and whole texts of 20 tokens, greedily and with a beam, in turn
in one process, on one thread. Quality: a small English-French model, which is trained first where
OUT does not hold it; the same dev captions with each file. What stands beside a BLEU is the 95 %
interval of a bootstrap over the captions.

Budget: one training, about 5 minutes on two cores, and about 10 minutes for the rest.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.claims.data import MULTI30K_HELP, spread
from benchmarks.claims.experiments import Decoded
from benchmarks.claims.output import print_table
from benchmarks.claims.quality import bleu
from benchmarks.claims.translation import Translation, train_translation
from s2s_keras.cli.console import note, quiet_native_logs
from s2s_keras.data import Pair, learn_shortlist, read_pairs
from s2s_keras.decoding import DecodingSettings
from s2s_keras.files import make_folder, write_text
from s2s_keras.runtime import load, read_artifact
from s2s_keras.runtime.benchmark import benchmark
from s2s_keras.runtime.benchmark_options import BenchmarkOptions
from s2s_keras.text import Shortlist, WordTokenizer
from s2s_keras.text.tokenizer import SPECIAL_TOKENS
from s2s_keras.text.word import SPACE

if TYPE_CHECKING:
    from s2s_keras.model import Seq2Seq

__all__ = ["main"]

VOCABULARY = 8_000
SIZES = (None, 256, 512, 1024)
"""N of each file; `None` without a shortlist, which the others are compared with."""
PER_TOKEN = 16
BEAM_WIDTH = 4
SOURCE_LENGTH = 16
QUANTIZATIONS = ("none", "dynamic_range")
BOOTSTRAP = 300
RECIPE: dict[str, dict[str, Any]] = {
    "data": {"min_count": 2, "max_vocabulary": VOCABULARY},
    "model": {"decoder": "luong", "embedding_size": 96, "units": 128},
    "training": {"epochs": 4, "learning_rate": 0.003},
}
"""What differs from the model of `benchmarks.claims`: more words, and a faster training."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the script."""
    options = _parse(arguments)
    make_folder(options.out)
    figures: dict[str, Any] = {"quick": options.quick, "speed": measure_speed(options)}
    if options.multi30k is not None:
        figures["quality"] = measure_quality(options)
    path = options.out / "shortlist.json"
    write_text(path, json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    note(f"figures: {path}")
    return 0


def measure_speed(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Returns size, step and text times of each file, the quantisations one after the other."""
    with quiet_native_logs():
        model = _untrained_model(300 if options.quick else VOCABULARY, options.quick)
    rows = []
    for quantization in QUANTIZATIONS:
        paths = {
            size: _export_untrained(model, quantization, size, options.out)
            for size in _sizes(options)
        }
        chosen = BenchmarkOptions(rounds=3 if options.quick else options.rounds)
        with quiet_native_logs():
            document = benchmark(list(paths.values()), chosen)
        for size, file in zip(paths, document["files"], strict=True):
            row = {"quantization": quantization, "shortlist": size, "machine": document["machine"]}
            row["size_bytes"] = file["size_bytes"]
            row["choice_us"] = _choice_us(paths[size])
            for part in ("step", "text"):
                for entry in file[part]:
                    name = f"{part}_beam_{entry['beam_width']}"
                    row[f"{name}_ms"] = entry["median_ms"]
                    row[f"{name}_to_whole"] = entry["to_first"]
            rows.append(row)
    _print_speed(rows)
    return rows


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.shortlist",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for files and figures")
    parser.add_argument("--multi30k", type=Path, help=f"{MULTI30K_HELP}; without it, only speed")
    parser.add_argument("--rounds", type=int, default=30, help="rounds of timing, default 30")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to try the script")
    return parser.parse_args(arguments)


def _sizes(options: argparse.Namespace) -> tuple[int | None, ...]:
    return (None, 64) if options.quick else SIZES


def _untrained_model(vocabulary: int, quick: bool) -> Seq2Seq:
    import keras

    from s2s_keras.model import Seq2Seq

    keras.utils.set_random_seed(0)
    words = [f"{SPACE}w{i}" for i in range(vocabulary - len(SPECIAL_TOKENS))]
    tokenizer = WordTokenizer(words)
    return Seq2Seq(tokenizer, tokenizer, embedding_size=128, units=32 if quick else 256)


def _export_untrained(model: Seq2Seq, quantization: str, size: int | None, folder: Path) -> Path:
    from s2s_keras.export import export_tflite

    vocabulary = len(model.target_tokenizer)
    drawn = np.random.default_rng(0).integers(4, vocabulary, (vocabulary, PER_TOKEN))
    path = folder / f"untrained-{quantization}-{size or 'whole'}.tflite"
    with quiet_native_logs():
        export_tflite(
            model,
            path,
            ["w1 w2 w3"],
            DecodingSettings(
                beam_width=BEAM_WIDTH, max_source_length=SOURCE_LENGTH, max_output_length=20
            ),
            quantization=quantization,
            source_buckets=[],
            shortlist=size and Shortlist(np.arange(size), drawn, vocabulary),
            min_same_best=0.0,
        )
    return path


def _choice_us(path: Path) -> float:
    """Returns the microseconds, median, in which a source of 32 tokens gets its candidates."""
    shortlist = read_artifact(path).shortlist
    if shortlist is None:
        return 0.0
    source = np.random.default_rng(1).integers(4, shortlist.source_size, 32)
    seconds = []
    for _ in range(300):
        started = time.perf_counter()
        shortlist.candidates(source)
        seconds.append(time.perf_counter() - started)
    return 1e6 * statistics.median(seconds)


def _print_speed(rows: Sequence[dict[str, Any]]) -> None:
    parts = [f"{part}_beam_{width}" for part in ("step", "text") for width in (1, BEAM_WIDTH)]
    print_table(
        f"untrained, vocabulary {VOCABULARY:,}: median ms, and as a ratio to the whole vocabulary",
        [
            "quantisation",
            "shortlist",
            "bytes",
            "choice us",
            *(part.replace("_", " ") for part in parts),
        ],
        [
            [
                row["quantization"],
                str(row["shortlist"] or "none"),
                f"{row['size_bytes']:,}",
                f"{row['choice_us']:.0f}",
                *(f"{row[f'{p}_ms']:.3f} ({row[f'{p}_to_whole']:.2f})" for p in parts),
            ]
            for row in rows
        ],
    )


def measure_quality(options: argparse.Namespace) -> dict[str, Any]:
    """Returns what each file makes of the dev captions."""
    translation = train_translation(options, "model", RECIPE)
    train = read_pairs(translation.recipe["data"]["train"])
    dev = spread(translation.dev, 20 if options.quick else len(translation.dev))
    examples = _encode(translation.model, train)
    rows: list[dict[str, Any]] = []
    outputs: dict[tuple[int | None, int], list[str]] = {}
    for size in _sizes(options):
        shortlist, seconds = None, None
        if size is not None:
            started = time.perf_counter()
            shortlist = learn_shortlist(
                examples,
                source_size=len(translation.model.source_tokenizer),
                target_size=len(translation.model.target_tokenizer),
                size=size,
                per_token=PER_TOKEN,
            )
            seconds = time.perf_counter() - started
        path = _export_trained(translation, shortlist, dev, options.out)
        for width in (1, BEAM_WIDTH):
            rows.append(
                {
                    "shortlist": size,
                    "beam_width": width,
                    "size_bytes": path.stat().st_size,
                    "learning_seconds": seconds,
                    **_coverage(translation.model, dev, shortlist),
                    **_decode(path, dev, width, outputs, (size, width)),
                }
            )
    _print_quality(rows)
    vocabularies = [
        len(tokenizer)
        for tokenizer in (translation.model.source_tokenizer, translation.model.target_tokenizer)
    ]
    return {"dev_pairs": len(dev), "vocabularies": vocabularies, "files": rows}


def _encode(model: Seq2Seq, pairs: Sequence[Pair]) -> list[tuple[Any, Any]]:
    from s2s_keras.data.batches import encode_pairs

    return encode_pairs(pairs, model.source_tokenizer, model.target_tokenizer)


def _export_trained(
    translation: Translation, shortlist: Shortlist | None, dev: Sequence[Pair], folder: Path
) -> Path:
    from s2s_keras.export import export_tflite

    path = folder / f"translation-{shortlist.size if shortlist else 'whole'}.tflite"
    settings = DecodingSettings(
        beam_width=BEAM_WIDTH, max_source_length=40, max_output_length=45, allow_unknown=True
    )
    with quiet_native_logs():
        sample = [pair.source for pair in spread(dev, 20)]
        export_tflite(
            translation.model, path, sample, settings, shortlist=shortlist, min_same_best=0.0
        )
    return path


def _coverage(
    model: Seq2Seq, pairs: Sequence[Pair], shortlist: Shortlist | None
) -> dict[str, float]:
    """Returns the share of reference tokens, and of whole references, among the candidates."""
    if shortlist is None:
        return {"recall": 1.0, "references_covered": 1.0}
    found = [
        np.isin(target, shortlist.candidates(source)) for source, target in _encode(model, pairs)
    ]
    return {
        "recall": float(np.concatenate(found).mean()),
        "references_covered": float(np.mean([one.all() for one in found])),
    }


def _decode(
    path: Path,
    pairs: Sequence[Pair],
    width: int,
    outputs: dict[tuple[int | None, int], list[str]],
    key: tuple[int | None, int],
) -> dict[str, Any]:
    """Decodes with a file, and compares with the file without a shortlist."""
    with quiet_native_logs():
        predictor = load(path)
    predictor.settings = replace(predictor.settings, beam_width=width, split_long_sources=False)
    outputs[key] = [best[0].text for best in predictor.predict([pair.source for pair in pairs])]
    decoded = [Decoded(*pair, output) for pair, output in zip(pairs, outputs[key], strict=True)]
    same = [a == b for a, b in zip(outputs[key], outputs[None, width], strict=True)]
    return {**bleu(decoded, BOOTSTRAP), "same_as_whole": float(np.mean(same))}


def _print_quality(rows: Sequence[dict[str, Any]]) -> None:
    print_table(
        "English to French, dynamic range, dev captions",
        ["shortlist", "beam", "bytes", "BLEU", "95 %", "same best", "recall", "whole references"],
        [
            [
                str(row["shortlist"] or "none"),
                str(row["beam_width"]),
                f"{row['size_bytes']:,}",
                f"{row['bleu']:.2f}",
                f"{row['low']:.2f} to {row['high']:.2f}",
                f"{row['same_as_whole']:.1%}",
                f"{row['recall']:.1%}",
                f"{row['references_covered']:.1%}",
            ]
            for row in rows
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
