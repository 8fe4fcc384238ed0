"""A session by itself: what it refuses, and graphs that do not fit."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from s2s_keras.decoding import DecodingSettings, greedy_search
from s2s_keras.errors import ArtifactError
from s2s_keras.runtime import Seq2SeqLite, TFLiteSession, read_artifact

SOURCE = np.array([[4, 5, 6]], np.int32)
BOS = np.ones(1, np.int32)
ROW = np.zeros(1, np.intp)


@pytest.fixture
def session(tiny_file: Path) -> Iterator[TFLiteSession]:
    session = TFLiteSession(read_artifact(tiny_file))
    yield session
    session.close()


@pytest.mark.parametrize("wrong", [-1, -15, 15, 10**6, 2**31 - 1])
def test_ids_that_no_vocabulary_has_are_refused(session: TFLiteSession, wrong: int) -> None:
    with pytest.raises(ValueError, match=f"`source_ids` must lie between 0 and 14. .*{wrong}"):
        session.start(np.array([[4, wrong]], np.int32), 1)
    session.start(SOURCE, 1)
    with pytest.raises(ValueError, match=f"`tokens` must lie between 0 and 14. .*{wrong}"):
        session.step(np.array([wrong], np.int32), ROW)
    with pytest.raises(ValueError, match=f"`parents` must lie between 0 and 0. .*{wrong}"):
        session.step(BOS, np.array([wrong]))
    assert session.step(BOS, ROW).log_probs.shape == (1, 15)


def test_first_step_needs_a_source(session: TFLiteSession) -> None:
    with pytest.raises(ValueError, match="must `start` with a source before its first step"):
        session.step(BOS, ROW)
    session.start(SOURCE, 1)
    with pytest.raises(ValueError, match="one source at a time"):
        session.start(np.zeros((2, 3), np.int32), 1)
    with pytest.raises(ValueError, match="must `start` with a source"):  # not with the one before
        session.step(BOS, ROW)


def test_rows_that_are_not_those_of_the_beams_are_refused(session: TFLiteSession) -> None:
    session.start(SOURCE, 3)
    with pytest.raises(ValueError, match="a row for each of 3 beams. Received: 1 and 3"):
        session.step(BOS, np.arange(3))


def test_closed_session_is_refused(session: TFLiteSession) -> None:
    session.start(SOURCE, 1)
    session.close()
    session.close()
    for use in (lambda: session.start(SOURCE, 1), lambda: session.step(BOS, ROW)):
        with pytest.raises(ValueError, match="the model is closed"):
            use()


def test_step_of_another_thread_is_refused(session: TFLiteSession) -> None:
    session.start(SOURCE, 1)
    caught: list[BaseException] = []

    def step() -> None:
        try:
            session.step(BOS, ROW)
        except ValueError as error:
            caught.append(error)

    thread = threading.Thread(target=step)
    thread.start()
    thread.join()
    assert "must come from the thread that started it" in str(caught[0])
    session.handed_over = True
    thread = threading.Thread(target=step)
    thread.start()
    thread.join()
    assert len(caught) == 1


def test_two_threads_at_once_get_an_error_and_never_another_source(tiny_file: Path) -> None:
    session = TFLiteSession(read_artifact(tiny_file))
    settings = DecodingSettings(beam_width=1, max_output_length=10)
    sources = [np.array([ids], np.int32) for ids in ([4, 5, 6], [9, 9, 8, 7, 4], [12])]
    expected = [greedy_search(session, source, settings)[0][0] for source in sources]
    assert len({hypothesis.log_prob for hypothesis in expected}) == len(sources)
    refused, wrong = [], []

    def decode(index: int) -> None:
        for _ in range(150):
            try:
                [[found]] = greedy_search(session, sources[index], settings)
            except ValueError as error:
                refused.append(str(error))
            else:
                same = found.token_ids == expected[index].token_ids
                wrong.extend([] if same else [found])

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=decode, args=(i,)) for i in range(len(sources))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not wrong
    assert any("used by one thread at a time" in message for message in refused)
    allowed = ("one thread at a time", "the thread that started it", "before its first step")
    assert all(any(part in message for part in allowed) for message in refused)


def test_graph_that_fits_decodes(odd_file: Callable[..., Path]) -> None:
    with Seq2SeqLite(odd_file("good")) as model:
        assert model.predict(["abc"])[0][0].attention is None


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("no_memory", "A step's inputs must be memory float32"),
        ("float_token", r"A step's inputs must be .*token int32 \(1,\). .*token float32 \(1,\)"),
        ("other_state", r"state float32 \(1, 1, 5\).* Received: .*state float32 \(1, 1, 6\)"),
        ("two_tokens", r"token int32 \(1,\). Received: .*token int32 \(2,\)"),
        ("no_log_probs", "A step's outputs must be log_probs"),
        ("no_token_ids", "A step's outputs must be log_probs"),
        ("no_state", "A step's outputs must be log_probs"),
        ("one_more", "A step's outputs must be .* Received: .*more float32"),
        ("fewer_ids", r"token_ids int32 \(1, 7\). Received: .*token_ids int32 \(1, 5\)"),
        ("foreign_ids", "answers with ids that are not in the vocabulary of 7"),
        ("negative_ids", "answers with ids that are not in the vocabulary of 7"),
    ],
)
def test_graph_that_does_not_fit_is_refused(
    odd_file: Callable[..., Path], step: str, message: str
) -> None:
    with pytest.raises(ArtifactError, match=message):
        Seq2SeqLite(odd_file(step))


def test_weights_that_are_not_numbers_are_refused(odd_file: Callable[..., Path]) -> None:
    with (
        Seq2SeqLite(odd_file("not_numbers")) as model,
        pytest.raises(ValueError, match="log-probabilities must be numbers. Received: NaN"),
    ):
        model.predict(["abc"])
