"""Trains every system through the command line, on the backend of `KERAS_BACKEND`.

As a program: `python -m tests.backends.trainings FOLDER` makes `runs`, what one of them was
when it was `interrupted`, `outputs`, and `report.json`.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from s2s_keras.cli import main
from tests.backends.systems import INTERRUPTED, SYSTEMS, arguments, write_recipe


def train(system: str, folder: Path) -> dict[str, Any]:
    """Trains a system, and returns what only the process that trained it can tell."""
    from s2s_keras.model import load_model
    from s2s_keras.training.callbacks import RunRecorder

    run = folder / "runs" / system
    write_recipe(system, folder / system)
    command = ["train", *arguments(system, folder / system), "--out", str(run), "--debug"]
    report: dict[str, Any] = {}
    if system == INTERRUPTED:

        class Interrupted(RunRecorder):
            """Stops after the first epoch, as Ctrl-C would."""

            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                super().on_epoch_end(epoch, logs)
                raise KeyboardInterrupt

        with mock.patch("s2s_keras.training.fit.RunRecorder", Interrupted):
            report["interrupted"] = main(command)
        shutil.copytree(run, folder / "interrupted")
        command.append("--resume")
    report["status"] = main(command)
    model = load_model(run / "model.keras")
    report["optimizer"] = type(model.optimizer).__name__
    report["optimizer steps"] = int(model.optimizer.iterations)
    report["weight dtypes"] = sorted({str(weight.dtype) for weight in model.trainable_variables})
    report["compute dtype"] = model.decoder.compute_dtype
    sampling = model.scheduled_sampling
    report["sampling steps"] = None if sampling is None else int(sampling.steps)
    return report


def run_all(folder: Path) -> None:
    """Trains all systems below a folder."""
    report: dict[str, Any] = {
        "can import tensorflow": importlib.util.find_spec("tensorflow") is not None,
        "systems": {},
    }
    (folder / "runs").mkdir()
    for system in SYSTEMS:
        report["systems"][system] = train(system, folder)

    import keras

    from tests.backends.outputs import write_outputs

    write_outputs(folder / "runs", folder / "outputs")
    report["backend"] = keras.backend.backend()
    report["imported tensorflow"] = "tensorflow" in sys.modules
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")


if __name__ == "__main__":
    run_all(Path(sys.argv[1]))
