"""What a model that looks ahead holds likely between what stands before and what follows."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding.session import Session, check_number
from s2s_keras.text import BOS_ID, PAD_ID

__all__ = ["Between", "LeftStates", "ResumableSession"]

_REMEMBERED = 256
"""Beginnings of texts whose states are kept; each takes some kilobytes."""


_LEAST = 1e-4
"""Share of a word's probability that is its own, whatever goes on from it."""


class ResumableSession(Session, Protocol):
    """A session that can go on from a decoder's state of before, whatever the source is by now."""

    def state(self) -> NDArray[Any]:
        """Returns the decoder's state behind the last step, float (R, rows, H)."""

    def resume(self, state: NDArray[Any]) -> None:
        """Goes on, in all rows, from the first row of a state, float (R, rows, H)."""


class LeftStates:
    """The decoder's states behind the beginnings of texts.

    Of a decoder that looks ahead they hang on nothing that follows: what was read once is not read
    again, neither for the next word nor for the same one as it is typed. Threads may share one.
    """

    def __init__(self) -> None:
        self._states: OrderedDict[tuple[int, ...], NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def longest(self, ids: tuple[int, ...]) -> tuple[int, NDArray[Any] | None]:
        """Returns how many of the ids have been read, and the state behind them."""
        with self._lock:
            for length in range(len(ids), 0, -1):
                state = self._states.get(ids[:length])
                if state is not None:
                    self._states.move_to_end(ids[:length])
                    return length, state
        return 0, None

    def keep(self, ids: tuple[int, ...], state: NDArray[Any]) -> None:
        """Remembers the state behind some ids."""
        with self._lock:
            self._states[ids] = state
            if len(self._states) > _REMEMBERED:
                self._states.popitem(last=False)


class Between:
    """The log-probabilities of what may stand between two contexts.

    Args:
        session: the model.
        left_ids: what stands before, without `bos`.
        right_ids: what follows, with its end.
        states: of the left contexts that were read before.
        size: V, tokens of the vocabulary.
        width: rows for words of several tokens, of those that the session takes.

    Attributes:
        first: float32 (V,), log p(token | contexts) in nats of each token that may come first.

    Raises:
        ValueError: a step gives the likeliest tokens alone, or the model answers with NaN.
    """

    def __init__(
        self,
        session: ResumableSession,
        left_ids: Sequence[int],
        right_ids: Sequence[int],
        states: LeftStates,
        size: int,
        width: int,
    ) -> None:
        self._session = session
        self._size = size
        self._source = np.array([right_ids], np.int32)
        self._width = width
        ids = (BOS_ID, *left_ids)
        session.start(self._source, 1)
        done, state = states.longest(ids[:-1])
        if state is not None:
            session.resume(state)
        for place in range(done, len(ids)):
            log_probs = self._step([ids[place]], [0], 1)
            states.keep(ids[: place + 1], session.state().copy())
        self._state = session.state()
        self.first: NDArray[np.float32] = log_probs[0]

    def log_probs(self, words: Sequence[list[int]]) -> NDArray[np.float64]:
        """Returns the log-probability of each word, float64 (N,) in nats.

        Words that begin with the same tokens share the steps for them. The model says no word's
        end: what it gives to those of the words that go on from another is taken from that one.

        Args:
            words: token ids of each, at least one, no two the same.
        """
        totals = np.array([self.first[word[0]] for word in words], np.float64)
        longer = sorted(
            (i for i, word in enumerate(words) if len(word) > 1), key=lambda i: words[i]
        )
        for group in self._groups(longer, words):
            self._add(totals, group, words)
        return _without_longer(totals, words)

    def _groups(self, order: list[int], words: Sequence[list[int]]) -> Iterator[list[int]]:
        """Yields words whose beginnings, all tokens but the last, have rows enough."""
        group: list[int] = []
        beginnings: set[tuple[int, ...]] = set()
        for i in order:
            beginning = tuple(words[i][:-1])
            if beginning not in beginnings and len(beginnings) == self._width:
                yield group
                group, beginnings = [], set()
            group.append(i)
            beginnings.add(beginning)
        if group:
            yield group

    def _add(
        self, totals: NDArray[np.float64], group: list[int], words: Sequence[list[int]]
    ) -> None:
        """Adds to words the log-probabilities of their tokens behind the first."""
        self._session.start(self._source, self._width)
        self._session.resume(self._state)
        rows: dict[tuple[int, ...], int] = {(): 0}
        for depth in range(1, max(len(words[i]) for i in group)):
            living = [i for i in group if len(words[i]) > depth]
            beginnings = list(dict.fromkeys(tuple(words[i][:depth]) for i in living))
            parents = [rows[beginning[:-1]] for beginning in beginnings]
            tokens = [beginning[-1] for beginning in beginnings]
            log_probs = self._step(tokens, parents, self._width)
            rows = {beginning: row for row, beginning in enumerate(beginnings)}
            for i in living:
                totals[i] += log_probs[rows[tuple(words[i][:depth])], words[i][depth]]

    def _step(self, tokens: list[int], parents: list[int], width: int) -> NDArray[np.float32]:
        """Returns float32 (width, V) behind the tokens; rows that are left over count nothing."""
        spare = [PAD_ID] * (width - len(tokens))
        output = self._session.step(
            np.array(tokens + spare, np.int32), np.array(parents + spare, np.intp)
        )
        log_probs = output.log_probs
        check_number(float(np.add.reduce(log_probs, None)))
        if log_probs.shape[1] != self._size:
            raise ValueError("To judge words a step must give the log-probability of every token.")
        if output.token_ids[0, 0] == 0 and output.token_ids[0, -1] == self._size - 1:
            return log_probs
        ordered = np.empty_like(log_probs)
        np.put_along_axis(ordered, output.token_ids.astype(np.intp), log_probs, axis=1)
        return ordered


def _without_longer(totals: NDArray[np.float64], words: Sequence[list[int]]) -> NDArray[np.float64]:
    """Takes from the probability of each word that of those that go on from it."""
    left = np.exp(totals)
    shares = left.copy()
    open_words: list[int] = []  # each the beginning of the next
    for i in sorted(range(len(words)), key=lambda i: words[i]):
        while open_words and words[i][: len(words[open_words[-1]])] != words[open_words[-1]]:
            open_words.pop()
        if open_words:
            left[open_words[-1]] -= shares[i]
        open_words.append(i)
    return np.where(left < shares, np.log(np.maximum(left, _LEAST * shares)), totals)
