"""Trains in one process and in several on this machine, and says how far apart they come.

    python -m benchmarks.distributed recipes/number-words.yaml --out build/distributed

All see the same batches. Printed are the largest differences of the losses of an epoch and of the
weights at the end, and the pace of the last epoch beside that of one process: processes of one
machine share its cores, and nothing is gained there but the proof.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from s2s_keras.cli.console import note, print_figures, quiet_native_logs
from s2s_keras.files import write_text

__all__ = ["main"]

LOSSES = ("loss", "val_loss", "nll", "val_nll")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; returns 1 where they come further apart than `--tolerance`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for runs and figures")
    parser.add_argument("--data", type=Path, help="folder of the recipe's files")
    parser.add_argument("--processes", type=int, default=2, help="default 2")
    parser.add_argument("--tolerance", type=float, default=1e-5, help="default 1e-5")
    parser.add_argument("--set", action="append", default=[], help="overrides a key")
    options = parser.parse_args(arguments)
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    runs = [options.out / "one", options.out / "several"]
    note("Training in one process ...")
    _train(options, runs[0], 1)
    note(f"Training in {options.processes} processes ...")
    _train(options, runs[1], options.processes)
    with quiet_native_logs():
        figures = compare(*runs)
    write_text(options.out / "distributed.json", json.dumps(figures, indent=2) + "\n")
    shown = {name: f"{value:.3g}" for name, value in figures.items()}
    print_figures(f"{options.processes} processes beside one", shown)
    return int(max(figures["losses"], figures["weights"]) > options.tolerance)


def compare(one: Path, other: Path) -> dict[str, Any]:
    """Returns the largest differences of two run folders, and the ratio of their paces."""
    from s2s_keras.model import load_model
    from s2s_keras.training.history import read_history

    rows = list(zip(read_history(one), read_history(other), strict=True))
    weights = [load_model(folder / "model.keras").get_weights() for folder in (one, other)]
    return {
        "steps": rows[-1][0]["step"],
        "losses": max(abs(a[key] - b[key]) for a, b in rows for key in LOSSES),
        "weights": max(float(np.abs(a - b).max()) for a, b in zip(*weights, strict=True)),
        "pace": rows[-1][1]["tokens_per_second"] / rows[-1][0]["tokens_per_second"],
    }


def _train(options: argparse.Namespace, run: Path, processes: int) -> None:
    command = [sys.executable, "-m", "s2s_keras", "train", str(options.recipe), "--out", str(run)]
    command += [part for setting in options.set for part in ("--set", setting)]
    if options.data is not None:
        command += ["--data", str(options.data)]
    commands = [command]
    if processes > 1:
        with closing(socket.create_server(("127.0.0.1", 0))) as server:
            address = f"127.0.0.1:{server.getsockname()[1]}"
        together = ["--distribution=data_parallel", f"--job-addresses={address}"]
        together += [f"--num-processes={processes}"]
        commands = [[*command, *together, f"--process-id={i}"] for i in range(processes)]
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    with (options.out / "log").open("a") as log:
        running = [
            subprocess.Popen(one, env=environment, stdout=log, stderr=log) for one in commands
        ]
        failed = [process.wait() for process in running]
    if any(failed):
        raise SystemExit(f"a training failed with {failed}; see {options.out / 'log'}")


if __name__ == "__main__":
    sys.exit(main())
