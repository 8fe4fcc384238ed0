"""The state of a training between two steps <-> a file, of which the last few are kept."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from s2s_keras.errors import ArtifactError
from s2s_keras.files import atomic_path
from s2s_keras.model import Seq2Seq, load_model
from s2s_keras.training.replicas import alone

__all__ = [
    "BEST",
    "CHECKPOINTS",
    "Checkpoint",
    "Position",
    "find_checkpoints",
    "load_newest",
    "remove_checkpoints",
    "save_checkpoint",
]

CHECKPOINTS = "checkpoints"
"""The folder of a run that holds them."""

BEST = "best.keras"
"""The checkpoint of the best epoch so far, in the run folder itself."""

_POSITION = "training.json"
_VARIABLES = "training.npz"
"""What a checkpoint holds beside what Keras saves."""


class Position(NamedTuple):
    """How far a training has come, and in what.

    Attributes:
        step: batches done, of all epochs.
        seconds: that they took, validation included.
        epoch_steps: batches of an epoch.
        target_tokens: of the training data: it tells data that has changed.
    """

    step: int
    seconds: float
    epoch_steps: int
    target_tokens: int


class Checkpoint(NamedTuple):
    """What a training goes on from.

    Attributes:
        path: the file.
        model: with its weights, its optimiser, and the states of its random numbers.
        position: how far it has come.
        metrics: the values of the metrics' variables, sums over an epoch that is not complete.
    """

    path: Path
    model: Seq2Seq
    position: Position
    metrics: list[NDArray[Any]]

    def restore_metrics(self) -> None:
        """Gives the metrics the values that they had."""
        for variable, value in zip(self.model.metrics_variables, self.metrics, strict=True):
            variable.assign(value)


def save_checkpoint(model: Seq2Seq, position: Position, folder: Path, kept: int) -> Path:
    """Writes a checkpoint, atomically, and then removes all but the newest.

    Keras saves weights, optimiser (schedule, moving averages) and counted steps of scheduled
    sampling. The random numbers of dropout and the sums of the metrics go in beside them, so that a
    training that goes on is one that never stopped.

    Args:
        model: compiled.
        position: how far it has come.
        folder: the run folder.
        kept: checkpoints that stay, at least 1.

    Raises:
        OSError: the folder cannot be written, or is full; older checkpoints are untouched.
    """
    path = folder / CHECKPOINTS / f"step-{position.step:09d}.keras"
    path.parent.mkdir(exist_ok=True)
    names = {"random": _random_states(model), "metric": model.metrics_variables}
    arrays = {
        f"{name}_{i}": keras.ops.convert_to_numpy(variable)
        for name, variables in names.items()
        for i, variable in enumerate(variables)
    }
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    with alone(), atomic_path(path) as temporary:
        model.save(temporary)
        with zipfile.ZipFile(temporary, "a") as archive:
            archive.writestr(_POSITION, json.dumps(position._asdict()))
            archive.writestr(_VARIABLES, buffer.getvalue())
    for old in find_checkpoints(folder)[kept:]:
        old.unlink()
    return path


def find_checkpoints(folder: Path) -> list[Path]:
    """Returns the checkpoints of a run folder, the newest first."""
    return sorted((folder / CHECKPOINTS).glob("step-*.keras"), reverse=True)


def remove_checkpoints(folder: Path) -> None:
    """Removes the checkpoints of a run folder, that of the best epoch included."""
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    (folder / BEST).unlink(missing_ok=True)


def load_newest(
    folder: Path, report: Callable[[str], None] = lambda line: None
) -> Checkpoint | None:
    """Loads the newest checkpoint that can be read; `None` where there is none at all.

    Args:
        folder: the run folder.
        report: takes a line of text for each that cannot.

    Raises:
        ArtifactError: there are some, and all are damaged.
    """
    paths = find_checkpoints(folder)
    for path in paths:
        try:
            return _load(path)
        except ArtifactError as error:
            if path == paths[-1]:
                raise
            report(f"{error} Going on from the checkpoint before.")
    return None


def _load(path: Path) -> Checkpoint:
    model = load_model(path)
    try:
        with zipfile.ZipFile(path) as archive:
            position = Position(**json.loads(archive.read(_POSITION)))
            with np.load(io.BytesIO(archive.read(_VARIABLES))) as arrays:
                values = {
                    name: [arrays[f"{name}_{i}"] for i in range(_count(arrays, name))]
                    for name in ("random", "metric")
                }
        for variable, value in zip(_random_states(model), values["random"], strict=True):
            variable.assign(value)
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise ArtifactError(f"{path}: this is not a training's checkpoint: {error}.") from error
    return Checkpoint(path, model, position, values["metric"])


def _count(arrays: Any, name: str) -> int:
    return sum(key.startswith(f"{name}_") for key in arrays.files)


def _random_states(model: Seq2Seq) -> list[Any]:
    """Returns the variables that random numbers come from, which are no weights to Keras."""
    weights = {id(weight) for weight in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]
