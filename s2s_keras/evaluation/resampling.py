"""What a figure would be with other sentences: intervals, and tests of a difference.

A figure is computed from sums of rows, one a sentence. Samples are drawn as weights of the rows, so
that a sample costs one product, and not one look at every sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "RESAMPLES",
    "SEED",
    "TRIALS",
    "Difference",
    "Interval",
    "bootstrap_interval",
    "paired_difference",
]

RESAMPLES = 1_000
"""Samples of a bootstrap."""
TRIALS = 10_000
"""Exchanges of a randomisation test."""
SEED = 12345
"""Of the samples, unless told otherwise; sacreBLEU's."""
CELLS = 2**22
"""Weights that are held at once."""

Rows = NDArray[np.float64]
Score = Callable[[Rows], float]


@dataclass(frozen=True)
class Interval:
    """The middle 95 % of a figure over the samples.

    Attributes:
        low: 2.5th percentile.
        high: 97.5th percentile.
    """

    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """One figure of a model less that of another, on the same sentences.

    Attributes:
        difference: ours less theirs.
        interval: of the difference, where both are measured on the same samples.
        p_value: how often chance alone makes a difference at least as large, above 0 to 1.
    """

    difference: float
    interval: Interval
    p_value: float


def bootstrap_interval(
    statistics: Rows, score: Score, samples: int = RESAMPLES, seed: int = SEED
) -> Interval:
    """Returns the 95 % interval of a figure over samples of the sentences with replacement.

    Args:
        statistics: float64 (N, k), a row a sentence, at least one.
        score: a sum of rows, float64 (k,) -> figure.
        samples: to draw, at least 1.
        seed: of the samples.

    Reference:
        Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation", 3.2.
    """
    return _percentiles([score(sums) for sums in _resampled(statistics, samples, seed)])


def paired_difference(
    ours: Rows,
    theirs: Rows,
    score: Score,
    samples: int = RESAMPLES,
    trials: int = TRIALS,
    seed: int = SEED,
) -> Difference:
    """Compares two models on the same sentences.

    The interval is that of a paired bootstrap, the p-value that of approximate randomisation: with
    outputs exchanged at random between the models, sentence by sentence, how often is the figures'
    difference at least as large, either way? Equal ones count, so that models which answer alike
    get 1.

    Args:
        ours: float64 (N, k), a row a sentence.
        theirs: likewise, of the other model.
        score: a sum of rows, float64 (k,) -> figure.
        samples: of the bootstrap.
        trials: of the randomisation.
        seed: of both.

    Raises:
        ValueError: the rows are not of the same sentences.

    Reference:
        Koehn 2004, section 4; Riezler and Maxwell 2005, "On Some Pitfalls in Automatic Evaluation
        and Significance Testing for MT".
    """
    if ours.shape != theirs.shape:
        raise ValueError(
            "Two models are compared on the same sentences, with the same metric. "
            f"Received: rows of shape {ours.shape} and {theirs.shape}."
        )
    if np.array_equal(ours, theirs):
        return Difference(0.0, Interval(0.0, 0.0), 1.0)
    sums = ours.sum(axis=0), theirs.sum(axis=0)
    difference = score(sums[0]) - score(sums[1])
    width = ours.shape[1]
    both = _resampled(np.hstack([ours, theirs]), samples, seed)
    interval = _percentiles([score(row[:width]) - score(row[width:]) for row in both])
    smallest = abs(difference) - 1e-9  # sums in another order differ in the last digits
    reached = 0
    for exchanged in _exchanged(ours - theirs, trials, seed):
        apart = score(sums[0] - exchanged) - score(sums[1] + exchanged)
        reached += abs(apart) >= smallest
    return Difference(difference, interval, (reached + 1) / (trials + 1))


def _resampled(rows: Rows, samples: int, seed: int) -> Iterator[Rows]:
    """Yields the sum of each sample of rows."""
    generator = np.random.default_rng(seed)
    count = len(rows)
    for size in _chunks(samples, count):
        drawn = generator.integers(0, count, (size, count))
        drawn += count * np.arange(size)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count)
        yield from weights.astype(np.float64) @ rows


def _exchanged(rows: Rows, trials: int, seed: int) -> Iterator[Rows]:
    """Yields the sum of the rows that each trial chose, each row with probability 1/2."""
    generator = np.random.default_rng(seed)
    for size in _chunks(trials, len(rows)):
        yield from generator.integers(0, 2, (size, len(rows))).astype(np.float64) @ rows


def _chunks(total: int, count: int) -> Iterator[int]:
    size = max(1, CELLS // count)
    for start in range(0, total, size):
        yield min(size, total - start)


def _percentiles(scores: list[float]) -> Interval:
    low, high = np.percentile(scores, [2.5, 97.5])
    return Interval(float(low), float(high))
