"""The built-in data set `number_words`: whole numbers in English words -> in French words."""

from __future__ import annotations

import random
from collections.abc import Callable

from s2s_keras.data.pairs import Pair, split_pairs

__all__ = ["DESCRIPTION", "LICENCE", "build"]

DESCRIPTION = (
    "A sample of the whole numbers from 0 to 999,999 in English words and in French words, written "
    "by the PyPI package `num2words`."
)
LICENCE = "texts: facts of language; the code of num2words, which wrote them: LGPL 2.1"

ALWAYS_TRAINED = 100
"""Numbers below this are always in train: all others are made of their words."""
SAMPLES = (
    (0, 1_000, 1_000),
    (1_000, 10_000, 4_000),
    (10_000, 100_000, 10_000),
    (100_000, 1_000_000, 15_000),
)
"""From, below, and how many numbers: drawn evenly, nine in ten would have six digits."""


def build(
    dev_fraction: float, fits: Callable[[Pair], bool] = lambda pair: True
) -> tuple[list[Pair], list[Pair]]:
    """Builds train and dev pairs from 30,000 numbers, the same at each call.

    No number is in both parts, and those below 100 are always in train.

    Args:
        dev_fraction: share of the other numbers that goes to dev.
        fits: pairs for which this is false are left out.

    Raises:
        ModuleNotFoundError: `num2words` is not installed.
    """
    from num2words import num2words

    numbers = [
        number
        for low, high, count in SAMPLES
        for number in random.Random(low).sample(range(low, high), count)
    ]
    always: list[Pair] = []
    sampled: list[Pair] = []
    for number in numbers:
        pair = Pair(num2words(number, lang="en"), num2words(number, lang="fr"))
        if fits(pair):
            (always if number < ALWAYS_TRAINED else sampled).append(pair)
    train, dev = split_pairs(sampled, dev_fraction)  # no two numbers have the same source
    return always + train, dev
