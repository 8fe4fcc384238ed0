"""A typed word in its context -> what was meant, or the word itself."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding.beam import beam_search
from s2s_keras.decoding.lexicon_search import Candidate, LexiconSearch, forced_log_prob
from s2s_keras.decoding.session import Session
from s2s_keras.decoding.settings import DecodingSettings
from s2s_keras.text import EOS_ID, UNK_ID, Lexicon, Tokenizer
from s2s_keras.text.channel import ChannelModel
from s2s_keras.text.marker import WordMarker

__all__ = ["UNKNOWN_LOG_FREQUENCY", "CorrectionSettings", "Judgement", "WordCorrector"]

UNKNOWN_LOG_FREQUENCY = -25.5
"""Of a word that the lexicon lacks: that of the rarest word that it can hold."""

_LONGER = 4
"""Tokens by which what is written without a lexicon may be longer than what was typed."""

_REMEMBERED = 4096
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
        dial_span: in nats, by how much either end of the dial moves both margins, at least 0.
        max_edits: the largest edit distance of a correction, at least 0.
        n_best: candidates that are looked for, at least 1.
        left_tokens: of the context before the word, as the model was trained, at least 0.
        right_tokens: likewise behind it.
    """

    model_weight: float = 1.0
    frequency_weight: float = 0.3
    channel_weight: float = 0.0
    known_margin: float = 5.0
    unknown_margin: float = -4.0
    dial_span: float = 4.0
    max_edits: int = 2
    n_best: int = 4
    left_tokens: int = 10
    right_tokens: int = 8

    def __post_init__(self) -> None:
        counts = {"max_edits": 0, "n_best": 1, "left_tokens": 0, "right_tokens": 0}
        for name, least in counts.items():
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise ValueError(
                    f"`{name}` must be a whole number of at least {least}. Received: {value!r}."
                )
        weights = ("model_weight", "frequency_weight", "channel_weight", "dial_span")
        for name in (*weights, "known_margin", "unknown_margin"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"`{name}` must be a finite number. Received: {value!r}.")
            if name in weights and value < 0:
                raise ValueError(f"`{name}` must be at least 0. Received: {value}.")

    def margin(self, is_known: bool, aggressiveness: float = 0.5) -> float:
        """Returns by how many nats a correction must win.

        Args:
            is_known: whether the typed word is in the lexicon.
            aggressiveness: how readily words are changed: 0.5 leaves the margin as it is, 1 lowers
                it by `dial_span`, 0 raises it by as much.

        Raises:
            ValueError: `aggressiveness` does not lie between 0 and 1.
        """
        if not 0 <= aggressiveness <= 1:
            raise ValueError(
                f"`aggressiveness` must lie between 0 and 1. Received: {aggressiveness}."
            )
        margin = self.known_margin if is_known else self.unknown_margin
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


class Judgement(NamedTuple):
    """What is thought of a typed word.

    Attributes:
        typed: the word as it was typed, with its score.
        is_known: whether the lexicon has it.
        others: what else may have been meant, the best first; empty where nothing can win.
        is_error: whether the first of the others wins by the margin.
    """

    typed: Candidate
    is_known: bool
    others: tuple[Candidate, ...]
    is_error: bool


class _Remembered(NamedTuple):
    """A judgement, and the margin below which others must be looked for that it does not have."""

    judgement: Judgement
    least_margin: float


