"""BLEU, chrF and TER, each as sums of what is counted in single sentences.

A corpus figure is not the mean of figures of sentences, but it follows from sums over them. So a
sentence is looked at once, and the figure of any choice of sentences (a sample, those of a length,
a single one) is computed from a sum of rows.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from s2s_keras.errors import MissingDependencyError
from s2s_keras.evaluation.moses import MosesText
from s2s_keras.evaluation.references import ReferencedSource

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric

__all__ = [
    "LONGEST_WITH_SHIFTS",
    "NO_TRANSLATION_METRICS",
    "TITLES",
    "Measurement",
    "TranslationMetric",
    "can_measure_translations",
    "require_translation_metrics",
    "translation_metric",
    "translation_metrics",
]

LONGEST_WITH_SHIFTS = 100
"""Words of a text in which TER looks for shifts: with more, the time grows to minutes a text."""
TITLES = {
    "bleu": "BLEU",
    "chrf": "chrF",
    "ter": "TER",
    "tokenized_bleu": "BLEU, Moses tokens in lower case",
}
"""Key in JSON -> what a person reads."""
NO_TRANSLATION_METRICS = (
    "BLEU, chrF and TER need sacrebleu and sacremoses, which the base install leaves out: "
    "pip install 's2s-keras[evaluate]'."
)
"""What a person reads where they are not installed."""
TOKENIZERS = {"zh": "zh", "ja": "char"}
"""Target language -> sacreBLEU's tokeniser where 13a, which cuts at white space, finds no words."""

Progress = Callable[[int], None]


def can_measure_translations() -> bool:
    """Whether the packages of the extra `evaluate` that the figures need are installed."""
    return all(importlib.util.find_spec(name) for name in ("sacrebleu", "sacremoses"))


def require_translation_metrics(language: str = "en") -> None:
    """Checks, before anything is decoded, that outputs could be measured.

    Args:
        language: see `translation_metrics`.

    Raises:
        MissingDependencyError: sacrebleu or sacremoses is not installed.
        ValueError: `language` is no code of a language.
    """
    if not re.fullmatch("[a-z]{2,3}", language):
        raise ValueError(
            "A language must be an ISO 639-1 code, two letters such as 'fr'. "
            f"Received: {language!r}."
        )
    if not can_measure_translations():
        raise MissingDependencyError(NO_TRANSLATION_METRICS)


@dataclass(frozen=True)
class Measurement:
    """One figure of N outputs.

    Attributes:
        name: key in JSON.
        title: what a person reads.
        higher_is_better: whether more of it is better.
        signature: how it was computed, in sacreBLEU's form.
        statistics: float64 (N, k), what was counted in each sentence.
        remark: what the signature does not say; empty where there is nothing.
    """

    name: str
    title: str
    higher_is_better: bool
    signature: str
    statistics: NDArray[np.float64] = field(repr=False)
    remark: str
    _score: Callable[[list[float]], float] = field(repr=False)
    _sentence_score: Callable[[list[float]], float] = field(repr=False)

    @property
    def score(self) -> float:
        """The figure of all sentences, 0 to 100, and above for TER."""
        return self.score_of(self.statistics.sum(axis=0))

    def score_of(self, sums: NDArray[np.float64]) -> float:
        """Returns the figure of the sentences whose rows were summed, float64 (k,)."""
        return self._score(sums.tolist())

    def sentence_score(self, index: int) -> float:
        """Returns the figure of one sentence; BLEU of n-grams that are as long as it, at most."""
        return self._sentence_score(self.statistics[index].tolist())


