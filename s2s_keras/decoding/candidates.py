"""A typed word -> the words that may have been meant, as far as no context is needed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding.near_words import Near, NearWords
from s2s_keras.text import Lexicon
from s2s_keras.text.channel import ChannelModel

__all__ = ["UNKNOWN_LOG_FREQUENCY", "CandidateFinder", "Found", "joined"]

UNKNOWN_LOG_FREQUENCY = -25.5
"""Of a word that the lexicon lacks: that of the rarest word that it can hold."""

_FUZZY = 4
"""Characters from which on a beginning may hold a slip."""

_MISSING = 0.5
"""Nats that a character costs that is not typed yet."""

_SLIP_OF_BEGINNING = 4.0
"""Nats that a slip in a beginning costs beside what the channel says."""


class Found(NamedTuple):
    """Words that may have been meant, the best first by w log f(word) + v log p(typed | word).

    Attributes:
        texts: C words, or two with a space.
        log_frequencies: float64 (C,), log f(word); of two words the sum.
        slips: float64 (C,), log p(typed | word) of the channel.
    """

    texts: list[str]
    log_frequencies: NDArray[np.float64]
    slips: NDArray[np.float64]


class CandidateFinder:
    """Finds the words of a lexicon that may have been meant by what was typed.

    A word that the lexicon lacks may be any that lies within some edits, or two words without the
    space between them. One that it has may be any within one edit, or one that it is often confused
    with.

    Args:
        lexicon: the words.
        channel: how people mistype words; without one all slips are free.
        max_edits: the largest edit distance, at least 0.
        frequency_weight: w.
        channel_weight: v.
        count: words that are found, at most.
        blocked: words that are never found.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        channel: ChannelModel | None,
        max_edits: int,
        frequency_weight: float,
        channel_weight: float,
        count: int,
        blocked: Collection[str] = (),
    ) -> None:
        self.lexicon = lexicon
        self.characters = lexicon.characters
        self.blocked = frozenset(blocked)
        self._channel = channel
        self._max_edits = max_edits
        self._weights = frequency_weight, channel_weight
        self._count = count
        self._near_words = NearWords(lexicon, channel)

    def log_frequency(self, text: str) -> float:
        """Returns log f(text): of several words the sum, and a floor for what is no word."""
        found = map(self.lexicon.log_frequency, text.split(" "))
        return sum(UNKNOWN_LOG_FREQUENCY if value is None else value for value in found)

    def corrections(self, typed: str) -> Found:
        """Returns what may have been meant by a whole word, itself excepted."""
        if self.lexicon.knows(typed):
            near = self._near_words.find(typed, min(1, self._max_edits))
            return self._best(near, self._confused(typed))
        near = self._near_words.find(typed, self._max_edits)
        return self._best(near, self._splits(typed))

    def completions(self, typed: str) -> Found:
        """Returns the words that a beginning may become; one slip is forgiven in a longer one.

        What is typed is more often a whole word than a beginning: each character that is still
        missing costs, and a slip costs more than in a word.
        """
        edits = min(1, self._max_edits) if len(typed) >= _FUZZY else 0
        near = self._near_words.find(typed, edits, completes=True)
        missing = self._near_words.lengths[near.indices].astype(np.float64) - len(typed)
        costs = _MISSING * missing + _SLIP_OF_BEGINNING * (near.edits > 0)
        return self._best(near._replace(slips=near.slips - costs), [])

    def as_typed(self, typed: str) -> Found:
        """Returns what was typed as what was meant."""
        return Found([typed], np.array([self.log_frequency(typed)]), np.zeros(1))

    def _best(self, near: Near, others: Sequence[tuple[str, float]]) -> Found:
        """Joins near words and others, each with its slips; what is blocked is left out."""
        frequencies = self.lexicon.log_frequencies[near.indices].astype(np.float64)
        values = self._values(frequencies, near.slips)
        count = self._count + len(self.blocked)
        # The best with all that equal the last of them: no order of words decides between those.
        least = np.partition(values, -count)[-count] if len(values) > count else -np.inf
        first = np.flatnonzero(values >= least)
        slips = dict(
            zip(
                map(self.lexicon.word, near.indices[first].tolist()),
                near.slips[first].tolist(),
                strict=True,
            )
        )
        for text, log_prob in others:
            slips[text] = max(log_prob, slips.get(text, log_prob))
        texts = [text for text in slips if self.blocked.isdisjoint(text.split(" "))]
        frequencies = np.array([self.log_frequency(text) for text in texts], np.float64)
        of_texts = np.array([slips[text] for text in texts], np.float64)
        order = np.argsort(-self._values(frequencies, of_texts), kind="stable")[: self._count]
        return Found([texts[i] for i in order], frequencies[order], of_texts[order])

    def _values(
        self, log_frequencies: NDArray[np.float64], slips: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        frequency_weight, channel_weight = self._weights
        values: NDArray[np.float64] = frequency_weight * log_frequencies + channel_weight * slips
        return values

    def _splits(self, typed: str) -> list[tuple[str, float]]:
        """Returns the pairs of words that are typed so where the space is left out."""
        if self._max_edits < 1 or " " in typed:
            return []
        halves = ((typed[:i], typed[i:]) for i in range(1, len(typed)))
        known = (pair for pair in halves if all(half in self.lexicon for half in pair))
        omission = 0.0 if self._channel is None else self._channel.omission(" ")
        return [(" ".join(pair), omission) for pair in known]

    def _confused(self, typed: str) -> list[tuple[str, float]]:
        """Returns the words of the lexicon that the typed one is often confused with."""
        if self._channel is None:
            return []
        words = (word for word in self._channel.confusions.get(typed, ()) if word in self.lexicon)
        return [(word, self._channel.confusion_log_prob) for word in words]


def joined(parts: Sequence[Found]) -> Found:
    """Returns the words of all parts, each once, with the likeliest of its slips."""
    found: dict[str, tuple[float, float]] = {}
    for part in parts:
        rows = zip(part.texts, part.log_frequencies.tolist(), part.slips.tolist(), strict=True)
        for text, log_frequency, slips in rows:
            found[text] = log_frequency, max(slips, found.get(text, (0.0, slips))[1])
    columns = np.array(list(found.values()), np.float64).reshape(-1, 2)
    return Found(list(found), columns[:, 0], columns[:, 1])
