from collections import Counter
from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_keras.data.batches import ListedExamples, make_dataset, stream
from s2s_keras.data.weighted import WeightedExamples, WeightedSource

BUCKETS = [3, 6]
FIRST_ID = 4
WEIGHTS = [0.25, 0.5, 1.0, 1.5, 2.0, 2.75]


def source_of(lengths, weight, first):
    """Example i is made of the id `first` + i alone, so that a batch tells which it holds."""
    ids = [np.full(length, first + i, np.int32) for i, length in enumerate(lengths)]
    return WeightedSource(ListedExamples([(one, one) for one in ids]), weight)


def members(batches):
    return [int(row[0]) for inputs, _ in batches for row in inputs["source_ids"]]


def epochs_of(dataset, count):
    repeated = dataset.repeat(count)
    steps = len(dataset)
    return [Counter(members(repeated[e * steps : (e + 1) * steps])) for e in range(count)]


@given(
    st.lists(st.sampled_from(WEIGHTS), min_size=1, max_size=3),
    st.integers(1, 4),
    st.integers(0, 2**31 - 1),
)
@settings(deadline=None, max_examples=25)
def test_an_epoch_sees_each_example_as_often_as_its_weight_says(weights, batch_size, seed):
    lengths = [2] * 8 + [5] * 4  # of each bucket a number that all weights make a whole one
    sources = [source_of(lengths, weight, FIRST_ID + 100 * i) for i, weight in enumerate(weights)]
    dataset = make_dataset(WeightedExamples(sources), batch_size, BUCKETS, seed)
    epochs = epochs_of(dataset, 5)
    for i, weight in enumerate(weights):
        ids = range(FIRST_ID + 100 * i, FIRST_ID + 100 * i + len(lengths))
        for epoch in epochs:
            assert sum(epoch[one] for one in ids) == weight * len(lengths)
        for first in range(5):
            for last in range(first, 5):
                seen = sum(epochs[first : last + 1], Counter())
                share = Fraction(weight) * (last - first + 1)
                assert {seen[one] for one in ids} <= {floor(share), ceil(share)}


def test_a_half_is_at_random_and_the_next_epoch_has_the_other():
    [whole] = [source_of([2] * 40, 0.5, FIRST_ID)]
    first, second, third = epochs_of(make_dataset(WeightedExamples([whole]), 4, [3], 1), 3)
    assert set(first) & set(second) == set()
    assert set(first) == set(third)
    assert set(first) not in (set(range(FIRST_ID, FIRST_ID + 20)), set(range(24, 44)))
    [other] = epochs_of(make_dataset(WeightedExamples([whole]), 4, [3], 2), 1)
    assert set(first) != set(other)


def test_batches_mix_sources_and_each_epoch_has_another_order():
    sources = [source_of([2] * 20, 1.0, FIRST_ID), source_of([2] * 10, 2.0, 100)]
    dataset = make_dataset(WeightedExamples(sources), 10, [3], 1).repeat(2)
    orders = [members([batch]) for batch in dataset]
    assert len(orders) == 8
    for order in orders:
        assert 0 < sum(one >= 100 for one in order) < 10
    assert orders[0] + orders[1] != orders[4] + orders[5]


@pytest.mark.parametrize("workers", [0, 1])
def test_slicing_goes_on_at_that_step(workers):
    sources = [source_of([2, 5] * 9, 1.5, FIRST_ID), source_of([3, 4] * 8, 0.3, 100)]
    dataset = make_dataset(WeightedExamples(sources), 4, BUCKETS, 3).repeat(3)
    expected = [batch[1].tolist() for batch in dataset]
    assert [batch[1].tolist() for batch in stream(dataset[7:], workers)] == expected[7:]


def test_sources_of_weight_one_are_the_source_of_all():
    lengths = [2, 5, 3, 3, 6, 1, 2]
    one, other = (
        make_dataset(examples, 2, BUCKETS, 5).repeat(2)
        for examples in (
            WeightedExamples([source_of(lengths, 1.0, FIRST_ID)]),
            source_of(lengths, 1.0, FIRST_ID).examples,
        )
    )
    assert [batch[1].tolist() for batch in one] == [batch[1].tolist() for batch in other]


def test_a_bucket_of_few_examples_is_never_left_out():
    sources = [source_of([2] * 30 + [5], 0.1, FIRST_ID)]
    weighted = WeightedExamples(sources)
    assert [bucket.share for bucket in weighted.buckets(BUCKETS, None)] == [3, 1]
    seen = sum(epochs_of(make_dataset(weighted, 4, BUCKETS, 1), 10), Counter())
    assert set(seen) == set(range(FIRST_ID, FIRST_ID + 31))
    assert weighted.target_tokens == round(0.1 * 65)
