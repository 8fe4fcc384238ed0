"""Running text -> pairs of it as it is typed and as it was meant, mistyped anew at each draw."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import overload

import numpy as np
from numpy.typing import NDArray

from s2s_keras.data.batches import Bucket, Example, by_length, encode_pairs
from s2s_keras.data.noise import Noise
from s2s_keras.data.pairs import Pair
from s2s_keras.text import SubwordTokenizer, find_words, normalize
from s2s_keras.text.context import END, without_end
from s2s_keras.text.words import straighten

__all__ = ["MistypedTexts", "Mistyper", "TextCutter"]

_SLACK = 4
"""Tokens by which most mistyped texts are no longer than clean ones."""

_REMEMBERED = 500_000
"""Words of which the number of tokens is remembered."""

_CHUNK = re.compile(r"\S+")


class TextCutter:
    """Texts -> parts of them that are not too long.

    Args:
        tokenizer: of `with_end`.
        longest: tokens of the longest part, the end apart.
    """

    def __init__(self, tokenizer: SubwordTokenizer, longest: int) -> None:
        self._tokenizer = tokenizer
        self._longest = longest
        self._counts: dict[str, int] = {}

    def parts(self, text: str) -> Iterator[tuple[str, int]]:
        """Yields the parts of a text, cut between words, and their tokens."""
        part: list[str] = []
        tokens = 0
        for chunk in _CHUNK.findall(without_end(straighten(normalize(text)))):
            count = self._count(chunk)
            if part and tokens + count > self._longest:
                yield " ".join(part), tokens
                part, tokens = [], 0
            if count <= self._longest:
                part.append(chunk)
                tokens += count
        if part:
            yield " ".join(part), tokens

    def room(self, tokens: NDArray[np.integer]) -> NDArray[np.integer]:
        """Returns int (N, 2): room for each part as it is typed, and as it was meant.

        Args:
            tokens: of the parts, int (N,).
        """
        sources = np.minimum(tokens + _SLACK, self._longest)
        return np.stack([sources, tokens], axis=1) + 1

    def _count(self, chunk: str) -> int:
        count = self._counts.get(chunk)
        if count is None:
            if len(self._counts) == _REMEMBERED:
                self._counts.clear()
            count = self._counts[chunk] = len(self._tokenizer.encode(chunk))
        return count


class Mistyper:
    """Texts -> how they are typed, and how they were meant, with an end behind each source.

    At each draw words are mistyped by chance; the same random numbers give the same draw. Words
    stay in their places: the third word of a source is what was typed for the third of its target.

    Args:
        noise: what happens to a word; it adds no space and leaves none out.
        tokenizer: of `with_end`, for both sides.
        unfinished: the share of draws that end behind one of their words, 0 to 1: so do texts that
            are being typed, and nothing is known then of what follows.
    """

    def __init__(self, noise: Noise, tokenizer: SubwordTokenizer, unfinished: float = 0.0) -> None:
        self.noise = noise
        self.unfinished = unfinished
        self._tokenizer = tokenizer

    def draw(self, text: str, rng: np.random.Generator | None) -> Example:
        """Returns `(source_ids (S,), target_ids (T,))`; nothing is mistyped without `rng`."""
        chance = None if rng is None else Random(int(rng.integers(2**62)))
        [example] = encode_pairs([self.mistype(text, chance)], self._tokenizer, self._tokenizer)
        return example

    def mistype(self, text: str, rng: Random | None) -> Pair:
        """Returns a text as it is typed, and as it was meant.

        Args:
            text: a part of `TextCutter`.
            rng: of which the draw is a function; without it all is typed as it was meant.
        """
        if rng is None:
            return Pair(text + END, text)
        words = find_words(text, ())
        if words and rng.random() < self.unfinished:
            del words[rng.randrange(len(words)) + 1 :]
            text = text[: words[-1].end]
        parts, start = [], 0
        for word in words:
            typed = self.noise.type_word([word.text], 0, rng).text
            if typed != word.text and not any(character.isspace() for character in typed):
                parts += [text[start : word.start], typed]
                start = word.end
        return Pair("".join([*parts, text[start:], END]), text)


class MistypedTexts(Sequence[Pair]):
    """Texts in memory that are mistyped anew at each draw; see `Mistyper`.

    Args:
        texts: of any length; those that are too long are cut between words.
        mistyper: what is typed for them.
        cutter: cuts them, for the same tokeniser.
    """

    def __init__(self, texts: Iterable[str], mistyper: Mistyper, cutter: TextCutter) -> None:
        parts = [part for text in texts for part in cutter.parts(text)]
        self._mistyper = mistyper
        self._cutter = cutter
        self._texts = [text for text, _ in parts]
        self._lengths = np.array([tokens for _, tokens in parts], np.int32)

    def __len__(self) -> int:
        """The number of texts."""
        return len(self._texts)

    @overload
    def __getitem__(self, index: int) -> Pair: ...

    @overload
    def __getitem__(self, index: slice) -> list[Pair]: ...

    def __getitem__(self, index: int | slice) -> Pair | list[Pair]:
        """Returns what `mistype` does without random numbers."""
        if isinstance(index, slice):
            return [self.mistype(i, None) for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self.mistype(index, None)

    @property
    def target_tokens(self) -> int:
        """The tokens of all targets, `eos` included."""
        return int(self._lengths.sum()) + len(self)

    def buckets(
        self, bucket_lengths: Sequence[int], target_bucket_lengths: Sequence[int] | None
    ) -> list[Bucket]:
        """Returns the texts in buckets, with room for what is typed; see `Examples`."""
        return by_length(self.lengths(), self.draw, bucket_lengths, target_bucket_lengths)

    def lengths(self) -> NDArray[np.integer]:
        """Returns int (N, 2): room for each text as it is typed, and as it was meant."""
        return self._cutter.room(self._lengths)

    def draw(self, index: int, rng: np.random.Generator | None) -> Example:
        """Returns `(source_ids (S,), target_ids (T,))`; nothing is mistyped without `rng`."""
        return self._mistyper.draw(self._texts[index], rng)

    def mistype(self, index: int, rng: Random | None) -> Pair:
        """Returns a text as it is typed, and as it was meant; see `Mistyper`."""
        return self._mistyper.mistype(self._texts[index], rng)
