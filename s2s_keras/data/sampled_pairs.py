"""Pairs of texts -> examples whose subwords are cut anew at each draw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from s2s_keras.data.batches import Bucket, Example, by_length, encode_pairs
from s2s_keras.data.pairs import Pair
from s2s_keras.text import EOS_ID, SubwordTokenizer

__all__ = ["SampledPairs"]

_TRIALS = 3
"""Draws of an example that its room holds, to begin with."""


class SampledPairs:
    """Pairs of which each draw cuts words into smaller subwords; see `SubwordTokenizer.sample`.

    A model then sees rare pieces more often, and the same word in several ways, which helps most
    where there are few pairs (Provilkov et al. 2020, section 5.2).

    Args:
        pairs: source and target texts.
        source_tokenizer: source text -> ids.
        target_tokenizer: target text -> ids.
        dropout: the share of pieces that are passed over, above 0 and below 1.
        longest: tokens that no example gets room for more of; each fits when cut by longest match.
        seed: of the draws that the room of an example is taken from.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        source_tokenizer: SubwordTokenizer,
        target_tokenizer: SubwordTokenizer,
        dropout: float,
        longest: int,
        seed: int = 0,
    ) -> None:
        self._pairs = pairs
        self._tokenizers = (source_tokenizer, target_tokenizer)
        self._encoded = encode_pairs(pairs, source_tokenizer, target_tokenizer)
        self._dropout = dropout
        self._longest = longest
        self._seed = seed

    @property
    def target_tokens(self) -> int:
        """The tokens of all targets, cut by longest match."""
        return sum(len(target) for _, target in self._encoded)

    def buckets(
        self, bucket_lengths: Sequence[int], target_bucket_lengths: Sequence[int] | None
    ) -> list[Bucket]:
        """Returns the pairs in buckets, by the longest of a few draws; see `Examples`."""
        return by_length(self.lengths(), self.draw, bucket_lengths, target_bucket_lengths)

    def lengths(self) -> NDArray[np.integer]:
        """Returns for each pair the tokens of source and target in the longest of a few draws."""
        rng = np.random.default_rng(self._seed)
        drawn = (
            [example, *(self.draw(i, rng) for _ in range(_TRIALS))]
            for i, example in enumerate(self._encoded)
        )
        rooms = [np.max([[len(side) for side in one] for one in forms], axis=0) for forms in drawn]
        return np.minimum(rooms, self._longest)

    def draw(self, index: int, rng: np.random.Generator | None) -> Example:
        """Returns `(source_ids (S,), target_ids (T,))`; cut by longest match without `rng`."""
        if rng is None:
            return self._encoded[index]
        source, target = (
            tokenizer.sample(text, self._dropout, rng.random)
            for tokenizer, text in zip(self._tokenizers, self._pairs[index], strict=True)
        )
        return np.array(source, np.int32), np.array([*target, EOS_ID], np.int32)
