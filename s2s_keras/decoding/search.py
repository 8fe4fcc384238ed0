"""Greedy and beam search over a session's step function."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding.session import Session, StepOutput
from s2s_keras.decoding.settings import DecodingSettings
from s2s_keras.text import BOS_ID, EOS_ID, PAD_ID

__all__ = ["Hypothesis", "beam_search", "greedy_search"]


@dataclass(frozen=True)
class Hypothesis:
    """One output of a search.

    Attributes:
        token_ids: T ids; the last is `eos` unless decoding stopped at the maximum length.
        log_prob: the sum of the tokens' log-probabilities, in nats.
        score: what hypotheses are ranked by, log_prob / T^alpha.
        attention: float32 (T, S), the weights over the source at each token.
    """

    token_ids: tuple[int, ...]
    log_prob: float
    score: float
    attention: NDArray[np.float32]


def greedy_search(
    session: Session, source_ids: NDArray[np.int32], settings: DecodingSettings
) -> list[list[Hypothesis]]:
    """Takes the likeliest token at each step: `beam_search` of width 1, with less work a step.

    Args:
        session: the model.
        source_ids: int32 (N, S), padded with 0 on the right.
        settings: lengths and length penalty; its beam width is not looked at.

    Returns:
        For each source a list of one hypothesis.
    """
    count = len(source_ids)
    session.start(source_ids, 1)
    rows = np.arange(count)
    tokens = np.full(count, BOS_ID, np.int32)
    finished = np.zeros(count, bool)
    log_probs = np.zeros(count, np.float64)
    history: list[NDArray[np.int32]] = []
    attention: list[NDArray[np.float32]] = []
    for _ in range(settings.max_output_length):
        output = _checked(session.step(tokens, rows))
        best = output.log_probs.argmax(axis=1)
        tokens = np.where(finished, PAD_ID, output.token_ids[rows, best]).astype(np.int32)
        log_probs += np.where(finished, 0.0, output.log_probs[rows, best])
        history.append(tokens)
        attention.append(output.attention)
        finished |= tokens == EOS_ID
        if finished.all():
            break
    return [
        [
            _hypothesis(
                [int(step[n]) for step in history],
                [weights[n] for weights in attention],
                float(log_probs[n]),
                settings.length_penalty_alpha,
            )
        ]
        for n in range(count)
    ]


def beam_search(
    session: Session, source_ids: NDArray[np.int32], settings: DecodingSettings
) -> list[list[Hypothesis]]:
    """Keeps the `beam_width` best hypotheses of each source, ranked by log_prob / length^alpha.

    A hypothesis that has reached `eos` is frozen: it keeps its place and its score until a better
    one pushes it out. The search of all sources ends when every beam is frozen, when no open beam
    can still enter the n best, or after `max_output_length` tokens.

    Args:
        session: the model.
        source_ids: int32 (N, S), padded with 0 on the right.
        settings: beam width, lengths, length penalty, n best.

    Returns:
        For each source at most `n_best` hypotheses, the best first.

    Reference:
        Sutskever et al. 2014, section 3.2 (beam search); Wu et al. 2016, section 7 (length
        normalisation).
    """
    count, width = len(source_ids), settings.beam_width
    alpha = settings.length_penalty_alpha
    session.start(source_ids, width)
    first_row = np.arange(count)[:, None] * width
    rows = np.arange(count * width)
    tokens = np.full(count * width, BOS_ID, np.int32)
    log_probs = np.full((count, width), -np.inf)
    log_probs[:, 0] = 0.0  # the first step has one beam to extend, not `width` equal ones
    lengths = np.zeros((count, width), np.int64)
    finished = np.zeros((count, width), bool)
    history: list[tuple[NDArray[np.int32], NDArray[np.intp], NDArray[np.float32]]] = []
    for length in range(1, settings.max_output_length + 1):
        output = _checked(session.step(tokens, rows))
        candidates = output.log_probs.shape[1]
        totals = log_probs[:, :, None] + output.log_probs.reshape(count, width, candidates)
        totals[finished] = -np.inf
        totals[finished, 0] = log_probs[finished]  # a frozen beam's only candidate is itself
        lengths = np.where(finished, lengths, length)
        scores = (totals / lengths[:, :, None] ** alpha).reshape(count, width * candidates)
        chosen = _largest(scores, width)
        beams = chosen // candidates
        rows = (first_row + beams).ravel()
        was_finished = np.take_along_axis(finished, beams, axis=1)
        next_ids = output.token_ids.reshape(count, width * candidates)
        tokens_2d = np.take_along_axis(next_ids, chosen, axis=1).astype(np.int32)
        tokens_2d[was_finished] = PAD_ID
        tokens = tokens_2d.ravel()
        history.append((tokens, rows, output.attention))
        log_probs = np.take_along_axis(totals.reshape(count, -1), chosen, axis=1)
        lengths = np.take_along_axis(lengths, beams, axis=1)
        finished = was_finished | (tokens_2d == EOS_ID) | np.isneginf(log_probs)
        if finished.all() or _decided(log_probs, lengths, finished, settings):
            break
    return [
        [
            _hypothesis(*_trace(history, n * width + k), float(log_probs[n, k]), alpha)
            for k in range(settings.n_best)
            if np.isfinite(log_probs[n, k])
        ]
        for n in range(count)
    ]


def _checked(output: StepOutput) -> StepOutput:
    """Refuses the output of a broken model, which would otherwise rank at random."""
    if np.isnan(output.log_probs).any():
        raise ValueError("The model's log-probabilities must be numbers. Received: NaN.")
    return output


def _largest(scores: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """Returns the columns of the `count` largest scores of each row, the largest first."""
    if scores.shape[1] > 8 * count:
        columns = np.sort(np.argpartition(-scores, count, axis=1)[:, :count], axis=1)
        order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
        return np.take_along_axis(columns, order, axis=1)
    return np.argsort(-scores, axis=1, kind="stable")[:, :count]


def _decided(
    log_probs: NDArray[np.float64],
    lengths: NDArray[np.int64],
    finished: NDArray[np.bool_],
    settings: DecodingSettings,
) -> bool:
    """Whether in every source the n best are frozen and out of reach of the open beams.

    A beam's log_prob only falls, so at best it reaches its present one at the maximum length.
    """
    alpha = settings.length_penalty_alpha
    if not finished[:, : settings.n_best].all():
        return False
    frozen = log_probs[:, settings.n_best - 1] / lengths[:, settings.n_best - 1] ** alpha
    reachable = np.where(finished, -np.inf, log_probs) / settings.max_output_length**alpha
    return bool((frozen >= reachable.max(axis=1)).all())


def _trace(
    history: list[tuple[NDArray[np.int32], NDArray[np.intp], NDArray[np.float32]]], row: int
) -> tuple[list[int], list[NDArray[np.float32]]]:
    """Follows a row back to the first step."""
    tokens: list[int] = []
    attention: list[NDArray[np.float32]] = []
    for step_tokens, parents, weights in reversed(history):
        tokens.append(int(step_tokens[row]))
        row = int(parents[row])
        attention.append(weights[row])
    return tokens[::-1], attention[::-1]


def _hypothesis(
    tokens: list[int], attention: list[NDArray[np.float32]], log_prob: float, alpha: float
) -> Hypothesis:
    """Cuts the padding after `eos` off."""
    length = tokens.index(EOS_ID) + 1 if EOS_ID in tokens else len(tokens)
    return Hypothesis(
        token_ids=tuple(tokens[:length]),
        log_prob=log_prob,
        score=log_prob / length**alpha,
        attention=np.stack(attention[:length]),
    )
