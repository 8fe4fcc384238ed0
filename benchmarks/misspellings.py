"""Measures the demo's model on the device runtime: quality, size, speed, loss by quantisation.

    python benchmarks/misspellings.py build/demo/run --out build/bench

Everything runs in one process, on one thread, Python included. Milliseconds hang on the machine;
the shares and the sizes do not.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.table import Table

from s2s_keras.cli.console import quiet_native_logs, stdout
from s2s_keras.data import Pair
from s2s_keras.errors import InputError
from s2s_keras.evaluation import word_rates
from s2s_keras.files import make_folder, write_text
from s2s_keras.runtime import load

IMPORT_TIME = """
import sys, time, numpy
started = time.perf_counter()
import s2s_keras.runtime
print(time.perf_counter() - started)
assert "keras" not in sys.modules and "tensorflow" not in sys.modules
"""


LIMITS = {
    "size_bytes": (0, 1_500_000),
    "fix_rate": (0.45, 1),
    "broken_rate": (0, 0.15),
    "same_as_float32": (0.97, 1),
}
"""What the quantised file must keep, by beam and greedy search; greedy search also 5 ms a word."""


def main() -> int:
    """Runs the benchmark; returns 1 where a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="run folder of recipes/misspellings.yaml")
    parser.add_argument("--out", type=Path, required=True, help="folder for files and figures")
    parser.add_argument("--limit", type=int, help="dev pairs to measure, evenly spread")
    arguments = parser.parse_args()
    folder = make_folder(arguments.out)
    with quiet_native_logs():
        from s2s_keras.export import export_tflite
        from s2s_keras.training.corpus import load_corpus
        from s2s_keras.training.run import load_run

        run = load_run(arguments.run)
        dev = load_corpus(run.recipe.data).dev
        pairs = dev[:: max(1, len(dev) // (arguments.limit or len(dev)))]
        sample = [pair.source for pair in pairs[:200]]
        settings = run.recipe.decoding_settings()
        files = {
            name: export_tflite(
                run.model, folder / f"{name}.tflite", sample, settings, quantization=name
            )
            for name in ("none", "dynamic_range")
        }
        outputs = {
            (name, width): _decode(report.path, pairs, width)
            for name, report in files.items()
            for width in (1, settings.beam_width)
        }
    figures: dict[str, Any] = {"dev_pairs": len(pairs)}
    for (name, width), (texts, milliseconds) in outputs.items():
        rates = word_rates([p.source for p in pairs], [p.target for p in pairs], texts)
        figures[f"{name}, beam {width}"] = {
            "size_bytes": files[name].size_bytes,
            "fix_rate": round(rates.fix_rate, 4),
            "broken_rate": round(rates.broken_rate, 4),
            "median_ms": round(statistics.median(milliseconds), 3),
            "p95_ms": round(statistics.quantiles(milliseconds, n=20)[-1], 3),
            "same_as_float32": _same(texts, outputs["none", width][0]),
        }
    figures["import_seconds"] = min(_import_seconds() for _ in range(3))
    write_text(folder / "misspellings.json", json.dumps(figures, indent=2) + "\n")
    _print(figures)
    missed = _missed(figures, settings.beam_width)
    for line in missed:
        stdout.print(f"MISSED: {line}")
    return 1 if missed else 0


def _missed(figures: dict[str, Any], beam_width: int) -> list[str]:
    lines = [] if figures["import_seconds"] <= 0.25 else ["import of s2s_keras.runtime: 0.25 s"]
    for width in (1, beam_width):
        row = figures[f"dynamic_range, beam {width}"]
        limits = {**LIMITS, "median_ms": (0, 5)} if width == 1 else LIMITS
        for key, (low, high) in limits.items():
            if not low <= row[key] <= high:
                lines.append(f"beam {width}, {key}: {row[key]} is not within {low} to {high}")
    return lines


def _print(figures: dict[str, Any]) -> None:
    rows = {name: row for name, row in figures.items() if isinstance(row, dict)}
    columns = [key.replace("_", " ") for key in next(iter(rows.values()))]
    table = Table("file, search", *columns, title_justify="left")
    table.title = f"{figures['dev_pairs']} dev pairs, one thread"
    for name, row in rows.items():
        table.add_row(name, *map(str, row.values()))
    stdout.print(table)
    stdout.print(f"import s2s_keras.runtime, beyond NumPy: {figures['import_seconds']} s")


def _decode(path: Path, pairs: list[Pair], beam_width: int) -> tuple[list[str], list[float]]:
    predictor = load(path)
    predictor.settings = replace(predictor.settings, beam_width=beam_width)
    texts, milliseconds = [], []
    for pair in pairs:
        started = time.perf_counter()
        try:
            texts.append(predictor.predict([pair.source])[0][0].text)
        except InputError:
            texts.append(pair.source)  # as `s2s-keras evaluate` counts it
            continue
        milliseconds.append(1000 * (time.perf_counter() - started))
    return texts, milliseconds


def _same(texts: list[str], reference: list[str]) -> float:
    same = sum(a == b for a, b in zip(texts, reference, strict=True))
    return round(same / len(texts), 4)


def _import_seconds() -> float:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_TIME], capture_output=True, text=True, check=True
    )
    return round(float(done.stdout), 3)


if __name__ == "__main__":
    sys.exit(main())
