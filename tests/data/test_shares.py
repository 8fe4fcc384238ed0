"""A process's share of every batch, held to the whole batches."""

import grain
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_keras.data.batches import make_dataset
from s2s_keras.data.shares import Share, ShareOfBatches

processes_of = st.integers(1, 9)


def shares(processes, devices=1):
    return [Share(process, processes, devices) for process in range(processes)]


@given(processes_of, st.integers(1, 4), st.integers(0, 40), st.integers(1, 70))
def test_shares_of_a_batch_are_the_batch(processes, devices, batch, size):
    every = shares(processes, devices)
    rows = [share.rows(batch, size) for share in every]
    assert [row for one in rows for row in one] == list(range(size))
    assert max(map(len, rows)) - min(map(len, rows)) <= 1
    filled = {share.filled(size) for share in every}
    assert len(filled) == 1
    assert max(map(len, rows)) <= filled.pop() < size / processes + devices + 1


@given(processes_of, st.integers(1, 70), st.integers(1, 50))
def test_shares_of_an_epoch_are_nearly_equal(processes, size, batches):
    read = [
        sum(len(share.rows(batch, size)) for batch in range(batches)) for share in shares(processes)
    ]
    assert max(read) - min(read) <= 1


def test_filled_is_a_multiple_of_the_devices():
    assert [Share(0, 2, 3).filled(size) for size in (1, 6, 7, 12, 13)] == [3, 3, 6, 6, 9]


@pytest.mark.parametrize("processes", [1, 2, 3, 7])
@pytest.mark.parametrize("seed", [None, 4])
def test_shares_of_a_dataset_are_its_batches(processes, seed):
    rng = np.random.default_rng(0)
    examples = [
        (np.full(source, 4 + i, np.int32), np.full(target, 4 + i, np.int32))
        for i, (source, target) in enumerate(rng.integers(1, 11, (61, 2)))
    ]
    layout = (examples, 5, [4, 7, 10], seed)
    whole = make_dataset(*layout).repeat(2)
    parts = [make_dataset(*layout, share=share).repeat(2) for share in shares(processes)]
    assert {len(part) for part in parts} == {len(whole)}
    for step in range(len(whole)):
        inputs, target_ids = whole[step]
        found = [part[step] for part in parts]
        assert len({ids.shape for _, ids in found}) == 1
        for key, expected in inputs.items():
            rows = np.concatenate([one[key] for one, _ in found])
            np.testing.assert_array_equal(rows[rows.any(axis=1)], expected)
        rows = np.concatenate([ids for _, ids in found])
        np.testing.assert_array_equal(rows[rows.any(axis=1)], target_ids)
    resumed = parts[-1][7:]
    np.testing.assert_array_equal(resumed[3][1], parts[-1][10][1])


def test_rows_of_others_are_not_read():
    read = []

    def note(item):
        read.append(int(item))
        return item

    source = grain.MapDataset.range(10).map(note)
    dataset = ShareOfBatches(source, 4, Share(1, 2), lambda rows, filled: (rows, filled))
    assert list(dataset) == [([2, 3], 2), ([6, 7], 2), ([9], 1)]
    assert sorted(set(read)) == [2, 3, 6, 7, 9]
