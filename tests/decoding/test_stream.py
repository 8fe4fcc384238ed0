"""Outputs as they come, and the time limit."""

import time

import numpy as np
import pytest

from s2s_keras.decoding import DecodingSettings, Predictor, beam_search, greedy_search, sample
from s2s_keras.text import EOS_ID, CharacterTokenizer
from tests.decoding.markov import HistorySession, random_table, table_of

TOKENIZER = CharacterTokenizer("abcd")
SETTINGS = {"max_output_length": 12}
KINDS = [
    {"beam_width": 1},
    {"beam_width": 4, "n_best": 2},
    {"beam_width": 4, "coverage_penalty_beta": 0.3},
    {"beam_width": 3, "temperature": 1.0},
]


class Slow(HistorySession):
    """Takes `step_ms` a step."""

    step_ms = 20.0

    def step(self, tokens, parents):
        time.sleep(self.step_ms / 1000)
        return super().step(tokens, parents)


def predictor_of(session_class=HistorySession, table=None, **settings):
    session = session_class(random_table(2, letters=4) if table is None else table)
    return Predictor(session, TOKENIZER, TOKENIZER, DecodingSettings(**SETTINGS, **settings))


@pytest.mark.parametrize("settings", KINDS, ids=str)
@pytest.mark.parametrize("text", ["abc", "dd", "cab"])
def test_a_stream_ends_with_the_prediction(settings, text):
    predictor = predictor_of(**settings)
    found = list(predictor.stream(text))
    steps = predictor.session.steps
    assert len(found) == steps > 1
    [[expected, *_]] = predictor.predict([text])
    assert predictor.session.steps == steps
    assert repr(found[-1]) == repr(expected)
    np.testing.assert_array_equal(found[-1].attention, expected.attention)


@pytest.mark.parametrize("text", ["abc", "dd", "cab"])
def test_a_greedy_stream_grows_by_a_token_a_step(text):
    found = list(predictor_of(beam_width=1).stream(text))
    for length, prediction in enumerate(found, 1):
        assert prediction.target_tokens == found[-1].target_tokens[:length]
        assert prediction.attention.shape == (length, len(text))
        assert prediction.is_complete == (prediction.target_tokens[-1] == "<eos>")
        assert found[-1].text.startswith(prediction.text)


def test_a_beam_stream_yields_the_best_beam_of_each_step():
    settings = {"beam_width": 4, "length_penalty_alpha": 0.0}
    found = list(predictor_of(**settings).stream("abc"))
    for length, prediction in enumerate(found[:-1], 1):
        shorter = DecodingSettings(max_output_length=length, **settings)
        [[best]] = beam_search(
            HistorySession(random_table(2, letters=4)),
            np.array([TOKENIZER.encode("abc")], np.int32),
            shorter,
        )
        assert prediction.log_prob == pytest.approx(best.log_prob)


def test_a_stream_that_nobody_reads_decodes_no_further():
    predictor = predictor_of(beam_width=1)
    stream = predictor.stream("abc")
    assert predictor.session.steps == 0
    next(stream)
    assert predictor.session.steps == 1


@pytest.mark.parametrize("settings", KINDS, ids=str)
def test_a_time_limit_ends_the_search_with_the_best_so_far(settings):
    endless = table_of({}, len(TOKENIZER))
    endless[:, :, 4:8] = np.log(0.25 * (1 - 1e-4))
    endless[:, :, EOS_ID] = np.log(1e-4)
    predictor = predictor_of(Endless, endless, time_limit_ms=70, **settings)
    [[best, *_]] = predictor.predict(["abc"])
    assert (best.timed_out, best.is_complete) == (True, False)
    assert 1 <= len(best.target_tokens) <= 4
    assert "<eos>" not in best.target_tokens


class Endless(Slow):
    def row(self, source, history):
        return self.table[source[0], history[-1], self.candidates]


def test_a_time_limit_leaves_a_step_in_any_case():
    [[best]] = predictor_of(Slow, beam_width=1, time_limit_ms=0.001).predict(["abc"])
    assert (best.timed_out, len(best.target_tokens)) == (True, 1)


@pytest.mark.parametrize("search", [greedy_search, beam_search, sample])
def test_a_time_limit_that_is_not_reached_changes_nothing(search):
    source_ids = np.array([TOKENIZER.encode("abc")], np.int32)
    settings = {"beam_width": 3, "n_best": 3, "temperature": 1.0, **SETTINGS}
    results = [
        search(HistorySession(random_table(2, letters=4)), source_ids, DecodingSettings(**given))
        for given in (settings, {**settings, "time_limit_ms": 60_000})
    ]
    assert repr(results[0]) == repr(results[1])
    assert not any(h.timed_out for found in results[1] for h in found)


def test_an_output_that_ends_by_itself_or_at_the_longest_has_not_timed_out():
    limit = {"time_limit_ms": 1}
    ended = table_of({1: {EOS_ID: 1.0}}, len(TOKENIZER))
    [[best]] = predictor_of(Endless, ended, beam_width=1, **limit).predict(["abc"])
    assert (best.timed_out, best.is_complete) == (False, True)
    predictor = predictor_of(Endless, random_table(0, 4, end=1e-9), beam_width=1)
    predictor.settings = DecodingSettings(beam_width=1, max_output_length=1, **limit)
    [[best]] = predictor.predict(["abc"])
    assert (best.timed_out, best.is_complete) == (False, False)


def test_a_time_limit_counts_for_the_whole_text_of_pieces():
    settings = {"max_source_length": 3, "split_long_sources": True, "time_limit_ms": 30}
    predictor = predictor_of(Slow, beam_width=1, allow_unknown=True, **settings)
    for found in (predictor.predict(["ab. " * 50])[0][0], [*predictor.stream("ab. " * 50)][-1]):
        assert 1 <= len(found.pieces) <= 3
        assert (found.timed_out, found.is_complete) == (True, False)
