"""How good a corrector is on texts: rates with intervals, by kind of error, by aggressiveness."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from rapidfuzz.distance import OSA

from s2s_keras.data.pairs import Pair
from s2s_keras.evaluation.metrics import (
    WordCounts,
    align_words,
    character_error_rate,
    count_words,
)
from s2s_keras.evaluation.resampling import Score, bootstrap_interval
from s2s_keras.text import normalize
from s2s_keras.text.words import find_words, straighten

__all__ = [
    "ERROR_KINDS",
    "Correction",
    "CorrectionEvaluation",
    "Corrects",
    "DialPoint",
    "KindRate",
    "Rate",
    "Suggestion",
    "error_kind",
    "evaluate_corrector",
]

ERROR_KINDS = (
    "case",
    "apostrophe",
    "real_word",
    "first_letter",
    "transposition",
    "omission",
    "insertion",
    "substitution",
    "two_edits",
    "more_edits",
    "other",
)
"""What an error is, the first that holds: `real_word` where what was typed is a word, too; `other`
where one word was not typed as one."""

DIALS = tuple(i / 10 for i in range(11))
"""Where on the dial `aggressiveness` the curve is measured."""

SUGGESTED = (1, 3)
"""Suggestions among which the meant word counts as found."""

_ONE_EDIT = {-1: "omission", 1: "insertion"}


class Correction(Protocol):
    """What a corrector returns."""

    @property
    def text(self) -> str:
        """The corrected text."""


class Suggestion(Protocol):
    """What a corrector suggests."""

    @property
    def text(self) -> str:
        """The word."""


class Corrects(Protocol):
    """What is measured; `runtime.Corrector` is one."""

    def correct(self, text: str, aggressiveness: float | None = None) -> Correction:
        """Corrects a text."""

    def suggest(self, word: str, left: str, right: str, k: int) -> Sequence[Suggestion]:
        """Returns what may have been meant by a word."""


class Rate(NamedTuple):
    """A share of words with its 95 % interval over samples of the texts, 0 to 1; NaN of none."""

    rate: float
    low: float
    high: float


class KindRate(NamedTuple):
    """Errors of a kind: how many, and the share of them that was repaired."""

    errors: int
    fix_rate: float


class DialPoint(NamedTuple):
    """What becomes of words where the dial stands at `aggressiveness`."""

    aggressiveness: float
    fix_rate: float
    broken_rate: float
    word_accuracy: float


@dataclass(frozen=True)
class CorrectionEvaluation:
    """The figures of one file of pairs; words are what stands between white space.

    Attributes:
        pairs: how many texts.
        words: words of the references.
        corrupted: words whose source differs from the reference.
        fix_rate: share of the corrupted words that come out right.
        broken_rate: share of the correct words that come out changed.
        word_accuracy: share of all words that come out right.
        exact_match: share of texts that come out right.
        character_error_rate: edits from outputs to references over characters of the references.
        suggestion_accuracy: k -> share of the corrupted words that are one typed word each of which
            the meant one is among the first k suggestions.
        by_kind: one of `ERROR_KINDS` -> its errors.
        curve: one point for each position of the dial.
    """

    pairs: int
    words: int
    corrupted: int
    fix_rate: Rate
    broken_rate: Rate
    word_accuracy: Rate
    exact_match: float
    character_error_rate: float
    suggestion_accuracy: dict[int, float]
    by_kind: dict[str, KindRate]
    curve: list[DialPoint]

    def as_dict(self) -> dict[str, Any]:
        """Returns the figures for JSON; NaN becomes `None`."""
        figures = asdict(self)
        figures["by_kind"] = {kind: rate._asdict() for kind, rate in self.by_kind.items()}
        figures["curve"] = [point._asdict() for point in self.curve]
        for name in ("fix_rate", "broken_rate", "word_accuracy"):
            rate: Rate = getattr(self, name)
            figures[name] = rate.rate
            figures[f"{name}_interval"] = [rate.low, rate.high]
        found: dict[str, Any] = _without_nan(figures)
        return found


def evaluate_corrector(
    corrector: Corrects,
    pairs: Sequence[Pair],
    lexicon: Container[str],
    progress: Callable[[int], None] = lambda done: None,
    dials: Sequence[float] = DIALS,
) -> CorrectionEvaluation:
    """Corrects the sources of pairs, and compares with the targets, all in NFC.

    Args:
        corrector: what is measured, at its own dial and at each of `dials`.
        pairs: texts as typed and as meant, at least one.
        lexicon: words in lower case, by which an error is a real word or none.
        progress: called with the number of texts done since the last call.
        dials: positions of the dial for the curve, 0 to 1.
    """
    pairs = [Pair(normalize(pair.source), normalize(pair.target)) for pair in pairs]
    outputs: list[str] = []
    counts: list[WordCounts] = []
    at_dials = np.zeros((len(dials), len(WordCounts._fields)), np.int64)
    kinds: dict[str, list[bool]] = {kind: [] for kind in ERROR_KINDS}
    ranks: list[int | None] = []
    for source, target in pairs:
        # The most aggressive first: what it looked for serves the others.
        for place in sorted(range(len(dials)), key=lambda i: -dials[i]):
            text = normalize(corrector.correct(source, dials[place]).text)
            at_dials[place] += count_words(source, target, text)
        output = normalize(corrector.correct(source).text)
        outputs.append(output)
        counts.append(count_words(source, target, output))
        _count_kinds(source, target, output, lexicon, kinds)
        ranks += _ranks(corrector, source, target)
        progress(1)
    statistics = np.array(counts, np.float64)
    corrupted = int(statistics[:, 0].sum())
    return CorrectionEvaluation(
        pairs=len(pairs),
        words=int(statistics[:, [0, 2]].sum()),
        corrupted=corrupted,
        fix_rate=_rate(statistics, _fix_rate),
        broken_rate=_rate(statistics, _broken_rate),
        word_accuracy=_rate(statistics, _word_accuracy),
        exact_match=sum(o == p.target for o, p in zip(outputs, pairs, strict=True)) / len(pairs),
        character_error_rate=character_error_rate(outputs, [pair.target for pair in pairs]),
        suggestion_accuracy={
            k: _share([rank is not None and rank < k for rank in ranks]) for k in SUGGESTED
        },
        by_kind={
            kind: KindRate(len(fixed), _share(fixed)) for kind, fixed in kinds.items() if fixed
        },
        curve=[
            DialPoint(dial, _fix_rate(row), _broken_rate(row), _word_accuracy(row))
            for dial, row in zip(dials, at_dials.astype(np.float64), strict=True)
        ],
    )


def error_kind(typed: str, meant: str, lexicon: Container[str]) -> str:
    """Returns which of `ERROR_KINDS` an error is.

    Args:
        typed: a word as it was typed.
        meant: another one.
        lexicon: words in lower case.
    """
    typed, meant = straighten(typed), straighten(meant)
    if " " in meant or " " in typed:
        return "other"
    typed, meant, cased = typed.lower(), meant.lower(), typed.lower() == meant.lower()
    if cased:
        return "case"
    if typed.replace("'", "") == meant.replace("'", ""):
        return "apostrophe"
    if typed in lexicon:
        return "real_word"
    edits = OSA.distance(typed, meant)
    if edits > 1:
        return "two_edits" if edits == 2 else "more_edits"
    if typed[:1] != meant[:1]:
        return "first_letter"
    if len(typed) != len(meant):
        return _ONE_EDIT[len(typed) - len(meant)]
    return "transposition" if sorted(typed) == sorted(meant) else "substitution"


def _single_words(source: str, target: str) -> Iterator[tuple[int, int, str]]:
    """Yields start and end in `source` of each corrupted word, and the word that was meant.

    Only of texts with as many words on both sides, and where one word was typed for one.
    """
    meant_words = target.split()
    if len(source.split()) != len(meant_words):
        return
    typed_words = find_words(source, ())
    position = 0
    for token, meant in zip(source.split(), meant_words, strict=True):
        start = source.index(token, position)
        position = start + len(token)
        if token == meant:
            continue
        inside = [word for word in typed_words if start <= word.start and word.end <= position]
        others = find_words(meant, ())
        if len(inside) == len(others) == 1:
            yield inside[0].start, inside[0].end, others[0].text


def _count_kinds(
    source: str,
    target: str,
    output: str,
    lexicon: Container[str],
    kinds: dict[str, list[bool]],
) -> None:
    """Adds each corrupted word to its kind: whether it was repaired."""
    words = target.split()
    rows = zip(words, align_words(words, source), align_words(words, output), strict=True)
    for word, typed, corrected in rows:
        if typed == word:
            continue
        inside = [find_words(text, ()) for text in (typed or "", word)]
        kind = "other"
        if [len(found) for found in inside] == [1, 1] and inside[0][0].text != inside[1][0].text:
            kind = error_kind(inside[0][0].text, inside[1][0].text, lexicon)
        kinds[kind].append(corrected == word)


def _ranks(corrector: Corrects, source: str, target: str) -> Iterator[int | None]:
    """Yields for each corrupted word its rank among the suggestions, from 0, or `None`."""
    for start, end, meant in _single_words(source, target):
        found = corrector.suggest(source[start:end], source[:start], source[end:], max(SUGGESTED))
        texts = [normalize(suggestion.text) for suggestion in found]
        yield texts.index(meant) if meant in texts else None


def _rate(statistics: np.ndarray[Any, np.dtype[np.float64]], score: Score) -> Rate:
    rate = score(statistics.sum(axis=0))
    if math.isnan(rate):
        return Rate(rate, rate, rate)
    interval = bootstrap_interval(statistics, lambda row: np.nan_to_num(score(row)))
    return Rate(rate, interval.low, interval.high)


def _fix_rate(row: Any) -> float:
    return float(row[1] / row[0]) if row[0] else math.nan


def _broken_rate(row: Any) -> float:
    return float(row[3] / row[2]) if row[2] else math.nan


def _word_accuracy(row: Any) -> float:
    words = row[0] + row[2]
    return float((row[1] + row[2] - row[3]) / words) if words else math.nan


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else math.nan


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
