"""A model file, open: texts -> outputs, from any number of threads."""

from __future__ import annotations

import reprlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from s2s_keras.decoding import DecodingSettings, Predictor
from s2s_keras.errors import ArtifactError
from s2s_keras.runtime.artifact import Artifact, read_artifact
from s2s_keras.runtime.session import TFLiteSession

__all__ = ["Seq2SeqLite", "default_settings"]


class Seq2SeqLite(Predictor):
    """Decodes texts with a model file that `s2s-keras export` made.

    The weights are mapped from the file, not copied. Any number of threads may decode at once: each
    search has an interpreter to itself, which is made when all others are in use and kept for the
    next search. One thread at a time makes do with one.

    >>> with Seq2SeqLite("model.tflite") as model:
    ...     print(model.predict(["recieve"])[0][0].text)
    ...     for prediction in model.stream("recieve"):
    ...         print(prediction.text)

    Args:
        path: the `.tflite` file, or what `read_artifact` returned of it.
        settings: how to decode; where not given, as the file's `model.json` says. Sources are
            never longer than the file takes.
        num_threads: threads of each interpreter, at least 1.
        interpreter: `"ai-edge-litert"` or `"tflite-runtime"`; where not given, the environment
            variable `S2S_KERAS_INTERPRETER`, or else the first that is installed. A class of the
            form of `tf.lite.Interpreter` serves too; see `find_interpreter`.

    Attributes:
        metadata: the file's `model.json`.
        task: the task of the files that the class opens; `None` for any.

    Raises:
        ArtifactError: the file is missing, foreign, truncated or damaged, or made for another task.
        MissingDependencyError: no interpreter is installed.
        ValueError: `num_threads` is below 1.
    """

    task: ClassVar[str | None] = None

    def __init__(
        self,
        path: str | Path | Artifact,
        settings: DecodingSettings | None = None,
        *,
        num_threads: int = 1,
        interpreter: str | Callable[..., Any] | None = None,
    ) -> None:
        if not isinstance(num_threads, int) or num_threads < 1:
            raise ValueError(
                f"`num_threads` must be a positive integer. Received: num_threads={num_threads!r}."
            )
        artifact = path if isinstance(path, Artifact) else read_artifact(path)
        self._check_task(artifact)
        self._artifact = artifact
        self._num_threads = num_threads
        self._interpreter = interpreter
        self._lock = threading.RLock()  # an abandoned stream may come back while it is held
        self._is_closed = False
        self._sessions: list[TFLiteSession] = []
        self._free: list[TFLiteSession] = []
        session = self._new_session()
        self._free.append(session)
        defaults = self._default_settings(artifact)
        if defaults.beam_width not in (1, *session.beam_widths):
            raise ArtifactError(
                f"{artifact.path}: model.json says beam width {defaults.beam_width}, and the graph "
                f"holds {session.beam_widths}. Export it again."
            )
        super().__init__(
            session,
            artifact.source_tokenizer,
            artifact.target_tokenizer,
            _within(defaults, settings),
        )

    @property
    def metadata(self) -> dict[str, Any]:
        """The file's `model.json`."""
        return self._artifact.metadata

    def close(self) -> None:
        """Lets the interpreters and the file go. What is used afterwards raises a `ValueError`.

        Searches under way in other threads, and streams, raise it at their next step.
        """
        with self._lock:
            self._is_closed = True
            sessions = self._sessions[:]
            self._sessions.clear()
            self._free.clear()
        for session in sessions:
            session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _borrowed(self) -> Iterator[TFLiteSession]:
        with self._lock:
            self._check_open()
            session = self._free.pop() if self._free else None
        session = session or self._new_session()
        try:
            yield session
        finally:
            with self._lock:
                self._free.append(session)

    def _new_session(self) -> TFLiteSession:
        session = TFLiteSession(self._artifact, self._num_threads, self._interpreter)
        session.handed_over = True
        with self._lock:
            self._check_open()
            self._sessions.append(session)
        return session

    def _check_open(self) -> None:
        if self._is_closed:
            raise ValueError(f"{self._artifact.path}: the model is closed.")

    @classmethod
    def _check_task(cls, artifact: Artifact) -> None:
        task = artifact.metadata.get("task")
        if cls.task is not None and task != cls.task:
            raise ArtifactError(
                f"{artifact.path}: {cls.__name__} opens files whose task is {cls.task!r}. "
                f"Received: {reprlib.repr(task)}. Open it with `load`."
            )

    @classmethod
    def _default_settings(cls, artifact: Artifact) -> DecodingSettings:
        return default_settings(artifact)


def default_settings(artifact: Artifact) -> DecodingSettings:
    """Returns the settings that a file's `model.json` holds; see `DecodingSettings.from_metadata`.

    Raises:
        ArtifactError: a value lies outside its range.
    """
    try:
        return DecodingSettings.from_metadata(artifact.metadata)
    except ValueError as error:
        raise ArtifactError(f"{artifact.path}: model.json: {error}") from error


def _within(limits: DecodingSettings, given: DecodingSettings | None) -> DecodingSettings:
    """Returns the settings given, with a source length that the graph takes."""
    if given is None:
        return limits
    longest = min(filter(None, (given.max_source_length, limits.max_source_length)))
    return replace(given, max_source_length=longest)
