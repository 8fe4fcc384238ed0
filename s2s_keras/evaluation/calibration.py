"""Dev texts and a corrector -> the margins that repair most at a share of right words changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from s2s_keras.data.pairs import Pair
from s2s_keras.decoding import CorrectionSettings, ResumableSession, WordCorrector
from s2s_keras.evaluation.metrics import align_words
from s2s_keras.text.words import find_words, with_case_of

__all__ = [
    "Calibration",
    "Side",
    "Sides",
    "Word",
    "best_margins",
    "calibrate",
    "judged_words",
    "settings_for_judging",
]

MODEL_WEIGHTS = (0.1, 0.2, 0.3, 0.4, 0.6, 1.0)
FREQUENCY_WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)
CHANNEL_WEIGHTS = (0.2, 0.3, 0.45, 0.6, 0.8)
"""What the model's log-probability, the log frequency and the channel may count."""

NAMED = 4
"""Candidates that a calibrated corrector looks for: the correction, and what else was meant."""

NEVER = 99.0
"""A margin by which nothing wins."""

SPANS = tuple(step / 10 for step in range(1, 41))
"""Nats by which the ends of the dial may move margins."""

MOST_BROKEN = 10
"""Times the share of right words changed that its aggressive end may reach."""

CANDIDATES = 16
"""Of a word, among which the best is looked for at each weight."""


Features: TypeAlias = tuple[float, float, float]
"""What a score is a weighted sum of, with the model's, the frequency's and the channel's weight."""


class Word(NamedTuple):
    """A word of a text, and what becomes of the text where it is changed.

    Attributes:
        is_known: whether the lexicon has it.
        typed: the features of the word as it was typed; see `Candidate`.
        others: those of each candidate, how many words more are then right, and how many wrong.
    """

    is_known: bool
    typed: Features
    others: list[tuple[Features, int, int]]


Leads: TypeAlias = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
"""By falling lead over the typed word, the lead, and all that is gained and lost from there up."""


class Side(NamedTuple):
    """N words with up to K candidates each, in arrays; what is missing has no number.

    Attributes:
        leads: float64 (N, K, 3), the candidates' features less those of the typed word.
        gained: int (N, K), how many words more are right with a candidate.
        lost: int (N, K), how many more are wrong.
    """

    leads: NDArray[np.float64]
    gained: NDArray[np.int64]
    lost: NDArray[np.int64]

    @classmethod
    def of(cls, words: Sequence[Word]) -> Side:
        """Lays words out in arrays."""
        most = max((len(word.others) for word in words), default=1)
        leads = np.full((len(words), most, 3), np.nan)
        gained, lost = np.zeros((2, len(words), most), np.int64)
        for i, word in enumerate(words):
            for k, (features, gains, losses) in enumerate(word.others):
                leads[i, k] = np.subtract(features, word.typed)
                gained[i, k], lost[i, k] = gains, losses
        return cls(leads, gained, lost)

    def by_lead(self, weights: Features) -> Leads:
        """Returns what the best candidates at some weights lead by, gain and lose."""
        scores = np.nan_to_num(self.leads @ np.array(weights), nan=-np.inf)
        rows = np.arange(len(scores))
        best = scores.argmax(axis=1) if len(rows) else rows
        order = np.argsort(-scores[rows, best], kind="stable")
        columns = (scores, self.gained, self.lost)
        leads, gained, lost = (column[rows, best][order] for column in columns)
        return (
            np.concatenate([[NEVER], leads]),
            np.concatenate([[0], gained.cumsum()]),
            np.concatenate([[0], lost.cumsum()]),
        )


class Sides(NamedTuple):
    """The words of the lexicon, and the others."""

    known: Side
    unknown: Side

    @classmethod
    def of(cls, words: Sequence[Word]) -> Sides:
        """Lays words out in arrays."""
        return cls(*(Side.of([w for w in words if w.is_known == known]) for known in (True, False)))


class Calibration(NamedTuple):
    """What repairs most at a share of right words changed, on the texts that it was found with.

    Attributes:
        settings: the corrector's, with these margins and this frequency weight.
        fix_rate: share of wrong words repaired, 0 to 1.
        broken_rate: share of right words changed, 0 to 1.
    """

    settings: CorrectionSettings
    fix_rate: float
    broken_rate: float


def settings_for_judging(settings: CorrectionSettings) -> CorrectionSettings:
    """Returns settings at which words name all their candidates."""
    return replace(settings, n_best=CANDIDATES)