class TranslationMetric:
    """A metric of sacreBLEU, and what is done with a text before.

    Args:
        name: key in JSON, one of `TITLES`.
        metric: of `sacrebleu.metrics`.
        sentence_metric: computes the figure of a single sentence from the same counts; `metric`
            where not given.
        prepare: what outputs and references go through; nothing where not given.
        signature: keys that `prepare` adds to the signature.
        higher_is_better: whether more of it is better.
    """

    def __init__(
        self,
        name: str,
        metric: Metric,
        *,
        sentence_metric: Metric | None = None,
        prepare: Callable[[str], str] | None = None,
        signature: dict[str, str] | None = None,
        higher_is_better: bool = True,
    ) -> None:
        self.name = name
        self.higher_is_better = higher_is_better
        self._metric = metric
        self._sentence_metric = sentence_metric or metric
        self._prepare = prepare
        self._added = signature or {}

    def measure(
        self,
        outputs: Sequence[str],
        sources: Sequence[ReferencedSource],
        progress: Progress = lambda count: None,
    ) -> Measurement:
        """Measures outputs.

        Args:
            outputs: one a source; it may be empty.
            sources: with their references, whose number may differ.
            progress: called with the number of outputs measured since the last call.
        """
        rows = []
        for output, (_, references) in zip(outputs, sources, strict=True):
            if self._prepare is not None:
                output, references = self._prepare(output), tuple(map(self._prepare, references))
            rows.append(self._row(output, references))
            progress(1)
        return Measurement(
            name=self.name,
            title=TITLES[self.name],
            higher_is_better=self.higher_is_better,
            signature=self._signature({len(source.references) for source in sources}),
            statistics=np.asarray(rows, np.float64),
            remark=self._remark(),
            _score=_scorer(self._metric),
            _sentence_score=_scorer(self._sentence_metric),
        )

    def _row(self, output: str, references: Sequence[str]) -> list[float]:
        """Counts in one sentence, as sacreBLEU does for its own resampling."""
        streams = [[reference] for reference in references]
        [row] = self._metric._extract_corpus_statistics([output], streams)
        return list(row)

    def _signature(self, counts: set[int]) -> str:
        # Sentences are counted one by one, so the metric has seen the number of the last one only.
        self._metric.num_refs = counts.pop() if len(counts) == 1 else -1
        signature = self._metric.get_signature()
        for key, value in self._added.items():
            signature.update(key, value)
        return str(signature)

    def _remark(self) -> str:
        return ""


class _BoundedTer(TranslationMetric):
    """TER without shifts where a text is long: then the edits are those of single words."""

    _long = 0

    def _row(self, output: str, references: Sequence[str]) -> list[float]:
        words, *wanted = (
            self._metric._preprocess_segment(t).split() for t in (output, *references)
        )
        if max(map(len, (words, *wanted))) <= LONGEST_WITH_SHIFTS:
            return super()._row(output, references)
        self._long += 1
        edits = min(Levenshtein.distance(words, reference) for reference in wanted)
        return [edits, sum(map(len, wanted)) / len(wanted)]

    def _remark(self) -> str:
        if not self._long:
            return ""
        return (
            f"{self._long:,} with more than {LONGEST_WITH_SHIFTS} words measured without shifts, "
            "which gives at least as many edits"
        )


def translation_metrics(language: str = "en") -> list[TranslationMetric]:
    """Returns BLEU, chrF, TER, and BLEU as papers before sacreBLEU reported it.

    | name | what |
    |---|---|
    | `bleu` | sacreBLEU, cased; 13a, for Chinese sacreBLEU's tokeniser, for Japanese characters |
    | `chrf` | chrF2: character n-grams up to 6, no words |
    | `ter` | translation edit rate, 0 is best; texts of more than 100 words without shifts |
    | `tokenized_bleu` | of `MosesText`, in lower case, without smoothing, as `multi-bleu.perl` |

    Args:
        language: ISO 639-1 code of the target language, such as `fr`.

    Raises:
        MissingDependencyError: sacrebleu or sacremoses is not installed.
        ValueError: `language` is no such code.

    Reference:
        Papineni et al. 2002 (BLEU), Popović 2015 (chrF), Snover et al. 2006 (TER), Post 2018
        (sacreBLEU).
    """
    return [translation_metric(name, language) for name in TITLES]


def translation_metric(name: str, language: str = "en") -> TranslationMetric:
    """Returns one of `translation_metrics`.

    Raises:
        MissingDependencyError: see `translation_metrics`.
        ValueError: likewise, or there is no such metric.
    """
    if name not in TITLES:
        raise ValueError(f"A metric must be one of {list(TITLES)}. Received: {name!r}.")
    require_translation_metrics(language)
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF
    from sacrebleu.metrics.ter import TER

    if name == "chrf":
        return TranslationMetric(name, CHRF())
    if name == "ter":
        return _BoundedTer(name, TER(), higher_is_better=False)
    if name == "bleu":
        tokenizer = TOKENIZERS.get(language, "13a")
        sentence_metric = BLEU(tokenize=tokenizer, effective_order=True)
        return TranslationMetric(name, BLEU(tokenize=tokenizer), sentence_metric=sentence_metric)
    moses = MosesText(language)
    return TranslationMetric(
        name,
        BLEU(tokenize="none", force=True, smooth_method="none"),
        sentence_metric=BLEU(tokenize="none", force=True, effective_order=True),
        prepare=moses,
        signature={
            "case": "lc",
            "tok": f"moses-{language}",
            "norm": f"moses-{language}",
            "sacremoses": moses.version,
        },
    )


def _scorer(metric: Any) -> Callable[[list[float]], float]:
    return lambda sums: float(metric._compute_score_from_stats(sums).score)
