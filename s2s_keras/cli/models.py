"""MODEL on the command line -> a predictor: of a run folder, a file or a SavedModel."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s2s_keras.cli.backend import choose_backend
from s2s_keras.cli.console import quiet_native_logs
from s2s_keras.decoding import Predictor
from s2s_keras.errors import INSTALL_TRAINING, ArtifactError, MissingDependencyError
from s2s_keras.saved_model import is_saved_model

if TYPE_CHECKING:
    from s2s_keras.runtime import Corrector
    from s2s_keras.training.run import Run

__all__ = ["OpenedModel", "open_model", "open_run", "require_training"]


@dataclass(frozen=True)
class OpenedModel:
    """A model of any form, ready to decode.

    Attributes:
        predictor: texts -> outputs.
        batch_size: how many texts it decodes together.
        task: what it was trained for, where it says so.
        language: ISO 639-1 code of the target language, where it says so.
        corrector: the model itself, where it corrects words in their context.
    """

    predictor: Predictor
    batch_size: int
    task: str | None = None
    language: str | None = None
    corrector: Corrector | None = None


def open_model(path: Path, **overrides: Any) -> OpenedModel:
    """Opens a model.

    Args:
        path: a run folder, a `.keras` or a `.tflite` file, or a SavedModel: a version's folder, or
            that of the versions.
        overrides: fields of `DecodingSettings`; `None` keeps the model's own.

    Raises:
        ArtifactError: there is no such model, or it is damaged.
        ValueError: an override lies outside its range.
    """
    if not path.exists():
        raise ArtifactError(f"{path}: there is no such file or folder.")
    if path.is_dir():
        is_servable = is_saved_model(path)
        model = _open_saved_model(path) if is_servable else _open_run_folder(path)
    elif path.suffix == ".keras":
        model = _open_keras(path)
    else:
        model = _open_tflite(path)
    given = {key: value for key, value in overrides.items() if value is not None}
    model.predictor.settings = replace(model.predictor.settings, **given)
    return model


def open_run(folder: Path) -> Run:
    """Loads a finished run folder; see `training.run.load_run`."""
    if not folder.exists():
        raise ArtifactError(f"{folder}: there is no such folder.")
    require_training()
    with quiet_native_logs():
        from s2s_keras.training.run import load_run

        return load_run(folder)


def require_training() -> None:
    """Checks that what trains is there, before any of it is imported, and chooses a backend.

    Raises:
        MissingDependencyError: it is not; see also `choose_backend`.
    """
    for module in ("keras", "grain", "pydantic", "yaml"):
        if importlib.util.find_spec(module) is None:
            raise MissingDependencyError(
                f"This needs {module}, which the base install leaves out: {INSTALL_TRAINING}."
            )
    choose_backend()


def _open_tflite(path: Path) -> OpenedModel:
    from s2s_keras.runtime import Corrector, Seq2SeqLite, read_artifact

    artifact = read_artifact(path)
    with quiet_native_logs():
        if artifact.lexicon is not None:
            corrector = Corrector(artifact)
            task = artifact.metadata.get("task")
            return OpenedModel(corrector, 1, task, corrector=corrector)
        predictor = Seq2SeqLite(artifact)
    metadata = predictor.metadata
    return OpenedModel(predictor, 1, metadata.get("task"), metadata.get("target_language"))


def _open_saved_model(path: Path) -> OpenedModel:
    with quiet_native_logs():
        from s2s_keras.saved_model_predictor import SERVING_BATCH, SavedModelPredictor

        predictor = SavedModelPredictor(path)
    return OpenedModel(predictor, SERVING_BATCH, predictor.folder.metadata.get("task"))


def _open_run_folder(path: Path) -> OpenedModel:
    run = open_run(path)
    from s2s_keras.keras_session import EVALUATION_BATCH, make_predictor

    predictor = make_predictor(run.model, run.recipe.decoding_settings())
    language = run.recipe.data.target_language
    return OpenedModel(predictor, EVALUATION_BATCH, run.recipe.task, language)


def _open_keras(path: Path) -> OpenedModel:
    require_training()
    with quiet_native_logs():
        from s2s_keras.decoding import DecodingSettings
        from s2s_keras.keras_session import EVALUATION_BATCH, make_predictor
        from s2s_keras.model import load_model

        model = load_model(path)
    return OpenedModel(make_predictor(model, DecodingSettings()), EVALUATION_BATCH)
