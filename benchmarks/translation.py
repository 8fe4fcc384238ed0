"""Measures a trained translator as it goes on a device: quality, size and time of its file.

    python -m benchmarks.translation RUN --json build/translation.json

RUN is a folder that `s2s-keras train` wrote, of a translation with dev pairs. The Keras model
decodes all dev sources with the recipe's beam; a float32 file and one with the recipe's
quantisation decode them greedily and with the beam, text by text, on one thread. BLEU is
sacreBLEU's with all references of a source, or that of Moses's tokens in lower case where the
recipe lower-cases. The difference is from the Keras model, with the interval of a paired bootstrap.
`--length-penalty` tries other alphas with the quantised file: dev pairs are what one tunes on, test
pairs are not.

Milliseconds hang on the machine, and on what else it does; the other figures do not.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.claims.output import print_table
from s2s_keras.cli.console import note, quiet_native_logs
from s2s_keras.cli.models import OpenedModel, open_model, open_run
from s2s_keras.evaluation import group_references
from s2s_keras.evaluation.decode import decode_sources
from s2s_keras.evaluation.resampling import bootstrap_interval, paired_difference
from s2s_keras.evaluation.translation_metrics import translation_metric
from s2s_keras.files import write_text
from s2s_keras.quantization import Quantization

__all__ = ["main", "measure"]


def measure(run: Path, folder: Path, alphas: Sequence[float] = ()) -> dict[str, Any]:
    """Returns `parameters`, `metric`, `signature` and `rows`; the first row is the Keras model's.

    Args:
        run: the run folder.
        folder: for the files.
        alphas: of the length penalty, tried with the quantised file beside the recipe's.
    """
    from s2s_keras.export import export_candidate
    from s2s_keras.training.corpus import load_corpus

    trained = open_run(run)
    data = trained.recipe.data
    sources = group_references(load_corpus(data).dev)
    texts = [source.source for source in sources]
    name = "tokenized_bleu" if data.lowercase else "bleu"
    metric = translation_metric(name, data.target_language or "en")
    settings = trained.recipe.decoding_settings()
    quantization = trained.recipe.export.quantization
    files = {}
    for kind in dict.fromkeys((Quantization.NONE, quantization)):
        note(f"Exporting {kind} ...")
        files[kind] = folder / f"{kind}.tflite"
        with quiet_native_logs():
            export_candidate(trained.model, files[kind], texts[:100], settings, kind)

    def systems() -> Iterator[tuple[str, OpenedModel, dict[str, Any], int | None]]:
        beam = {"beam_width": settings.beam_width}
        yield "keras", open_model(run), beam, None
        for kind, path in files.items():
            for width in sorted({1, settings.beam_width}):
                opened = open_model(path, beam_width=width)
                yield str(kind), opened, {"beam_width": width}, path.stat().st_size
        for alpha in alphas:
            opened = open_model(files[quantization], **beam, length_penalty_alpha=alpha)
            tried = {**beam, "length_penalty_alpha": alpha}
            yield str(quantization), opened, tried, files[quantization].stat().st_size

    reference = None
    rows = []
    for model, opened, decoding, size in systems():
        note(f"{model}, {decoding}: decoding {len(texts):,} dev sources ...")
        outputs, seconds = _decode(opened, texts)
        found = metric.measure(outputs, sources)
        reference = reference or found
        interval = bootstrap_interval(found.statistics, found.score_of)
        difference = paired_difference(found.statistics, reference.statistics, found.score_of)
        row = {"model": model, **decoding, "size_bytes": size, "score": found.score}
        row |= {"low": interval.low, "high": interval.high}
        row |= {"difference": difference.difference, "p_value": difference.p_value}
        row |= {
            "difference_low": difference.interval.low,
            "difference_high": difference.interval.high,
        }
        if opened.batch_size == 1:
            row["median_ms"] = 1e3 * statistics.median(seconds)
            row["p95_ms"] = 1e3 * statistics.quantiles(seconds, n=20)[-1]
        rows.append(row)
    return {
        "parameters": trained.model.count_params(),
        "sources": len(texts),
        "length_penalty_alpha": settings.length_penalty_alpha,
        "metric": name,
        "signature": found.signature,
        "rows": rows,
    }


def _decode(opened: OpenedModel, texts: Sequence[str]) -> tuple[list[str], list[float]]:
    """Returns the best outputs, and the seconds of each text where they are decoded singly."""
    if opened.batch_size > 1:
        found = decode_sources(opened.predictor, texts, opened.batch_size)
        return [text if p is None else p.text for text, p in zip(texts, found, strict=True)], []
    outputs, seconds = [], []
    decode_sources(opened.predictor, texts[:1])
    for text in texts:
        started = time.perf_counter()
        [prediction] = decode_sources(opened.predictor, [text])
        seconds.append(time.perf_counter() - started)
        outputs.append(text if prediction is None else prediction.text)
    return outputs, seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("run", type=Path, help="a folder that `s2s-keras train` wrote")
    parser.add_argument(
        "--length-penalty", type=float, nargs="+", default=[], metavar="ALPHA", help="also these"
    )
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="s2s-keras-") as folder:
        figures = measure(options.run, Path(folder), options.length_penalty)
    print_table(
        f"{figures['parameters']:,} parameters, {figures['sources']:,} dev sources, "
        f"{figures['signature']}",
        ["model", "beam", "alpha", "bytes", "BLEU", "95 %", "against Keras", "95 %", "ms", "95th"],
        [
            [
                "Keras" if row["size_bytes"] is None else f"file, {row['model']}",
                str(row["beam_width"]),
                f"{row.get('length_penalty_alpha', figures['length_penalty_alpha'])}",
                "" if row["size_bytes"] is None else f"{row['size_bytes']:,}",
                f"{row['score']:.2f}",
                f"{row['low']:.2f} to {row['high']:.2f}",
                f"{row['difference']:+.2f}",
                f"{row['difference_low']:+.2f} to {row['difference_high']:+.2f}",
                *(f"{row[key]:.1f}" if key in row else "" for key in ("median_ms", "p95_ms")),
            ]
            for row in figures["rows"]
        ],
    )
    if options.json is not None:
        write_text(options.json, json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
