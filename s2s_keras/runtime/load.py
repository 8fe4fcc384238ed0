"""A `.tflite` file -> a predictor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from s2s_keras.decoding import DecodingSettings, Predictor
from s2s_keras.errors import ArtifactError
from s2s_keras.runtime.artifact import Artifact, read_artifact
from s2s_keras.runtime.session import TFLiteSession

__all__ = ["default_settings", "load"]


def load(
    path: str | Path,
    settings: DecodingSettings | None = None,
    *,
    num_threads: int = 1,
    interpreter: str | Callable[..., Any] | None = None,
) -> Predictor:
    """Loads a model file that `s2s-keras export` made.

    Args:
        path: the `.tflite` file.
        settings: how to decode; where not given, as the file's `model.json` says. Sources are
            never longer than the file takes.
        num_threads: threads of the interpreter, at least 1.
        interpreter: `"ai-edge-litert"` or `"tflite-runtime"`; where not given, the environment
            variable `S2S_KERAS_INTERPRETER`, or else the first that is installed. A class of the
            form of `tf.lite.Interpreter` serves too; see `find_interpreter`.

    Returns:
        A predictor: `load("model.tflite").predict(["recieve"])[0][0].text`.

    Raises:
        ArtifactError: the file is missing, foreign, truncated or damaged.
        MissingDependencyError: no interpreter is installed.
    """
    artifact = read_artifact(path)
    session = TFLiteSession(artifact, num_threads, interpreter)
    return Predictor(
        session,
        artifact.source_tokenizer,
        artifact.target_tokenizer,
        _within(default_settings(artifact), settings),
    )


def _within(limits: DecodingSettings, given: DecodingSettings | None) -> DecodingSettings:
    """Returns the settings given, with a source length that the graph takes."""
    if given is None:
        return limits
    longest = min(filter(None, (given.max_source_length, limits.max_source_length)))
    return replace(given, max_source_length=longest)


def default_settings(artifact: Artifact) -> DecodingSettings:
    """Returns the settings that a file's `model.json` holds; see `DecodingSettings.from_metadata`.

    Raises:
        ArtifactError: a value lies outside its range.
    """
    try:
        return DecodingSettings.from_metadata(artifact.metadata)
    except ValueError as error:
        raise ArtifactError(f"{artifact.path}: model.json: {error}") from error
