import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_keras.decoding import DecodingSettings, beam_search, greedy_search
from s2s_keras.decoding.scoring import COVERAGE_FLOOR, Coverage, length_penalty, score
from s2s_keras.text import BOS_ID, EOS_ID
from tests.decoding.markov import SoftSession, every_output, random_table

SOURCES = np.array([[4, 5, 6], [5, 6, 0], [6, 0, 0]], np.int32)
DECODINGS = st.builds(
    dict,
    length_penalty=st.sampled_from(["power", "gnmt"]),
    length_penalty_alpha=st.sampled_from([0.0, 0.3, 1.0, 2.5]),
    coverage_penalty_beta=st.sampled_from([0.0, 0.05, 0.4, 3.0]),
    min_output_length=st.integers(0, 2),
    max_output_length=st.integers(3, 4),
    n_best=st.integers(1, 4),
)
SOURCE = st.lists(st.integers(4, 99), min_size=1, max_size=3).map(lambda ids: [*ids, 0, 0])


@pytest.mark.parametrize(
    ("kind", "alpha", "length", "expected"),
    [
        ("power", 1.0, 4, 4.0),
        ("power", 0.5, 9, 3.0),
        ("power", 0.0, 9, 1.0),
        ("gnmt", 1.0, 1, 1.0),
        ("gnmt", 1.0, 7, 2.0),
        ("gnmt", 2.0, 13, 9.0),
        ("gnmt", 0.0, 13, 1.0),
    ],
)
def test_length_penalty_has_closed_form_values(kind, alpha, length, expected):
    decoding = DecodingSettings(length_penalty=kind, length_penalty_alpha=alpha)
    assert length_penalty(length, decoding) == pytest.approx(expected)
    np.testing.assert_allclose(length_penalty([[length]], decoding), [[expected]])


def test_score_has_closed_form_values():
    decoding = DecodingSettings(length_penalty="gnmt", length_penalty_alpha=1.0)
    scores = score(np.array([-3.0, -np.inf]), [7, 1], np.array([-0.25, -1.0]), decoding)
    np.testing.assert_allclose(scores, [-3.0 / 2 - 0.25, -np.inf])


def test_coverage_penalty_has_closed_form_values():
    decoding = DecodingSettings(coverage_penalty_beta=0.2)
    coverage = Coverage(np.array([[4, 5], [6, 0]], np.int32), 2, decoding)
    attention = np.array([[0.5, 0.5], [0.25, 0.75], [0.5, 0.5], [0.0, 1.0]], np.float32)
    is_open = np.array([True, True, True, True])
    coverage.add(attention, is_open)
    half, quarter = math.log(0.5), math.log(0.25)
    floor = math.log(COVERAGE_FLOOR)
    expected = [2 * half, quarter + math.log(0.75), half, floor]  # padding does not count
    np.testing.assert_allclose(coverage.penalty(), 0.2 * np.array(expected))
    is_open[0] = False
    coverage.add(attention, is_open)
    expected = [2 * half, half, 0.0, floor]  # 0.75 + 0.75 counts as 1; the frozen row is as it was
    np.testing.assert_allclose(coverage.penalty(), 0.2 * np.array(expected), atol=1e-9)
    coverage.reorder(np.array([1, 0, 3, 3]))
    expected = [half, 2 * half, floor, floor]
    np.testing.assert_allclose(coverage.penalty(), 0.2 * np.array(expected), atol=1e-9)


def test_coverage_without_a_penalty_takes_no_attention():
    coverage = Coverage(SOURCES, 2, DecodingSettings())
    coverage.add(None, np.ones(6, bool))
    coverage.reorder(np.arange(6))
    np.testing.assert_array_equal(coverage.penalty(), np.zeros(6))


