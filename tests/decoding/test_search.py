import math

import numpy as np
import pytest

from s2s_keras.decoding import DecodingSettings, StepOutput, beam_search, greedy_search
from s2s_keras.decoding.beam import _largest
from s2s_keras.text import BOS_ID, EOS_ID, PAD_ID
from tests.decoding.markov import (
    FIRST_LETTER,
    HistorySession,
    MarkovSession,
    every_output,
    random_table,
    table_of,
)

A, B = FIRST_LETTER, FIRST_LETTER + 1
SOURCES = np.array([[4, 5, 6], [5, 6, 0], [6, 0, 0], [5, 4, 4]], np.int32)
SEARCHES = pytest.mark.parametrize("search", [greedy_search, beam_search])
SEEDS = pytest.mark.parametrize("seed", range(4))
ALPHAS = pytest.mark.parametrize("alpha", [0.0, 1.0])


def settings_of(beam_width=1, max_output_length=6, **others):
    return DecodingSettings(beam_width=beam_width, max_output_length=max_output_length, **others)


def steps_of(session, source, token_ids):
    """Returns the log-probability of each token, and the attention at each, one at a time."""
    columns = {int(token): i for i, token in enumerate(session.candidates)}
    history, log_probs, attention = (BOS_ID,), [], []
    for token in token_ids:
        log_probs.append(float(session.row(source, history)[columns[token]]))
        attention.append(session.attention(source, history))
        history = (*history, token)
    return log_probs, np.stack(attention)


def assert_best_of_all(session, source, letters, settings, hypotheses):
    """Compares with all outputs there are; a Markov model scores some of them the same."""
    scores = {
        ids: sum(steps_of(session, source, ids)[0]) / len(ids) ** settings.length_penalty_alpha
        for ids in every_output(letters, settings.max_output_length)
    }
    best = sorted(scores.values(), reverse=True)[: settings.n_best]
    assert len({h.token_ids for h in hypotheses}) == settings.n_best
    assert [scores[h.token_ids] for h in hypotheses] == pytest.approx(best)
    assert [h.score for h in hypotheses] == pytest.approx(best)


def assert_same(found, expected):
    for hypotheses, others in zip(found, expected, strict=True):
        assert [h.token_ids for h in hypotheses] == [h.token_ids for h in others]
        for hypothesis, other in zip(hypotheses, others, strict=True):
            assert hypothesis.log_prob == pytest.approx(other.log_prob)
            assert hypothesis.score == pytest.approx(other.score)
            np.testing.assert_array_equal(hypothesis.attention, other.attention)


@SEEDS
@ALPHAS
@pytest.mark.parametrize("letters", [4, 30])
def test_greedy_search_equals_a_beam_of_width_one(seed, alpha, letters):
    session = MarkovSession(random_table(seed, letters))
    settings = settings_of(length_penalty_alpha=alpha)
    assert_same(greedy_search(session, SOURCES, settings), beam_search(session, SOURCES, settings))


def test_greedy_search_takes_the_likeliest_token_and_a_beam_finds_better():
    chances = {BOS_ID: {A: 0.6, B: 0.4}, A: {A: 0.5, EOS_ID: 0.5}, B: {EOS_ID: 1.0}}
    session = MarkovSession(table_of(chances, size=6))
    settings = settings_of(2, length_penalty_alpha=0.0)
    [[greedy]] = greedy_search(session, SOURCES[:1], settings)
    [[best]] = beam_search(session, SOURCES[:1], settings)
    assert greedy.token_ids[0] == A
    assert best.token_ids == (B, EOS_ID)
    assert best.log_prob == pytest.approx(math.log(0.4))


@ALPHAS
@pytest.mark.parametrize(("letters", "longest", "width"), [(3, 4, 128), (12, 2, 160)])
@pytest.mark.parametrize("session_class", [MarkovSession, HistorySession])
def test_a_wide_beam_finds_the_best_of_all_outputs(session_class, letters, longest, width, alpha):
    settings = settings_of(width, longest, length_penalty_alpha=alpha, n_best=12)
    session = session_class(random_table(1, letters))
    for source, hypotheses in zip(SOURCES, beam_search(session, SOURCES, settings), strict=True):
        assert_best_of_all(session, source, letters, settings, hypotheses)