class WordCorrector:
    """Judges words, each in its context.

    A correction c of a typed word t must win by a margin:

        a log p(c | t, context) + w log f(c) + v log p(t | c)
            >  a log p(t | t, context) + w log f(t) + margin

    with one margin for words of the lexicon and one for others. Where the model is so sure of t
    that no candidate can win, none is looked for: most words cost one greedy pass.

    Args:
        source_tokenizer: the model's, with marks.
        tokenizer: the model's target tokeniser, of characters.
        lexicon: the words that a correction is made of, in lower case.
        settings: margins, weights, context.
        channel: how people mistype words.
        max_source_length: tokens of the longest source that it takes; of any length where not
            given.

    Raises:
        ValueError: see `WordMarker`; or the context leaves a word no room.
    """

    def __init__(
        self,
        source_tokenizer: Tokenizer,
        tokenizer: Tokenizer,
        lexicon: Lexicon,
        settings: CorrectionSettings,
        max_source_length: int | None = None,
        channel: ChannelModel | None = None,
    ) -> None:
        self.marker = WordMarker(source_tokenizer, settings.left_tokens, settings.right_tokens)
        self.tokenizer = tokenizer
        self.settings = settings
        self.channel = channel
        context = max(1, settings.left_tokens) + settings.right_tokens + 1  # the lone mark
        self._max_characters = (
            math.inf if max_source_length is None else max_source_length - context
        )
        if self._max_characters < 1:
            raise ValueError(
                f"A context of {context} tokens leaves a word no room: sources hold at most "
                f"{max_source_length}."
            )
        self._ids = {token: i for i, token in enumerate(tokenizer.tokens) if i > UNK_ID}
        self._lock = threading.Lock()
        self._remembered: OrderedDict[tuple[int, ...], _Remembered] = OrderedDict()
        self.use_words(lexicon)

    @property
    def lexicon(self) -> Lexicon:
        """The words that a correction is made of."""
        return self._search.lexicon

    def use_words(self, lexicon: Lexicon, blocked: Collection[str] = ()) -> None:
        """Judges by other words from now on; what was judged before is forgotten.

        Args:
            lexicon: the words.
            blocked: those of them that no correction is made of.
        """
        settings = self.settings
        search = LexiconSearch(
            lexicon,
            self.tokenizer,
            settings.frequency_weight,
            settings.max_edits,
            blocked,
            self.channel,
            settings.model_weight,
            settings.channel_weight,
        )
        with self._lock:
            self._search = search
            self._remembered.clear()

    def takes(self, typed: str) -> bool:
        """Whether the model can write a word: it is not too long, and has no unknown character."""
        if len(typed) > self._max_characters:
            return False
        typed = self.marker.normalize(typed)
        return 0 < len(typed) <= self._max_characters and all(
            character in self._ids for character in typed
        )

    def judge(
        self,
        session: Session,
        left: str,
        typed: str,
        right: str,
        beam_width: int = 8,
        aggressiveness: float = 0.5,
    ) -> Judgement:
        """Returns what is thought of a word; the same words in the same contexts cost nothing.

        Args:
            session: the model.
            left: the text before the word.
            typed: a word that the model `takes`.
            right: the text behind it.
            beam_width: B, prefixes that stay open, of those that the session takes.
            aggressiveness: see `CorrectionSettings.margin`.
        """
        typed = self.marker.normalize(typed)
        with self._lock:
            search = self._search
        is_known = search.lexicon.knows(typed)
        source_ids = self.marker.source_ids(left, typed, right, is_known)
        key = (beam_width, *source_ids)
        with self._lock:
            found = self._remembered.get(key) if search is self._search else None
            if found is not None:
                self._remembered.move_to_end(key)
        margin = self.settings.margin(is_known, aggressiveness)
        if found is None or margin < found.least_margin:
            found = self._judge(session, search, source_ids, typed, beam_width, margin)
            with self._lock:
                if search is self._search:
                    self._remembered[key] = found
                    if len(self._remembered) > _REMEMBERED:
                        self._remembered.popitem(last=False)
        others = found.judgement.others
        is_error = bool(others) and others[0].score > found.judgement.typed.score + margin
        return found.judgement._replace(is_error=is_error)

    def suggest(
        self,
        session: Session,
        left: str,
        typed: str,
        right: str,
        count: int,
        beam_width: int = 8,
    ) -> list[Candidate]:
        """Returns what may have been meant, or what a word that is only begun may become.

        Corrections of the typed word, the word itself where the lexicon has it, and words that it
        may be the beginning of are ranked together, by score. Where these are fewer than wanted,
        what the model writes without a lexicon follows, as for names.

        Args:
            session: the model.
            left: the text before the word.
            typed: what was typed so far; empty for the next word.
            right: the text behind it.
            count: candidates wanted, at least 1.
            beam_width: see `judge`.
        """
        typed = self.marker.normalize(typed)
        found: dict[str, Candidate] = {}
        for completes in (False, True) if typed else (True,):
            is_known = self._search.lexicon.knows(typed)
            source_ids = self.marker.source_ids(left, typed, right, is_known)
            source = np.array([source_ids], np.int32)
            for candidate in self._search(
                session, source, typed, beam_width, count, completes=completes
            ):
                found.setdefault(candidate.text, candidate)
        ranked = sorted(found.values(), key=lambda candidate: -candidate.score)[:count]
        if typed and len(ranked) < count:
            free = self._write(session, source, typed, beam_width)
            ranked += [candidate for candidate in free if candidate.text not in found]
        return ranked[:count]

    def _write(
        self, session: Session, source: NDArray[np.int32], typed: str, beam_width: int
    ) -> Iterator[Candidate]:
        """Yields what the model holds likeliest among all strings but blocked words."""
        settings = DecodingSettings(
            beam_width=beam_width,
            n_best=beam_width,
            max_output_length=len(typed) + _LONGER,
            length_penalty_alpha=0.0,
        )
        weight = self.settings.frequency_weight
        for hypothesis in beam_search(session, source, settings)[0]:
            text = self.tokenizer.decode(hypothesis.token_ids[:-1])
            is_blocked = not self._search.blocked.isdisjoint(text.split(" "))
            if hypothesis.token_ids[-1] == EOS_ID and text and not is_blocked:
                slips = 0.0 if self.channel is None else self.channel.log_prob(typed, text)
                score = (
                    self.settings.model_weight * hypothesis.log_prob
                    + weight * UNKNOWN_LOG_FREQUENCY
                    + self.settings.channel_weight * slips
                )
                yield Candidate(text, hypothesis.log_prob, score)

    def _judge(
        self,
        session: Session,
        search: LexiconSearch,
        source_ids: list[int],
        typed: str,
        beam_width: int,
        margin: float,
    ) -> _Remembered:
        settings, source = self.settings, np.array([source_ids], np.int32)
        log_frequency = search.lexicon.log_frequency(typed)
        is_known = search.lexicon.knows(typed)
        log_prob = forced_log_prob(session, source, [self._ids[c] for c in typed])
        weight = settings.frequency_weight
        frequency = UNKNOWN_LOG_FREQUENCY if log_frequency is None else log_frequency
        share = settings.model_weight
        itself = Candidate(typed, log_prob, share * log_prob + weight * frequency)
        rest = math.log(-math.expm1(log_prob)) if log_prob < 0 else -math.inf  # of all others
        most = weight * float(search.lexicon.best_log_frequencies[0])
        if is_known and self.channel is not None:  # a word of the lexicon is not split
            most = search.near_words.look_ahead(typed).best_other
        lead = share * rest + most - itself.score
        if lead <= margin:
            return _Remembered(Judgement(itself, is_known, (), False), lead)
        found = search(session, source, typed, beam_width, settings.n_best + 1)
        others = tuple(c for c in found if c.text != typed)[: settings.n_best]
        return _Remembered(Judgement(itself, is_known, others, False), -math.inf)
