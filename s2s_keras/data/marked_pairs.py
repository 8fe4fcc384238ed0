"""Words of running text -> examples that are mistyped anew at each draw."""

from __future__ import annotations

from random import Random

import numpy as np
from numpy.typing import NDArray

from s2s_keras.data.batches import Example, encode_pairs
from s2s_keras.data.marked_words import MarkedWords
from s2s_keras.text import Tokenizer

__all__ = ["MarkedPairs"]


class MarkedPairs:
    """Words of running text that are mistyped anew at each draw; see `MarkedWords`.

    Args:
        words: the words.
        source_tokenizer: source text -> ids.
        target_tokenizer: target text -> ids, a character a token.
    """

    def __init__(
        self, words: MarkedWords, source_tokenizer: Tokenizer, target_tokenizer: Tokenizer
    ) -> None:
        self._words = words
        self._tokenizers = (source_tokenizer, target_tokenizer)

    @property
    def target_tokens(self) -> int:
        """The tokens of all targets."""
        return self._words.characters + len(self._words)

    def lengths(self) -> NDArray[np.integer]:
        """Returns room for each word and its context, and for what was meant, `eos` included."""
        lengths: NDArray[np.integer] = self._words.lengths() + np.array([0, 1])
        return lengths

    def draw(self, index: int, rng: np.random.Generator | None) -> Example:
        """Returns `(source_ids (S,), target_ids (T,))`; nothing is mistyped without `rng`."""
        chance = None if rng is None else Random(int(rng.integers(2**62)))
        [example] = encode_pairs([self._words.draw(index, chance)], *self._tokenizers)
        return example
