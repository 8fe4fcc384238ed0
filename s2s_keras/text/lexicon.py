"""The words that a corrector knows, with their frequencies, as a trie in arrays."""

from __future__ import annotations

import math
import struct
import sys
from bisect import bisect, bisect_left
from collections.abc import Collection, Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_WORD_CHARACTERS", "Lexicon"]

MAX_WORD_CHARACTERS = 48
"""The longest word."""

_STEP_NATS = 0.1
"""What one unit of a stored log frequency is worth: frequencies are rounded to 5 per cent."""

_RAREST = 255

_COUNT = struct.Struct("<I")


class Lexicon:
    """Words and how frequent they are, looked up by prefix.

    A trie whose nodes are prefixes, the root 0 the empty one. What is known of nodes stands in
    arrays, so that a search looks at all of its nodes at once.

    >>> lexicon = Lexicon({"the": 0.05, "then": 0.002, "they": 0.005})
    >>> "then" in lexicon, lexicon.completions("the", 2)
    (True, ['the', 'they'])

    Frequencies are kept in one byte each, as natural logarithms in steps of 0.1.

    Args:
        frequencies: word -> its share of running text, above 0 and at most 1.

    Attributes:
        characters: uint32 (N,), the code point of the last character of each node's prefix.
        is_word: bool (N,), whether the prefix is a word.
        log_frequencies: float32 (N,), of the word; minus infinity where it is none.
        best_log_frequencies: float32 (N,), of the most frequent word that begins with the prefix.

    Raises:
        ValueError: there is no word, a word is empty, too long or holds a line break, or a
            frequency lies outside its range.
    """

    def __init__(self, frequencies: Mapping[str, float]) -> None:
        for word, frequency in frequencies.items():
            self.check(word, frequency)
        words = sorted(frequencies)
        nats = np.log(np.array([frequencies[word] for word in words], np.float64))
        steps = np.clip(np.rint(-nats / _STEP_NATS), 0, _RAREST)
        self._build(words, steps.astype(np.uint8))

    def _build(self, words: list[str], ranks: NDArray[np.uint8]) -> None:
        """Builds the trie of sorted words, given how many steps their log frequencies lie below 0.

        The words of a node are neighbours, the word that is the node itself the first of them. So
        the nodes of a depth are the places where the first characters change.
        """
        if not words:
            raise ValueError("A lexicon must hold at least one word. Received none.")
        self._words, self._ranks = words, ranks
        lengths = np.array([len(word) for word in words])
        width = int(lengths.max())
        letters = np.array(words, f"<U{width}").view(np.uint32).reshape(len(words), width)
        changes = np.zeros(len(words), np.bool_)
        changes[0] = True
        first_rows, characters, best = (
            [np.zeros(1, np.intp)],
            [np.zeros(1, np.uint32)],
            [ranks.min()],
        )
        best_ranks = [np.array(best, np.uint8)]
        parents: list[NDArray[np.intp]] = []
        offset = 0
        for depth, column in enumerate(letters.T, 1):
            changes[1:] |= column[1:] != column[:-1]
            is_long = lengths >= depth
            rows = np.flatnonzero(changes & is_long)
            above = np.searchsorted(first_rows[-1], rows, side="right") - 1
            parents.append(above + offset)
            offset += len(first_rows[-1])
            first_rows.append(rows)
            characters.append(column[rows])
            best_ranks.append(np.minimum.reduceat(np.where(is_long, ranks, _RAREST), rows))
        self.characters: NDArray[np.uint32] = np.concatenate(characters)
        count = len(self.characters)
        self._child_counts = np.bincount(np.concatenate(parents), minlength=count)
        self._first_children = 1 + np.cumsum(self._child_counts) - self._child_counts
        depths = np.repeat(np.arange(width + 1), [len(rows) for rows in first_rows])
        self._rows = np.concatenate(first_rows)
        self.is_word: NDArray[np.bool_] = lengths[self._rows] == depths
        self.log_frequencies: NDArray[np.float32] = np.where(
            self.is_word, _nats(ranks[self._rows]), -np.inf
        ).astype(np.float32)
        self.best_log_frequencies: NDArray[np.float32] = _nats(np.concatenate(best_ranks))

    @staticmethod
    def check(word: str, frequency: float = 1.0) -> None:
        """Refuses what no lexicon holds.

        Raises:
            ValueError: see the class.
        """
        if not 0 < len(word) <= MAX_WORD_CHARACTERS or "\n" in word:
            raise ValueError(
                f"A word must hold 1 to {MAX_WORD_CHARACTERS} characters and no line break. "
                f"Received: {word!r}."
            )
        if not 0 < frequency <= 1:
            raise ValueError(
                f"A frequency must be above 0 and at most 1. Received: {frequency} of {word!r}."
            )

    def __len__(self) -> int:
        """The number of words."""
        return len(self._words)

    def __contains__(self, word: object) -> bool:
        if not isinstance(word, str):
            return False
        place = bisect_left(self._words, word)
        return place < len(self._words) and self._words[place] == word

    def __eq__(self, other: object) -> bool:
        """Two lexicons are equal where their words and frequencies are."""
        return (
            isinstance(other, Lexicon)
            and self._words == other._words
            and np.array_equal(self._ranks, other._ranks)
        )

    __hash__ = None  # type: ignore[assignment]

    def children(self, nodes: NDArray[np.integer]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Returns what is one character longer than some prefixes.

        Args:
            nodes: int (K,).

        Returns:
            The children, int (C,), and for each the position in `nodes` of its parent, int (C,).
        """
        counts = self._child_counts[nodes]
        places = np.repeat(np.arange(len(nodes)), counts)
        before = np.cumsum(counts) - counts
        within = np.arange(len(places)) - before[places]
        return self._first_children[nodes][places] + within, places

    def find(self, prefix: str) -> int | None:
        """Returns the node of a prefix, or `None` where no word begins with it."""
        node = 0
        for character in prefix:
            first = int(self._first_children[node])
            end = first + int(self._child_counts[node])
            child = first + int(np.searchsorted(self.characters[first:end], ord(character)))
            if child == end or self.characters[child] != ord(character):
                return None
            node = child
        return node

    def word(self, node: int) -> str:
        """Returns the word of a node that is one."""
        return self._words[int(self._rows[node])]

    def log_frequency(self, word: str) -> float | None:
        """Returns the natural logarithm of a word's share of running text; `None` for no word."""
        node = self.find(word)
        return (
            float(self.log_frequencies[node]) if node is not None and self.is_word[node] else None
        )

    def knows(self, text: str) -> bool:
        """Returns whether each word of a text, split at spaces, is there."""
        return all(word in self for word in text.split(" "))

    def words(self, least_log_frequency: float = -math.inf) -> list[str]:
        """Returns the words that are as frequent, in order."""
        is_frequent = _nats(self._ranks) >= least_log_frequency
        return [word for word, kept in zip(self._words, is_frequent, strict=True) if kept]

    def completions(self, prefix: str, count: int) -> list[str]:
        """Returns the most frequent words that begin with a prefix, the most frequent first.

        Args:
            prefix: may be empty, or a word itself.
            count: of words, at least 0.
        """
        node = self.find(prefix)
        if node is None:
            return []
        first = int(self._rows[node])
        end = bisect(self._words, prefix + chr(sys.maxunicode))
        best = np.argsort(self._ranks[first:end], kind="stable")[:count]
        return [self._words[first + i] for i in best]

    def changed(self, add: Mapping[str, float], remove: Collection[str] = ()) -> Lexicon:
        """Returns a lexicon with other words: personal ones come in, blocked ones go.

        Args:
            add: word -> its frequency, also of words that are there already.
            remove: words, whether they are there or not.

        Raises:
            ValueError: see the class.
        """
        kept = dict(zip(self._words, np.exp(_nats(self._ranks).astype(np.float64)), strict=True))
        kept |= add
        return Lexicon({word: float(f) for word, f in kept.items() if word not in remove})

    def to_bytes(self) -> bytes:
        """Returns the number of words, their log frequencies, a byte each, and a line for each."""
        return _COUNT.pack(len(self)) + self._ranks.tobytes() + "\n".join(self._words).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Lexicon:
        """Builds the lexicon of what `to_bytes` returned.

        Raises:
            ValueError: the bytes are not those of a lexicon.
        """
        try:
            [count] = _COUNT.unpack_from(content)
            text = content[_COUNT.size + count :].decode()
            ranks = np.frombuffer(content, np.uint8, count, _COUNT.size)
        except (struct.error, ValueError) as error:  # of text that is no UTF-8, too
            raise ValueError(f"These are not the bytes of a lexicon: {error}.") from error
        words = text.split("\n")
        if len(words) != count:
            raise ValueError(f"A lexicon of {count} words must list them. Received: {len(words)}.")
        for word in words:
            cls.check(word)
        for one, following in pairwise(words):
            if one >= following:
                raise ValueError(
                    "The words of a lexicon must be distinct and in order. "
                    f"Received: {following!r} after {one!r}."
                )
        lexicon = cls.__new__(cls)
        lexicon._build(words, ranks)
        return lexicon


def _nats(ranks: NDArray[np.uint8]) -> NDArray[np.float32]:
    return ranks.astype(np.float32) * np.float32(-_STEP_NATS)
