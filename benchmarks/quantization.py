"""Measures what quantisation costs a translation in BLEU.

    python -m benchmarks.quantization RUN --json build/quantization.json

RUN is a folder that `s2s-keras train` wrote, of a translation with dev pairs. Every quantisation
that the installed interpreter runs decodes all dev pairs, greedily and with a beam. A difference in
BLEU says little where its interval, of a paired bootstrap, holds zero, or where chance makes one as
large often enough; see `s2s_keras.evaluation.resampling`.

Budget: a few minutes for a thousand captions on an idle core.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.claims.output import print_table
from s2s_keras.cli.console import note, quiet_native_logs
from s2s_keras.evaluation import ReferencedSource, group_references
from s2s_keras.evaluation.resampling import paired_difference
from s2s_keras.evaluation.translation_metrics import Measurement, translation_metric
from s2s_keras.files import write_text
from s2s_keras.quantization import Quantization
from s2s_keras.runtime import load

__all__ = ["main", "measure"]


def measure(run: Path, folder: Path, beam_width: int | None = None) -> list[dict[str, Any]]:
    """Returns a row for each quantisation that runs, and each beam width; `none` comes first.

    Args:
        run: the run folder.
        folder: for the files.
        beam_width: beside greedy search; where not given, the recipe's.
    """
    from s2s_keras.cli.models import open_run
    from s2s_keras.export import export_candidate
    from s2s_keras.training.corpus import load_corpus

    trained = open_run(run)
    settings = trained.recipe.decoding_settings()
    settings = replace(settings, beam_width=beam_width or settings.beam_width)
    pairs = load_corpus(trained.recipe.data).dev
    sources = group_references(pairs)
    metric = translation_metric("bleu")
    reference: dict[int, Measurement] = {}
    rows = []
    for name in Quantization:
        note(f"{name}: exporting and decoding {len(sources):,} dev sources ...")
        path = folder / f"{name}.tflite"
        sample = [source.source for source in sources[:: -(-len(sources) // 100)]]
        with quiet_native_logs():
            candidate = export_candidate(trained.model, path, sample, settings, name)
        if candidate.problem is not None:
            note(f"{name} does not run here: {candidate.problem}")
            continue
        for width in sorted({1, settings.beam_width}):
            outputs = _decode(path, sources, width)
            found = metric.measure(outputs, sources)
            first = reference.setdefault(width, found)
            difference = paired_difference(found.statistics, first.statistics, found.score_of)
            rows.append(
                {
                    "quantization": str(name),
                    "beam_width": width,
                    "size_bytes": path.stat().st_size,
                    "bleu": found.score,
                    "signature": found.signature,
                    "difference": difference.difference,
                    "low": difference.interval.low,
                    "high": difference.interval.high,
                    "p_value": difference.p_value,
                }
            )
    return rows


def _decode(path: Path, sources: Sequence[ReferencedSource], width: int) -> list[str]:
    with quiet_native_logs():
        predictor = load(path)
    predictor.settings = replace(
        predictor.settings, beam_width=width, split_long_sources=False, allow_unknown=True
    )
    return [best[0].text for best in predictor.predict([s.source for s in sources])]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("run", type=Path, help="a folder that `s2s-keras train` wrote")
    parser.add_argument("--beam-width", type=int, help="beside greedy search [default: recipe's]")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="s2s-keras-") as folder:
        rows = measure(options.run, Path(folder), options.beam_width)
    print_table(
        "BLEU on the dev pairs, and against float32",
        ["quantisation", "beam", "bytes", "BLEU", "difference", "95 %", "p"],
        [
            [
                row["quantization"],
                str(row["beam_width"]),
                f"{row['size_bytes']:,}",
                f"{row['bleu']:.2f}",
                f"{row['difference']:+.2f}",
                f"{row['low']:+.2f} to {row['high']:+.2f}",
                f"{row['p_value']:.4f}",
            ]
            for row in rows
        ],
    )
    if options.json is not None:
        write_text(options.json, json.dumps(rows, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