def calibrate(
    words: WordCorrector,
    session: ResumableSession,
    pairs: Sequence[Pair],
    shares: Sequence[float],
    beam_width: int = 8,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Calibration]:
    """Finds margins and weights for each share of right words that may be changed.

    Every word is judged once, with the candidates that the search finds at the present weights.
    What changing it would repair and break is then counted for other weights and each pair of
    margins.

    Args:
        words: of `settings_for_judging`.
        session: the model.
        pairs: texts as typed and as meant.
        shares: 0 to 1 each.
        beam_width: see `WordCorrector.judge`.
        progress: called with the texts done and all texts.
    """
    judged: list[Word] = []
    corrupted = correct = 0
    for done, pair in enumerate(pairs, 1):
        judged += judged_words(words, session, pair, beam_width)
        right = _right(pair.target.split(), pair.source)
        corrupted += int((~right).sum())
        correct += int(right.sum())
        progress(done, len(pairs))
    channel_weights = (0.0,) if words.channel is None else CHANNEL_WEIGHTS
    weights = product(MODEL_WEIGHTS, FREQUENCY_WEIGHTS, channel_weights)
    tried = [
        replace(words.settings, model_weight=a, frequency_weight=w, channel_weight=v)
        for a, w, v in weights
    ]
    counts = corrupted, correct
    sides = Sides.of(judged)
    return [
        max(
            (best_margins(sides, counts, settings, share) for settings in tried),
            key=lambda found: found.fix_rate,
        )
        for share in shares
    ]


def judged_words(
    words: WordCorrector, session: ResumableSession, pair: Pair, beam_width: int = 8
) -> Iterator[Word]:
    """Yields the words of a text that a candidate may take the place of."""
    source, target = pair
    reference = target.split()
    right = _right(reference, source)
    for word in find_words(source):
        if not words.takes(word.text):
            continue
        judgement = words.judge(
            session, source[: word.start], word.text, source[word.end :], beam_width
        )
        if judgement.is_name:  # as a rule left alone, whatever the margins are
            continue
        others = []
        for candidate in judgement.others[:CANDIDATES]:
            text = with_case_of(word.text, candidate.text)
            after = _right(reference, source[: word.start] + text + source[word.end :])
            gained, lost = int((after & ~right).sum()), int((right & ~after).sum())
            others.append((candidate.features, gained, lost))
        if others:
            yield Word(judgement.is_known, judgement.typed.features, others)


def best_margins(
    sides: Sides, counts: tuple[int, int], settings: CorrectionSettings, share: float
) -> Calibration:
    """Returns the margins that repair most where no more than a share of right words is changed.

    Args:
        sides: words with candidates.
        counts: how many words of all texts are wrong, and how many right.
        settings: of which margins are found; the weights count.
        share: 0 to 1.
    """
    corrupted, correct = counts
    weights = settings.model_weight, settings.frequency_weight, settings.channel_weight
    known, unknown = (side.by_lead(weights) for side in sides)
    never = replace(settings, known_margin=NEVER, unknown_margin=NEVER)
    best = Calibration(never, 0.0, 0.0)
    for lead, gained, lost in zip(*known, strict=True):
        fits = np.flatnonzero(unknown[2] + lost <= share * correct)
        if not len(fits):
            continue
        place = fits[unknown[1][fits].argmax()]
        fix_rate = (gained + unknown[1][place]) / max(1, corrupted)
        if fix_rate > best.fix_rate:
            broken_rate = (lost + unknown[2][place]) / max(1, correct)
            found = replace(
                settings,
                n_best=NAMED,
                known_margin=round(float(lead) - 1e-3, 3),
                unknown_margin=round(float(unknown[0][place]) - 1e-3, 3),
            )
            best = Calibration(found, float(fix_rate), float(broken_rate))
    span = _dial_span(best.settings, known, unknown, MOST_BROKEN * share * correct)
    return best._replace(settings=replace(best.settings, dial_span=span))


def _dial_span(settings: CorrectionSettings, known: Leads, unknown: Leads, most: float) -> float:
    """Returns the widest span at whose aggressive end at most so many right words change."""
    fitting = SPANS[0]
    for span in SPANS:
        margins = settings.known_margin - span, settings.unknown_margin - span
        lost = sum(
            int(losses[leads > margin].max(initial=0))
            for margin, (leads, _, losses) in zip(margins, (known, unknown), strict=True)
        )
        if lost > most:
            break
        fitting = span
    return fitting


def _right(reference: list[str], text: str) -> NDArray[np.bool_]:
    partners = align_words(reference, text)
    return np.array([word == found for word, found in zip(reference, partners, strict=True)], bool)
