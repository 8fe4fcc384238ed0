"""Texts -> the best outputs, through any session."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding.beam import beam_steps
from s2s_keras.decoding.deadline import Deadline
from s2s_keras.decoding.hypothesis import Hypothesis, Standing, last
from s2s_keras.decoding.prediction import Prediction, best_choices, join_predictions
from s2s_keras.decoding.rows import greedy_search, greedy_steps, sample_steps
from s2s_keras.decoding.session import Session
from s2s_keras.decoding.settings import DecodingSettings
from s2s_keras.errors import InputError
from s2s_keras.text import (
    BOS_ID,
    EOS_ID,
    PAD_ID,
    UNK_ID,
    Tokenizer,
    normalize,
    pad_ids,
    split_sentences,
    split_text,
)

__all__ = ["MAX_TEXT_CHARACTERS", "Predictor"]

T = TypeVar("T")

MAX_TEXT_CHARACTERS = 50_000
"""The longest text that is looked at, some twenty pages: a longer one would take minutes."""


class _Source(NamedTuple):
    """What is decoded at once: a text, or a piece of one without the white space around it."""

    text: str
    ids: list[int]


class Predictor:
    """Decodes texts with a model, whatever runs it.

    Args:
        session: the model.
        source_tokenizer: text -> `source_ids`.
        target_tokenizer: output ids -> text.
        settings: how to decode.
    """

    def __init__(
        self,
        session: Session,
        source_tokenizer: Tokenizer,
        target_tokenizer: Tokenizer,
        settings: DecodingSettings,
    ) -> None:
        self.session = session
        self.source_tokenizer = source_tokenizer
        self.target_tokenizer = target_tokenizer
        self.settings = settings

    def check(self, text: str) -> list[int]:
        """Returns the source ids of `text`.

        Raises:
            InputError: `text` is empty or too long, or holds tokens never seen in training
                while `settings.allow_unknown` is false.
        """
        _check_characters(text)
        ids = self.source_tokenizer.encode(text)
        limit = self.settings.max_source_length
        if limit is not None and len(ids) > limit:
            raise InputError(
                f"The text must hold at most {limit} tokens. "
                f"Received {len(ids)}: {text[:40]!r}{'...' if len(text) > 40 else ''}"
            )
        if not self.settings.allow_unknown and (unknown := self.source_tokenizer.unknown(text)):
            shown = ", ".join(map(self.source_tokenizer.describe, unknown[:5]))
            kind = self.source_tokenizer.kind
            raise InputError(f"The text holds {kind}s never seen in training: {shown}.")
        return ids

    def predict(self, texts: Sequence[str], batch_size: int = 1) -> list[list[Prediction]]:
        """Decodes texts, the n best for each, the best first.

        Args:
            texts: sources.
            batch_size: texts of like length that are decoded together, at least 1; a TFLite session
                takes 1.

        Raises:
            InputError: see `check`; with `settings.split_long_sources` or `split_sentences` a text
                may be too long, but no word of it. Nothing is decoded then.
            ValueError: the settings need attention, which the model does not have.
        """
        pieces = [self._pieces(text) for text in texts]
        whole = {
            index: _Source(text, self.check(text))
            for index, text in enumerate(texts)
            if not pieces[index]
        }
        split = {index: self._checked(found) for index, found in enumerate(pieces) if found}
        results: list[list[Prediction]] = [[] for _ in texts]
        with self._borrowed() as session:
            by_length = sorted(whole, key=lambda index: len(whole[index].ids))
            for indices in _batches(by_length, batch_size):
                found = self._search(session, [whole[i] for i in indices], self.settings)
                for index, predictions in zip(indices, found, strict=True):
                    results[index] = predictions
            for index, sources in split.items():
                results[index] = self._search_pieces(session, pieces[index], sources, batch_size)
        return results

    def check_text(self, text: str) -> None:
        """Checks a text as `predict` does: whole, or in the pieces that it is decoded in.

        Raises:
            InputError: see `predict`.
        """
        pieces = self._pieces(text)
        if pieces:
            self._checked(pieces)
        else:
            self.check(text)

    def check_ids(self, source_ids: Sequence[int]) -> None:
        """Checks a source of ids, as `check` does one of text.

        Raises:
            InputError: there is no id, there are too many, or one lies outside the vocabulary.
        """
        size, limit = len(self.source_tokenizer), self.settings.max_source_length
        if not source_ids:
            raise InputError("The source holds no ids.")
        if limit is not None and len(source_ids) > limit:
            raise InputError(
                f"The source must hold at most {limit} ids. Received: {len(source_ids)}."
            )
        foreign = [i for i in source_ids if not PAD_ID < i < size]
        if foreign:
            raise InputError(
                f"Source ids must lie between 1 and {size - 1}. Received: {foreign[0]}."
            )

    def search(self, source_ids: Sequence[int]) -> list[Hypothesis]:
        """Decodes a source of ids instead of text, the n best, the best first.

        Args:
            source_ids: S ids without padding, at least one.

        Raises:
            InputError: see `check_ids`.
            ValueError: the settings need attention, which the model does not have.
        """
        self.check_ids(source_ids)
        with self._borrowed() as session:
            padded = pad_ids([list(source_ids)], len(source_ids))
            [found] = _found(session, padded, self.settings)
        return found

    def stream(self, text: str) -> Iterator[Prediction]:
        """Decodes one text, and yields the best output so far after each token.

        The last is what `predict` gives. In greedy search each output is the one before and one
        token more. In beam search it is that of the best beam so far, and may begin otherwise than
        the one before; in sampling likewise that of the best draw. A text in pieces yields the
        outputs of its pieces up to the one under way.

        Raises:
            InputError: see `predict`. It is raised here, not when the first output is asked for.
            ValueError: the settings need attention, which the model does not have.
        """
        pieces = self._pieces(text)
        if pieces:
            return self._stream_pieces(pieces, self._checked(pieces))
        return self._stream_whole(_Source(text, self.check(text)))

    @contextmanager
    def _borrowed(self) -> Iterator[Session]:
        """Yields a session that nobody else uses meanwhile."""
        yield self.session

    def _pieces(self, text: str) -> list[str]:
        """Returns the pieces that a text is to be decoded in, or nothing where it is not split."""
        settings, limit = self.settings, self.settings.max_source_length
        if not (settings.split_sentences or (settings.split_long_sources and limit is not None)):
            return []
        _check_characters(text)
        parts = split_sentences(text) if settings.split_sentences else [text]
        if limit is not None:
            parts = [piece for part in parts for piece in self._split(part, limit)]
        is_bare = len(parts) == 1 and (not settings.split_sentences or text == text.strip())
        return [] if is_bare else parts

    def _split(self, text: str, limit: int) -> list[str]:
        fits = len(self.source_tokenizer.encode(text)) <= limit
        return [text] if fits else split_text(text, self.source_tokenizer, limit)

    def _checked(self, pieces: Sequence[str]) -> list[_Source]:
        return [_Source(piece.strip(), self.check(piece.strip())) for piece in pieces]

    def _search(
        self, session: Session, sources: Sequence[_Source], settings: DecodingSettings
    ) -> list[list[Prediction]]:
        """Decodes sources together."""
        padded = pad_ids([source.ids for source in sources], max(len(s.ids) for s in sources))
        found = _found(session, padded, settings)
        return [
            [self._prediction(source.text, hypothesis) for hypothesis in hypotheses]
            for source, hypotheses in zip(sources, found, strict=True)
        ]

    def _search_pieces(
        self, session: Session, pieces: Sequence[str], sources: Sequence[_Source], batch_size: int
    ) -> list[Prediction]:
        """Decodes the pieces of one text, as far as the time goes."""
        deadline = Deadline(self.settings.time_limit_ms)
        found: list[list[Prediction]] = []
        for batch in _batches(sources, batch_size):
            if found and deadline.is_over():
                break
            found += self._search(session, batch, _within(self.settings, deadline))
        timed_out = len(found) < len(pieces)
        return [
            join_predictions(pieces, choice, timed_out)
            for choice in best_choices(found, self.settings.n_best)
        ]

    def _stream_whole(self, source: _Source) -> Iterator[Prediction]:
        with self._borrowed() as session:
            yield from self._stream(session, source, self.settings)

    def _stream_pieces(
        self, pieces: Sequence[str], sources: Sequence[_Source]
    ) -> Iterator[Prediction]:
        deadline = Deadline(self.settings.time_limit_ms)
        done: list[Prediction | None] = []
        with self._borrowed() as session:
            for source in sources:
                output = None
                for output in self._stream(session, source, _within(self.settings, deadline)):
                    yield join_predictions(pieces, [*done, output])
                done.append(output)
                if len(done) < len(pieces) and deadline.is_over():
                    yield join_predictions(pieces, done, timed_out=True)
                    return

    def _stream(
        self, session: Session, source: _Source, settings: DecodingSettings
    ) -> Iterator[Prediction]:
        padded = pad_ids([source.ids], len(source.ids))
        for standing in _search_of(settings)(session, padded, settings):
            [hypotheses] = standing()
            if hypotheses:
                yield self._prediction(source.text, hypotheses[0])

    def _prediction(self, text: str, hypothesis: Hypothesis) -> Prediction:
        source_tokens = tuple(self.source_tokenizer.pieces(text))
        attention = hypothesis.attention
        if attention is not None:
            attention = attention[:, : len(source_tokens)]
        if self.settings.replace_unknown and attention is not None:
            output = self._replaced(hypothesis.token_ids, source_tokens, attention)
        else:
            output = self.target_tokenizer.decode(hypothesis.token_ids)
        return Prediction(
            text=normalize(output),
            log_prob=hypothesis.log_prob,
            score=hypothesis.score,
            source_tokens=source_tokens,
            target_tokens=tuple(self.target_tokenizer.tokens[i] for i in hypothesis.token_ids),
            attention=attention,
            is_complete=EOS_ID in hypothesis.token_ids,
            timed_out=hypothesis.timed_out,
        )

    def _replaced(
        self,
        token_ids: Sequence[int],
        source_tokens: Sequence[str],
        attention: NDArray[np.float32],
    ) -> str:
        """Returns the text, each `<unk>` replaced by the source token most looked at."""
        aligned = [source_tokens[j] for j in attention.argmax(axis=1)]
        return self.target_tokenizer.join(
            [
                source_token if i == UNK_ID else self.target_tokenizer.tokens[i]
                for i, source_token in zip(token_ids, aligned, strict=True)
                if i not in (PAD_ID, BOS_ID, EOS_ID)
            ]
        )


def _check_characters(text: str) -> None:
    """Refuses what need not be cut into tokens to be refused."""
    if not text.strip():
        raise InputError("The text is empty.")
    if len(text) > MAX_TEXT_CHARACTERS:
        raise InputError(
            f"The text must hold at most {MAX_TEXT_CHARACTERS} characters. Received: {len(text)}."
        )


def _found(
    session: Session, source_ids: NDArray[np.int32], settings: DecodingSettings
) -> list[list[Hypothesis]]:
    """Runs a search to its end."""
    steps = _search_of(settings)
    if steps is greedy_steps:
        return greedy_search(session, source_ids, settings)
    return last(steps(session, source_ids, settings))


def _search_of(
    settings: DecodingSettings,
) -> Callable[[Session, NDArray[np.int32], DecodingSettings], Iterator[Standing]]:
    if settings.temperature is not None:
        return sample_steps
    return greedy_steps if settings.beam_width == 1 else beam_steps


def _within(settings: DecodingSettings, deadline: Deadline) -> DecodingSettings:
    """Returns the settings with what is left of the time limit."""
    left_ms = deadline.left_ms()
    return settings if left_ms is None else replace(settings, time_limit_ms=max(left_ms, 1e-3))


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
