"""Measures how fast a recipe's model trains beside how fast it did at an older commit.

    python -m benchmarks.step_speed recipes/autocorrect-en.yaml --data FOLDER --since COMMIT

Both train on the same batches in a process of their own, in turns, so that a noisy machine disturbs
both alike; a round's ratio is today's examples a second over the older commit's. Compilation does
not count. The data's first steps are taken as they come: each has the lengths that it has in a
training. The older commit must be able to read the recipe.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.progress import track

from s2s_keras.cli.console import quiet_native_logs, stdout
from s2s_keras.files import make_folder, write_text

__all__ = ["Worker", "measure"]

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; returns 1 where the ratio is below the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, help="folder of the recipe's files")
    parser.add_argument("--since", required=True, help="the older commit")
    parser.add_argument("--out", type=Path, default=Path("build/bench"), help="for the figures")
    parser.add_argument("--batches", type=int, default=12, help="steps a round, default 12")
    parser.add_argument("--rounds", type=int, default=9, help="rounds, default 9")
    parser.add_argument("--limit", type=float, default=1.0, help="the least ratio, default 1")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        older = _check_out(options.since, Path(scratch) / "older")
        inputs = Path(scratch) / "inputs.pkl"
        stdout.print("Making the batches ...")
        with quiet_native_logs():
            inputs.write_bytes(pickle.dumps(_inputs(options)))
        with Worker(ROOT, inputs) as today, Worker(older, inputs) as before:
            figures = measure(today, before, options.rounds)
    figures = {"recipe": options.recipe.name, "since": options.since, **figures}
    write_text(make_folder(options.out) / "step_speed.json", json.dumps(figures, indent=2) + "\n")
    ratio = figures["ratio"]
    stdout.print(
        f"{options.recipe.stem}: {figures['examples_per_second']:,} examples/s, at "
        f"{options.since} {figures['examples_per_second_before']:,}: {ratio['median']} times "
        f"({ratio['smallest']} to {ratio['largest']}; best rounds {ratio['of_best_rounds']}). "
        f"Loss {figures['loss']:.4f}, then {figures['loss_before']:.4f}."
    )
    return int(ratio["median"] < options.limit)


class Worker:
    """A process that trains with the package of one checkout.

    Args:
        root: of the checkout.
        inputs: file of what `_inputs` returned.

    Attributes:
        examples: in a round.
        loss: mean of the first round, which compiles.
    """

    def __init__(self, root: Path, inputs: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), str(inputs)],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root), "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        first = self._answer()
        if Path(first["package"]).resolve() != (root / "s2s_keras").resolve():
            self.close()
            raise RuntimeError(f"the worker of {root} trains with {first['package']}.")
        self.examples: int = first["examples"]
        self.loss: float = first["loss"]

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate("")

    def seconds(self) -> float:
        """Trains one round, and returns how long it took."""
        print("round", file=self._process.stdin, flush=True)
        return float(self._answer()["seconds"])

    def _answer(self) -> dict[str, Any]:
        for line in self._process.stdout or ():
            answer: dict[str, Any] = json.loads(line)
            return answer
        self.close()
        raise RuntimeError(f"the worker ended with code {self._process.returncode}.")


def measure(today: Worker, before: Worker, rounds: int) -> dict[str, Any]:
    """Lets both train in turns.

    Args:
        today: this checkout's.
        before: the older one's.
        rounds: of each.

    Returns:
        Examples a second of both (medians), the ratios over the rounds, and the mean loss of the
        first batches, which must be alike.
    """
    spans = [(today.seconds(), before.seconds()) for _ in track(range(rounds), "Training")]
    ratios = [then / now for now, then in spans]
    medians = [statistics.median(side) for side in zip(*spans, strict=True)]
    best = [min(side) for side in zip(*spans, strict=True)]
    return {
        "examples_per_second": round(today.examples / medians[0]),
        "examples_per_second_before": round(before.examples / medians[1]),
        "ratio": {
            "median": round(statistics.median(ratios), 2),
            "smallest": round(min(ratios), 2),
            "largest": round(max(ratios), 2),
            "of_best_rounds": round(best[1] / best[0], 2),
        },
        "loss": today.loss,
        "loss_before": before.loss,
    }


def _inputs(options: argparse.Namespace) -> dict[str, Any]:
    """Returns the recipe's path, the tokenisers, and the first batches of a training."""
    from s2s_keras.recipe import load_recipe
    from s2s_keras.training.corpus import learn_tokenizers, load_corpus, make_batches

    overrides = [f"data.folder={options.data.resolve()}"] if options.data else []
    recipe = load_recipe(options.recipe, overrides)
    corpus = load_corpus(recipe.data)
    tokenizers = learn_tokenizers(corpus, recipe.data)
    train = make_batches(recipe, corpus, *tokenizers).train
    batches = [train[step] for step in range(options.batches)]
    return {
        "recipe": str(options.recipe.resolve()),
        "tokenizers": tokenizers,
        "batches": batches,
    }


def _check_out(commit: str, folder: Path) -> Path:
    """Lays out the package of a commit; training needs no `s2s_keras.export`."""
    folder.mkdir()
    command = ["git", "-C", str(ROOT), "archive", commit, "s2s_keras"]
    archive = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return folder


def _train(inputs: Path) -> None:
    """Trains a round for each line on the standard input; the first compiles."""
    import keras

    import s2s_keras
    from s2s_keras.recipe import load_recipe
    from s2s_keras.training.build import build_model

    given = pickle.loads(inputs.read_bytes())
    keras.utils.set_random_seed(0)
    model = build_model(load_recipe(given["recipe"]), *given["tokenizers"], 1000)
    batches = given["batches"]

    def train_round() -> float:
        return sum(float(model.train_on_batch(*batch)[0]) for batch in batches) / len(batches)

    answer = {
        "package": str(Path(s2s_keras.__file__).parent),
        "examples": sum(len(target_ids) for _, target_ids in batches),
        "loss": train_round(),
    }
    print(json.dumps(answer), flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        train_round()
        print(json.dumps({"seconds": time.perf_counter() - started}), flush=True)


if __name__ == "__main__":
    if __package__:
        sys.exit(main())
    _train(Path(sys.argv[1]))
