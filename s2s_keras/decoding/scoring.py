"""What hypotheses are ranked by: log-probability, length and coverage."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from s2s_keras.decoding.settings import DecodingSettings
from s2s_keras.text import PAD_ID

__all__ = ["COVERAGE_FLOOR", "Coverage", "length_penalty", "score"]

COVERAGE_FLOOR = 1e-6
"""Least coverage of a source token that counts, so that the logarithm of 0 stays finite."""


def length_penalty(lengths: ArrayLike, settings: DecodingSettings) -> Any:
    """Returns what the log-probability of hypotheses of T tokens is divided by.

    `"power"`: T^alpha; `"gnmt"`: ((5 + T) / 6)^alpha. Both rise with T, or are 1 where alpha is 0.

    Args:
        lengths: T, at least 1, an integer or an array of any shape.
        settings: the kind, and alpha.

    Returns:
        float64 of the shape of `lengths`.

    Reference:
        Wu et al. 2016, equation 14.
    """
    lengths = np.asarray(lengths, np.float64)
    base = (5 + lengths) / 6 if settings.length_penalty == "gnmt" else lengths
    return base**settings.length_penalty_alpha


def score(
    log_probs: NDArray[np.floating],
    lengths: ArrayLike,
    coverage_penalty: ArrayLike,
    settings: DecodingSettings,
) -> NDArray[np.float64]:
    """Returns log p / length_penalty(T) + coverage_penalty, the larger the better.

    Args:
        log_probs: log p of hypotheses, in nats.
        lengths: T, their tokens, `eos` included; broadcast to `log_probs`.
        coverage_penalty: of `Coverage.penalty`, at most 0; broadcast to `log_probs`.
        settings: the length penalty.

    Reference:
        Wu et al. 2016, equation 14.
    """
    scores: NDArray[np.float64] = log_probs / length_penalty(lengths, settings) + coverage_penalty
    return scores


class Coverage:
    """The attention that the source tokens of each row have received so far.

    Without a coverage penalty it keeps nothing, and the penalty is 0.

    Args:
        source_ids: int32 (N, S), padded with 0 on the right; padding does not count.
        beam_width: K, rows a source.
        settings: the penalty's weight.
    """

    def __init__(
        self, source_ids: NDArray[np.int32], beam_width: int, settings: DecodingSettings
    ) -> None:
        self._beta = settings.coverage_penalty_beta
        self._is_token: NDArray[np.bool_] = np.repeat(source_ids != PAD_ID, beam_width, axis=0)
        self._received: NDArray[np.float64] = np.zeros(self._is_token.shape)

    def add(
        self, attention: NDArray[np.float32] | None, is_open: NDArray[np.bool_] | list[int]
    ) -> None:
        """Adds a step's weights (N * K, at least S) in the open rows; others keep theirs.

        A session may pad sources further than (N, S); such columns are left out.
        """
        if self._beta and attention is not None:
            self._received[is_open] += attention[:, : self._received.shape[1]][is_open]

    def reorder(self, parents: NDArray[np.intp]) -> None:
        """Gives each row the coverage of the row (N * K,) that it continues."""
        if self._beta:
            self._received = self._received[parents]

    def penalty(self) -> NDArray[np.float64]:
        """Returns beta * sum over j of log(min(sum over t of alpha_tj, 1)), float64 (N * K,).

        A coverage below `COVERAGE_FLOOR` counts as that.

        Reference:
            Wu et al. 2016, equation 14.
        """
        if not self._beta:
            return np.zeros(len(self._is_token))
        logs = np.log(np.clip(self._received, COVERAGE_FLOOR, 1.0))
        penalty: NDArray[np.float64] = self._beta * np.where(self._is_token, logs, 0.0).sum(axis=1)
        return penalty
