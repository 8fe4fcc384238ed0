"""Finds the margins and the frequency weight that a corrector should have, on dev texts.

    python -m benchmarks.autocorrect.calibrate MODEL.tflite TEXTS.tsv ... [--broken 0.004]

Every word is judged once, with the candidates that the search finds at the file's own frequency
weight. What changing it would repair and break is then counted for each weight and each pair of
margins; the pair that repairs most at no more than `--broken` right words changed is printed, to be
written into `data.words` of the recipe.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from s2s_keras.cli.console import progress_bar, stdout
from s2s_keras.data import Pair, read_pairs
from s2s_keras.decoding import Candidate, CorrectionSettings, WordCorrector
from s2s_keras.evaluation.metrics import align_words
from s2s_keras.runtime import TFLiteSession, read_artifact
from s2s_keras.text.words import find_words, with_case_of

__all__ = ["Best", "Word", "best_margins", "judged_words", "main"]

WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7)
LOWEST_MARGIN = -20.0
"""In nats: at it every word gets its candidates."""
RAREST_LOG_FREQUENCY = -25.5


class Word(NamedTuple):
    """A word of a text, and what becomes of the text where it is changed.

    Attributes:
        is_known: whether the lexicon has it.
        typed: log-probability and log frequency of the word as it was typed.
        others: those of each candidate, and how many words more are then right, and how many wrong.
    """

    is_known: bool
    typed: tuple[float, float]
    others: list[tuple[float, float, int, int]]


class Best(NamedTuple):
    """What repairs most at a share of right words changed."""

    frequency_weight: float
    known_margin: float
    unknown_margin: float
    fix_rate: float
    broken_rate: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the best margins for each share of right words changed."""
    options = _parse(arguments)
    artifact = read_artifact(options.model)
    if artifact.lexicon is None:
        raise SystemExit(f"{options.model}: a file without a lexicon has no margins")
    settings = CorrectionSettings.from_metadata(artifact.metadata)
    words = WordCorrector(
        artifact.source_tokenizer,  # type: ignore[arg-type]
        artifact.target_tokenizer,
        artifact.lexicon,
        replace(settings, known_margin=-1.0, unknown_margin=LOWEST_MARGIN),
        artifact.metadata["max_source_length"],
    )
    session = TFLiteSession(artifact)
    session.keeps_encoded = True
    pairs = [pair for path in options.texts for pair in read_pairs(path)]
    with progress_bar("judging words") as report:
        judged: list[Word] = []
        for done, pair in enumerate(pairs, 1):
            judged += judged_words(words, session, pair)
            report(done, len(pairs))
    counts = _count(pairs)
    table = Table("at most broken", *Best._fields, title="Best margins", title_justify="left")
    for share in options.broken:
        best = max(
            (best_margins(judged, counts, weight, share) for weight in WEIGHTS),
            key=lambda found: found.fix_rate,
        )
        table.add_row(f"{share:.2%}", *(f"{value:.4g}" for value in best))
    stdout.print(table)
    return 0


def judged_words(words: WordCorrector, session: Any, pair: Pair) -> Iterable[Word]:
    """Yields the words of a text that a candidate may take the place of."""
    source, target = pair
    reference = target.split()
    right = _right(reference, source)
    for word in find_words(source):
        if not words.takes(word.text):
            continue
        judgement = words.judge(session, source[: word.start], word.text, source[word.end :])
        others = []
        for candidate in judgement.others[:3]:
            text = with_case_of(word.text, candidate.text)
            after = _right(reference, source[: word.start] + text + source[word.end :])
            gained, lost = int((after & ~right).sum()), int((right & ~after).sum())
            others.append((candidate.log_prob, _frequency(words, candidate), gained, lost))
        if others:
            typed = judgement.typed
            yield Word(judgement.is_known, (typed.log_prob, _frequency(words, typed)), others)


def best_margins(
    judged: Sequence[Word], counts: tuple[int, int], weight: float, share: float
) -> Best:
    """Returns the margins that repair most where no more than a share of right words is changed.

    Args:
        judged: words with candidates.
        counts: how many words of all texts are wrong, and how many right.
        weight: of log frequencies.
        share: 0 to 1.
    """
    corrupted, correct = counts
    known, unknown = (_by_lead(judged, weight, is_known) for is_known in (True, False))
    best = Best(weight, np.inf, np.inf, 0.0, 0.0)
    for lead, gained, lost in zip(*known, strict=True):
        fits = np.flatnonzero(unknown[2] + lost <= share * correct)
        if not len(fits):
            continue
        place = fits[unknown[1][fits].argmax()]
        fix_rate = (gained + unknown[1][place]) / max(1, corrupted)
        if fix_rate > best.fix_rate:
            broken_rate = (lost + unknown[2][place]) / max(1, correct)
            margins = float(lead) - 1e-3, float(unknown[0][place]) - 1e-3
            best = Best(weight, *margins, float(fix_rate), float(broken_rate))
    return best


def _by_lead(
    judged: Sequence[Word], weight: float, is_known: bool
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Returns, by falling lead, the lead, and all that is gained and lost from there up."""
    rows = [(np.inf, 0, 0)]
    for word in judged:
        if word.is_known != is_known:
            continue
        log_prob, frequency, gained, lost = max(
            word.others, key=lambda other: other[0] + weight * other[1]
        )
        lead = log_prob + weight * frequency - word.typed[0] - weight * word.typed[1]
        rows.append((lead, gained, lost))
    rows.sort(key=lambda row: -row[0])
    leads, gains, losses = map(np.array, zip(*rows, strict=True))
    return leads, gains.cumsum(), losses.cumsum()


def _frequency(words: WordCorrector, candidate: Candidate) -> float:
    found = [words.lexicon.log_frequency(part) for part in candidate.text.split(" ")]
    return sum(RAREST_LOG_FREQUENCY if value is None else value for value in found)


def _right(reference: list[str], text: str) -> NDArray[np.bool_]:
    partners = align_words(reference, text)
    return np.array([word == found for word, found in zip(reference, partners, strict=True)], bool)


def _count(pairs: Sequence[Pair]) -> tuple[int, int]:
    right = [_right(pair.target.split(), pair.source) for pair in pairs]
    return sum(int((~row).sum()) for row in right), sum(int(row.sum()) for row in right)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.autocorrect.calibrate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, help="a .tflite file with a lexicon")
    parser.add_argument("texts", type=Path, nargs="+", help="typed<TAB>meant lines")
    parser.add_argument(
        "--broken", type=float, nargs="*", default=[0.001, 0.002, 0.004, 0.01], help="shares"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
