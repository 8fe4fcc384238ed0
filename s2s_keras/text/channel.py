"""How people mistype words: the probability of each single slip, and of a typed word."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ChannelModel"]

ALPHABET = "abcdefghijklmnopqrstuvwxyz' \n?"
"""Characters that slips are counted of: `\\n` stands before a word, `?` for all others."""

TABLES = ("omissions", "insertions", "substitutions", "transpositions")

_STEP_NATS = 0.06
"""What one unit of a stored log-probability is worth."""


class ChannelModel:
    """The noisy channel between a word and what is typed for it.

    A slip leaves out a character y behind x, puts one in behind x, takes y for x, or exchanges x
    and y. The probability of a typed word is that of its likeliest slips, with what is right for
    free:

        log p(typed | word) = max over alignments of the sum of log p(slip)

    Words that people take for one another are typed so whatever their letters are. `data.noise.
    learn_channel` counts slips in lists of misspellings.

    Args:
        tables: float32 (4, K, K) in nats, of omissions, insertions, substitutions and
            transpositions, for the K characters of `ALPHABET`.
        confusions: typed word -> the words that may have been taken for it.
        confusion_log_prob: of each of these, in nats, at most 0.

    Reference:
        Kernighan, Church and Gale 1990, "A spelling correction program based on a noisy channel
        model": the four tables; with back-off to the character alone, and any number of slips.
    """

    def __init__(
        self,
        tables: NDArray[np.float32],
        confusions: Mapping[str, Sequence[str]] | None = None,
        confusion_log_prob: float = -3.5,
    ) -> None:
        self.tables = tables
        self.confusions = confusions or {}
        self.confusion_log_prob = confusion_log_prob
        self.omissions, self.insertions, self.substitutions, self.transpositions = tables

    @staticmethod
    def codes(text: str) -> NDArray[np.intp]:
        """Returns the place in `ALPHABET` of each character."""
        other = len(ALPHABET) - 1
        return np.array([_CODES.get(character, other) for character in text], np.intp)

    def omission(self, character: str) -> float:
        """Returns the largest log-probability with which a character is left out, in nats."""
        return float(self.omissions[:, self.codes(character)[0]].max())

    def log_prob(self, typed: str, word: str) -> float:
        """Returns log p(typed | word) in nats; 0 for the word itself."""
        codes = self.codes(word)
        return float(self.log_probs(typed, codes[:, None], np.array([len(codes)]))[0])

    def log_probs(
        self,
        typed: str,
        words: NDArray[np.intp],
        lengths: NDArray[np.integer],
        completes: bool = False,
    ) -> NDArray[np.float64]:
        """Returns log p(typed | word) of many words at once.

        Args:
            typed: m characters.
            words: int (W, C), codes of the characters of C words in columns; those behind the end
                of a word are not looked at.
            lengths: int (C,), 0 to W.
            completes: whether what follows behind all that was typed costs nothing: the largest
                log p(typed | beginning of the word).

        Returns:
            float64 (C,), in nats.
        """
        codes, start = self.codes(typed), int(self.codes("\n")[0])
        inserted, taken, exchanged = self._beside(codes)
        pairs = np.concatenate([np.full_like(words, start, shape=(1, words.shape[1])), words])
        pairs = pairs[:-1] * len(ALPHABET) + words
        omissions = self.omissions.astype(np.float64).ravel()[pairs]
        insertions, substitutions = inserted.take(words, axis=1), taken.take(words, axis=1)
        transpositions = exchanged.take(pairs, axis=1)
        # A row holds log p(beginning of the typed word | beginning of each word), (m + 1, C).
        row = np.repeat(inserted[:, start, None], words.shape[1], axis=1)
        earlier = np.full_like(row, -np.inf)
        ends = [row[-1]]
        for i in range(len(words)):
            longer = row + omissions[i]
            np.maximum(longer[1:], row[:-1] + substitutions[:, i], out=longer[1:])
            if len(codes) > 1:
                swapped = earlier[:-2] + transpositions[:, i]
                np.maximum(longer[2:], swapped, out=longer[2:])
            # Characters too many: the best on the way to each place.
            longer -= insertions[:, i]
            np.maximum.accumulate(longer, axis=0, out=longer)
            longer += insertions[:, i]
            earlier, row = row, longer
            ends.append(row[-1])
        last = np.stack(ends)
        if completes:
            np.maximum.accumulate(last, axis=0, out=last)
        log_probs: NDArray[np.float64] = last[lengths, np.arange(len(lengths))]
        return log_probs

    def _beside(
        self, typed: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Returns what each character x costs beside a typed word t_1..t_m.

        Args:
            typed: codes, int (m,).

        Returns:
            float64 (m + 1, K), that t_1..t_j are put in behind x; float64 (m, K), that t_j is taken
            for x; float64 (m - 1, K * K), that t_j t_{j + 1} are exchanged for each pair of
            characters; minus infinity for pairs that are others.
        """
        size, places = len(ALPHABET), np.arange(len(typed))
        inserted = np.zeros((len(typed) + 1, size))
        np.cumsum(self.insertions[:, typed].T, axis=0, dtype=np.float64, out=inserted[1:])
        taken = self.substitutions[:, typed].T.astype(np.float64)
        taken[places, typed] = 0.0
        exchanged = np.full((max(len(typed) - 1, 0), size * size), -np.inf)
        first, second = typed[1:], typed[:-1]  # as they stand in the word
        exchanged[places[:-1], first * size + second] = self.transpositions[first, second]
        return inserted, taken, exchanged

    def as_metadata(self) -> dict[str, Any]:
        """Returns what `model.json` holds under `channel`."""
        ranks = np.clip(np.rint(-self.tables / _STEP_NATS), 0, 255).astype(np.uint8)
        packed = base64.b64encode(ranks.tobytes()).decode()
        return {
            "alphabet": ALPHABET,
            "step_nats": _STEP_NATS,
            "tables": packed,
            "confusions": {word: list(others) for word, others in self.confusions.items()},
            "confusion_log_prob": self.confusion_log_prob,
        }

    @classmethod
    def from_metadata(cls, document: Mapping[str, Any]) -> ChannelModel:
        """Returns what `model.json` holds under `channel`.

        Raises:
            ValueError: it is none.
        """
        described = document.get("channel")
        size = len(ALPHABET)
        try:
            if not isinstance(described, dict) or described["alphabet"] != ALPHABET:
                raise ValueError("another alphabet")
            step = float(described["step_nats"])
            ranks = np.frombuffer(base64.b64decode(described["tables"], validate=True), np.uint8)
            if not 0 < step < 1:
                raise ValueError(f"steps of {step} nats")
            tables = ranks.reshape(len(TABLES), size, size) * np.float32(-step)
            confusions = described.get("confusions", {})
            lists = confusions.values() if isinstance(confusions, dict) else [None]
            if not all(isinstance(x, list) and all(isinstance(w, str) for w in x) for x in lists):
                raise ValueError("confusions that are no lists of words")
            log_prob = float(described.get("confusion_log_prob", 0.0))
            if not (math.isfinite(log_prob) and log_prob <= 0):
                raise ValueError(f"a log-probability of {log_prob}")
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"`channel` must hold the tables of slips: {error}.") from error
        return cls(tables, confusions, log_prob)


_CODES = {character: code for code, character in enumerate(ALPHABET[:-1])}
