"""The words that a corrector knows, with their frequencies, in a few arrays."""

from __future__ import annotations

import math
import re
import reprlib
import struct
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import compress, pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_WORD_CHARACTERS", "Lexicon"]

MAX_WORD_CHARACTERS = 48
"""The longest word."""

_STEP_NATS = 0.1
"""What one unit of a stored log frequency is worth: frequencies are rounded to 5 per cent."""

_RAREST = 255

_COUNT = struct.Struct("<I")

_END = b"\n"
"""Stands behind each word."""

_BEHIND_ALL = b"\xff"
"""Comes after every character in UTF-8."""

_NO_WORD = re.compile("[\n\ud800-\udfff]")
"""Characters that no word holds: line breaks and halves of surrogate pairs."""

_AT_ONCE = 4096
"""Words that are checked as strings at a time."""


class Lexicon:
    """Words and how frequent they are, looked up by word, by index or by beginning.

    >>> lexicon = Lexicon({"the": 0.05, "then": 0.002, "they": 0.005})
    >>> "then" in lexicon, lexicon.completions("the", 2), lexicon.word(1)
    (True, ['the', 'they'], 'then')

    Words have an index, 0 to N - 1, in the order of their code points. They stand one behind the
    other in UTF-8, which has the same order. Frequencies are kept in one byte each, as natural
    logarithms in steps of 0.1.

    Args:
        frequencies: word -> its share of running text, above 0 and at most 1.
        spellings: how words are spelled that are not written in lower case: "London" of "london".
        variants: pairs of words that are one in two spellings: "center" and "centre".

    Attributes:
        log_frequencies: float32 (N,), the natural logarithm of each word's share; not writable.
        spellings: the usual spellings of words that have one, in the order of the words.
        variants: the pairs of variants, in order.

    Raises:
        ValueError: there is no word, a word is empty, too long or holds a line break or half of a
            surrogate pair, or a frequency lies outside its range; or a spelling is none of a word,
            or variants are none of two.
    """

    def __init__(
        self,
        frequencies: Mapping[str, float],
        spellings: Iterable[str] = (),
        variants: Iterable[tuple[str, str]] = (),
    ) -> None:
        for word, frequency in frequencies.items():
            self.check(word, frequency)
        words = sorted(frequencies)
        text = b"".join(_encoded(word) + _END for word in words)
        ranks = _ranks(np.array([frequencies[word] for word in words], np.float64))
        self._keep(text, ranks, sorted(spellings, key=str.lower), sorted(variants))

    def _keep(
        self,
        text: bytes,
        ranks: NDArray[np.uint8],
        spellings: Sequence[str],
        variants: Sequence[tuple[str, str]],
    ) -> None:
        """Keeps sorted words, how many steps their log frequencies lie below 0, and the rest."""
        if not text:
            raise ValueError("A lexicon must hold at least one word. Received none.")
        ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord(_END))
        self._text, self._ranks = text, ranks
        self._starts = array("I", [0])  # gives its items faster than NumPy
        self._starts.frombytes((ends + 1).astype(np.uintc).tobytes())
        self.log_frequencies: NDArray[np.float32] = ranks.astype(np.float32) * np.float32(
            -_STEP_NATS
        )
        self.log_frequencies.setflags(write=False)
        self.spellings = tuple(spellings)
        before = ""
        for spelling in self.spellings:
            word = spelling.lower()
            if word == spelling or word not in self or word <= before:
                raise ValueError(
                    "A spelling must be that of a word, with capitals, and the only one of it. "
                    f"Received: {spelling!r}."
                )
            before = word
        lines = [f"{one}\t{other}" for one, other in variants]
        self._variants = "\n".join(["", *lines, ""])
        if lines != sorted(set(lines)) or not all(
            one < other and one in self and other in self for one, other in variants
        ):
            raise ValueError(
                "Variants must be pairs of words in order, none twice. "
                f"Received: {reprlib.repr(lines)}."
            )

    @staticmethod
    def check(word: str, frequency: float = 1.0) -> None:
        """Refuses what no lexicon holds.

        Raises:
            ValueError: see the class.
        """
        if not 0 < len(word) <= MAX_WORD_CHARACTERS or _NO_WORD.search(word):
            raise ValueError(
                f"A word must hold 1 to {MAX_WORD_CHARACTERS} characters, no line break and no "
                f"half of a surrogate pair. Received: {word!r}."
            )
        if not 0 < frequency <= 1:
            raise ValueError(
                f"A frequency must be above 0 and at most 1. Received: {frequency} of {word!r}."
            )

    def __len__(self) -> int:
        """The number of words."""
        return len(self._ranks)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self.find(word) is not None

    def __eq__(self, other: object) -> bool:
        """Two lexicons are equal where their words, frequencies, spellings and variants are."""
        return (
            isinstance(other, Lexicon)
            and self._text == other._text
            and self.spellings == other.spellings
            and self._variants == other._variants
            and np.array_equal(self._ranks, other._ranks)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def characters(self) -> frozenset[str]:
        """The characters of all words, found anew each time."""
        return frozenset(self._text.decode()) - {"\n"}

    def word(self, index: int) -> str:
        """Returns the word of an index.

        Args:
            index: 0 to N - 1.
        """
        return self._bytes(index).decode()

    def find(self, word: str) -> int | None:
        """Returns the index of a word; `None` where it is not there."""
        sought = _encoded(word)
        index = self._place(sought)
        return index if index < len(self) and self._bytes(index) == sought else None

    def log_frequency(self, word: str) -> float | None:
        """Returns the natural logarithm of a word's share of running text; `None` for no word."""
        index = self.find(word)
        return None if index is None else float(self.log_frequencies[index])

    def knows(self, text: str) -> bool:
        """Returns whether each word of a text, split at spaces, is there."""
        return all(word in self for word in text.split(" "))

    def spelled(self, text: str) -> str:
        """Returns a text as it is usually spelled, word by word, split at spaces."""
        return " ".join(map(self._spelled, text.split(" ")))

    def _spelled(self, word: str) -> str:
        place = bisect_left(self.spellings, word, key=str.lower)
        found = self.spellings[place : place + 1]
        return found[0] if found and found[0].lower() == word else word

    @property
    def variants(self) -> list[tuple[str, str]]:
        """The pairs of words that are one in two spellings, in order."""
        pairs = (line.partition("\t") for line in self._variants.split("\n") if line)
        return [(one, other) for one, _, other in pairs]

    def are_variants(self, one: str, other: str) -> bool:
        """Returns whether two words are one in two spellings."""
        first, second = sorted((one, other))
        return f"\n{first}\t{second}\n" in self._variants

    def words(self, least_log_frequency: float = -math.inf) -> list[str]:
        """Returns the words that are as frequent, in order."""
        is_frequent = (self.log_frequencies >= least_log_frequency).tolist()
        return list(compress(self._slice(0, len(self)), is_frequent))

    def completions(self, prefix: str, count: int) -> list[str]:
        """Returns the most frequent words that begin with a prefix, the most frequent first.

        Args:
            prefix: may be empty, or a word itself.
            count: of words, at least 0.
        """
        sought = _encoded(prefix)
        first, end = self._place(sought), self._place(sought + _BEHIND_ALL)
        best = np.argsort(self._ranks[first:end], kind="stable")[:count]
        return [self.word(first + i) for i in best.tolist()]

    def changed(
        self,
        add: Mapping[str, float],
        remove: Collection[str] = (),
        spellings: Iterable[str] = (),
        variants: Iterable[tuple[str, str]] = (),
    ) -> Lexicon:
        """Returns a lexicon with other words: personal ones come in, blocked ones go.

        Args:
            add: word -> its frequency, also of words that are there already.
            remove: words, whether they are there or not; also of those in `add`.
            spellings: how words are spelled from now on, also in lower case.
            variants: pairs that come in.

        Raises:
            ValueError: see the class.
        """
        for word, frequency in add.items():
            self.check(word, frequency)
        texts: list[bytes] = []
        ranks: list[NDArray[np.uint8]] = []
        done = 0  # words that were copied or left out
        for word in sorted({*add, *remove}):
            index = self._place(_encoded(word))
            texts.append(self._text[self._starts[done] : self._starts[index]])
            ranks.append(self._ranks[done:index])
            done = index if self.find(word) is None else index + 1
            if word in add and word not in remove:
                texts.append(_encoded(word) + _END)
                ranks.append(_ranks(np.array([add[word]], np.float64)))
        texts.append(self._text[self._starts[done] :])
        by_word = {spelling.lower(): spelling for spelling in (*self.spellings, *spellings)}
        kept = [s for w, s in sorted(by_word.items()) if w != s and w not in remove]
        pairs = sorted(pair for pair in {*self.variants, *variants} if not {*pair} & {*remove})
        all_ranks = np.concatenate([*ranks, self._ranks[done:]])
        return self._of(b"".join(texts), all_ranks, kept, pairs)

    def letters(self) -> NDArray[np.unsignedinteger]:
        """Returns the code points of all words in order, that of a line break behind each.

        Returns:
            (T,), of the smallest unsigned type that holds them; not writable.
        """
        if self._text.isascii():
            return np.frombuffer(self._text, np.uint8)
        points = np.frombuffer(self._text.decode().encode("utf-32"), np.uint32)[1:]  # not its mark
        letters = points.astype(np.min_scalar_type(int(points.max())))
        letters.setflags(write=False)
        return letters

    def to_bytes(self) -> bytes:
        """Returns the lexicon as it stands in a file.

        The number of words, their log frequencies, a byte each, and a line for each word; behind
        them a line for each spelling, and one for each pair of variants, with a tab.
        """
        lines = self._text + b"".join(_encoded(spelling) + _END for spelling in self.spellings)
        lines += _encoded(self._variants[1:])
        return _COUNT.pack(len(self)) + self._ranks.tobytes() + lines[: -len(_END)]

    @classmethod
    def from_bytes(cls, content: bytes) -> Lexicon:
        """Builds the lexicon of what `to_bytes` returned.

        Raises:
            ValueError: the bytes are not those of a lexicon.
        """
        try:
            [count] = _COUNT.unpack_from(content)
            text = content[_COUNT.size + count :] + _END
            text.decode()
            ranks = np.frombuffer(content, np.uint8, count, _COUNT.size).copy()
        except (struct.error, ValueError) as error:  # of text that is no UTF-8, too
            raise ValueError(f"These are not the bytes of a lexicon: {error}.") from error
        lines = text.count(_END)
        if lines < count:
            raise ValueError(f"A lexicon of {count} words must list them. Received: {lines}.")
        ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord(_END))
        behind = int(ends[count - 1]) + 1 if count else 0
        rest = text[behind:].decode().split("\n")[:-1]
        variants = [(one, other) for one, tab, other in (x.partition("\t") for x in rest) if tab]
        lexicon = cls._of(text[:behind], ranks, [x for x in rest if "\t" not in x], variants)
        for first in range(0, count, _AT_ONCE):
            words = lexicon._slice(first, first + _AT_ONCE + 1)  # and the first of the next ones
            cls.check(min(words, key=len))
            cls.check(max(words, key=len))
            for one, following in pairwise(words):
                if one >= following:
                    raise ValueError(
                        "The words of a lexicon must be distinct and in order. "
                        f"Received: {following!r} after {one!r}."
                    )
        return lexicon

    @classmethod
    def _of(
        cls,
        text: bytes,
        ranks: NDArray[np.uint8],
        spellings: Sequence[str],
        variants: Sequence[tuple[str, str]],
    ) -> Lexicon:
        """Builds a lexicon of what is sorted, a line break behind each word."""
        lexicon = cls.__new__(cls)
        lexicon._keep(text, ranks, spellings, variants)
        return lexicon

    def _slice(self, first: int, end: int) -> list[str]:
        """Returns the words from one index up to another, or to the last."""
        last = min(end, len(self))
        return self._text[self._starts[first] : self._starts[last] - 1].decode().split("\n")

    def _bytes(self, index: int) -> bytes:
        """Returns a word in UTF-8."""
        return self._text[self._starts[index] : self._starts[index + 1] - 1]

    def _place(self, sought: bytes) -> int:
        """Returns the number of words that come before one in UTF-8."""
        text, starts = self._text, self._starts
        first, end = 0, len(self)
        while first < end:
            middle = (first + end) // 2
            if text[starts[middle] : starts[middle + 1] - 1] < sought:
                first = middle + 1
            else:
                end = middle
        return first


def _encoded(word: str) -> bytes:
    """Returns a word in UTF-8; one that may be looked up, but is in no lexicon, in its like."""
    return word.encode(errors="surrogatepass")


def _ranks(frequencies: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Returns how many steps log frequencies lie below 0, uint8."""
    steps = np.rint(-np.log(frequencies) / _STEP_NATS)
    return np.clip(steps, 0, _RAREST).astype(np.uint8)