@SEEDS
@ALPHAS
@pytest.mark.parametrize(("width", "letters"), [(2, 4), (5, 4), (2, 30)])
def test_beams_are_distinct_and_sorted(seed, alpha, width, letters):
    session = MarkovSession(random_table(seed, letters))
    settings = settings_of(width, length_penalty_alpha=alpha, n_best=width)
    for hypotheses in beam_search(session, SOURCES, settings):
        assert len({h.token_ids for h in hypotheses}) == width
        scores = [h.score for h in hypotheses]
        assert scores == sorted(scores, reverse=True)


@SEEDS
@SEARCHES
@pytest.mark.parametrize("session_class", [MarkovSession, HistorySession])
def test_log_prob_and_attention_are_those_of_the_steps(search, session_class, seed):
    session = session_class(random_table(seed, letters=4))
    settings = settings_of(5, length_penalty_alpha=0.7, n_best=5)
    for source, hypotheses in zip(SOURCES, search(session, SOURCES, settings), strict=True):
        for hypothesis in hypotheses:
            log_probs, attention = steps_of(session, source, hypothesis.token_ids)
            length = len(hypothesis.token_ids)
            assert hypothesis.log_prob == pytest.approx(sum(log_probs))
            assert hypothesis.score == pytest.approx(sum(log_probs) / length**0.7)
            assert hypothesis.attention.shape == (length, SOURCES.shape[1])
            np.testing.assert_array_equal(hypothesis.attention, attention)


@pytest.mark.parametrize(
    ("alpha", "expected"),
    [
        (0.0, {(EOS_ID,): 0.4, (A, A, A): 0.294, (A, EOS_ID): 0.18, (A, A, EOS_ID): 0.126}),
        (1.0, {(A, A, A): 0.294, (A, A, EOS_ID): 0.126, (A, EOS_ID): 0.18, (EOS_ID,): 0.4}),
    ],
)
def test_finished_beams_are_frozen_while_others_go_on(alpha, expected):
    row = {A: 0.7, EOS_ID: 0.3}
    chances = {BOS_ID: {A: 0.6, EOS_ID: 0.4}, A: row, PAD_ID: row, EOS_ID: row}
    session = MarkovSession(table_of(chances, size=5))
    settings = settings_of(4, 3, length_penalty_alpha=alpha, n_best=4)
    [hypotheses] = beam_search(session, SOURCES[:1, :1], settings)
    assert session.steps == 3
    assert [h.token_ids for h in hypotheses] == list(expected)
    for hypothesis, probability in zip(hypotheses, expected.values(), strict=True):
        assert math.exp(hypothesis.log_prob) == pytest.approx(probability)
        length = len(hypothesis.token_ids)
        assert hypothesis.score == pytest.approx(math.log(probability) / length**alpha)


@SEARCHES
def test_search_stops_at_the_longest_output_without_eos(search):
    chances = {previous: {A: 0.99, EOS_ID: 0.01} for previous in (BOS_ID, A)}
    session = MarkovSession(table_of(chances, size=5))
    [[best]] = search(session, SOURCES[:1, :1], settings_of(2, 5))
    assert best.token_ids == (A,) * 5
    assert best.log_prob == pytest.approx(5 * math.log(0.99))
    assert session.steps == 5


@SEARCHES
@SEEDS
def test_a_batch_gives_the_same_as_its_sources_one_by_one(search, seed):
    session = HistorySession(random_table(seed, letters=4))
    settings = settings_of(3, n_best=3)
    together = search(session, SOURCES, settings)
    assert len({hypotheses[0].token_ids for hypotheses in together}) > 1
    assert_same(together, [search(session, source[None], settings)[0] for source in SOURCES])


@SEEDS
def test_n_best_gives_the_first_of_the_beams(seed):
    session = MarkovSession(random_table(seed, letters=4))
    every, some = (beam_search(session, SOURCES, settings_of(5, n_best=n)) for n in (5, 2))
    assert_same(some, [hypotheses[:2] for hypotheses in every])


