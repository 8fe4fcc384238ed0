"""A `.tflite` file -> the class for its task."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from s2s_keras.decoding import DecodingSettings
from s2s_keras.runtime.artifact import Artifact, read_artifact
from s2s_keras.runtime.corrector import Corrector
from s2s_keras.runtime.seq2seq_lite import Seq2SeqLite
from s2s_keras.runtime.translator import Translator

__all__ = ["load"]

BY_TASK: dict[object, type[Seq2SeqLite]] = {
    opener.task: opener for opener in (Corrector, Translator)
}


def load(
    path: str | Path | Artifact,
    settings: DecodingSettings | None = None,
    *,
    num_threads: int = 1,
    interpreter: str | Callable[..., Any] | None = None,
) -> Seq2SeqLite:
    """Opens a model file as what its `model.json` says that it is for.

    Args:
        path: see `Seq2SeqLite`.
        settings: see `Seq2SeqLite`.
        num_threads: see `Seq2SeqLite`.
        interpreter: see `Seq2SeqLite`.

    Returns:
        A `Corrector` or a `Translator`, or a `Seq2SeqLite` where the file says neither:
        `load("model.tflite").predict(["recieve"])[0][0].text`.

    Raises:
        ArtifactError: the file is missing, foreign, truncated or damaged.
        MissingDependencyError: no interpreter is installed.
        ValueError: `num_threads` is below 1.
    """
    artifact = path if isinstance(path, Artifact) else read_artifact(path)
    task = artifact.metadata.get("task")
    opener = BY_TASK.get(task, Seq2SeqLite) if isinstance(task, str) else Seq2SeqLite
    return opener(artifact, settings, num_threads=num_threads, interpreter=interpreter)
