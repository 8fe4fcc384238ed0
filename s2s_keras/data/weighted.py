"""Examples of several sources -> examples of all, some sources more often than others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from s2s_keras.data.batches import Bucket, Examples

__all__ = ["WeightedExamples", "WeightedSource"]


class WeightedSource(NamedTuple):
    """Examples of one source.

    Attributes:
        examples: its examples.
        weight: how often an epoch sees each of them, above 0.
    """

    examples: Examples
    weight: float


class WeightedExamples:
    """Examples of several sources, which batches mix; see `Examples`.

    An epoch draws n examples of weight w about w n times, each of them floor(w) or ceil(w) times.
    Those that come more often, or at all, take turns: e epochs draw each of them floor(e w) or
    ceil(e w) times, where w n is a whole number.

    Args:
        sources: at least one.
    """

    def __init__(self, sources: Sequence[WeightedSource]) -> None:
        self._sources = list(sources)

    @property
    def target_tokens(self) -> int:
        """The tokens of the targets of an epoch, about: those of all targets times their weight."""
        return sum(round(weight * examples.target_tokens) for examples, weight in self._sources)

    def buckets(
        self, bucket_lengths: Sequence[int], target_bucket_lengths: Sequence[int] | None
    ) -> list[Bucket]:
        """Returns the buckets of all sources; see `Examples`."""
        found: list[Bucket] = []
        for examples, weight in self._sources:
            buckets = examples.buckets(bucket_lengths, target_bucket_lengths)
            if weight != 1:
                counts = np.cumsum([0, *(len(bucket.items) for bucket in buckets)])
                shares = np.diff(np.rint(weight * counts).astype(int)).tolist()
                # What is rounded to none would never be seen.
                buckets = [
                    bucket._replace(share=max(1, share))
                    for bucket, share in zip(buckets, shares, strict=True)
                ]
            found += buckets
        return found
