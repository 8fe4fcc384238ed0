"""What a session decodes greedily by itself is what the search decodes with its steps."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from s2s_keras.decoding import DecodingSettings, greedy_search
from s2s_keras.decoding.hypothesis import Hypothesis, last
from s2s_keras.decoding.rows import greedy_steps
from s2s_keras.errors import ArtifactError
from s2s_keras.runtime import TFLiteSession, read_artifact
from s2s_keras.text import EOS_ID

SOURCES = [np.array([ids], np.int32) for ids in ([4, 5, 6], [7], [4, 4, 5, 5, 6, 6, 7, 7])]
SETTINGS = DecodingSettings(beam_width=1, max_output_length=9, length_penalty_alpha=0.7)


def assert_same(found: list[list[Hypothesis]], expected: list[list[Hypothesis]]) -> None:
    [[one]], [[other]] = found, expected
    assert one.token_ids == other.token_ids
    assert (one.log_prob, one.score) == pytest.approx((other.log_prob, other.score), abs=1e-6)
    assert one.timed_out == other.timed_out
    assert one.attention is not None
    np.testing.assert_array_equal(one.attention, other.attention)


@pytest.mark.parametrize("shortest", [0, 4, 8])
@pytest.mark.parametrize("name", ["float32", "int8", "stateful"])
def test_session_decodes_as_the_search_does(
    name: str, shortest: int, tiny_files: dict[str, Path]
) -> None:
    session = TFLiteSession(read_artifact(tiny_files[name]))
    settings = replace(SETTINGS, min_output_length=shortest)
    for source in SOURCES:
        found = greedy_search(session, source, settings)
        assert_same(found, last(greedy_steps(session, source, settings)))
        [[hypothesis]] = found
        assert shortest < len(hypothesis.token_ids) <= 9
        assert EOS_ID not in hypothesis.token_ids[:-1]


def test_session_takes_another_token_where_the_output_would_be_too_short(
    odd_file: Callable[..., Path],
) -> None:
    """The graph says a letter, then `eos`, which is likelier than all others by far."""
    session = TFLiteSession(read_artifact(odd_file("says_a")))
    source = np.array([[4, 5]], np.int32)
    assert session.greedy(source, SETTINGS).token_ids == [4, EOS_ID]
    longer = session.greedy(source, replace(SETTINGS, min_output_length=3)).token_ids
    assert len(longer) > 3
    assert EOS_ID not in longer[:3]


def test_session_stops_when_the_time_is_over(tiny_files: dict[str, Path]) -> None:
    session = TFLiteSession(read_artifact(tiny_files["float32"]))
    settings = replace(SETTINGS, min_output_length=8, time_limit_ms=1e-6)
    output = session.greedy(SOURCES[0], settings)
    assert (len(output.token_ids), output.timed_out) == (1, True)
    assert not session.greedy(SOURCES[0], replace(settings, time_limit_ms=1e6)).timed_out


def test_session_ends_with_nothing_to_go_on_with(tiny_files: dict[str, Path]) -> None:
    session = TFLiteSession(read_artifact(tiny_files["float32"]))
    session.greedy(SOURCES[0], SETTINGS)
    with pytest.raises(ValueError, match="must `start` with a source"):
        session.step(np.ones(1, np.int32), np.zeros(1, np.intp))
    session.close()
    with pytest.raises(ValueError, match="the model is closed"):
        session.greedy(SOURCES[0], SETTINGS)


def test_session_refuses_a_graph_that_answers_with_foreign_ids(
    tiny_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a vocabulary that has shrunk since the file was opened, so that the first proof holds."""
    session = TFLiteSession(read_artifact(tiny_files["float32"]))
    monkeypatch.setattr(session, "_target_vocabulary", 0)
    with pytest.raises(ArtifactError, match="answers with ids that are not in the vocabulary of 0"):
        session.greedy(SOURCES[0], SETTINGS)


def test_search_leaves_coverage_to_the_steps(tiny_files: dict[str, Path]) -> None:
    session = TFLiteSession(read_artifact(tiny_files["float32"]))
    short = replace(SETTINGS, max_output_length=2)  # or every token is looked at enough
    [[found]] = greedy_search(session, SOURCES[0], replace(short, coverage_penalty_beta=0.4))
    [[plain]] = greedy_search(session, SOURCES[0], short)
    assert found.token_ids == plain.token_ids
    assert found.score < plain.score
