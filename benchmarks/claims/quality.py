"""Outputs beside their references -> figures, by length and over seeds."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rapidfuzz.distance import Levenshtein

from benchmarks.claims.data import count_words
from benchmarks.claims.experiments import Decoded, Result
from s2s_keras.evaluation import ReferencedSource
from s2s_keras.evaluation.resampling import bootstrap_interval
from s2s_keras.evaluation.translation_metrics import translation_metric
from s2s_keras.text import WordTokenizer, normalize

__all__ = [
    "bleu",
    "by_length",
    "ends_of_fall",
    "exact_match",
    "over_seeds",
    "steps_to_reach",
    "summary",
    "token_accuracy",
]

Measure = Callable[[Sequence[Decoded]], float]


def token_accuracy(rows: Sequence[Decoded]) -> float:
    """Returns 1 - edits / tokens, mean over rows, each 0 to 1.

    Edits are the Levenshtein distance of the word tokens, and tokens those of the longer side.
    """
    pieces = WordTokenizer(()).pieces
    return statistics.fmean(
        Levenshtein.normalized_similarity(pieces(row.output), pieces(row.target)) for row in rows
    )


def exact_match(rows: Sequence[Decoded]) -> float:
    """Returns the share of outputs equal to their target, 0 to 1."""
    return statistics.fmean(normalize(row.output) == normalize(row.target) for row in rows)


def bleu(rows: Sequence[Decoded], bootstrap: int = 1) -> dict[str, Any]:
    """Returns sacrebleu's corpus BLEU with its signature.

    Args:
        rows: at least one.
        bootstrap: samples of the rows, for a confidence interval; 1 for none.

    Returns:
        `bleu`, 0 to 100; `length_ratio`, output tokens a reference token; `signature`; and with
        `bootstrap` `low` and `high`, the 95 % confidence interval.
    """
    sources = [ReferencedSource(row.source, (row.target,)) for row in rows]
    found = translation_metric("bleu").measure([row.output for row in rows], sources)
    output_tokens, reference_tokens = found.statistics.sum(axis=0)[:2]
    figures = {
        "bleu": found.score,
        "length_ratio": float(output_tokens / reference_tokens),
        "signature": found.signature,
    }
    if bootstrap > 1:
        interval = bootstrap_interval(found.statistics, found.score_of, bootstrap)
        figures |= {"low": interval.low, "high": interval.high}
    return figures


def by_length(
    rows: Sequence[Decoded], centers: Iterable[int], measure: Measure, reach: int = 2
) -> list[float | None]:
    """Measures the rows whose sources are about as long as each centre.

    Args:
        rows: dev pairs with outputs.
        centers: word tokens of a source.
        measure: rows -> figure.
        reach: word tokens that a source may be longer or shorter than the centre.

    Returns:
        A figure for each centre, `None` where no source is of that length.
    """
    lengths = [count_words(row.source) for row in rows]
    figures = []
    for center in centers:
        near = [r for r, n in zip(rows, lengths, strict=True) if abs(n - center) <= reach]
        figures.append(measure(near) if near else None)
    return figures


def ends_of_fall(rows: Sequence[Decoded], median: int, measure: Measure) -> tuple[float, float]:
    """Returns a figure at the median length and at twice the median.

    Raises:
        ValueError: no source is of one of the two lengths.
    """
    at_median, at_twice = by_length(rows, (median, 2 * median), measure)
    if at_median is None or at_twice is None:
        raise ValueError(
            f"Sources of {median} and of {2 * median} tokens are needed. "
            f"Received: lengths up to {max(count_words(row.source) for row in rows)}."
        )
    return at_median, at_twice


def summary(values: Sequence[float]) -> dict[str, Any]:
    """Returns mean, smallest and largest of what the seeds gave, and every value."""
    return {
        "mean": statistics.fmean(values),
        "min": min(values),
        "max": max(values),
        "values": list(values),
    }


def over_seeds(
    results: Sequence[Result], figures: Mapping[str, Callable[[Result], float]]
) -> dict[str, Any]:
    """Returns name -> `summary` of a figure of each result."""
    return {name: summary([get(r) for r in results]) for name, get in figures.items()}


def steps_to_reach(result: Result, level: float, key: str = "val_token_accuracy") -> int | None:
    """Returns the optimiser steps after which a dev figure first reached a level.

    It is measured after each epoch; `None` where it never did.
    """
    steps_per_epoch = result.steps // len(result.history)
    for row in result.history:
        if row[key] >= level:
            return round(row["epoch"]) * steps_per_epoch
    return None
