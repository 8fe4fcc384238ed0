"""One output text, and the output of a text that was decoded in pieces."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

__all__ = ["Prediction", "best_choices", "join_predictions"]


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
            attention, and where the source was split.
        is_complete: whether the model ended the output by itself. It did not where the longest
            output was reached, or the time limit, or where more is to come in a stream.
        timed_out: whether the time limit ended the search: more time may find a better output.
        pieces: where the source was split, the outputs of its pieces, each with its alignment.
    """

    text: str
    log_prob: float
    score: float
    source_tokens: tuple[str, ...] = field(repr=False)
    target_tokens: tuple[str, ...] = field(repr=False)
    attention: NDArray[np.float32] | None = field(repr=False)
    is_complete: bool = True
    timed_out: bool = False
    pieces: tuple[Prediction, ...] = field(default=(), repr=False)

    @property
    def probability(self) -> float:
        """p(text | source), 0 to 1."""
        return math.exp(self.log_prob)


def join_predictions(
    sources: Sequence[str], outputs: Sequence[Prediction | None], timed_out: bool = False
) -> Prediction:
    """Joins the outputs of a source's pieces, with the white space that stood around each.

    `log_prob` and `score` are sums over the pieces.

    Args:
        sources: all pieces of the source, white space included.
        outputs: those of the first pieces; where the search found none, `None`, and the piece
            stands as it is.
        timed_out: whether the time limit left pieces out.
    """
    texts = []
    for source, output in zip(sources, outputs, strict=False):
        before = source[: len(source) - len(source.lstrip())]
        after = source[len(source.rstrip()) :]
        texts.append(source if output is None else before + output.text + after)
    pieces = tuple(output for output in outputs if output is not None)
    return Prediction(
        text="".join(texts),
        log_prob=sum(piece.log_prob for piece in pieces),
        score=sum(piece.score for piece in pieces),
        source_tokens=tuple(token for piece in pieces for token in piece.source_tokens),
        target_tokens=tuple(token for piece in pieces for token in piece.target_tokens),
        attention=None,
        is_complete=len(outputs) == len(sources) and all(piece.is_complete for piece in pieces),
        timed_out=timed_out or any(piece.timed_out for piece in pieces),
        pieces=pieces,
    )


def best_choices(
    found: Sequence[Sequence[Prediction]], n_best: int
) -> list[tuple[Prediction | None, ...]]:
    """Chooses one output a piece in the n ways of the largest sum of scores, the best first.

    Args:
        found: for each piece its outputs, the best first; where there is none, `None` is chosen.
        n_best: choices, at most.
    """
    best: list[tuple[float, tuple[Prediction | None, ...]]] = [(0.0, ())]
    for predictions in found:
        outputs: Sequence[Prediction | None] = predictions or [None]
        choices = [
            (score + (output.score if output else 0.0), (*chosen, output))
            for (score, chosen), output in product(best, outputs)
        ]
        best = heapq.nlargest(n_best, choices, key=lambda choice: choice[0])
    return [chosen for _, chosen in best]
