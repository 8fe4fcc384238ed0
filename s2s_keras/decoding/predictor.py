"""Texts -> the best outputs, through any session."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding.beam import beam_search
from s2s_keras.decoding.hypothesis import Hypothesis
from s2s_keras.decoding.rows import greedy_search, sample
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
)

__all__ = ["Prediction", "Predictor"]


@dataclass(frozen=True)
class Prediction:
    """One output text.

    Attributes:
        text: the output, in normalisation form C.
        log_prob: log p(text | source), in nats.
        score: what the n best are ranked by; see `scoring.score`.
        source_tokens: the S source tokens.
        target_tokens: the T output tokens as the model gave them, `<eos>` included.
        attention: float32 (T, S), the alignment, rows sum to 1; or `None` where the model has no
            attention.
    """

    text: str
    log_prob: float
    score: float
    source_tokens: tuple[str, ...] = field(repr=False)
    target_tokens: tuple[str, ...] = field(repr=False)
    attention: NDArray[np.float32] | None = field(repr=False)

    @property
    def probability(self) -> float:
        """p(text | source), 0 to 1."""
        return math.exp(self.log_prob)


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
        if not text.strip():
            raise InputError("The text is empty.")
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
            InputError: see `check`. Nothing is decoded then.
            ValueError: the settings need attention, which the model does not have.
        """
        sources = [self.check(text) for text in texts]
        search = _search(self.settings)
        results: list[list[Prediction]] = [[] for _ in texts]
        by_length = sorted(range(len(texts)), key=lambda index: len(sources[index]))
        for start in range(0, len(texts), batch_size):
            indices = by_length[start : start + batch_size]
            padded = pad_ids([sources[i] for i in indices], len(sources[indices[-1]]))
            found = search(self.session, padded, self.settings)
            for index, hypotheses in zip(indices, found, strict=True):
                results[index] = [self._prediction(texts[index], h) for h in hypotheses]
        return results

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


def _search(
    settings: DecodingSettings,
) -> Callable[[Session, NDArray[np.int32], DecodingSettings], list[list[Hypothesis]]]:
    if settings.temperature is not None:
        return sample
    return greedy_search if settings.beam_width == 1 else beam_search
