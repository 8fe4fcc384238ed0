"""How good the outputs are: exact match, character error rate, fix rate and broken rate."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from rapidfuzz.distance import Indel, Levenshtein

from s2s_keras.data.pairs import Pair
from s2s_keras.decoding import Predictor
from s2s_keras.evaluation.decode import decode_sources
from s2s_keras.text import normalize

__all__ = [
    "Evaluation",
    "WordCounts",
    "WordRates",
    "align_words",
    "character_error_rate",
    "count_words",
    "evaluate",
    "evaluate_outputs",
    "word_rates",
]

LONGEST_BY_RUNS = 1_000
"""Words of a text that is aligned by runs: the time grows with their cube, at worst."""


@dataclass(frozen=True)
class WordRates:
    """How a corrector treats words, split at white space.

    Attributes:
        words: words of the references.
        corrupted: words whose source differs from the reference.
        fix_rate: share of the corrupted words that come out right, 0 to 1; NaN without any.
        broken_rate: share of the correct words that come out changed, 0 to 1; NaN without any.
    """

    words: int
    corrupted: int
    fix_rate: float
    broken_rate: float


class WordCounts(NamedTuple):
    """What `count_words` counts."""

    corrupted: int
    fixed: int
    correct: int
    broken: int


@dataclass(frozen=True)
class Evaluation:
    """The figures of one file of pairs.

    Attributes:
        pairs: how many.
        unprocessed: sources that the model does not take (too long, unknown characters); they
            count as if returned unchanged.
        exact_match: share of outputs equal to their target, 0 to 1.
        character_error_rate: edits from outputs to targets over characters of the targets.
        word_rates: fix rate and broken rate.
    """

    pairs: int
    unprocessed: int
    exact_match: float
    character_error_rate: float
    word_rates: WordRates

    def as_dict(self) -> dict[str, Any]:
        """Returns the figures as one flat mapping for JSON; NaN becomes `None`."""
        figures = asdict(self)
        figures.update(figures.pop("word_rates"))
        return {
            key: None if isinstance(value, float) and math.isnan(value) else value
            for key, value in figures.items()
        }


def evaluate(
    predictor: Predictor,
    pairs: Sequence[Pair],
    batch_size: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Evaluation:
    """Decodes the sources of `pairs` and compares the best outputs with the targets, all in NFC.

    Args:
        predictor: the model.
        pairs: sources and references, at least one.
        batch_size: sources that are decoded together; 1 for a TFLite model.
        progress: called with the number of sources done since the last call.
    """
    pairs = [Pair(normalize(pair.source), normalize(pair.target)) for pair in pairs]
    predictions = decode_sources(predictor, [pair.source for pair in pairs], batch_size, progress)
    outputs = [
        pair.source if prediction is None else prediction.text
        for pair, prediction in zip(pairs, predictions, strict=True)
    ]
    return evaluate_outputs(pairs, outputs, unprocessed=predictions.count(None))


def evaluate_outputs(
    pairs: Sequence[Pair], outputs: Sequence[str], unprocessed: int = 0
) -> Evaluation:
    """Compares outputs that are there already with the targets, all in NFC.

    Args:
        pairs: sources and references, at least one.
        outputs: the best output for each; where a source was not taken, the source.
        unprocessed: how many were not.
    """
    pairs = [Pair(normalize(pair.source), normalize(pair.target)) for pair in pairs]
    outputs = [normalize(output) for output in outputs]
    targets = [pair.target for pair in pairs]
    return Evaluation(
        pairs=len(pairs),
        unprocessed=unprocessed,
        exact_match=sum(o == t for o, t in zip(outputs, targets, strict=True)) / len(pairs),
        character_error_rate=character_error_rate(outputs, targets),
        word_rates=word_rates([pair.source for pair in pairs], targets, outputs),
    )


def character_error_rate(outputs: Sequence[str], targets: Sequence[str]) -> float:
    """Returns the Levenshtein distance of all outputs over the characters of all targets."""
    edits = sum(Levenshtein.distance(o, t) for o, t in zip(outputs, targets, strict=True))
    return edits / max(1, sum(map(len, targets)))


def word_rates(sources: Sequence[str], targets: Sequence[str], outputs: Sequence[str]) -> WordRates:
    """Returns the share of corrupted words restored, and that of correct words changed.

    Args:
        sources: N texts as typed.
        targets: N correct texts.
        outputs: N texts as corrected.
    """
    texts = zip(sources, targets, outputs, strict=True)
    counts = [count_words(source, target, output) for source, target, output in texts]
    corrupted, fixed, correct, broken = (sum(column) for column in zip(*counts, strict=True))
    return WordRates(
        words=corrupted + correct,
        corrupted=corrupted,
        fix_rate=fixed / corrupted if corrupted else math.nan,
        broken_rate=broken / correct if correct else math.nan,
    )


def count_words(source: str, target: str, output: str) -> WordCounts:
    """Counts the words of one text: corrupted, of them fixed; correct, of them broken.

    Source and output are aligned to the target word by word where they have as many words, and by
    their longest common runs elsewhere; where either has more than 1,000 words, by their longest
    common subsequence. A word without a partner counts as another word.
    """
    words = target.split()
    rows = list(zip(words, align_words(words, source), align_words(words, output), strict=True))
    corrupted = [corrected == word for word, typed, corrected in rows if typed != word]
    correct = [corrected == word for word, typed, corrected in rows if typed == word]
    return WordCounts(len(corrupted), sum(corrupted), len(correct), correct.count(False))


def align_words(reference: list[str], text: str) -> list[str | None]:
    """Returns for each word of the reference its partner in `text`, or `None`."""
    words = text.split()
    if len(words) == len(reference):
        return list(words)
    partners: list[str | None] = [None] * len(reference)
    if max(len(words), len(reference)) > LONGEST_BY_RUNS:
        for block in Indel.opcodes(reference, words):
            if block.tag == "equal":
                matched = words[block.dest_start : block.dest_end]
                partners[block.src_start : block.src_end] = matched
        return partners
    matcher = difflib.SequenceMatcher(None, reference, words, autojunk=False)
    for start, other_start, size in matcher.get_matching_blocks():
        partners[start : start + size] = words[other_start : other_start + size]
    return partners
