"""How people mistype words: the probability of each single slip, and of a typed word."""

from __future__ import annotations

import base64
from collections.abc import Mapping
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

    `data.noise.learn_channel` counts them in lists of misspellings.

    Args:
        tables: float32 (4, K, K) in nats, of omissions, insertions, substitutions and
            transpositions, for the K characters of `ALPHABET`.

    Reference:
        Kernighan, Church and Gale 1990, "A spelling correction program based on a noisy channel
        model": the four tables; with back-off to the character alone, and any number of slips.
    """

    def __init__(self, tables: NDArray[np.float32]) -> None:
        self.tables = tables
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
        codes = self.codes(typed)
        row, last = self.start(codes)[None], self.codes("\n")
        earlier = np.full_like(row, -np.inf)
        for here in self.codes(word)[:, None]:
            row, earlier, last = self.after(row, earlier, last, here, codes), row, here
        return float(row[0, -1])

    def start(self, typed: NDArray[np.intp]) -> NDArray[np.float64]:
        """Returns the row of the empty prefix: log p of each beginning of a typed word.

        Args:
            typed: codes, int (m,).

        Returns:
            float64 (m + 1,).
        """
        first = self.insertions[self.codes("\n")[0], typed]
        return np.concatenate([[0.0], first.cumsum(dtype=np.float64)])

    def after(
        self,
        rows: NDArray[np.float64],
        earlier: NDArray[np.float64],
        last: NDArray[np.intp],
        codes: NDArray[np.intp],
        typed: NDArray[np.intp],
        *,
        is_free: bool = False,
    ) -> NDArray[np.float64]:
        """Returns the rows of prefixes that are a character longer.

        Args:
            rows: float64 (C, m + 1), of the prefixes.
            earlier: likewise, of the prefixes without their last character; minus infinity where
                there are none.
            last: int (C,), codes of the last characters.
            codes: int (C,), of the characters behind them.
            typed: int (m,).
            is_free: whether what follows behind all that was typed costs nothing.
        """
        omitted = self.omissions[last, codes][:, None]
        found = rows + omitted
        if is_free:
            found[:, -1] = rows[:, -1]
        taken = np.where(
            codes[:, None] == typed, 0.0, self.substitutions[codes[:, None], typed[None, :]]
        )
        np.maximum(found[:, 1:], rows[:, :-1] + taken, out=found[:, 1:])
        if len(typed) > 1:
            is_swapped = (codes[:, None] == typed[:-1]) & (last[:, None] == typed[1:])
            exchanged = earlier[:, :-2] + self.transpositions[last, codes][:, None]
            swapped = np.where(is_swapped, exchanged, -np.inf)
            np.maximum(found[:, 2:], swapped, out=found[:, 2:])
        # Characters too many: the best on the way to each place.
        inserted = np.zeros_like(found)
        np.cumsum(self.insertions[codes[:, None], typed[None, :]], axis=1, out=inserted[:, 1:])
        after: NDArray[np.float64] = np.maximum.accumulate(found - inserted, axis=1) + inserted
        return after

    def as_metadata(self) -> dict[str, Any]:
        """Returns what `model.json` holds under `channel`."""
        ranks = np.clip(np.rint(-self.tables / _STEP_NATS), 0, 255).astype(np.uint8)
        packed = base64.b64encode(ranks.tobytes()).decode()
        return {"alphabet": ALPHABET, "step_nats": _STEP_NATS, "tables": packed}

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
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"`channel` must hold the tables of slips: {error}.") from error
        return cls(tables)


_CODES = {character: code for code, character in enumerate(ALPHABET[:-1])}