def test_n_best_gives_fewer_where_there_are_fewer_outputs():
    chances = {BOS_ID: {A: 0.75, B: 0.25}, A: {EOS_ID: 1.0}, B: {EOS_ID: 1.0}}
    session = MarkovSession(table_of(chances, size=6))
    [hypotheses] = beam_search(session, SOURCES[:1], settings_of(5, n_best=5))
    assert [h.token_ids for h in hypotheses] == [(A, EOS_ID), (B, EOS_ID)]


@SEARCHES
def test_nan_raises(search):
    table = random_table(0, letters=3)
    table[:, FIRST_LETTER:] = np.nan
    table[:, BOS_ID, EOS_ID] = -50.0
    with pytest.raises(ValueError, match="must be numbers. Received: NaN"):
        search(MarkovSession(table), SOURCES, settings_of(2))


@SEEDS
@ALPHAS
@pytest.mark.parametrize(("width", "n_best"), [(128, 1), (128, 3), (3, 1), (3, 3)])
def test_stopping_early_does_not_change_the_results(monkeypatch, seed, alpha, width, n_best):
    session = MarkovSession(random_table(seed, letters=3, end=8.0))
    settings = settings_of(width, 4, length_penalty_alpha=alpha, n_best=n_best)
    early = beam_search(session, SOURCES, settings)
    monkeypatch.setattr("s2s_keras.decoding.beam._decided", lambda *_: False)
    assert_same(early, beam_search(session, SOURCES, settings))
    if width == 128:
        for source, hypotheses in zip(SOURCES, early, strict=True):
            assert_best_of_all(session, source, 3, settings, hypotheses)


@pytest.mark.parametrize(("n_best", "alpha", "steps"), [(1, 0.0, 1), (2, 0.0, 2), (1, 1.0, 4)])
def test_search_stops_as_soon_as_no_open_beam_can_win(n_best, alpha, steps):
    # After one step `eos` scores log 0.6; an open beam can still reach log p / 8^alpha.
    chances = {BOS_ID: {EOS_ID: 0.6, A: 0.4}, A: {EOS_ID: 0.7, A: 0.3}}
    chances |= {EOS_ID: chances[A], PAD_ID: chances[A]}
    session = MarkovSession(table_of(chances, size=5))
    settings = settings_of(8, 8, length_penalty_alpha=alpha, n_best=n_best)
    beam_search(session, SOURCES[:1, :1], settings)
    assert session.steps == steps


def test_greedy_search_stops_when_every_source_has_ended():
    table = table_of({BOS_ID: {A: 1.0}, A: {EOS_ID: 1.0}}, size=6)
    table[5] = table_of({BOS_ID: {EOS_ID: 1.0}, EOS_ID: {A: 1.0}, PAD_ID: {B: 1.0}}, size=6)[5]
    session = MarkovSession(table)
    [[long], [short]] = greedy_search(session, SOURCES[:2], settings_of())
    assert (long.token_ids, short.token_ids) == ((A, EOS_ID), (EOS_ID,))
    assert short.attention.shape == (1, 3)
    assert session.steps == 2


def test_a_search_reads_no_candidate_by_its_column():
    class Shuffled(MarkovSession):
        def step(self, tokens, parents):
            output = super().step(tokens, parents)
            order = np.random.default_rng(self.steps).permuted(
                np.tile(np.arange(len(self.candidates)), (len(tokens), 1)), axis=1
            )
            return StepOutput(
                np.take_along_axis(output.log_probs, order, axis=1),
                np.take_along_axis(output.token_ids, order, axis=1),
                output.attention,
            )

    table = random_table(0, letters=4)
    settings = settings_of(3, n_best=3)
    for search in (greedy_search, beam_search):
        plain, shuffled = (
            search(session_class(table), SOURCES, settings)
            for session_class in (MarkovSession, Shuffled)
        )
        assert_same(shuffled, plain)


