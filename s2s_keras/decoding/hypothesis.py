"""One output, and how it is read back from the steps that made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2s_keras.text import EOS_ID

__all__ = ["History", "Hypothesis", "Standing", "last"]


@dataclass(frozen=True)
class Hypothesis:
    """One output of a search.

    Attributes:
        token_ids: T ids; the last is `eos` unless decoding stopped at the maximum length.
        log_prob: the sum of the tokens' log-probabilities, in nats.
        score: what hypotheses are ranked by; see `scoring.score`.
        attention: float32 (T, S), the weights over the source at each token, or `None` where the
            model has no attention.
        timed_out: whether the time limit ended the search: more time may find a better output.
    """

    token_ids: tuple[int, ...]
    log_prob: float
    score: float
    attention: NDArray[np.float32] | None
    timed_out: bool = False


Standing = Callable[[], list[list[Hypothesis]]]
"""What a search yields after each step: called before the next one, it returns the n best of each
source so far. A step whose standing nobody asks for costs nothing more."""


def last(standings: Iterator[Standing]) -> list[list[Hypothesis]]:
    """Runs a search to its end, and returns the n best of each source."""
    found: Standing = list
    for standing in standings:
        found = standing
    return found()


class History:
    """What every step chose, for each of R rows."""

    def __init__(self) -> None:
        self._steps: list[
            tuple[Sequence[int] | NDArray[np.int32], NDArray[np.intp], NDArray[np.float32] | None]
        ] = []

    def append(
        self,
        tokens: Sequence[int] | NDArray[np.int32],
        parents: NDArray[np.intp],
        attention: NDArray[np.float32] | None,
    ) -> None:
        """Notes a step.

        Args:
            tokens: R ids, what each row chose.
            parents: int (R,), the row that it continues.
            attention: float32 (R, S), the weights of the parents at this step, or `None`.
        """
        self._steps.append((tokens, parents, attention))

    def n_best(
        self,
        log_probs: NDArray[np.float64],
        scores: NDArray[np.float64],
        n_best: int,
        timed_out: bool,
    ) -> list[list[Hypothesis]]:
        """Reads the best rows of each source back.

        Args:
            log_probs: float64 (N, K); rows of log-probability minus infinity are left out.
            scores: float64 (N, K).
            n_best: rows a source, at most.
            timed_out: see `Hypothesis`.

        Returns:
            For each source its hypotheses, the best first.
        """
        width = scores.shape[1]
        best = np.argsort(-scores, axis=1, kind="stable")[:, :n_best]
        return [
            [
                self._hypothesis(
                    n * width + k, float(log_probs[n, k]), float(scores[n, k]), timed_out
                )
                for k in map(int, beams)
                if np.isfinite(log_probs[n, k])
            ]
            for n, beams in enumerate(best)
        ]

    def _hypothesis(self, row: int, log_prob: float, score: float, timed_out: bool) -> Hypothesis:
        """Follows a row back to the first step, and cuts the padding after `eos` off."""
        tokens: list[int] = []
        attention: list[NDArray[np.float32]] = []
        for step_tokens, parents, weights in reversed(self._steps):
            tokens.append(int(step_tokens[row]))
            row = int(parents[row])
            if weights is not None:
                attention.append(weights[row])
        tokens.reverse()
        length = tokens.index(EOS_ID) + 1 if EOS_ID in tokens else len(tokens)
        return Hypothesis(
            token_ids=tuple(tokens[:length]),
            log_prob=log_prob,
            score=score,
            attention=np.stack(attention[::-1][:length]) if attention else None,
            timed_out=timed_out,
        )
