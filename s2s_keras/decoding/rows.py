"""Greedy search and sampling: rows that choose a token each and never meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding.deadline import Deadline
from s2s_keras.decoding.hypothesis import History, Hypothesis, Standing, last
from s2s_keras.decoding.scoring import Coverage, score
from s2s_keras.decoding.session import GreedyOutput, Session, StepOutput, checked_step
from s2s_keras.decoding.settings import DecodingSettings
from s2s_keras.text import BOS_ID, EOS_ID, PAD_ID

__all__ = ["greedy_search", "greedy_steps", "sample", "sample_steps"]


def greedy_search(
    session: Session, source_ids: NDArray[np.int32], settings: DecodingSettings
) -> list[list[Hypothesis]]:
    """Takes the likeliest token at each step: `beam_search` of width 1, with less work a step.

    A `GreedySession` decodes one source by itself, unless coverage counts.

    Args:
        session: the model.
        source_ids: int32 (N, S), padded with 0 on the right.
        settings: lengths and penalties; its beam width is not looked at.

    Returns:
        For each source a list of one hypothesis.

    Raises:
        ValueError: the settings need attention, which the model does not have.
    """
    decode = getattr(session, "greedy", None)
    if decode is not None and len(source_ids) == 1 and not settings.coverage_penalty_beta:
        output: GreedyOutput = decode(source_ids, settings)
        if output.attention is not None or not settings.needs_attention:
            return [[_greedy_hypothesis(output, settings)]]
    return last(greedy_steps(session, source_ids, settings))


def _greedy_hypothesis(output: GreedyOutput, settings: DecodingSettings) -> Hypothesis:
    return Hypothesis(
        token_ids=tuple(output.token_ids),
        log_prob=output.log_prob,
        score=float(score(np.array(output.log_prob), len(output.token_ids), 0.0, settings)),
        attention=output.attention,
        timed_out=output.timed_out,
    )


def greedy_steps(
    session: Session, source_ids: NDArray[np.int32], settings: DecodingSettings
) -> Iterator[Standing]:
    """Yields where `greedy_search` stands after each step; each output begins the next one."""
    return _decode(session, source_ids, 1, settings, lambda step: step.log_probs.argmax(axis=1))


def sample(
    session: Session, source_ids: NDArray[np.int32], settings: DecodingSettings
) -> list[list[Hypothesis]]:
    """Draws `beam_width` outputs of each source, independently of each other.

    Each token comes from softmax(log_probs / temperature) over the session's candidates. An output
    may be drawn more than once. Draws depend on the seed and the source's ids alone: not on the
    sources beside it, and not on the order of the candidates.

    Args:
        session: the model.
        source_ids: int32 (N, S), padded with 0 on the right.
        settings: temperature, seed, outputs a source (`beam_width`), lengths, penalties, n best.

    Returns:
        For each source the `n_best` draws of the largest score, the best first. `log_prob` and
        `score` are those of the model at temperature 1.

    Raises:
        ValueError: no temperature is given, or the settings need attention, which the model does
            not have.
    """
    return last(sample_steps(session, source_ids, settings))


def sample_steps(
    session: Session, source_ids: NDArray[np.int32], settings: DecodingSettings
) -> Iterator[Standing]:
    """Yields where `sample` stands after each step: the draws of the largest score so far."""
    width, temperature = settings.beam_width, settings.temperature
    if temperature is None:
        raise ValueError("`temperature` must be a positive number. Received: temperature=None.")
    generators = [
        np.random.default_rng([settings.seed, *map(int, ids[ids != PAD_ID])]) for ids in source_ids
    ]

    def draw(step: StepOutput) -> NDArray[np.intp]:
        uniform = np.concatenate([generator.random(width) for generator in generators])
        return _draw(step, temperature, uniform)

    return _decode(session, source_ids, width, settings, draw)


def _draw(step: StepOutput, temperature: float, uniform: NDArray[np.float64]) -> NDArray[np.intp]:
    """Turns numbers of [0, 1) into columns (R,) by the inverse of the cumulative distribution."""
    by_id = np.argsort(step.token_ids, axis=1)  # runtimes order their candidates differently
    log_probs = np.take_along_axis(step.log_probs, by_id, axis=1).astype(np.float64)
    # Frozen rows may have no candidate left (NaN); what they draw is not looked at.
    with np.errstate(over="ignore", invalid="ignore"):
        weights = np.exp((log_probs - log_probs.max(axis=1, keepdims=True)) / temperature)
        cumulative = weights.cumsum(axis=1)
        cumulative /= cumulative[:, -1:]
    drawn = (cumulative > uniform[:, None]).argmax(axis=1)
    return np.take_along_axis(by_id, drawn[:, None], axis=1)[:, 0]


def _decode(
    session: Session,
    source_ids: NDArray[np.int32],
    width: int,
    settings: DecodingSettings,
    choose: Callable[[StepOutput], NDArray[np.intp]],
) -> Iterator[Standing]:
    """Extends `width` rows a source by the column (R,) that `choose` takes of each step."""
    deadline = Deadline(settings.time_limit_ms)
    session.start(source_ids, width)
    shape = (len(source_ids), width)
    rows = np.arange(len(source_ids) * width)
    # On a device the rows are few: numbers of Python's are faster then than NumPy's calls.
    open_rows = rows.tolist()
    tokens = [BOS_ID] * len(rows)
    log_probs = [0.0] * len(rows)
    lengths = [0] * len(rows)
    coverage = Coverage(source_ids, width, settings)
    history = History()
    timed_out = False

    def standing() -> list[list[Hypothesis]]:
        totals = np.array(log_probs)
        scores = score(totals, lengths, coverage.penalty(), settings)
        return history.n_best(
            totals.reshape(shape), scores.reshape(shape), settings.n_best, timed_out
        )

    for length in range(1, settings.max_output_length + 1):
        output = checked_step(session, np.array(tokens, np.int32), rows, length, settings)
        columns = choose(output).tolist()
        tokens = [PAD_ID] * len(rows)
        for row in open_rows:
            column = columns[row]
            tokens[row] = int(output.token_ids[row, column])
            log_probs[row] += float(output.log_probs[row, column])
            lengths[row] = length
        coverage.add(output.attention, open_rows)
        history.append(tokens, rows, output.attention)
        open_rows = [row for row in open_rows if tokens[row] != EOS_ID]
        timed_out = (
            len(open_rows) > 0 and length < settings.max_output_length and deadline.is_over()
        )
        yield standing
        if timed_out or not open_rows:
            break