def test_beams_that_cannot_exist_do_not_delay_the_end():
    table = table_of({BOS_ID: {A: 0.75, B: 0.25}, A: {EOS_ID: 1.0}, B: {EOS_ID: 1.0}}, B + 1)
    session = MarkovSession(table)
    settings = DecodingSettings(beam_width=5, n_best=5, max_output_length=40)
    [found] = beam_search(session, SOURCES[:1], settings)
    assert [h.token_ids for h in found] == [(A, EOS_ID), (B, EOS_ID)]
    assert session.steps == 2


@pytest.mark.parametrize("count", [1, 3, 8])
@pytest.mark.parametrize("columns", [20, 200])
def test_equal_scores_stay_in_the_order_of_their_columns(count, columns):
    scores = np.random.default_rng(0).integers(0, 4, size=(5, columns)).astype(float)
    scores[:, ::3] = -np.inf
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    np.testing.assert_array_equal(_largest(scores, count), expected)


@pytest.mark.parametrize("letters", [2, 4])
def test_a_beam_of_width_200_finds_all_outputs_of_a_small_vocabulary(letters):
    settings = settings_of(200, 3, length_penalty_alpha=0.0, n_best=200)
    session = HistorySession(random_table(0, letters))
    [found] = beam_search(session, SOURCES[:1], settings)
    assert {h.token_ids for h in found} == set(every_output(letters, 3))
    assert sum(math.exp(h.log_prob) for h in found) == pytest.approx(1.0, abs=1e-5)


@SEARCHES
@SEEDS
def test_outputs_are_at_least_as_long_as_asked_for(search, seed):
    session = HistorySession(random_table(seed, letters=3))
    free = search(session, SOURCES, settings_of(4, n_best=4))
    bound = search(session, SOURCES, settings_of(4, n_best=4, min_output_length=3))
    assert min(len(h.token_ids) for found in free for h in found) < 4
    assert min(len(h.token_ids) for found in bound for h in found) >= 4
    assert any(h.token_ids[3] == EOS_ID for found in bound for h in found)
    for source, found in zip(SOURCES, bound, strict=True):
        for hypothesis in found:  # the chances of the other tokens stay as they are
            log_probs, _ = steps_of(session, source, hypothesis.token_ids)
            assert hypothesis.log_prob == pytest.approx(sum(log_probs))


@SEARCHES
def test_the_shortest_output_can_be_all_but_eos(search):
    session = MarkovSession(random_table(0, letters=3, end=50.0))
    [[best]] = search(session, SOURCES[:1], settings_of(4, 5, min_output_length=4))
    assert EOS_ID not in best.token_ids[:4]
    assert len(best.token_ids) == 5


@SEARCHES
def test_a_shortest_output_needs_a_second_candidate(search):
    class OnlyEnd(MarkovSession):
        def step(self, tokens, parents):
            output = super().step(tokens, parents)
            return StepOutput(*(part[:, -1:] for part in output[:2]), output.attention)

    session = OnlyEnd(random_table(0, letters=3))
    with pytest.raises(ValueError, match="at least 2 candidates a step. .*a model with 1."):
        search(session, SOURCES, settings_of(2, min_output_length=1))


@SEARCHES
def test_a_model_without_attention_gives_the_same_outputs_without_it(search):
    table = random_table(0, letters=4)
    settings = settings_of(4, n_best=4)
    expected = search(HistorySession(table), SOURCES, settings)
    found = search(HistorySession(table, attends=False), SOURCES, settings)
    assert all(h.attention is None for hypotheses in found for h in hypotheses)
    for hypotheses, others in zip(found, expected, strict=True):
        assert [(h.token_ids, h.score) for h in hypotheses] == [
            (h.token_ids, h.score) for h in others
        ]


@SEARCHES
@pytest.mark.parametrize("needed", [{"coverage_penalty_beta": 0.1}, {"replace_unknown": True}])
def test_what_needs_attention_is_refused_without_it(search, needed):
    session = MarkovSession(random_table(0, letters=4), attends=False)
    [(name, value)] = needed.items()
    with pytest.raises(ValueError, match=f"need a model with attention.*{name}={value}"):
        search(session, SOURCES, settings_of(2, **needed))
    assert session.steps == 1
