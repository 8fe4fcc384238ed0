"""Measures what quantisation costs a translation in BLEU.

    python -m benchmarks.quantization RUN --json build/quantization.json

RUN is a folder that `s2s-keras train` wrote, of a translation with dev pairs. Every quantisation
that the installed interpreter runs decodes all dev pairs, greedily and with a beam. A difference in
BLEU says little where its interval, of a paired bootstrap, holds zero.

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

import numpy as np

from benchmarks.claims.output import print_table
from s2s_keras.cli.console import note, quiet_native_logs
from s2s_keras.data import Pair
from s2s_keras.files import write_text
from s2s_keras.quantization import Quantization
from s2s_keras.runtime import load

__all__ = ["main", "paired_bleu"]

SAMPLES = 500
"""Of a bootstrap."""


def paired_bleu(
    outputs: Sequence[str], reference_outputs: Sequence[str], targets: Sequence[str], seed: int = 0
) -> dict[str, Any]:
    """Returns the BLEU of outputs, and what it is more than that of other outputs.

    Args:
        outputs: one a target.
        reference_outputs: those of the file to compare with.
        targets: one reference each.
        seed: of the samples.

    Returns:
        `bleu`, 0 to 100; `difference`, ours less the other's; `low` and `high`, its 95 % interval
        over `SAMPLES` samples of the targets with replacement; `signature`.

    Reference:
        Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation".
    """
    from sacrebleu.metrics.bleu import BLEU

    metric = BLEU()

    def score(hypotheses: Sequence[str], chosen: Sequence[int]) -> float:
        picked = [hypotheses[i] for i in chosen]
        return float(metric.corpus_score(picked, [[targets[i] for i in chosen]]).score)

    everything = range(len(targets))
    found = score(outputs, everything)
    generator = np.random.default_rng(seed)
    differences = []
    for _ in range(SAMPLES if list(outputs) != list(reference_outputs) else 0):
        chosen = generator.integers(0, len(targets), len(targets)).tolist()
        differences.append(score(outputs, chosen) - score(reference_outputs, chosen))
    low, high = np.percentile(differences, [2.5, 97.5]) if differences else (0.0, 0.0)
    return {
        "bleu": found,
        "difference": found - score(reference_outputs, everything),
        "low": float(low),
        "high": float(high),
        "signature": str(metric.get_signature()),
    }


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
    reference: dict[int, list[str]] = {}
    rows = []
    for name in Quantization:
        note(f"{name}: exporting and decoding {len(pairs):,} dev pairs ...")
        path = folder / f"{name}.tflite"
        sample = [pair.source for pair in pairs[:: -(-len(pairs) // 100)]]
        with quiet_native_logs():
            candidate = export_candidate(trained.model, path, sample, settings, name)
        if candidate.problem is not None:
            note(f"{name} does not run here: {candidate.problem}")
            continue
        for width in sorted({1, settings.beam_width}):
            outputs = _decode(path, pairs, width)
            reference.setdefault(width, outputs)
            figures = paired_bleu(outputs, reference[width], [pair.target for pair in pairs])
            size = path.stat().st_size
            rows.append(
                {"quantization": str(name), "beam_width": width, "size_bytes": size, **figures}
            )
    return rows


def _decode(path: Path, pairs: Sequence[Pair], width: int) -> list[str]:
    with quiet_native_logs():
        predictor = load(path)
    predictor.settings = replace(
        predictor.settings, beam_width=width, split_long_sources=False, allow_unknown=True
    )
    return [best[0].text for best in predictor.predict([pair.source for pair in pairs])]


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
        ["quantisation", "beam", "bytes", "BLEU", "difference", "95 %"],
        [
            [
                row["quantization"],
                str(row["beam_width"]),
                f"{row['size_bytes']:,}",
                f"{row['bleu']:.2f}",
                f"{row['difference']:+.2f}",
                f"{row['low']:+.2f} to {row['high']:+.2f}",
            ]
            for row in rows
        ],
    )
    if options.json is not None:
        write_text(options.json, json.dumps(rows, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