def expected_score(session, source, token_ids, decoding):
    """Computes equation 14 of Wu et al. 2016 in plain Python, one token at a time."""
    columns = {int(token): i for i, token in enumerate(session.candidates)}
    history, log_prob, coverage = (BOS_ID,), 0.0, [0.0] * len(source)
    for token in token_ids:
        log_prob += float(session.row(source, history)[columns[token]])
        weights = session.attention(source, history)
        coverage = [sum(pair) for pair in zip(coverage, map(float, weights), strict=False)]
        history = (*history, token)
    length, alpha = len(token_ids), decoding.length_penalty_alpha
    divisor = {"power": length**alpha, "gnmt": (5 + length) ** alpha / 6**alpha}
    logs = [math.log(max(min(c, 1.0), 1e-6)) for c, i in zip(coverage, source, strict=True) if i]
    penalty = decoding.coverage_penalty_beta * sum(logs)
    return log_prob / divisor[decoding.length_penalty] + penalty


def beam_search_to_the_end(session, sources, decoding):
    """Searches without the early stop."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("s2s_keras.decoding.beam._decided", lambda *_: False)
        return beam_search(session, sources, decoding)


@settings(max_examples=40, deadline=None)
@given(SOURCE, DECODINGS, st.integers(2, 3))
def test_a_wide_beam_finds_the_best_of_all_outputs_by_any_score(source, options, letters):
    decoding = DecodingSettings(beam_width=128, **options)
    session = SoftSession(random_table(0, letters))
    [found] = beam_search(session, np.array([source], np.int32), decoding)
    scores = {
        ids: expected_score(session, source, ids, decoding)
        for ids in every_output(letters, decoding.max_output_length)
        if EOS_ID not in ids[: decoding.min_output_length]
    }
    best = sorted(scores.values(), reverse=True)[: decoding.n_best]
    assert [h.score for h in found] == pytest.approx(best)
    assert [scores[h.token_ids] for h in found] == pytest.approx(best)


@settings(max_examples=60, deadline=None)
@given(SOURCE, DECODINGS, st.integers(4, 6))
def test_stopping_early_does_not_change_the_results_of_any_score(source, options, width):
    decoding = DecodingSettings(beam_width=width, **options)
    session = SoftSession(random_table(0, letters=3))
    sources = np.array([source], np.int32)
    [early] = beam_search(session, sources, decoding)
    [full] = beam_search_to_the_end(session, sources, decoding)
    assert [(h.token_ids, h.score) for h in early] == [(h.token_ids, h.score) for h in full]


@settings(max_examples=40, deadline=None)
@given(SOURCE, DECODINGS)
def test_greedy_search_and_a_narrow_beam_report_the_same_score(source, options):
    options = {**options, "n_best": 1}
    session = SoftSession(random_table(0, letters=3))
    sources = np.array([source], np.int32)
    [[greedy]] = greedy_search(session, sources, DecodingSettings(beam_width=1, **options))
    expected = expected_score(session, source, greedy.token_ids, DecodingSettings(**options))
    assert greedy.score == pytest.approx(expected)
    [[best]] = beam_search(session, sources, DecodingSettings(beam_width=3, **options))
    expected = expected_score(session, source, best.token_ids, DecodingSettings(**options))
    assert best.score == pytest.approx(expected)


@pytest.mark.parametrize("beta", [0.0, 0.5])
def test_greedy_search_equals_a_beam_of_width_one_with_coverage(beta):
    decoding = DecodingSettings(1, max_output_length=6, coverage_penalty_beta=beta)
    session = SoftSession(random_table(0, letters=4))
    for [greedy], [beam] in zip(
        greedy_search(session, SOURCES, decoding),
        beam_search(session, SOURCES, decoding),
        strict=True,
    ):
        assert (greedy.token_ids, greedy.score) == (beam.token_ids, pytest.approx(beam.score))


def test_a_coverage_penalty_prefers_outputs_that_look_at_the_whole_source():
    session = SoftSession(random_table(0, letters=3))
    decodings = [
        DecodingSettings(64, max_output_length=4, coverage_penalty_beta=beta) for beta in (0.0, 5.0)
    ]
    plain, covering = (beam_search(session, SOURCES, decoding) for decoding in decodings)

    def covered(found):
        sums = [best.attention[:, : SOURCES.shape[1]].sum(axis=0) for [best] in found]
        return sum(np.minimum(s, 1)[SOURCES[n] > 0].sum() for n, s in enumerate(sums))

    assert covered(covering) > covered(plain) + 0.3
