"""Rows of several requests in one batch, without a model."""

import threading
import time
from concurrent.futures import CancelledError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_keras.errors import InputError, RequestError
from s2s_keras.serving import Batcher, BatchingSettings

SECONDS = 60


def row_of(value: int, size: int = 1) -> dict:
    return {"x": np.full(size, value)}


class Doubler:
    """Doubles rows, notes its batches, and waits where it is told to."""

    def __init__(self) -> None:
        self.batches = []
        self.may_run = threading.Event()
        self.may_run.set()
        self.entered = threading.Event()

    def __call__(self, signature, rows):
        self.batches.append((signature, [int(row["x"][0]) for row in rows]))
        self.entered.set()
        assert self.may_run.wait(SECONDS)
        if any(row["x"][0] < 0 for row in rows):
            raise InputError("negative")
        if any(row["x"][0] > 1000 for row in rows):
            raise MemoryError("secret")
        return [{"x": 2 * row["x"]} for row in rows]


def values(future) -> list[int]:
    return [int(row["x"][0]) for row in future.result(SECONDS)]


@pytest.fixture
def doubler():
    return Doubler()


@pytest.fixture
def batcher(doubler):
    batcher = Batcher(doubler, BatchingSettings(4, max_wait_ms=0, max_queue=10))
    yield batcher
    doubler.may_run.set()
    assert batcher.close(SECONDS)


def block(doubler, batcher):
    """Keeps the worker busy, so that what is submitted next has to wait."""
    doubler.may_run.clear()
    first = batcher.submit("s", [row_of(0)])
    assert doubler.entered.wait(SECONDS)
    doubler.batches.clear()
    return first


def test_what_waits_becomes_one_batch(doubler, batcher):
    first = block(doubler, batcher)
    futures = [batcher.submit("s", [row_of(n)]) for n in (1, 2, 3)]
    assert batcher.queued == 3
    doubler.may_run.set()
    assert [values(future) for future in (first, *futures)] == [[0], [2], [4], [6]]
    assert doubler.batches == [("s", [1, 2, 3])]


def test_a_request_larger_than_a_batch_is_cut_and_keeps_its_order(doubler, batcher):
    assert values(batcher.submit("s", [row_of(n) for n in range(10)])) == list(range(0, 20, 2))
    assert [len(rows) for _, rows in doubler.batches] == [4, 4, 2]


def test_a_batch_holds_one_signature(doubler, batcher):
    block(doubler, batcher)
    futures = [batcher.submit(name, [row_of(n)]) for n, name in enumerate("abab")]
    doubler.may_run.set()
    assert [values(future) for future in futures] == [[0], [2], [4], [6]]
    assert doubler.batches == [("a", [0, 2]), ("b", [1, 3])]


def test_the_oldest_row_goes_with_those_nearest_in_size(doubler, batcher):
    block(doubler, batcher)
    for value, size in ((1, 50), (2, 1), (3, 49), (4, 2), (5, 51), (6, 52)):
        future = batcher.submit("s", [row_of(value, size)])
    doubler.may_run.set()
    assert values(future) == [12]
    batcher.close(SECONDS)
    assert [sorted(rows) for _, rows in doubler.batches] == [[1, 3, 5, 6], [2, 4]]


def test_the_first_row_waits_for_more_but_not_for_a_full_batch():
    doubler = Doubler()
    batcher = Batcher(doubler, BatchingSettings(2, max_wait_ms=60_000))
    futures = [batcher.submit("s", [row_of(n)]) for n in (1, 2)]
    assert [values(future) for future in futures] == [[2], [4]]
    assert doubler.batches == [("s", [1, 2])]
    last = batcher.submit("s", [row_of(3)])
    time.sleep(0.1)
    assert not last.done()
    assert batcher.close(SECONDS)  # what waits is finished at once
    assert values(last) == [6]


def test_a_bad_row_fails_its_own_request_alone(doubler, batcher):
    block(doubler, batcher)
    good, bad, broken = (batcher.submit("s", [row_of(n)]) for n in (1, -1, 2000))
    both = batcher.submit("s", [row_of(5)])
    doubler.may_run.set()
    assert (values(good), values(both)) == ([2], [10])
    with pytest.raises(InputError, match="negative"):
        bad.result(SECONDS)
    with pytest.raises(MemoryError):
        broken.result(SECONDS)


