"""MODEL on the command line -> a predictor: a run folder, a `.keras` or a `.tflite` file."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s2s_keras.cli.console import quiet_native_logs
from s2s_keras.decoding import Predictor
from s2s_keras.errors import ArtifactError, MissingDependencyError

if TYPE_CHECKING:
    from s2s_keras.training.run import Run

__all__ = ["open_model", "open_run", "require_training"]


def open_model(path: Path, **overrides: Any) -> tuple[Predictor, int]:
    """Opens a model.

    Args:
        path: a run folder, a `.keras` or a `.tflite` file.
        overrides: fields of `DecodingSettings`; `None` keeps the model's own.

    Returns:
        The predictor, and how many texts it decodes together.

    Raises:
        ArtifactError: there is no such model, or it is damaged.
        ValueError: an override lies outside its range.
    """
    if not path.exists():
        raise ArtifactError(f"{path}: there is no such file or folder.")
    if path.is_dir():
        predictor, batch_size = _open_run_predictor(path), 64
    elif path.suffix == ".keras":
        predictor, batch_size = _open_keras(path), 64
    else:
        from s2s_keras.runtime import load

        with quiet_native_logs():
            predictor, batch_size = load(path), 1
    given = {key: value for key, value in overrides.items() if value is not None}
    predictor.settings = replace(predictor.settings, **given)
    return predictor, batch_size


def open_run(folder: Path) -> Run:
    """Loads a finished run folder; see `training.run.load_run`."""
    if not folder.exists():
        raise ArtifactError(f"{folder}: there is no such folder.")
    require_training()
    with quiet_native_logs():
        from s2s_keras.training.run import load_run

        return load_run(folder)


def require_training() -> None:
    """Checks that the extra `train` is there, before any of it is imported.

    Raises:
        MissingDependencyError: it is not.
    """
    for module in ("keras", "grain", "pydantic", "yaml"):
        if importlib.util.find_spec(module) is None:
            raise MissingDependencyError(
                f"This needs {module}, which the base install leaves out: "
                "pip install 's2s-keras[train]'."
            )


def _open_run_predictor(folder: Path) -> Predictor:
    run = open_run(folder)
    from s2s_keras.training.run import make_predictor

    return make_predictor(run.model, run.recipe)


def _open_keras(path: Path) -> Predictor:
    require_training()
    with quiet_native_logs():
        import keras  # noqa: TID251  only where a Keras model is opened

        from s2s_keras.decoding import DecodingSettings
        from s2s_keras.model import KerasSession, Seq2Seq

        try:
            model = keras.saving.load_model(path)
        except (OSError, ValueError, TypeError, KeyError) as error:
            first_line = str(error).strip().partition("\n")[0]
            raise ArtifactError(f"{path}: Keras cannot load it: {first_line}") from error
    if not isinstance(model, Seq2Seq):
        raise ArtifactError(f"{path}: this is not a s2s-keras model.")
    tokenizers = (model.source_tokenizer, model.target_tokenizer)
    return Predictor(KerasSession(model), *tokenizers, DecodingSettings())
