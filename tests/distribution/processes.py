"""Trainings of several processes on loopback, through the command line, on JAX."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from s2s_keras.data import Pair, write_pairs
from tests.backends.environments import FOLDERS, ROOT, WARNINGS

RECIPE = """
name: reversal
task: translation
data:
  train: {folder}/train.tsv
  dev: {folder}/dev.tsv
  max_source_length: 4
  max_target_length: 4
  bucket_lengths: [5]
model: {{embedding_size: 6, units: 8, dropout: 0.0}}
training:
  epochs: 6
  batch_size: 13
  learning_rate: 0.02
  warmup_steps: 2
  label_smoothing: 0.1
  ema_momentum: 0.5
  seed: 5
decoding: {{beam_width: 1}}
export: {{parity_texts: 4}}
"""
TRAIN_PAIRS = 39
DEV_PAIRS = 3
"""Batches of 13 and of 3, which divide between no two, in as few shapes as can be: JAX compiles."""
LIMIT_SECONDS = 400


def write_recipe(folder: Path) -> Path:
    """Writes pairs and a recipe, and returns the recipe."""
    folder.mkdir(exist_ok=True)
    texts = [a + b + c for a in "abcd" for b in "abcd" for c in "abcd"]
    pairs = [Pair(text, text[::-1]) for text in texts]
    write_pairs(folder / "train.tsv", pairs[:TRAIN_PAIRS])
    write_pairs(folder / "dev.tsv", pairs[TRAIN_PAIRS : TRAIN_PAIRS + DEV_PAIRS])
    path = folder / "recipe.yaml"
    path.write_text(RECIPE.format(folder=folder), encoding="utf-8")
    return path


def free_port() -> int:
    """Returns a port that nobody listens at."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
        return port


class Ended(NamedTuple):
    """What a process left behind."""

    status: int
    stdout: str
    stderr: str


class Processes:
    """Processes that train together.

    Args:
        recipe: what to train.
        run: the run folder.
        number: of processes.
        options: of `train`, of all processes.
        each: more options, of each process.
        port: of process 0.
    """

    def __init__(
        self,
        recipe: Path,
        run: Path,
        number: int,
        options: Sequence[str] = (),
        each: Sequence[Sequence[str]] | None = None,
        port: int | None = None,
    ) -> None:
        together = [
            "--distribution=data_parallel",
            f"--job-addresses=127.0.0.1:{port or free_port()}",
            f"--num-processes={number}",
        ]
        self.running = [
            start(recipe, run, *together, f"--process-id={process}", *options, *each_options)
            for process, each_options in enumerate(each or [()] * number)
        ]

    def end(self, seconds: float = LIMIT_SECONDS) -> list[Ended]:
        """Waits for all, and returns what they left behind.

        Raises:
            AssertionError: one goes on for too long.
        """
        deadline = time.monotonic() + seconds
        try:
            found = []
            for process in self.running:
                out, err = process.communicate(timeout=max(1.0, deadline - time.monotonic()))
                found.append(Ended(process.returncode, out, err))
            return found
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"a process went on for {seconds:g} s") from error
        finally:
            for process in self.running:
                if process.poll() is None:
                    process.kill()


def start(recipe: Path, run: Path, *options: str) -> subprocess.Popen[str]:
    """Starts a process of its own that trains."""
    environment = {
        **os.environ,
        "CUDA_VISIBLE_DEVICES": "",
        "JAX_PLATFORMS": "cpu",
        "KERAS_BACKEND": "jax",
        "PYTHONWARNINGS": WARNINGS,
    }
    python = FOLDERS["jax"] / "bin" / "python"
    assert python.exists(), f"{python} is missing: run `make test`"
    return subprocess.Popen(
        [str(python), "-m", "s2s_keras", "train", str(recipe), "--out", str(run), *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(path: Path, processes: Processes) -> None:
    """Waits for a file that a training writes."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not path.exists():
        dead = [process.poll() for process in processes.running if process.poll() is not None]
        if dead or time.monotonic() > deadline:
            for process in processes.running:
                process.send_signal(signal.SIGKILL)
            raise AssertionError(f"{path} did not appear; ended with {dead}")
        time.sleep(0.05)
