"""Beam search over a session's step function."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding.deadline import Deadline
from s2s_keras.decoding.hypothesis import History, Hypothesis, Standing, last
from s2s_keras.decoding.scoring import Coverage, score
from s2s_keras.decoding.session import Session, checked_step
from s2s_keras.decoding.settings import DecodingSettings
from s2s_keras.text import BOS_ID, EOS_ID, PAD_ID

__all__ = ["beam_search", "beam_steps"]


def beam_search(
    session: Session, source_ids: NDArray[np.int32], settings: DecodingSettings
) -> list[list[Hypothesis]]:
    """Keeps the `beam_width` best hypotheses of each source, ranked by `scoring.score`.

    A hypothesis that has reached `eos` is frozen: it keeps its place and its score until a better
    one pushes it out. The search of all sources ends when every beam is frozen, when no open beam
    can still enter the n best, after `max_output_length` tokens, or when the time limit is over.

    Args:
        session: the model.
        source_ids: int32 (N, S), padded with 0 on the right.
        settings: beam width, lengths, penalties, n best.

    Returns:
        For each source at most `n_best` hypotheses, the best first.

    Raises:
        ValueError: the settings need attention, which the model does not have.

    Reference:
        Sutskever et al. 2014, section 3.2 (beam search); Wu et al. 2016, section 7 (length
        normalisation and coverage penalty).
    """
    return last(beam_steps(session, source_ids, settings))


def beam_steps(
    session: Session, source_ids: NDArray[np.int32], settings: DecodingSettings
) -> Iterator[Standing]:
    """Yields where `beam_search` stands after each step, the last of which is its result.

    On the way the n best are the beams of the largest score so far, open or frozen. A later step
    may drop them: what is yielded first need not begin what is yielded last.
    """
    deadline = Deadline(settings.time_limit_ms)
    count, width = len(source_ids), settings.beam_width
    session.start(source_ids, width)
    rows = np.arange(count * width)
    tokens = np.full(count * width, BOS_ID, np.int32)
    # The first step has one beam to extend, not `width` equal ones.
    log_probs: NDArray[np.float64] = np.where(rows % width == 0, 0.0, -np.inf)
    scores = np.zeros(count * width)
    lengths = np.zeros(count * width, np.int64)
    finished = np.zeros(count * width, bool)
    ended = 0
    coverage = Coverage(source_ids, width, settings)
    history = History()
    timed_out = False

    def standing() -> list[list[Hypothesis]]:
        shape = (count, width)
        return history.n_best(
            log_probs.reshape(shape), scores.reshape(shape), settings.n_best, timed_out
        )

    for length in range(1, settings.max_output_length + 1):
        output = checked_step(session, tokens, rows, length, settings)
        candidates = output.log_probs.shape[1]
        totals: NDArray[np.float64] = log_probs[:, None] + output.log_probs
        if ended:  # a frozen beam's only candidate is itself
            totals[finished] = -np.inf
            totals[finished, 0] = log_probs[finished]
        lengths[~finished] = length
        coverage.add(output.attention, ~finished)
        candidate_scores = score(totals, lengths[:, None], coverage.penalty()[:, None], settings)
        # Flat indices from here on: `take_along_axis` costs more than a step on a device.
        best = _largest(candidate_scores.reshape(count, width * candidates), width)
        chosen = (best + np.arange(0, totals.size, width * candidates)[:, None]).ravel()
        rows = chosen // candidates
        tokens = output.token_ids.ravel()[chosen].astype(np.int32)
        finished = finished[rows]
        tokens[finished] = PAD_ID
        history.append(tokens, rows, output.attention)
        log_probs = totals.ravel()[chosen]
        scores = candidate_scores.ravel()[chosen]
        lengths = lengths[rows]
        coverage.reorder(rows)
        finished |= (tokens == EOS_ID) | (log_probs == -np.inf)
        ended = int(np.count_nonzero(finished))
        decided = ended == len(finished) or (
            ended > 0 and _decided(log_probs, scores, finished, width, settings)
        )
        timed_out = not decided and length < settings.max_output_length and deadline.is_over()
        yield standing
        if decided or timed_out:
            break


def _largest(scores: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """Returns the columns of the `count` largest scores of each row, the largest first.

    Equal scores stay in the order of their columns, so that a frozen beam is not lost to a tie.
    """
    if scores.shape[1] > max(256, 8 * count):  # of many only the head is worth sorting
        threshold = np.partition(scores, -count, axis=1)[:, -count, None]
        group = (scores <= threshold).astype(np.uint8) + (scores < threshold)
        columns = np.argsort(group, axis=1, kind="stable")[:, :count]
        order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
        return np.take_along_axis(columns, order, axis=1)
    return np.argsort(-scores, axis=1, kind="stable")[:, :count]


def _decided(
    log_probs: NDArray[np.float64],
    scores: NDArray[np.float64],
    finished: NDArray[np.bool_],
    width: int,
    settings: DecodingSettings,
) -> bool:
    """Whether in every source the n best are frozen and out of reach of the open beams.

    A beam's log_prob only falls, and a length penalty never does: at best a beam reaches its
    present log_prob at the maximum length, with every source token covered.
    """
    if not finished.reshape(-1, width)[:, : settings.n_best].all():
        return False
    open_log_probs = np.where(finished, -np.inf, log_probs)
    reachable = score(open_log_probs, settings.max_output_length, 0.0, settings)
    worst = scores.reshape(-1, width)[:, settings.n_best - 1]
    return bool((worst >= reachable.reshape(-1, width).max(axis=1)).all())
