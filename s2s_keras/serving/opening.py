"""MODEL -> a servable: a `.tflite` file, or a folder of SavedModel versions."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from s2s_keras.errors import ArtifactError, MissingDependencyError
from s2s_keras.runtime import Corrector, read_artifact
from s2s_keras.serving.corrector import CorrectorServable
from s2s_keras.serving.lite import LiteServable
from s2s_keras.serving.servable import Servable

__all__ = ["find_version", "open_servable"]

GRAPH_FILE = "saved_model.pb"


def open_servable(
    path: str | Path,
    *,
    version: int | None = None,
    n_best: int | None = None,
    time_limit_ms: float | None = None,
    workers: int | None = None,
) -> Servable:
    """Opens a model to be served.

    Args:
        path: a `.tflite` file; a folder `FOLDER` of versions, `FOLDER/1/saved_model.pb`; or a
            version's folder.
        version: of a SavedModel; the highest where not given.
        n_best: see `LiteServable`; a SavedModel's is fixed, and a corrector of words has one.
        time_limit_ms: see `LiteServable`; nothing else takes a limit.
        workers: see `LiteServable`; a SavedModel has one.

    Raises:
        ArtifactError: there is no such model or version, or it is damaged.
        MissingDependencyError: a SavedModel needs TensorFlow, which is not installed.
        ValueError: an option does not fit the model.
    """
    path = Path(path)
    if not path.exists():
        raise ArtifactError(f"{path}: there is no such file or folder.")
    if not path.is_dir():
        if version not in (None, LiteServable.version):
            raise ValueError(
                f"A .tflite file has version {LiteServable.version} alone. "
                f"Received: version={version}."
            )
        artifact = read_artifact(path)
        if artifact.lexicon is None:
            return LiteServable(
                artifact, n_best=n_best, time_limit_ms=time_limit_ms, workers=workers
            )
        if n_best is not None:
            raise ValueError(
                f"{path} corrects words, and makes one text of a text: leave `n_best` out. "
                f"Received: n_best={n_best}."
            )
        return CorrectorServable(Corrector(artifact), workers=workers)
    if n_best is not None or workers is not None:
        raise ValueError("`n_best` and `workers` are options of .tflite files, not of SavedModels.")
    folder = find_version(path, version)
    if importlib.util.find_spec("tensorflow") is None:
        raise MissingDependencyError(
            "A SavedModel needs TensorFlow: pip install 's2s-keras[saved-model]'. "
            "A .tflite file is served without."
        )
    from s2s_keras.serving.saved_model import SavedModelServable

    return SavedModelServable(folder)


def find_version(folder: Path, version: int | None = None) -> Path:
    """Returns the folder of a version: the highest number, where none is given.

    Raises:
        ArtifactError: there is none.
    """
    if (folder / GRAPH_FILE).exists():
        if version is not None and folder.resolve().name != str(version):
            raise ArtifactError(f"{folder}: this is not version {version}.")
        return folder
    found = {
        int(entry.name): entry
        for entry in folder.iterdir()
        if entry.name.isascii() and entry.name.isdigit() and (entry / GRAPH_FILE).exists()
    }
    if not found:
        raise ArtifactError(
            f"{folder}: the folder must hold versions, FOLDER/1/{GRAPH_FILE}. Export one with "
            "`s2s-keras export RUN --to saved_model`."
        )
    wanted = max(found) if version is None else version
    if wanted not in found:
        raise ArtifactError(
            f"{folder}: there is no version {wanted}. The folder holds {sorted(found)}."
        )
    return found[wanted]
