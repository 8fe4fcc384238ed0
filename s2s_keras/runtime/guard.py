"""What holds for every session of a file: one caller at a time, and only ids that exist."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from math import isnan
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding import DecodingSettings, StepOutput
from s2s_keras.decoding.deadline import Deadline
from s2s_keras.decoding.session import GreedyOutput, check_number, without_eos
from s2s_keras.errors import ArtifactError
from s2s_keras.runtime.artifact import Artifact
from s2s_keras.text import BOS_ID, EOS_ID

__all__ = ["GuardedSession"]

_REMEDY = "Give each thread a session, or share a Seq2SeqLite."


class GuardedSession(ABC):
    """A `decoding.Session` that refuses what an interpreter would answer with nonsense.

    Interpreters check neither who calls them nor, everywhere, the ids that they look up: two
    threads would decode a mixture of two texts, and a negative id some row of the table.

    Args:
        artifact: the file that the session runs.

    Attributes:
        handed_over: whether the steps of one search may come from several threads, one after the
            other. Whoever sets it hands the session to one search at a time.
    """

    def __init__(self, artifact: Artifact) -> None:
        self.handed_over = False
        self._path = artifact.path
        self._source_vocabulary = len(artifact.source_tokenizer)
        self._target_vocabulary = len(artifact.target_tokenizer)
        self._alone = _Alone(artifact.path)
        self._is_closed = False
        self._thread: int | None = None
        self._rows = 0

    def start(self, source_ids: NDArray[np.int32], beam_width: int) -> None:
        """Encodes one source; see `decoding.Session.start`.

        Args:
            source_ids: int32 (1, S), ids of the source vocabulary, S at most what the file takes.
            beam_width: a width that the file holds a signature for.

        Raises:
            ValueError: an argument lies outside its range, the session is closed, or another thread
                uses it.
            ArtifactError: the graph fails on ids of its vocabularies.
        """
        with self._alone:
            self._begin(source_ids, beam_width)
            self._rows = beam_width
            self._thread = threading.get_ident()

    def step(self, tokens: NDArray[np.int32], parents: NDArray[np.intp]) -> StepOutput:
        """Advances every beam by one token; see `decoding.Session.step`.

        Args:
            tokens: int32 (B,), ids of the target vocabulary.
            parents: int (B,), rows of the step before, 0 to B - 1.

        Raises:
            ValueError: an argument lies outside its range, no source was encoded, the session is
                closed, or another thread uses it.
            ArtifactError: the graph fails on ids of its vocabularies, or answers with others.
        """
        with self._alone:
            self._check_open()
            self._check_rows(len(tokens), len(parents))
            _check_ids("tokens", tokens, self._target_vocabulary)
            _check_ids("parents", parents, self._rows)
            output = self._step(tokens, parents)
        # A negative number is a large one without its sign.
        if np.maximum.reduce(output.token_ids.view(np.uint32), None) >= self._target_vocabulary:
            self._refuse_answer()
        return output

    def state(self) -> NDArray[Any]:
        """Returns the decoder's state behind the last step; see `decoding.ResumableSession`.

        Raises:
            ValueError: no source was encoded, or the file keeps the state to itself.
        """
        with self._alone:
            self._check_open()
            self._check_rows(self._rows, self._rows)
            return self._get_state()

    def resume(self, state: NDArray[Any]) -> None:
        """Goes on from a state of before; see `decoding.ResumableSession`.

        Raises:
            ValueError: see `state`; or it is of another model.
        """
        with self._alone:
            self._check_open()
            self._check_rows(self._rows, self._rows)
            self._set_state(state)

    def greedy(self, source_ids: NDArray[np.int32], settings: DecodingSettings) -> GreedyOutput:
        """Decodes one source greedily; see `decoding.GreedySession`.

        Args:
            source_ids: see `start`.
            settings: lengths and time limit.

        Raises:
            ValueError: an argument lies outside its range, the session is closed, or another thread
                uses it.
            ArtifactError: the graph fails on ids of its vocabularies, or answers with others.
        """
        # Between two steps the caches hold little but weights: each line of the loop costs.
        is_over = (
            None if settings.time_limit_ms is None else Deadline(settings.time_limit_ms).is_over
        )
        shortest, longest = settings.min_output_length, settings.max_output_length
        step, vocabulary = self._step, self._target_vocabulary
        tokens, parents = np.array([BOS_ID], np.int32), np.zeros(1, np.intp)
        token_ids: list[int] = []
        attention: list[NDArray[np.float32]] = []
        log_prob, timed_out = 0.0, False
        with self._alone:
            self._begin(source_ids, 1)
            for length in range(1, longest + 1):
                log_probs, candidate_ids, weights = step(tokens, parents)
                column = log_probs.argmax()
                token = candidate_ids.item(column)
                if token == EOS_ID and length <= shortest:
                    column = without_eos(log_probs, candidate_ids, settings).argmax()
                    token = candidate_ids.item(column)
                gained = log_probs.item(column)
                if isnan(gained) or not 0 <= token < vocabulary:
                    check_number(gained)
                    self._refuse_answer()
                token_ids.append(token)
                log_prob += gained
                if weights is not None:
                    attention.append(weights)
                if token == EOS_ID:
                    break
                if is_over is not None and length < longest and is_over():
                    timed_out = True
                    break
                tokens[0] = token
        found = np.concatenate(attention) if attention else None
        return GreedyOutput(token_ids, log_prob, found, timed_out)

    def prove(self, beam_width: int) -> None:
        """Looks the last ids up, so that vocabularies of another model show before the first text.

        Raises:
            ArtifactError: the graph has fewer ids than the vocabularies, or answers with more.
        """
        last_source = np.array([[self._source_vocabulary - 1]], np.int32)
        last_target = np.full(beam_width, self._target_vocabulary - 1, np.int32)
        self.start(last_source, beam_width)
        self.step(last_target, np.arange(beam_width))
        self._rows = 0

    def close(self) -> None:
        """Lets the interpreter go. A step under way in another thread ends first."""
        with self._alone.lock:
            if not self._is_closed:
                self._is_closed = True
                self._release()

    @abstractmethod
    def _start(self, source_ids: NDArray[np.int32], beam_width: int) -> None:
        """Runs what `start` promises, on checked ids."""

    @abstractmethod
    def _step(self, tokens: NDArray[np.int32], parents: NDArray[np.intp]) -> StepOutput:
        """Runs what `step` promises, on checked ids."""

    @abstractmethod
    def _get_state(self) -> NDArray[Any]:
        """Runs what `state` promises."""

    @abstractmethod
    def _set_state(self, state: NDArray[Any]) -> None:
        """Runs what `resume` promises."""

    @abstractmethod
    def _release(self) -> None:
        """Drops all references to the interpreter."""

    def _begin(self, source_ids: NDArray[np.int32], beam_width: int) -> None:
        self._check_open()
        _check_ids("source_ids", source_ids.ravel(), self._source_vocabulary)
        self._rows = 0  # what fails, or ends, leaves nothing to go on with
        self._start(source_ids, beam_width)

    def _refuse_answer(self) -> NoReturn:
        raise ArtifactError(
            f"{self._path}: the graph answers with ids that are not in the vocabulary of "
            f"{self._target_vocabulary}: the two are not of one model. Export it again."
        )

    def _check_open(self) -> None:
        if self._is_closed:
            raise ValueError(f"{self._path}: the model is closed.")

    def _check_rows(self, tokens: int, parents: int) -> None:
        if not self._rows:
            raise ValueError("A session must `start` with a source before its first step.")
        if threading.get_ident() != self._thread and not self.handed_over:
            raise ValueError(
                "The steps of a session must come from the thread that started it. Received: one "
                f"from another thread. {_REMEDY}"
            )
        if not tokens == parents == self._rows:
            raise ValueError(
                f"`tokens` and `parents` must have a row for each of {self._rows} beams. "
                f"Received: {tokens} and {parents}."
            )


class _Alone:
    """Lets one caller in at a time, refuses the others, and names the file that fails."""

    def __init__(self, path: Path) -> None:
        self.lock = threading.Lock()
        self._path = path

    def __enter__(self) -> None:
        if not self.lock.acquire(blocking=False):
            raise ValueError(
                "A session must be used by one thread at a time. Received: a call during another. "
                f"{_REMEDY}"
            )

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.lock.release()
        if isinstance(error, RuntimeError):  # what interpreters raise
            raise ArtifactError(
                f"{self._path}: the graph fails on ids of its vocabularies: {error}"
            ) from error


def _check_ids(name: str, ids: NDArray[np.integer], count: int) -> None:
    values = ids.tolist()  # they are few: faster than NumPy's reductions
    if values and (min(values) < 0 or max(values) >= count):
        raise ValueError(
            f"`{name}` must lie between 0 and {count - 1}. "
            f"Received: {min(values)} to {max(values)}."
        )
