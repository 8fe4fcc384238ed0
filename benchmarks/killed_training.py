"""Kills a training at random moments until it is done, and compares it with one left in peace.

    python -m benchmarks.killed_training recipes/number-words.yaml --out build/killed

Each life of the training ends with SIGKILL after a random time, from its start on, and the next
goes on with `--resume`. In the end weights and figures must be those of the undisturbed training.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from s2s_keras.cli.console import note, print_figures, quiet_native_logs

__all__ = ["main"]

VARIES = ("tokens_per_second", "waiting", "seconds")
"""Columns of `history.csv` that tell of the machine."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; returns 1 where anything differs, or too few kills fitted in."""
    options = _parse(arguments)
    shutil.rmtree(options.out, ignore_errors=True)
    folders = [options.out / name for name in ("undisturbed", "killed")]
    command = [sys.executable, "-m", "s2s_keras", "train", str(options.recipe), "--json"]
    command += ["--set", f"training.checkpoint_seconds={options.checkpoint_seconds}"]
    command += [part for setting in options.set for part in ("--set", setting)]
    if options.data is not None:
        command += ["--data", str(options.data)]
    options.out.mkdir(parents=True)
    with (options.out / "log").open("w") as log:
        command_of = [[*command, "--out", str(folder), "--resume"] for folder in folders]
        note("Training undisturbed ...")
        subprocess.run(command_of[0], stdout=log, stderr=log, check=True)
        moments = random.Random(options.seed)
        kills: list[str] = []
        while True:
            process = subprocess.Popen(command_of[1], stdout=log, stderr=log)
            if len(kills) < options.kills:
                try:
                    process.wait(moments.uniform(0, options.longest))
                except subprocess.TimeoutExpired:
                    process.kill()
                    kills.append(_newest(folders[1]))
                    note(f"Kill {len(kills)}: {kills[-1]}")
            if process.wait() >= 0:
                break
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command_of[1])
    differences = _compare(*folders)
    print_figures(str(options.recipe), {"kills": str(len(kills)), **differences})
    return int(len(kills) < options.kills or set(differences.values()) != {"none"})


def _newest(folder: Path) -> str:
    names = sorted(path.stem for path in (folder / "checkpoints").glob("step-*.keras"))
    return names[-1] if names else "before the first checkpoint"


def _compare(one: Path, other: Path) -> dict[str, str]:
    """Returns what differs between two runs."""
    with quiet_native_logs():
        from s2s_keras.training.history import read_history
        from s2s_keras.training.run import load_run

        runs = [load_run(folder) for folder in (one, other)]
    pairs = zip(*(run.model.get_weights() for run in runs), strict=True)
    largest = max(float(np.abs(a - b).max()) for a, b in pairs)
    rows: list[Any] = [
        [{key: row[key] for key in row if key not in VARIES} for row in read_history(folder)]
        for folder in (one, other)
    ]
    return {
        "largest difference of a weight": f"{largest:.3g}" if largest else "none",
        "figures of the epochs that differ": "none" if rows[0] == rows[1] else "some",
        "figures on the dev pairs that differ": (
            "none" if runs[0].metrics == runs[1].metrics else "some"
        ),
    }


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.killed_training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("recipe", type=Path, help="YAML recipe")
    parser.add_argument("--set", action="append", default=[], help="overrides a key; repeatable")
    parser.add_argument("--data", type=Path, help="see `s2s-keras train`")
    parser.add_argument("--out", type=Path, required=True, help="a folder, which is made anew")
    parser.add_argument("--kills", type=int, default=20, help="default 20")
    parser.add_argument("--longest", type=float, default=25.0, help="seconds of a life, default 25")
    parser.add_argument("--checkpoint-seconds", type=float, default=1.0, help="default 1")
    parser.add_argument("--seed", type=int, default=0, help="of the moments, default 0")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
