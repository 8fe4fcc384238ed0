"""Texts -> the best outputs, through any session."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding.search import Hypothesis, beam_search, greedy_search
from s2s_keras.decoding.session import Session
from s2s_keras.decoding.settings import DecodingSettings
from s2s_keras.errors import InputError
from s2s_keras.text import CharacterTokenizer, normalize, pad_ids

__all__ = ["Prediction", "Predictor"]


@dataclass(frozen=True)
class Prediction:
    """One output text.

    Attributes:
        text: the output, in normalisation form C.
        log_prob: log p(text | source), in nats.
        score: log_prob / length^alpha, what the n best are ranked by.
        source_tokens: the S source tokens.
        target_tokens: the T output tokens, `<eos>` included.
        attention: float32 (T, S), the alignment; rows sum to 1.
    """

    text: str
    log_prob: float
    score: float
    source_tokens: tuple[str, ...] = field(repr=False)
    target_tokens: tuple[str, ...] = field(repr=False)
    attention: NDArray[np.float32] = field(repr=False)

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
        source_tokenizer: CharacterTokenizer,
        target_tokenizer: CharacterTokenizer,
        settings: DecodingSettings,
    ) -> None:
        self.session = session
        self.source_tokenizer = source_tokenizer
        self.target_tokenizer = target_tokenizer
        self.settings = settings

    def check(self, text: str) -> list[int]:
        """Returns the source ids of `text`.

        Raises:
            InputError: `text` is empty or too long, or holds characters never seen in training
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
            shown = ", ".join(f"{c!r} (U+{ord(c):04X})" for c in unknown[:5])
            raise InputError(f"The text holds characters never seen in training: {shown}.")
        return ids

    def predict(self, texts: Sequence[str], batch_size: int = 1) -> list[list[Prediction]]:
        """Decodes texts, the n best for each, the best first.

        Args:
            texts: sources.
            batch_size: texts of like length that are decoded together, at least 1; a TFLite session
            takes 1.

        Raises:
            InputError: see `check`. Nothing is decoded then.
        """
        sources = [self.check(text) for text in texts]
        search = greedy_search if self.settings.beam_width == 1 else beam_search
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
        return Prediction(
            text=normalize(self.target_tokenizer.decode(hypothesis.token_ids)),
            log_prob=hypothesis.log_prob,
            score=hypothesis.score,
            source_tokens=source_tokens,
            target_tokens=tuple(self.target_tokenizer.tokens[i] for i in hypothesis.token_ids),
            attention=hypothesis.attention[:, : len(source_tokens)],
        )
