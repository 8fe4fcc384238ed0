"""Outputs and their references -> the figures of a translation, with intervals, and by length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rapidfuzz.distance import Levenshtein

from s2s_keras.data.pairs import Pair
from s2s_keras.decoding import Prediction, Predictor
from s2s_keras.evaluation.decode import decode_sources
from s2s_keras.evaluation.references import ReferencedSource, group_references
from s2s_keras.evaluation.resampling import (
    RESAMPLES,
    SEED,
    TRIALS,
    Difference,
    Interval,
    bootstrap_interval,
    paired_difference,
)
from s2s_keras.evaluation.translation_metrics import (
    Measurement,
    require_translation_metrics,
    translation_metrics,
)
from s2s_keras.text import normalize

__all__ = [
    "LengthBucket",
    "TranslationEvaluation",
    "compare_translations",
    "evaluate_translation",
    "evaluate_translations",
]

BUCKETS = (1, 6, 11, 16, 21, 31)
"""The fewest words of a source in each bucket of lengths."""

Progress = Callable[[int], None]


@dataclass(frozen=True)
class LengthBucket:
    """The figures of the sources that are about as long.

    Attributes:
        shortest: words of a source, between white space, at least.
        longest: at most; `None` for any number.
        sources: how many there are, at least one.
        bleu: 0 to 100.
        chrf: 0 to 100.
    """

    shortest: int
    longest: int | None
    sources: int
    bleu: float
    chrf: float

    @property
    def words(self) -> str:
        """The lengths, such as `6-10` or `31+`."""
        return f"{self.shortest}+" if self.longest is None else f"{self.shortest}-{self.longest}"

    def as_dict(self) -> dict[str, Any]:
        """Returns the figures for JSON."""
        return {
            "words": self.words,
            "sources": self.sources,
            "bleu": self.bleu,
            "chrf": self.chrf,
        }


@dataclass(frozen=True)
class TranslationEvaluation:
    """The figures of one model and one file of pairs.

    Attributes:
        sources: N texts, each once, with their references.
        outputs: the best output for each; where the model does not take it, the source.
        predictions: how the outputs came about; `None` where that is not known, and where the model
            does not take the source.
        measurements: `bleu`, `chrf`, `ter` and `tokenized_bleu`; see `translation_metrics`.
        unprocessed: sources that the model does not take; they count as if returned unchanged.
        seed: of the samples.
    """

    sources: tuple[ReferencedSource, ...] = field(repr=False)
    outputs: tuple[str, ...] = field(repr=False)
    predictions: tuple[Prediction | None, ...] = field(repr=False)
    measurements: tuple[Measurement, ...]
    unprocessed: int = 0
    seed: int = SEED

    def __getitem__(self, name: str) -> Measurement:
        """Returns a figure by its key in JSON."""
        return next(found for found in self.measurements if found.name == name)

    @property
    def pairs(self) -> int:
        """Pairs of a source and one reference."""
        return sum(len(source.references) for source in self.sources)

    @property
    def exact_match(self) -> float:
        """Share of outputs equal to one of their references, 0 to 1."""
        rows = zip(self.outputs, self.sources, strict=True)
        return sum(output in source.references for output, source in rows) / len(self.sources)

    @property
    def character_error_rate(self) -> float:
        """Edits from outputs to the nearest references over the characters of these."""
        edits = characters = 0
        for output, source in zip(self.outputs, self.sources, strict=True):
            fewest, length = min(
                (Levenshtein.distance(output, r), len(r)) for r in source.references
            )
            edits += fewest
            characters += length
        return edits / max(1, characters)

    @cached_property
    def intervals(self) -> dict[str, Interval]:
        """The 95 % interval of each figure, by its key in JSON."""
        return {
            found.name: bootstrap_interval(found.statistics, found.score_of, seed=self.seed)
            for found in self.measurements
        }

    @cached_property
    def by_source_length(self) -> tuple[LengthBucket, ...]:
        """BLEU and chrF by the words of the source, where there are sources of the length."""
        lengths = [len(source.source.split()) for source in self.sources]
        buckets = []
        for shortest, after in zip(BUCKETS, (*BUCKETS[1:], None), strict=True):
            chosen = [
                index
                for index, length in enumerate(lengths)
                if shortest <= length and (after is None or length < after)
            ]
            if chosen:
                bleu, chrf = (
                    self[name].score_of(self[name].statistics[chosen].sum(axis=0))
                    for name in ("bleu", "chrf")
                )
                longest = None if after is None else after - 1
                buckets.append(LengthBucket(shortest, longest, len(chosen), bleu, chrf))
        return tuple(buckets)

    def as_dict(self) -> dict[str, Any]:
        """Returns the figures for JSON: of each metric `score`, `low`, `high` and `signature`."""
        figures: dict[str, Any] = {
            "pairs": self.pairs,
            "sources": len(self.sources),
            "unprocessed": self.unprocessed,
            "exact_match": self.exact_match,
            "character_error_rate": self.character_error_rate,
        }
        for found in self.measurements:
            interval = self.intervals[found.name]
            figures[found.name] = {
                "score": found.score,
                "low": interval.low,
                "high": interval.high,
                "signature": found.signature,
                **({"remark": found.remark} if found.remark else {}),
            }
        figures["by_source_length"] = [bucket.as_dict() for bucket in self.by_source_length]
        figures["resampling"] = {"samples": RESAMPLES, "trials": TRIALS, "seed": self.seed}
        return figures


def evaluate_translation(
    predictor: Predictor,
    pairs: Sequence[Pair],
    batch_size: int = 1,
    progress: Progress = lambda count: None,
    measured: Progress = lambda count: None,
    *,
    language: str = "en",
    alignments: bool = False,
    seed: int = SEED,
) -> TranslationEvaluation:
    """Decodes each source once, and measures the best outputs against all its references.

    Args:
        predictor: the model.
        pairs: sources and references, at least one; a source may stand there several times.
        batch_size: sources that are decoded together; 1 for a TFLite model.
        progress: called with the number of sources decoded since the last call.
        measured: called with the number of outputs measured since the last call.
        language: ISO 639-1 code of the target language.
        alignments: keeps the attention of each output, for `write_report`.
        seed: of the samples that intervals come from.

    Raises:
        MissingDependencyError: sacrebleu or sacremoses is not installed.
        ValueError: there is no pair, or no such language.
    """
    require_translation_metrics(language)
    sources = group_references(pairs)
    texts = [source.source for source in sources]
    predictions = decode_sources(predictor, texts, batch_size, progress, alignments=alignments)
    outputs = [
        text if prediction is None else prediction.text
        for text, prediction in zip(texts, predictions, strict=True)
    ]
    return evaluate_translations(
        sources,
        outputs,
        predictions,
        measured,
        unprocessed=predictions.count(None),
        language=language,
        seed=seed,
    )


def evaluate_translations(
    sources: Sequence[ReferencedSource],
    outputs: Sequence[str],
    predictions: Sequence[Prediction | None] | None = None,
    measured: Progress = lambda count: None,
    *,
    unprocessed: int = 0,
    language: str = "en",
    seed: int = SEED,
) -> TranslationEvaluation:
    """Measures outputs that are there already, in normalisation form C.

    Args:
        sources: with their references, at least one; see `group_references`.
        outputs: one a source.
        predictions: how they came about, one a source, where that is known.
        measured: called with the number of outputs measured since the last call, N in all.
        unprocessed: sources that the model does not take; their outputs are the sources.
        language: ISO 639-1 code of the target language.
        seed: of the samples that intervals come from.

    Raises:
        MissingDependencyError: sacrebleu or sacremoses is not installed.
        ValueError: there is no source, there are more or fewer outputs, or no such language.
    """
    if not sources or len(outputs) != len(sources):
        raise ValueError(
            "One output a source is measured, of at least one source. "
            f"Received: {len(outputs)} outputs, {len(sources)} sources."
        )
    metrics = translation_metrics(language)
    outputs = [normalize(output) for output in outputs]
    done = 0

    def count(number: int) -> None:
        nonlocal done
        done += number
        if done % len(metrics) == 0:
            measured(1)

    return TranslationEvaluation(
        sources=tuple(sources),
        outputs=tuple(outputs),
        predictions=(None,) * len(outputs) if predictions is None else tuple(predictions),
        measurements=tuple(metric.measure(outputs, sources, count) for metric in metrics),
        unprocessed=unprocessed,
        seed=seed,
    )


def compare_translations(
    ours: TranslationEvaluation, theirs: TranslationEvaluation
) -> dict[str, Difference]:
    """Returns by how much each figure of ours is above theirs, and whether that may be chance.

    Args:
        ours: of the same sources as `theirs`, in the same language.
        theirs: what to compare with.

    Returns:
        Key in JSON -> the difference; for `ter` a negative one is an improvement.

    Raises:
        ValueError: the sources or their references differ.
    """
    if ours.sources != theirs.sources:
        raise ValueError(
            "Two models are compared on the same sources, with the same references. "
            f"Received: {len(ours.sources)} and {len(theirs.sources)} sources that differ."
        )
    return {
        our.name: paired_difference(our.statistics, their.statistics, our.score_of, seed=ours.seed)
        for our, their in zip(ours.measurements, theirs.measurements, strict=True)
    }
