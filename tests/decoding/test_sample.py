import math
from collections import Counter

import numpy as np
import pytest

from s2s_keras.decoding import DecodingSettings, StepOutput, greedy_search, sample
from s2s_keras.text import BOS_ID, EOS_ID
from tests.decoding.markov import (
    FIRST_LETTER,
    HistorySession,
    MarkovSession,
    SoftSession,
    random_table,
    table_of,
)

A, B = FIRST_LETTER, FIRST_LETTER + 1
SOURCES = np.array([[4, 5, 6], [5, 6, 0], [6, 0, 0], [5, 4, 4]], np.int32)
CHANCES = {BOS_ID: {A: 0.6, B: 0.3, EOS_ID: 0.1}, A: {EOS_ID: 0.5, B: 0.5}, B: {EOS_ID: 1.0}}
PROBABILITIES = {(A, EOS_ID): 0.3, (A, B, EOS_ID): 0.3, (B, EOS_ID): 0.3, (EOS_ID,): 0.1}


def draws_of(temperature, seeds=range(20), chances=CHANCES):
    """Returns the share of each output in 200 draws a seed."""
    session = MarkovSession(table_of(chances, size=6))
    counts = Counter()
    for seed in seeds:
        settings = DecodingSettings(200, n_best=200, temperature=temperature, seed=seed)
        [found] = sample(session, SOURCES[:1], settings)
        counts.update(h.token_ids for h in found)
    return {ids: n / counts.total() for ids, n in counts.items()}


def same(found, expected):
    return [[(h.token_ids, h.score) for h in row] for row in found] == [
        [(h.token_ids, h.score) for h in row] for row in expected
    ]


def test_frequencies_approach_the_distribution_at_temperature_1():
    shares = draws_of(1.0)
    assert set(shares) == set(PROBABILITIES)
    for ids, probability in PROBABILITIES.items():  # 4,000 draws: within 4 standard deviations
        assert shares[ids] == pytest.approx(probability, abs=0.03)


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_frequencies_approach_the_tempered_distribution(temperature):
    weights = {token: p ** (1 / temperature) for token, p in CHANCES[BOS_ID].items()}
    first = {token: weight / sum(weights.values()) for token, weight in weights.items()}
    shares = draws_of(temperature)
    assert shares[(EOS_ID,)] == pytest.approx(first[EOS_ID], abs=0.03)
    assert shares[B, EOS_ID] == pytest.approx(first[B], abs=0.03)


@pytest.mark.parametrize("temperature", [0.02, 1e-300, 5e-324])
def test_a_low_temperature_draws_the_likeliest(temperature):
    chances = {**CHANCES, A: {EOS_ID: 0.6, B: 0.4}}
    assert draws_of(temperature, [0], chances) == {(A, EOS_ID): 1.0}
    session = HistorySession(random_table(0, letters=4))
    cold = DecodingSettings(3, n_best=3, temperature=temperature, max_output_length=6)
    for draws, [greedy] in zip(
        sample(session, SOURCES, cold), greedy_search(session, SOURCES, cold), strict=True
    ):
        assert {h.token_ids for h in draws} == {greedy.token_ids}


def test_a_high_temperature_draws_evenly_but_nothing_impossible():
    shares = draws_of(1e308)
    assert set(shares) == set(PROBABILITIES)
    assert shares[(EOS_ID,)] == pytest.approx(1 / 3, abs=0.03)


def test_scores_are_those_of_the_model_and_sorted():
    settings = DecodingSettings(50, 0.5, n_best=50, temperature=1.7, length_penalty="gnmt")
    session = MarkovSession(table_of(CHANCES, size=6))
    [found] = sample(session, SOURCES[:1], settings)
    assert len(found) == 50
    for hypothesis in found:
        log_prob = math.log(PROBABILITIES[hypothesis.token_ids])
        assert hypothesis.log_prob == pytest.approx(log_prob)
        length = len(hypothesis.token_ids)
        assert hypothesis.score == pytest.approx(log_prob / ((5 + length) / 6) ** 0.5)
    scores = [h.score for h in found]
    assert scores == sorted(scores, reverse=True)


def test_n_best_are_the_best_of_the_draws():
    session = HistorySession(random_table(0, letters=4))
    options = {"beam_width": 10, "temperature": 1.0, "max_output_length": 6}
    every = sample(session, SOURCES, DecodingSettings(n_best=10, **options))
    some = sample(session, SOURCES, DecodingSettings(n_best=3, **options))
    assert same(some, [row[:3] for row in every])


def test_the_same_seed_gives_the_same_draws_and_another_others():
    session = HistorySession(random_table(0, letters=4))
    first, again, other = (
        sample(session, SOURCES, DecodingSettings(5, n_best=5, temperature=1.0, seed=seed))
        for seed in (3, 3, 4)
    )
    assert same(first, again)
    assert not same(first, other)


def test_draws_do_not_depend_on_the_sources_beside_or_on_the_padding():
    session = HistorySession(random_table(0, letters=4))
    settings = DecodingSettings(5, n_best=5, temperature=1.0)
    together = sample(session, SOURCES, settings)
    alone = [sample(session, source[source > 0][None], settings)[0] for source in SOURCES]
    assert same(together, alone)


def test_draws_do_not_depend_on_the_order_of_the_candidates():
    class Shuffled(HistorySession):
        def step(self, tokens, parents):
            output = super().step(tokens, parents)
            order = np.random.default_rng(self.steps).permutation(len(self.candidates))
            return StepOutput(
                output.log_probs[:, order], output.token_ids[:, order], output.attention
            )

    table = random_table(0, letters=4)
    settings = DecodingSettings(5, n_best=5, temperature=1.0)
    plain, shuffled = (
        sample(kind(table), SOURCES, settings) for kind in (HistorySession, Shuffled)
    )
    assert same(plain, shuffled)


def test_rows_of_a_source_are_drawn_independently():
    chances = {BOS_ID: {A: 0.5, B: 0.5}, A: {EOS_ID: 1.0}, B: {EOS_ID: 1.0}}
    session = MarkovSession(table_of(chances, size=6))
    equal = 0
    for seed in range(400):
        [found] = sample(
            session, SOURCES[:1], DecodingSettings(2, n_best=2, temperature=1.0, seed=seed)
        )
        equal += found[0].token_ids == found[1].token_ids
    assert equal / 400 == pytest.approx(0.5, abs=0.1)


def test_draws_honour_the_shortest_output_and_the_coverage():
    session = SoftSession(random_table(0, letters=3))
    options = {"n_best": 6, "temperature": 1.0, "max_output_length": 5, "min_output_length": 2}
    found = sample(session, SOURCES, DecodingSettings(6, coverage_penalty_beta=0.3, **options))
    for source, hypotheses in zip(SOURCES, found, strict=True):
        assert min(len(h.token_ids) for h in hypotheses) >= 3
        for h in hypotheses:
            received = h.attention.sum(axis=0, dtype=float)[: len(source)][source > 0]
            penalty = 0.3 * np.log(np.clip(received, 1e-6, 1.0)).sum()
            assert h.score == pytest.approx(h.log_prob / len(h.token_ids) + penalty)


def test_sampling_without_a_temperature_raises():
    session = MarkovSession(random_table(0, letters=3))
    with pytest.raises(ValueError, match="`temperature` must be a positive number.*None"):
        sample(session, SOURCES, DecodingSettings())
