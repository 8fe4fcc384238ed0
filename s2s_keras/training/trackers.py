"""The figures of a training -> MLflow or Weights & Biases, where they are installed.

Both are asked through their plain functions, not through the Keras callbacks that they come with:
that of Weights & Biases imports TensorFlow, and that of MLflow puts the figures of all validations
at step 0. Tried with MLflow 3.17.2 and wandb 0.31.0, offline.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import keras

from s2s_keras.config import Recipe
from s2s_keras.errors import MissingDependencyError, TrainingError
from s2s_keras.files import write_text

__all__ = ["TRACKERS_FILE", "Tracking"]

TRACKERS_FILE = "trackers.json"
"""Which run of which tracker a run folder is; a training that goes on goes on there, too."""


class _Tracker(Protocol):
    """One run of one tracker."""

    def __init__(self, recipe: Recipe, folder: Path, run_id: str | None) -> None:
        """Begins a run, or goes on with one."""

    run_id: str

    def log(self, figures: Mapping[str, float], epoch: int) -> None:
        """Records figures of an epoch, from 1."""

    def keep(self, path: Path) -> None:
        """Records a file."""

    def end(self, is_finished: bool) -> None:
        """Ends the run."""


class _MlflowRun:
    """A run of MLflow, where `MLFLOW_TRACKING_URI` and `MLFLOW_EXPERIMENT_NAME` say."""

    def __init__(self, recipe: Recipe, folder: Path, run_id: str | None) -> None:
        import mlflow

        self._library = mlflow
        self.run_id = mlflow.start_run(run_id, run_name=recipe.name).info.run_id
        if run_id is None:
            mlflow.log_params(_flatten(recipe.model_dump(mode="json")))
            mlflow.set_tag("folder", str(folder.absolute()))

    def log(self, figures: Mapping[str, float], epoch: int) -> None:
        self._library.log_metrics(dict(figures), step=epoch)

    def keep(self, path: Path) -> None:
        self._library.log_artifact(str(path))

    def end(self, is_finished: bool) -> None:
        self._library.end_run("FINISHED" if is_finished else "KILLED")


class _WandbRun:
    """A run of Weights & Biases, as `WANDB_MODE`, `WANDB_PROJECT` and so on say."""

    def __init__(self, recipe: Recipe, folder: Path, run_id: str | None) -> None:
        import wandb

        self.run_id = run_id or uuid.uuid4().hex[:8]
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", "s2s-keras"),
            name=recipe.name,
            id=self.run_id,
            resume="allow",
            dir=str(folder),
            config=recipe.model_dump(mode="json"),
        )
        self._run.define_metric("*", step_metric="epoch")

    def log(self, figures: Mapping[str, float], epoch: int) -> None:
        self._run.log({"epoch": epoch, **figures})

    def keep(self, path: Path) -> None:
        self._run.save(str(path), base_path=str(path.parent), policy="now")

    def end(self, is_finished: bool) -> None:
        self._run.finish(exit_code=0 if is_finished else 1)


_TRACKERS: dict[str, type[_Tracker]] = {"mlflow": _MlflowRun, "wandb": _WandbRun}


class Tracking(keras.callbacks.Callback):
    """Records each epoch with the trackers that a recipe names, and in the end what came of it.

    It is a context: its end ends the runs. As a callback it stands behind `RunRecorder`, which puts
    all figures of the epoch into `logs`. A tracker that fails under way is left out from there on:
    the training does not hang on it.

    Args:
        recipe: `training.trackers` names them.
        folder: the run folder.
        report: takes a line of text for the person who waits.

    Raises:
        MissingDependencyError: one is not installed.
    """

    def __init__(
        self, recipe: Recipe, folder: Path, report: Callable[[str], None] = lambda line: None
    ) -> None:
        super().__init__()
        self._recipe = recipe
        self._folder = folder
        self._report = report
        self._names = tuple(dict.fromkeys(recipe.training.trackers))
        self._runs: dict[str, _Tracker] = {}
        self._is_open = self._is_finished = False
        for name in self._names:
            spec = importlib.util.find_spec(name)
            if spec is None or spec.origin is None:  # a mere folder of that name
                raise MissingDependencyError(
                    f"`training.trackers` names {name}, which is not installed: pip install {name}."
                )

    def __enter__(self) -> Tracking:
        return self

    def __exit__(self, *exception: object) -> None:
        self._each("end its run", lambda run: run.end(self._is_finished))

    def on_train_begin(self, logs: Any = None) -> None:
        """Begins the runs, or goes on with those of the folder.

        Raises:
            TrainingError: a tracker cannot; it says why.
        """
        if self._is_open:
            return
        self._is_open = True
        path = self._folder / TRACKERS_FILE
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        for name in self._names:
            try:
                run = _TRACKERS[name](self._recipe, self._folder, known.get(name))
            except Exception as error:
                reason = str(error).rstrip(". ")
                raise TrainingError(
                    f"{name} cannot begin a run: {reason}. Mend that, or leave it out of "
                    "`training.trackers`."
                ) from error
            self._runs[name] = run
            known[name] = run.run_id
        if self._names:
            write_text(path, json.dumps(known) + "\n")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Records the figures of an epoch."""
        figures = {key: float(value) for key, value in (logs or {}).items()}
        self._each(f"record epoch {epoch + 1}", lambda run: run.log(figures, epoch + 1))

    def finish(self, metrics: Mapping[str, Any], report: Path) -> None:
        """Records the figures and the report of a training that is finished.

        Args:
            metrics: as `metrics.json` has them; each number becomes `dev/...` of the kept epoch.
            report: `report.html`.
        """
        self.on_train_begin()
        figures = {
            f"dev/{key}": float(value)
            for key, value in _flatten(metrics).items()
            if isinstance(value, int | float)
        }
        epoch = int(metrics["kept_epoch"])
        self._each("record the figures", lambda run: run.log(figures, epoch))
        self._each("keep the report", lambda run: run.keep(report))
        self._is_finished = True

    def _each(self, what: str, act: Callable[[_Tracker], None]) -> None:
        for name, run in list(self._runs.items()):
            try:
                act(run)
            except Exception as error:
                del self._runs[name]
                self._report(f"{name} cannot {what}, and is left out from now on: {error}")


def _flatten(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Returns dotted keys -> values that are no mappings."""
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
