"""A typed word in its context -> what was meant, or the word itself."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple

import numpy as np

from s2s_keras.decoding.between import Between, LeftStates, ResumableSession
from s2s_keras.decoding.candidates import CandidateFinder, Found, joined
from s2s_keras.text import Lexicon, Tokenizer
from s2s_keras.text.channel import ChannelModel
from s2s_keras.text.context import WordContext, goes_on
from s2s_keras.text.lexicon import MAX_WORD_CHARACTERS

__all__ = ["Candidate", "CorrectionSettings", "Judgement", "WordCorrector"]

_POOL = 16
"""Near words, the best by frequency and channel, that the model is asked for."""

_REMEMBERED = 256
"""Words in their contexts whose judgement is kept."""


@dataclass(frozen=True)
class CorrectionSettings:
    """How readily words are changed.

    Attributes:
        model_weight: a, what the model's log-probability of a word counts, at least 0.
        frequency_weight: w, what its log frequency counts, likewise.
        channel_weight: v, what the log-probability counts with which people type what was typed
            for it, likewise.
        known_margin: in nats, by how much a correction's score must exceed that of a typed word
            that is in the lexicon.
        unknown_margin: likewise of one that is not.
        name_margin: in nats, by how much more where the typed word may be a name: it has a capital
            and is not the first of its sentence.
        dial_span: in nats, by how much either end of the dial moves both margins, at least 0.
        max_edits: the largest edit distance of a correction, at least 0; of a word that is in the
            lexicon one at most, words apart that are often confused with it.
        n_best: candidates that are looked for, at least 1.
        left_tokens: of the context before the word, at least 0.
        right_tokens: likewise behind it.
    """

    model_weight: float = 0.3
    frequency_weight: float = 0.1
    channel_weight: float = 0.6
    known_margin: float = 0.0
    unknown_margin: float = 0.0
    name_margin: float = 3.0
    dial_span: float = 1.0
    max_edits: int = 2
    n_best: int = 4
    left_tokens: int = 32
    right_tokens: int = 15

    def __post_init__(self) -> None:
        counts = {"max_edits": 0, "n_best": 1, "left_tokens": 0, "right_tokens": 0}
        for name, least in counts.items():
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise ValueError(
                    f"`{name}` must be a whole number of at least {least}. Received: {value!r}."
                )
        weights = ("model_weight", "frequency_weight", "channel_weight", "dial_span")
        for name in (*weights, "known_margin", "unknown_margin", "name_margin"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"`{name}` must be a finite number. Received: {value!r}.")
            if name in weights and value < 0:
                raise ValueError(f"`{name}` must be at least 0. Received: {value}.")

    def margin(
        self, is_known: bool, aggressiveness: float = 0.5, *, is_name: bool = False
    ) -> float:
        """Returns by how many nats a correction must win.

        Args:
            is_known: whether the typed word is in the lexicon.
            aggressiveness: how readily words are changed: 0.5 leaves the margin as it is, 1 lowers
                it by `dial_span`, 0 raises it by as much.
            is_name: whether the typed word may be a name.

        Raises:
            ValueError: `aggressiveness` does not lie between 0 and 1.
        """
        if not 0 <= aggressiveness <= 1:
            raise ValueError(
                f"`aggressiveness` must lie between 0 and 1. Received: {aggressiveness}."
            )
        margin = self.known_margin if is_known else self.unknown_margin
        if is_name:
            margin += self.name_margin
        return margin + 2 * self.dial_span * (0.5 - aggressiveness)

    def as_metadata(self) -> dict[str, Any]:
        """Returns what `model.json` holds under `correction`."""
        return asdict(self)

    @classmethod
    def from_metadata(cls, document: Mapping[str, Any]) -> CorrectionSettings:
        """Returns the settings that `model.json` holds under `correction`.

        Raises:
            ValueError: there are none, or a value lies outside its range.
        """
        described = document.get("correction")
        if not isinstance(described, dict):
            raise ValueError(f"`correction` must be an object. Received: {described!r:.60}.")
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in described.items() if name in names})


class Candidate(NamedTuple):
    """A word that may have been meant.

    Attributes:
        text: the word, or two with a space.
        log_prob: the logarithm of its share, among all candidates and the word as it was typed, of
            p(word | context) p(typed | word).
        score: what it is ranked by.
        features: log p(word | context) of the model, log f(word), and log p(typed | word) of the
            channel, in nats: what the score is a weighted sum of.
    """

    text: str
    log_prob: float
    score: float
    features: tuple[float, float, float]


class Judgement(NamedTuple):
    """What is thought of a typed word.

    Attributes:
        typed: the word as it was typed, with its score.
        is_known: whether the lexicon has it.
        is_name: whether it may be a name; see `CorrectionSettings.name_margin`.
        others: what else may have been meant, the best first.
        is_error: whether the first of the others wins by the margin.
    """

    typed: Candidate
    is_known: bool
    is_name: bool
    others: tuple[Candidate, ...]
    is_error: bool


class WordCorrector:
    """Judges words, each in its context.

    A correction c of a typed word t must win by a margin:

        a log p(c | context) + w log f(c) + v log p(t | c)
            >  a log p(t | context) + w log f(t) + margin

    with one margin for words of the lexicon and one for others. The model tells p(word | context)
    of what may stand between the left and the right context, token by token, and so of a name that
    the lexicon lacks, too. It does not see what was typed: that is what the channel knows. Of the
    two spellings of a word neither corrects the other.

    Args:
        tokenizer: the model's, of both sides, with an end.
        lexicon: the words that a correction is made of, in lower case.
        settings: margins, weights, context.
        channel: how people mistype words.

    Raises:
        ValueError: see `WordContext`.

    Reference:
        Kernighan, Church and Gale 1990, "A spelling correction program based on a noisy channel
        model"; Och and Ney 2002, "Discriminative training and maximum entropy models for
        statistical machine translation" (the weights).
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        lexicon: Lexicon,
        settings: CorrectionSettings,
        channel: ChannelModel | None = None,
    ) -> None:
        self.context = WordContext(tokenizer, settings.left_tokens, settings.right_tokens)
        self.settings = settings
        self.channel = channel
        self._size = len(tokenizer)
        self._states = LeftStates()
        self._lock = threading.Lock()
        self._remembered: OrderedDict[tuple[Any, ...], Judgement] = OrderedDict()
        self.use_words(lexicon)

    @property
    def lexicon(self) -> Lexicon:
        """The words that a correction is made of."""
        return self._finder.lexicon

    def use_words(self, lexicon: Lexicon, blocked: Collection[str] = ()) -> None:
        """Judges by other words from now on; what was judged before is forgotten.

        Args:
            lexicon: the words.
            blocked: those of them that no correction is made of.
        """
        settings = self.settings
        finder = CandidateFinder(
            lexicon,
            self.channel,
            settings.max_edits,
            settings.frequency_weight,
            settings.channel_weight,
            _POOL,
            blocked,
        )
        with self._lock:
            self._finder = finder
            self._remembered.clear()

    def takes(self, typed: str) -> bool:
        """Whether a word could be one of the lexicon: not too long, and of its characters."""
        if len(typed) > MAX_WORD_CHARACTERS:
            return False
        typed = self.context.normalize(typed)
        known = self._finder.characters
        return 0 < len(typed) <= MAX_WORD_CHARACTERS and known.issuperset(typed.replace(" ", ""))

    def judge(
        self,
        session: ResumableSession,
        left: str,
        typed: str,
        right: str,
        beam_width: int = 8,
        aggressiveness: float = 0.5,
    ) -> Judgement:
        """Returns what is thought of a word; the same word in the same context costs nothing.

        Args:
            session: the model.
            left: the text before the word.
            typed: a word that `takes` takes.
            right: the text behind it.
            beam_width: rows for words of several tokens, of those that the session takes.
            aggressiveness: see `CorrectionSettings.margin`.
        """
        with self._lock:
            finder = self._finder
        left_ids = self.context.left_ids(left, typed)
        right_ids = self.context.right_ids(typed, right)
        is_capital = typed[:1].isupper()
        typed = self.context.normalize(typed)
        key = (typed, goes_on(left), tuple(left_ids), tuple(right_ids))
        with self._lock:
            found = self._remembered.get(key) if finder is self._finder else None
            if found is not None:
                self._remembered.move_to_end(key)
        if found is None:
            found = self._judge(finder, session, typed, left, (left_ids, right_ids), beam_width)
            with self._lock:
                if finder is self._finder:
                    self._remembered[key] = found
                    if len(self._remembered) > _REMEMBERED:
                        self._remembered.popitem(last=False)
        is_name = is_capital and bool(left_ids)
        margin = self.settings.margin(found.is_known, aggressiveness, is_name=is_name)
        others = found.others
        is_error = bool(others) and others[0].score > found.typed.score + margin
        return found._replace(is_name=is_name, is_error=is_error)

    def suggest(
        self,
        session: ResumableSession,
        left: str,
        typed: str,
        right: str,
        count: int,
        beam_width: int = 8,
    ) -> list[Candidate]:
        """Returns what may have been meant, or what a word that is only begun may become.

        Corrections of the typed word, the word itself where the lexicon has it, and words that it
        may be the beginning of are ranked together, by score.

        Args:
            session: the model.
            left: the text before the word.
            typed: what was typed so far; empty for the next word.
            right: the text behind it.
            count: candidates wanted, at least 1.
            beam_width: see `judge`.
        """
        with self._lock:
            finder = self._finder
        left_ids, right_ids = (
            self.context.left_ids(left, typed),
            self.context.right_ids(typed, right),
        )
        typed = self.context.normalize(typed)
        between = Between(session, left_ids, right_ids, self._states, self._size, beam_width)
        if not typed:
            return self._next_words(finder, between, left, count)
        parts = [finder.completions(typed), finder.corrections(typed)]
        if finder.lexicon.knows(typed) and typed not in finder.blocked:
            parts.append(finder.as_typed(typed))
        candidates = self._scored(joined(parts), between, left)
        return _with_shares(sorted(candidates, key=lambda c: -c.score)[:count])

    def _judge(
        self,
        finder: CandidateFinder,
        session: ResumableSession,
        typed: str,
        left: str,
        ids: tuple[list[int], list[int]],
        beam_width: int,
    ) -> Judgement:
        is_known = finder.lexicon.knows(typed)
        found, as_typed = finder.corrections(typed), finder.as_typed(typed)
        if not found.texts:  # no need to ask
            return Judgement(self._candidate(as_typed, 0, 0.0), is_known, False, (), False)
        between = Between(session, *ids, self._states, self._size, beam_width)
        itself, *candidates = self._scored(joined([as_typed, found]), between, left)
        are_variants = finder.lexicon.are_variants
        candidates = [c for c in candidates if not are_variants(typed, c.text)]
        candidates.sort(key=lambda candidate: -candidate.score)
        first, *others = _with_shares([itself, *candidates])
        return Judgement(first, is_known, False, tuple(others[: self.settings.n_best]), False)

    def _next_words(
        self, finder: CandidateFinder, between: Between, left: str, count: int
    ) -> list[Candidate]:
        """Returns the likeliest words of one token; nothing is typed that they could be beside."""
        found: list[Candidate] = []
        for token in np.argsort(-between.first, kind="stable"):
            text = self.context.word(int(token), left)
            if text is not None and text in finder.lexicon and text not in finder.blocked:
                log_prob = float(between.first[token])
                features = (log_prob, finder.log_frequency(text), 0.0)
                found.append(Candidate(text, log_prob, self._score(features), features))
                if len(found) == count:
                    break
        return found

    def _scored(self, found: Found, between: Between, left: str) -> list[Candidate]:
        """Asks the model for words."""
        log_probs = between.log_probs([self.context.word_ids(text, left) for text in found.texts])
        return [self._candidate(found, i, float(p)) for i, p in enumerate(log_probs)]

    def _candidate(self, found: Found, place: int, log_prob: float) -> Candidate:
        features = (log_prob, float(found.log_frequencies[place]), float(found.slips[place]))
        return Candidate(found.texts[place], log_prob, self._score(features), features)

    def _score(self, features: tuple[float, float, float]) -> float:
        settings = self.settings
        weights = settings.model_weight, settings.frequency_weight, settings.channel_weight
        return sum(a * b for a, b in zip(weights, features, strict=True))


def _with_shares(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Returns candidates with their shares of p(word | context) p(typed | word)."""
    if not candidates:
        return []
    log_probs = np.array([c.features[0] + c.features[2] for c in candidates])
    log_probs -= np.logaddexp.reduce(log_probs)
    return [c._replace(log_prob=float(p)) for c, p in zip(candidates, log_probs, strict=True)]
