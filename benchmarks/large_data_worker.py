"""Trains a recipe a slice of steps at a time, whenever a line comes on standard input.

    python -m benchmarks.large_data_worker RECIPE FOLDER STEPS

After each slice it writes a line of JSON to standard output: the seconds that the slice took, the
examples that it trained on, and what the process and its children have held of memory. It ends with
its input.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import keras

from s2s_keras.recipe import load_recipe
from s2s_keras.training.run import train

__all__ = ["Sliced", "peak_mb"]


class _Over(Exception):
    """Nothing more is asked for."""


class Sliced(keras.callbacks.Callback):
    """Trains a slice for each line of standard input.

    Args:
        steps: of a slice.
        batch_size: examples of most batches.
    """

    def __init__(self, steps: int, batch_size: int) -> None:
        super().__init__()
        self._steps = steps
        self._batch_size = batch_size
        self._done = 0

    def on_train_begin(self, logs: Any = None) -> None:
        """Notes when data and model are there."""
        self._ready = time.time() - STARTED

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Tells of the first batch, and then of each slice, and waits to go on."""
        self._done += 1
        if self._done != 1 and (self._done - 1) % self._steps:
            return
        now = time.time()
        told = {"seconds": now - (self._started if self._done > 1 else STARTED)}
        told |= {"examples": self._steps * self._batch_size, "mb": peak_mb()}
        told["ready_seconds"] = self._ready
        print(json.dumps(told), flush=True)
        if not sys.stdin.readline():
            raise _Over
        self._started = time.time()


STARTED = time.time()
"""About when this process did; the libraries are loaded before."""


def peak_mb() -> float:
    """Returns the most that this process and its children held of memory, in megabytes."""
    pids = [os.getpid(), *(child.pid for child in multiprocessing.active_children())]
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main() -> None:
    """Runs the training; what it reports goes to standard error."""
    path, folder, steps = sys.argv[1:]
    recipe = load_recipe(path)
    callback = Sliced(int(steps), recipe.training.batch_size)
    with suppress(_Over):
        train(
            recipe, folder, report=lambda line: print(line, file=sys.stderr), callbacks=[callback]
        )


if __name__ == "__main__":
    main()
