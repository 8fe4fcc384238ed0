"""Recipes times seeds -> finished run folders, two trainings at a time.

    python -m benchmarks.claims.experiments RECIPE.json FOLDER

trains one recipe; `run_experiments` starts that for each, and skips what is finished.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from s2s_keras.cli.console import note
from s2s_keras.files import make_folder, write_text
from s2s_keras.recipe import parse_recipe

__all__ = ["Decoded", "ExperimentError", "Result", "run_experiments"]

DECODED = "decoded.json"
"""The last file that an experiment writes: outputs for the dev sources, and sizes."""
PROGRAM = [sys.executable, "-m", "benchmarks.claims.experiments"]
"""What trains one recipe."""
POLL_SECONDS = 0.2


class ExperimentError(RuntimeError):
    """A training failed; names its log."""


class Decoded(NamedTuple):
    """A dev pair and what the model made of its source."""

    source: str
    target: str
    output: str


@dataclass(frozen=True)
class Result:
    """What an experiment left behind.

    Attributes:
        seed: of weights, dropout and order of the pairs.
        folder: the run folder.
        parameters: of the model.
        steps: optimiser steps of the whole training.
        metrics: the run's `metrics.json`.
        history: the rows of its `history.csv`.
        decoded: the dev pairs with the model's outputs, in the order of the dev file.
    """

    seed: int
    folder: Path
    parameters: int
    steps: int
    metrics: dict[str, Any]
    history: list[dict[str, float]]
    decoded: list[Decoded]


class _Job(NamedTuple):
    name: str
    seed: int
    recipe: dict[str, Any]
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder.with_suffix(".log")


class _Started(NamedTuple):
    job: _Job
    process: subprocess.Popen[bytes]
    time: float


def run_experiments(
    recipes: Mapping[str, Mapping[str, Any]],
    seeds: Sequence[int],
    folder: Path,
    *,
    processes: int = 2,
    threads: int = 1,
) -> dict[str, list[Result]]:
    """Trains each recipe with each seed, in processes of their own.

    A finished run is not trained again, and one that was interrupted goes on after its last
    complete epoch.

    Args:
        recipes: name -> recipe; its `name` and `training.seed` are set here.
        seeds: at least one.
        folder: where the run folders `NAME-SEED`, their recipes and logs go.
        processes: trainings at a time.
        threads: of TensorFlow, for each of them.

    Returns:
        Name -> results, one for each seed.

    Raises:
        ConfigError: a recipe is not valid; nothing was trained then.
        ExperimentError: a training failed; the others that ran are stopped and can be resumed.
    """
    make_folder(folder)
    jobs = [_make_job(name, recipes[name], seed, folder) for name in recipes for seed in seeds]
    waiting = deque(job for job in jobs if not _is_finished(job))
    count, done = len(waiting), 0
    if len(jobs) > count:
        note(f"{len(jobs) - count} of {len(jobs)} runs are finished already.")
    running: list[_Started] = []
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                job = waiting.popleft()
                running.append(_Started(job, _start(job, threads), time.monotonic()))
            time.sleep(POLL_SECONDS)
            for started in list(running):
                job, code = started.job, started.process.poll()
                if code is None:
                    continue
                running.remove(started)
                if code:
                    raise ExperimentError(
                        f"The training of {job.name} with seed {job.seed} ended with status "
                        f"{code}; see {job.log}."
                    )
                done += 1
                seconds = time.monotonic() - started.time
                note(f"[{done}/{count}] {job.name}, seed {job.seed}: {seconds:.0f} s")
    finally:
        for started in running:
            started.process.terminate()
            started.process.wait()
    results: dict[str, list[Result]] = {name: [] for name in recipes}
    for job in jobs:
        results[job.name].append(_load(job))
    return results


def _make_job(name: str, recipe: Mapping[str, Any], seed: int, folder: Path) -> _Job:
    training = {**recipe.get("training", {}), "seed": seed}
    document = {**recipe, "name": f"{name}-{seed}", "training": training}
    document = parse_recipe(document, origin=name).model_dump(mode="json")
    return _Job(name, seed, document, folder / f"{name}-{seed}")


def _is_finished(job: _Job) -> bool:
    """Whether the folder holds the results of this very recipe."""
    if not (job.folder / DECODED).exists():
        return False
    path = job.folder / "config.json"
    # Parsed, so that a key that recipes did not have then has its default.
    before = parse_recipe(json.loads(path.read_text(encoding="utf-8")), origin=str(path))
    return before.model_dump(mode="json") == job.recipe


def _start(job: _Job, threads: int) -> subprocess.Popen[bytes]:
    recipe = job.folder.with_suffix(".json")
    write_text(recipe, json.dumps(job.recipe, indent=2) + "\n")
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, str(threads)), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [*PROGRAM, str(recipe), str(job.folder)]
    with job.log.open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, env=environment)


def _load(job: _Job) -> Result:
    def read(name: str) -> Any:
        return json.loads((job.folder / name).read_text(encoding="utf-8"))

    decoded = read(DECODED)
    return Result(
        seed=job.seed,
        folder=job.folder,
        parameters=decoded["parameters"],
        steps=decoded["steps"],
        metrics=read("metrics.json"),
        history=decoded["history"],
        decoded=[Decoded(*row) for row in decoded["decoded"]],
    )


def _train(recipe_path: Path, folder: Path) -> None:
    """Trains, decodes the dev sources, and writes `DECODED` behind everything else."""
    from s2s_keras.keras_session import EVALUATION_BATCH, make_predictor
    from s2s_keras.training.corpus import load_corpus
    from s2s_keras.training.history import read_history
    from s2s_keras.training.run import train

    recipe = parse_recipe(json.loads(recipe_path.read_text(encoding="utf-8")), str(recipe_path))
    run = train(recipe, folder, resume=True, report=print)
    dev = load_corpus(recipe.data).dev
    predictor = make_predictor(run.model, recipe.decoding_settings())
    predictions = predictor.predict([pair.source for pair in dev], EVALUATION_BATCH)
    document = {
        "parameters": run.model.count_params(),
        "steps": int(run.model.optimizer.iterations),
        "history": read_history(folder),
        "decoded": [(*pair, found[0].text) for pair, found in zip(dev, predictions, strict=True)],
    }
    write_text(folder / DECODED, json.dumps(document, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    _train(*map(Path, sys.argv[1:]))
