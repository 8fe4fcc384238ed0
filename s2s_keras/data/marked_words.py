"""Running text -> pairs of one word in its context and what was meant, mistyped at each draw."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import sqrt
from random import Random
from typing import overload

import numpy as np
from numpy.typing import NDArray

from s2s_keras.data.noise import Noise
from s2s_keras.data.pairs import Pair
from s2s_keras.text import Lexicon, normalize
from s2s_keras.text.lexicon import MAX_WORD_CHARACTERS
from s2s_keras.text.marker import WordMarker
from s2s_keras.text.words import TypedWord, find_words, straighten

__all__ = ["MarkedWords"]

_FREQUENT = 3e-4
"""The share of running text above which not each occurrence of a word becomes an example."""

_ENOUGH = 1_000
"""Occurrences of a word below which each does, whatever its share."""

_SLACK = 4
"""Tokens by which most mistyped sources are no longer than clean ones."""

_CHUNK = re.compile(r"\S+")


class MarkedWords(Sequence[Pair]):
    """Words of a text, each in its context: what was typed, and as the target what was meant.

    Each example is an occurrence of a lexicon's word. A draw mistypes it, and now and then a word
    of its context; the same random numbers give the same draw. Sometimes the word is only begun, or
    not even that, with nothing behind it: from such examples a model learns what fits a context,
    and can then complete words.

    Of a word that makes up a share f of the text, above 3e-4, a random share sqrt(3e-4 / f) of the
    occurrences become examples (Mikolov et al. 2013, section 2.3): there is little to learn from
    more. In a short text, where that would leave few, all up to some thousand do.

    Args:
        texts: of any length.
        lexicon: the words that become examples, in lower case.
        noise: what happens to the word.
        context_noise: what happens to each other word.
        marker: word and context -> source.
        limits: tokens of the longest source and characters of the longest word that become
            examples.
        completion: the share of examples in which the word is only begun, 0 to 1.
        seed: of which occurrences become examples.
    """

    def __init__(
        self,
        texts: Sequence[str],
        lexicon: Lexicon,
        noise: Noise,
        context_noise: Noise,
        marker: WordMarker,
        limits: tuple[int, int] = (256, MAX_WORD_CHARACTERS),
        completion: float = 0.08,
        seed: int = 0,
    ) -> None:
        self.noise = noise
        self.context_noise = context_noise
        self.marker = marker
        self.completion = completion
        self._lexicon = lexicon
        self._limits = limits
        self._texts = [straighten(normalize(text)) for text in texts]
        found = [
            (line, index, word, tokens)
            for line, text in enumerate(self._texts)
            for index, word, tokens in self._candidates(text)
        ]
        counts = Counter(word for _, _, word, _ in found)
        limit = max(_ENOUGH, _FREQUENT * sum(counts.values()))
        keep = {word: sqrt(limit / max(limit, n)) for word, n in counts.items()}
        rng = Random(seed)
        kept = [
            (line, index, tokens, len(word))
            for line, index, word, tokens in found
            if rng.random() < keep[word]
        ]
        self._places = np.array(kept, np.int32).reshape(-1, 4)

    def __len__(self) -> int:
        """The number of examples."""
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Pair: ...

    @overload
    def __getitem__(self, index: slice) -> list[Pair]: ...

    def __getitem__(self, index: int | slice) -> Pair | list[Pair]:
        """Returns what `draw` does without random numbers."""
        if isinstance(index, slice):
            return [self.draw(i, None) for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self.draw(index, None)

    @property
    def characters(self) -> int:
        """The characters of all words that become examples."""
        return int(self._places[:, 3].sum())

    def lengths(self) -> NDArray[np.integer]:
        """Returns int (N, 2): tokens that a clean source has at most, with some to spare, and the
        characters of the word, likewise.
        """
        lengths: NDArray[np.integer] = np.minimum(self._places[:, 2:] + _SLACK, self._limits)
        return lengths

    def draw(self, example: int, rng: Random | None) -> Pair:
        """Returns an example: a source as `WordMarker.mark` writes it, and what was meant.

        Args:
            example: its index.
            rng: of which the draw is a function; without it all is typed as it was meant.
        """
        line, index = self._places[example, :2]
        text = self._texts[line]
        words = find_words(text)
        word = words[index]
        if rng is None:
            left, right = text[: word.start], text[word.end :]
            return self._pair(left, word.text, right, word.text)
        near = words[:index][-self.marker.left_tokens :]
        left = self._mistype(text, 0, word.start, near, rng)
        if rng.random() < self.completion:
            begun = word.text[: rng.randrange(len(word.text))]
            return self._pair(left, begun, "", word.text)
        together = [word.text]
        if index + 1 < len(words) and text[word.end : words[index + 1].start] == " ":
            following = words[index + 1].text
            together += [following] if following.lower() in self._lexicon else []
        typed = self.noise.type_word(together, 0, rng)
        behind = index + typed.words
        near = words[behind : behind + self.marker.right_tokens]
        right = self._mistype(text, words[behind - 1].end, len(text), near, rng)
        return self._pair(left, typed.text, right, typed.meant)

    def _pair(self, left: str, typed: str, right: str, meant: str) -> Pair:
        is_known = self._lexicon.knows(self.marker.normalize(typed))
        return Pair(self.marker.mark(left, typed, right, is_known), meant.lower())

    def _candidates(self, text: str) -> Iterator[tuple[int, str, int]]:
        """Yields the index of each word of the lexicon, the word, and the tokens of its source.

        Those that do not fit are passed over.
        """
        count = self.marker.count_tokens
        chunks = list(_CHUNK.finditer(text))
        ends = [chunk.end() for chunk in chunks]
        sums = list(accumulate((count(chunk.group()) for chunk in chunks), initial=0))
        for index, word in enumerate(find_words(text)):
            lower = word.text.lower()
            if lower in self._lexicon:
                place = bisect_left(ends, word.end)
                chunk = chunks[place]
                before = sums[place] + count(text[chunk.start() : word.start])
                behind = sums[-1] - sums[place + 1] + count(text[word.end : chunk.end()])
                left = max(1, min(before, self.marker.left_tokens))  # a space, if nothing else
                right = min(behind, self.marker.right_tokens)
                tokens = left + len(lower) + right
                if tokens <= self._limits[0] and len(lower) <= self._limits[1]:
                    yield index, lower, tokens

    def _mistype(
        self, text: str, start: int, end: int, words: Sequence[TypedWord], rng: Random
    ) -> str:
        """Returns `text[start:end]` with some words of it, in order, mistyped by chance."""
        parts = []
        for word in words:
            typed = self.context_noise.type_word([word.text], 0, rng).text
            if typed != word.text:
                parts += [text[start : word.start], typed]
                start = word.end
        return "".join([*parts, text[start:end]])