def test_a_request_with_a_bad_row_fails_once(doubler, batcher):
    with pytest.raises(InputError):
        batcher.submit("s", [row_of(n) for n in (1, -1, 2, -2)]).result(SECONDS)
    assert values(batcher.submit("s", [row_of(7)])) == [14]


def test_a_full_queue_refuses_the_request_as_a_whole(doubler, batcher):
    block(doubler, batcher)
    kept = batcher.submit("s", [row_of(n) for n in range(8)])
    with pytest.raises(RequestError, match="8 of 10 places in the queue") as raised:
        batcher.submit("s", [row_of(n) for n in range(3)])
    assert (raised.value.status, raised.value.retry_after_seconds) == (503, 1)
    assert batcher.queued == 8
    doubler.may_run.set()
    assert values(kept) == list(range(0, 16, 2))


def test_a_cancelled_request_is_not_run_and_gives_its_places_back(doubler, batcher):
    block(doubler, batcher)
    given_up = batcher.submit("s", [row_of(n) for n in range(10)])
    assert given_up.cancel()
    kept = batcher.submit("s", [row_of(n) for n in range(10, 20)])
    doubler.may_run.set()
    assert values(kept) == list(range(20, 40, 2))
    with pytest.raises(CancelledError):
        given_up.result(SECONDS)
    assert all(value >= 10 for _, rows in doubler.batches for value in rows)


def test_a_model_that_loses_rows_fails():
    batcher = Batcher(lambda signature, rows: [], BatchingSettings(4, max_wait_ms=0))
    with pytest.raises(RuntimeError, match="made 0 rows of 1"):
        batcher.submit("s", [row_of(1)]).result(SECONDS)
    assert batcher.close(SECONDS)


def test_a_closed_batcher_refuses_and_says_what_is_left(doubler, batcher):
    first = block(doubler, batcher)
    assert not batcher.close(0.05)
    with pytest.raises(RequestError, match="The server is stopping"):
        batcher.submit("s", [row_of(1)])
    doubler.may_run.set()
    assert batcher.close(SECONDS)
    assert values(first) == [0]


def test_runs_are_observed():
    seen = []
    settings = BatchingSettings(4, max_wait_ms=0)
    batcher = Batcher(Doubler(), settings, lambda *observed: seen.append(observed))
    values(batcher.submit("s", [row_of(1), row_of(2)]))
    with pytest.raises(InputError):
        batcher.submit("t", [row_of(-1)]).result(SECONDS)
    assert batcher.close(SECONDS)
    assert [(name, rows, is_done) for name, rows, _, is_done in seen] == [
        ("s", 2, True),
        ("t", 1, False),
    ]


@given(
    st.lists(st.lists(st.integers(-1, 9), min_size=1, max_size=6), min_size=1, max_size=8),
    st.integers(1, 5),
    st.integers(1, 3),
)
def test_every_request_gets_its_own_rows(requests, max_batch_size, workers):
    settings = BatchingSettings(max_batch_size, max_wait_ms=0, workers=workers)
    batcher = Batcher(Doubler(), settings)
    futures = [batcher.submit("s", [row_of(value) for value in request]) for request in requests]
    for request, future in zip(requests, futures, strict=True):
        if min(request) < 0:
            with pytest.raises(InputError):
                future.result(SECONDS)
        else:
            assert values(future) == [2 * value for value in request]
    assert batcher.close(SECONDS)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"max_batch_size": 0}, "`max_batch_size` must be a positive integer"),
        ({"workers": True}, "`workers` must be a positive integer"),
        ({"max_wait_ms": -1}, "`max_wait_ms` must lie between 0 and 60000"),
        ({"max_wait_ms": float("nan")}, "`max_wait_ms` must lie between 0 and 60000"),
    ],
)
def test_settings_out_of_range(given, message):
    with pytest.raises(ValueError, match=message):
        BatchingSettings(**given)
