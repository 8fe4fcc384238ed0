"""Measures how fast each of Keras's backends trains the same model.

    python -m benchmarks.backends --out build/bench

Each backend has a process in its own environment (`make .venv-jax/ready .venv-torch/ready`), which
waits for a line, trains on all batches, and answers with the seconds that it took. They take turns,
so that a noisy machine disturbs all alike; ratios are taken round by round. The first round, which
compiles, does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from benchmarks.training_speed import SETTINGS, Setting, make_batches
from s2s_keras.cli.console import quiet_native_logs, stdout
from s2s_keras.files import make_folder, write_text

__all__ = ["compare", "main"]

ROOT = Path(__file__).parents[1]
PYTHONS = {
    "tensorflow": Path(sys.executable),
    "jax": ROOT / ".venv-jax" / "bin" / "python",
    "torch": ROOT / ".venv-torch" / "bin" / "python",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark, or with `--work` one backend's process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="folder for the figures")
    parser.add_argument("--setting", choices=SETTINGS, default="characters")
    parser.add_argument("--batches", type=int, default=4, help="steps a round, default 4")
    parser.add_argument("--rounds", type=int, default=9, help="rounds, default 9")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    batches = make_batches(SETTINGS[options.setting], options.batches)
    if options.work:
        _work(SETTINGS[options.setting], batches)
        return 0
    command = ["--setting", options.setting, "--batches", str(options.batches)]
    figures = compare(command, batches, options.rounds)
    _print(options.setting, figures)
    if options.out is not None:
        path = make_folder(options.out) / "backends.json"
        write_text(path, json.dumps({options.setting: figures}, indent=2) + "\n")
    return 0


def compare(options: Sequence[str], batches: Sequence[Any], rounds: int) -> dict[str, Any]:
    """Lets the backends train in turns.

    Args:
        options: of this program, for the processes.
        batches: what they train on, to count its tokens.
        rounds: rounds that count.

    Returns:
        For each backend its target tokens a second and its speed over TensorFlow's: medians, and
        of the ratio the smallest and the largest, too; and the seconds of the first round.
    """
    tokens = int(sum(np.count_nonzero(target_ids) for _, target_ids in batches))
    workers = {name: _start(name, path, options) for name, path in PYTHONS.items()}
    try:
        seconds = [
            {name: _ask(worker) for name, worker in workers.items()} for _ in range(1 + rounds)
        ]
    finally:
        for worker in workers.values():
            worker.kill()
            worker.communicate()
    figures = {}
    for name in workers:
        ratios = [spent["tensorflow"] / spent[name] for spent in seconds[1:]]
        figures[name] = {
            "tokens_per_second": round(statistics.median(tokens / s[name] for s in seconds[1:])),
            "to_tensorflow": round(statistics.median(ratios), 2),
            "smallest": round(min(ratios), 2),
            "largest": round(max(ratios), 2),
            "first_seconds": round(seconds[0][name], 1),
        }
    return figures


def _start(backend: str, python: Path, options: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(python), "-m", "benchmarks.backends", "--work", *options],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _ask(worker: subprocess.Popen[str]) -> float:
    """Returns the seconds of a round; a process that ended wrote why to standard error."""
    if worker.stdin is None or worker.stdout is None:
        raise ValueError("A worker needs pipes.")
    worker.stdin.write("\n")
    worker.stdin.flush()
    return float(worker.stdout.readline())


def _work(setting: Setting, batches: Sequence[Any]) -> None:
    """Trains on all batches for each line of standard input."""
    with quiet_native_logs():
        import keras

        from s2s_keras.model import Seq2Seq
        from s2s_keras.text import UNK_ID, CharacterTokenizer
        from s2s_keras.training import MaskedCrossentropy
        from s2s_keras.training.portable import JIT_COMPILE

        tokenizer = CharacterTokenizer([chr(i) for i in range(UNK_ID + 1, setting.vocabulary)])
        sizes = {"embedding_size": setting.embedding_size, "units": setting.units}
        model = Seq2Seq(tokenizer, tokenizer, dropout=0.0, **sizes)
        optimizer = keras.optimizers.Adam(1e-3, global_clipnorm=1.0)
        model.compile(optimizer, MaskedCrossentropy(), jit_compile=JIT_COMPILE)
    for _ in sys.stdin:
        started = time.perf_counter()
        for batch in batches:
            float(model.train_on_batch(*batch))
        print(time.perf_counter() - started, flush=True)


def _print(setting: str, figures: dict[str, Any]) -> None:
    columns = [key.replace("_", " ") for key in next(iter(figures.values()))]
    table = Table("backend", *columns, title=f"{setting}: training", title_justify="left")
    for name, row in figures.items():
        table.add_row(name, *(f"{value:,}" for value in row.values()))
    stdout.print(table)


if __name__ == "__main__":
    sys.exit(main())
