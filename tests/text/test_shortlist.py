import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from s2s_keras.text import Shortlist
from s2s_keras.text.shortlist import common_count

TARGETS = 40
FREQUENT = np.array([0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17])
"""Twelve candidates, of which only the special tokens are common to all sources."""


def shortlist(best: list[list[int]], frequent: Any = FREQUENT, targets: int = TARGETS) -> Shortlist:
    return Shortlist(np.asarray(frequent), np.array(best), targets)


def candidates(listed: Shortlist, *source: int) -> list[int]:
    return listed.candidates(np.array(source, np.int32)).tolist()


def test_candidates_are_the_sources_own_and_then_the_most_frequent() -> None:
    listed = shortlist([[0, 0]] * 4 + [[30, 31], [32, 0]])
    assert candidates(listed, 4) == [0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 30, 31]
    assert candidates(listed, 5) == [0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 32]
    assert candidates(listed, 4, 5) == [0, 1, 2, 3, 10, 11, 12, 13, 14, 30, 31, 32]
    assert candidates(listed, 5, 4, 4) == candidates(listed, 4, 5)
    assert candidates(listed) == FREQUENT.tolist()


def test_candidates_of_padding_are_none() -> None:
    listed = shortlist([[39, 38]] + [[0, 0]] * 3 + [[30, 31]])
    assert candidates(listed, 4, 0, 0) == candidates(listed, 4)


def test_candidates_too_many_first_ones_go_before_second_ones() -> None:
    best = [[0] * 4] * 4 + [[20, 21, 22, 23], [24, 25, 26, 27], [28, 29, 20, 30]]
    listed = shortlist(best)
    # Eight places: three first ones, three second ones (20 is there), and two third ones.
    assert candidates(listed, 4, 5, 6) == [0, 1, 2, 3, 20, 21, 22, 24, 25, 26, 28, 29]


def test_candidates_common_ones_are_never_crowded_out() -> None:
    frequent = [0, 1, 2, 3, *range(10, 34)]
    listed = shortlist([[0] * 36] * 4 + [[*range(4, 10), *range(10, 40)]], frequent)
    assert common_count(28) == 7
    assert set(candidates(listed, 4)) >= {0, 1, 2, 3, 10, 11, 12}
    assert len(candidates(listed, 4)) == 28


@given(
    best=npst.arrays(np.int64, (9, 5), elements=st.integers(0, TARGETS - 1)),
    source=st.lists(st.integers(0, 8), max_size=12),
    size=st.integers(5, TARGETS),
)
def test_candidates_are_n_distinct_ascending_with_the_common_ones(
    best: Any, source: list[int], size: int
) -> None:
    frequent = np.arange(TARGETS)[:size]
    found = Shortlist(frequent, best, TARGETS).candidates(np.array(source, np.int32))
    assert found.dtype == np.int32
    assert len(found) == size
    assert (np.diff(found) > 0).all()
    assert set(frequent[: common_count(size)].tolist()) <= set(found.tolist())
    proposed = {i for token in source if token for i in best[token].tolist()}
    assert set(found.tolist()) <= proposed | set(frequent.tolist())


@pytest.mark.parametrize(("targets", "itemsize"), [(2**16, 2), (2**16 + 1, 4)])
def test_bytes_bring_the_same_shortlist_back(targets: int, itemsize: int) -> None:
    best = np.random.default_rng(0).integers(0, targets, (7, 3))
    frequent = np.array([0, 1, 2, 3, targets - 1, 9])
    listed = Shortlist(frequent, best, targets)
    content = listed.to_bytes()
    assert len(content) == itemsize * (6 + 7 * 3)
    sizes = {"size": 6, "per_token": 3, "source_size": 7, "target_size": targets}
    assert Shortlist.from_bytes(content, **sizes) == listed
    assert (listed.size, listed.per_token) == (6, 3)
    assert (listed.source_size, listed.target_size) == (7, targets)
    other = best.copy()
    other[0, 0] += 1 if other[0, 0] < 9 else -1
    assert Shortlist(frequent, other, targets) != listed


def test_bytes_are_little_endian_ids_the_frequent_ones_first() -> None:
    listed = shortlist([[30, 31], [32, 0]], [0, 1, 2, 3, 13], 40)
    assert listed.to_bytes() == bytes([0, 0, 1, 0, 2, 0, 3, 0, 13, 0, 30, 0, 31, 0, 32, 0, 0, 0])


@pytest.mark.parametrize(
    ("frequent", "best", "message"),
    [
        ([0, 1, 2, 3], [[0]], r"between 5 and the size of the target vocabulary, 40. Received: 4"),
        (range(41), [[0]], "Received: 41"),
        ([0, 1, 2, 3, 40], [[0]], "`frequent` must lie between 0 and 39. Received: 0 to 40"),
        ([0, 1, 2, 3, 5], [[40]], "`best` must lie between 0 and 39. Received: 40 to 40"),
        ([0, 1, 2, 3, 5], [[-1]], "`best` must lie between 0 and 39. Received: -1 to -1"),
        ([0, 1, 2, 3, 5, 5], [[0]], "must be distinct"),
        ([0, 1, 2, 4, 3], [[0]], "those of the special tokens first"),
    ],
)
def test_impossible_shortlists_are_refused(frequent: Any, best: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        shortlist(best, list(frequent))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 0}, "must be positive integers. Received: 0 and 2"),
        ({"per_token": -1}, "must be positive integers. Received: 12 and -1"),
        ({"size": 10**12}, "must hold .* bytes. Received: 44"),
        ({"source_size": 6}, "must hold 48 bytes. Received: 44"),
        ({"target_size": 2**17}, "must hold 88 bytes. Received: 44"),
        ({"target_size": 12}, "`best` must lie between 0 and 11"),
    ],
)
def test_bytes_of_another_shortlist_are_refused(change: dict[str, int], message: str) -> None:
    content = shortlist([[30, 31]] * 5, np.arange(12)).to_bytes()
    sizes = {"size": 12, "per_token": 2, "source_size": 5, "target_size": TARGETS, **change}
    with pytest.raises(ValueError, match=message):
        Shortlist.from_bytes(content, **sizes)


def test_candidates_take_far_less_time_than_a_step() -> None:
    best = np.random.default_rng(0).integers(0, 8000, (8000, 16))
    listed = Shortlist(np.arange(512), best, 8000)
    source = np.arange(100, 132, dtype=np.int32)
    seconds = []
    for _ in range(200):
        started = time.perf_counter()
        listed.candidates(source)
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 1e-4
