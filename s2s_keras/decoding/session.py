"""What the search sees of a model: sources go in once, then tokens step by step."""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding.settings import DecodingSettings
from s2s_keras.text import EOS_ID

__all__ = [
    "GreedyOutput",
    "GreedySession",
    "Session",
    "StepOutput",
    "check_number",
    "checked_step",
    "without_eos",
]


class StepOutput(NamedTuple):
    """The candidates for the next token of R rows.

    Attributes:
        log_probs: float32 (R, K), natural logarithms, in any order.
        token_ids: int (R, K), the tokens that they belong to, distinct in a row.
        attention: float32 (R, S), the weights over the source, rows sum to 1; or `None` where the
            model has no attention (Sutskever et al. 2014, Cho et al. 2014).
    """

    log_probs: NDArray[np.float32]
    token_ids: NDArray[np.integer]
    attention: NDArray[np.float32] | None


class Session(Protocol):
    """A model that decodes N sources at once, `beam_width` rows each.

    Row n * beam_width + k is beam k of source n.
    """

    def start(self, source_ids: NDArray[np.int32], beam_width: int) -> None:
        """Encodes sources int32 (N, S), padded with 0 on the right, and forgets those before."""

    def step(self, tokens: NDArray[np.int32], parents: NDArray[np.intp]) -> StepOutput:
        """Advances every row by one token.

        Args:
            tokens: int32 (N * beam_width,), the last token of each row; `bos` at first.
            parents: int (N * beam_width,), the row of the step before that each row continues.
        """


class GreedyOutput(NamedTuple):
    """What a session decoded by itself.

    Attributes:
        token_ids: T ids, at most `max_output_length`; the last is `eos` unless decoding stopped.
        log_prob: the sum of the tokens' log-probabilities, in nats.
        attention: float32 (T, S), the weights over the source at each token, or `None`.
        timed_out: whether the time limit ended it.
    """

    token_ids: list[int]
    log_prob: float
    attention: NDArray[np.float32] | None
    timed_out: bool


class GreedySession(Session, Protocol):
    """A session that can also decode a source greedily by itself, with less between the steps."""

    def greedy(self, source_ids: NDArray[np.int32], settings: DecodingSettings) -> GreedyOutput:
        """Takes the likeliest token at each step.

        Args:
            source_ids: int32 (1, S), one source.
            settings: lengths and time limit.
        """


def checked_step(
    session: Session,
    tokens: NDArray[np.int32],
    parents: NDArray[np.intp],
    length: int,
    settings: DecodingSettings,
) -> StepOutput:
    """Advances every row, and forbids `eos` where the output would be too short.

    Args:
        session: the model.
        tokens: see `Session.step`.
        parents: see `Session.step`.
        length: tokens of an open row after this step, at least 1.
        settings: the minimum length, and whether attention is needed.

    Raises:
        ValueError: the model is broken, or cannot do what the settings ask for.
    """
    output = session.step(tokens, parents)
    check_number(np.add.reduce(output.log_probs, None))  # any NaN would rank at random
    if output.attention is None and settings.needs_attention:
        raise ValueError(
            "`coverage_penalty_beta` and `replace_unknown` need a model with attention. Received: "
            f"coverage_penalty_beta={settings.coverage_penalty_beta}, "
            f"replace_unknown={settings.replace_unknown}, and a model without. Leave both out."
        )
    if length > settings.min_output_length or EOS_ID not in output.token_ids:
        return output
    return output._replace(log_probs=without_eos(output.log_probs, output.token_ids, settings))


def without_eos(
    log_probs: NDArray[np.float32], token_ids: NDArray[np.integer], settings: DecodingSettings
) -> NDArray[np.float32]:
    """Returns `log_probs` (R, K) with minus infinity where `token_ids` (R, K) is `eos`.

    Raises:
        ValueError: there is one candidate a row.
    """
    if log_probs.shape[1] == 1:  # nothing would be left
        raise ValueError(
            "`min_output_length` needs at least 2 candidates a step. Received: "
            f"min_output_length={settings.min_output_length}, and a model with 1. "
            "Export with more `candidates`."
        )
    return np.where(token_ids == EOS_ID, np.float32(-np.inf), log_probs)


def check_number(log_prob: float) -> None:
    """Refuses NaN.

    Raises:
        ValueError: it is one.
    """
    if math.isnan(log_prob):
        raise ValueError("The model's log-probabilities must be numbers. Received: NaN.")
