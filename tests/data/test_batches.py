import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_keras.data import Pair
from s2s_keras.data.batches import by_length, encode_pairs, make_dataset, pad_batch, stream
from s2s_keras.text import EOS_ID, UNK_ID, CharacterTokenizer

BUCKETS = [4, 7, 10]
FIRST_ID = 4
lengths_of_examples = st.lists(
    st.tuples(st.integers(1, BUCKETS[-1]), st.integers(1, BUCKETS[-1])), min_size=1, max_size=25
)


def examples_of(lengths):
    """Example i is made of the id i + 4 alone, so that a batch tells which it holds."""
    return [
        (np.full(source, FIRST_ID + i, np.int32), np.full(target, FIRST_ID + i, np.int32))
        for i, (source, target) in enumerate(lengths)
    ]


def members(batch):
    return [int(row[0]) - FIRST_ID for row in batch[0]["source_ids"]]


def order(batches):
    return [members(batch) for batch in batches]


@pytest.fixture
def lengths():
    rng = np.random.default_rng(0)
    return [tuple(map(int, pair)) for pair in rng.integers(1, BUCKETS[-1] + 1, (60, 2))]


def test_encode_pairs_ends_targets_with_eos():
    source_tokenizer, target_tokenizer = CharacterTokenizer("ab"), CharacterTokenizer("ba")
    [(source, target)] = encode_pairs([Pair("abz", "ab")], source_tokenizer, target_tokenizer)
    assert source.tolist() == [4, 5, UNK_ID]
    assert target.tolist() == [5, 4, EOS_ID]
    assert source.dtype == target.dtype == np.int32


def test_pad_batch_pads_both_sides_on_the_right():
    inputs, targets = pad_batch(examples_of([(1, 3), (2, 1)]), 4)
    np.testing.assert_array_equal(inputs["source_ids"], [[4, 0, 0, 0], [5, 5, 0, 0]])
    np.testing.assert_array_equal(inputs["target_ids"], [[4, 4, 4, 0], [5, 0, 0, 0]])
    np.testing.assert_array_equal(targets, inputs["target_ids"])


@given(lengths_of_examples, st.integers(1, 6), st.none() | st.integers(0, 2**31 - 1))
@settings(deadline=None, max_examples=20)
def test_each_epoch_holds_every_example_once_in_the_shortest_bucket(lengths, batch_size, seed):
    dataset = make_dataset(examples_of(lengths), batch_size, BUCKETS, seed)
    both = list(dataset.repeat(2))
    for epoch in (both[: len(dataset)], both[len(dataset) :]):
        seen = [i for batch in epoch for i in members(batch)]
        assert sorted(seen) == list(range(len(lengths)))
    for batch in both:
        width = min(b for b in BUCKETS if b >= max(max(lengths[i]) for i in members(batch)))
        assert len(members(batch)) <= batch_size
        for side, name in enumerate(("source_ids", "target_ids")):
            ids = batch[0][name]
            assert ids.shape == (len(members(batch)), width)
            expected = [[i + FIRST_ID] * lengths[i][side] for i in members(batch)]
            assert [row + [0] * (width - len(row)) for row in expected] == ids.tolist()


@given(lengths_of_examples, st.integers(1, 6), st.none() | st.integers(0, 99))
@settings(deadline=None, max_examples=20)
def test_first_batches_are_of_the_longest_and_the_shortest_bucket(lengths, batch_size, seed):
    batches = list(make_dataset(examples_of(lengths), batch_size, BUCKETS, seed))
    widths = [batch[1].shape[1] for batch in batches]
    assert widths[0] == max(widths)
    if len(set(widths)) > 1:
        assert widths[1] == min(widths)


@pytest.mark.parametrize("batch_tokens", [1, 9, 20, 1000])
def test_batches_hold_as_many_examples_as_their_tokens_allow(lengths, batch_tokens):
    batches = list(make_dataset(examples_of(lengths), 7, BUCKETS, 1, batch_tokens=batch_tokens))
    assert sorted(itertools.chain(*order(batches))) == list(range(len(lengths)))
    for room in BUCKETS:
        sizes = [len(target_ids) for _, target_ids in batches if target_ids.shape[1] == room]
        assert max(sizes) * room <= max(batch_tokens, room)
        assert sum(size < max(1, batch_tokens // room) for size in sizes) <= 1  # the last


def test_a_batch_is_not_padded_beyond_its_bucket():
    dataset = make_dataset(examples_of([(4, 2), (5, 1), (1, 7), (8, 8)]), 2, [10, 7, 4, 7])
    assert [batch[1].shape[1] for batch in dataset] == [10, 4, 7]


def test_same_seed_gives_the_same_batches_and_another_does_not(lengths):
    first, again, other = (
        order(make_dataset(examples_of(lengths), 4, BUCKETS, seed)) for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("buckets", [BUCKETS, BUCKETS[-1:]], ids=["buckets", "one bucket"])
def test_a_second_epoch_has_another_order(lengths, buckets):
    dataset = make_dataset(examples_of(lengths), 4, buckets, seed=1)
    batches = order(dataset.repeat(2))
    first, second = batches[: len(dataset)], batches[len(dataset) :]
    assert first != second
    assert [set(batch) for batch in first] != [set(batch) for batch in second]


def test_batches_of_all_buckets_are_mixed_after_the_first_two(lengths):
    dataset = make_dataset(examples_of(lengths), 2, BUCKETS, seed=1)
    widths = [batch[1].shape[1] for batch in dataset][2:]
    changes = sum(a != b for a, b in itertools.pairwise(widths))
    assert changes >= 2 * len(BUCKETS)


@pytest.mark.parametrize("start", [1, 5, 20])
def test_slicing_goes_on_at_that_step(lengths, start):
    dataset = make_dataset(examples_of(lengths), 4, BUCKETS, seed=1).repeat(2)
    assert start < len(dataset)
    assert order(dataset[start:]) == order(dataset)[start:]


def test_without_a_seed_the_order_stays_within_a_bucket():
    lengths = [(2, 2)] * 5 + [(9, 9)] * 3
    dataset = make_dataset(examples_of(lengths), 2, BUCKETS)
    expected = [[5, 6], [0, 1], [2, 3], [4], [7]]
    assert order(dataset) == expected
    assert order(dataset.repeat(2)) == expected * 2


@pytest.mark.parametrize("lengths", [(11, 1), (1, 11)])
def test_an_example_longer_than_the_longest_bucket_raises(lengths):
    with pytest.raises(ValueError, match="at most 10 tokens a side. Received: 11"):
        make_dataset(examples_of([(1, 1), lengths]), 2, BUCKETS)


def test_no_examples_raise():
    with pytest.raises(ValueError, match="`examples` must not be empty"):
        make_dataset([], 2, BUCKETS)


def test_stream_gives_the_batches_of_the_data_set_in_order():
    examples = [(np.full(n, n, np.int32), np.full(n, n, np.int32)) for n in (1, 2, 3, 4) * 5]
    dataset = make_dataset(examples, 3, [2, 4], seed=1).repeat(2)
    streamed = list(stream(dataset))
    assert len(streamed) == len(dataset)
    for expected, found in zip((dataset[i] for i in range(len(dataset))), streamed, strict=True):
        np.testing.assert_array_equal(expected[1], found[1])


class Growing:
    """Example i is of the id i + 4, and at each draw 1 to 4 tokens longer than it is by itself."""

    def __init__(self, count, room=1):
        self.count, self.room = count, room
        self.target_tokens = 2 * count

    def buckets(self, bucket_lengths, target_bucket_lengths):
        lengths = np.array([[2 + self.room, 1 + self.room]] * self.count)
        return by_length(lengths, self.draw, bucket_lengths, target_bucket_lengths)

    def draw(self, index, rng):
        more = 0 if rng is None else int(rng.integers(1, 5))
        ids = np.full(9, FIRST_ID + index, np.int32)
        return ids[: 2 + more], ids[: 1 + more]


def drawn(batches):
    """Returns example -> the lengths that it was drawn with, source and target."""
    found = {}
    for inputs, _ in batches:
        sides = (inputs["source_ids"], inputs["target_ids"])
        for source, target in zip(*sides, strict=True):
            lengths = (np.count_nonzero(source), np.count_nonzero(target))
            found.setdefault(int(source[0]) - FIRST_ID, []).append(lengths)
    return found


def test_examples_are_drawn_anew_each_epoch_and_the_same_at_the_same_step():
    dataset = make_dataset(Growing(30, room=4), 4, [6], seed=1).repeat(2)
    found = drawn(dataset)
    assert sorted(found) == list(range(30))
    assert {n for lengths in found.values() for n, _ in lengths} == {3, 4, 5, 6}
    assert sum(one != two for one, two in found.values()) > 15
    assert drawn(dataset) == found
    half = len(dataset) // 2
    assert drawn(dataset[half:]) == {i: lengths[1:] for i, lengths in found.items()}
    assert drawn(make_dataset(Growing(30, room=4), 4, [6], seed=2).repeat(2)) != found


def test_what_is_drawn_too_long_for_its_bucket_is_drawn_again_or_comes_as_it_is():
    found = drawn(make_dataset(Growing(200, room=1), 4, [3, 9], seed=1))
    lengths = [one for [one] in found.values()]
    assert set(lengths) == {(2, 1), (3, 2)}
    assert lengths.count((3, 2)) > 100


def test_without_a_seed_examples_come_as_they_are():
    found = drawn(make_dataset(Growing(5, room=4), 2, [6]))
    assert found == {i: [(2, 1)] for i in range(5)}


def test_targets_may_have_buckets_of_their_own():
    examples = examples_of([(4, 2), (5, 1), (1, 7), (8, 8)])
    dataset = make_dataset(examples, 2, [5, 10], target_bucket_lengths=[2, 9])
    shapes = {
        tuple(members(batch)): (batch[0]["source_ids"].shape[1], batch[1].shape[1])
        for batch in dataset
    }
    assert shapes == {(3,): (10, 9), (0, 1): (5, 2), (2,): (5, 9)}
    with pytest.raises(ValueError, match="at most 7 tokens a side. Received: 8"):
        make_dataset(examples, 2, [10], target_bucket_lengths=[7])


@pytest.mark.parametrize(
    "lengths",
    [
        [(24, 8), (8, 8), (8, 40)],
        [(24, 8), (24, 40), (8, 40)],
        [(24, 8), (8, 8)],
        [(24, 8), (24, 40)],
    ],
)
def test_the_first_two_batches_differ_on_each_side_that_varies(lengths):
    batches = make_dataset(examples_of(lengths), 2, [8, 24], 1, target_bucket_lengths=[8, 40])
    shapes = [(batch[0]["source_ids"].shape[1], batch[1].shape[1]) for batch in batches]
    assert sorted(shapes) == sorted(lengths)
    for side in (0, 1):
        assert (shapes[0][side] != shapes[1][side]) == (len({s[side] for s in shapes}) > 1)


class Drawn:
    """Examples that come out otherwise at each draw."""

    target_tokens = 40

    def buckets(self, bucket_lengths, target_bucket_lengths):
        return by_length(np.full((20, 2), 4), self.draw, bucket_lengths, target_bucket_lengths)

    def draw(self, index, rng):
        ids = rng.integers(FIRST_ID, 99, 4).astype(np.int32)
        return ids, ids


@pytest.mark.parametrize("workers", [1, 2])
def test_worker_processes_draw_the_same_batches_in_order(workers):
    dataset = make_dataset(Drawn(), 4, [4], seed=3).repeat(2)[3:]
    here, there = ([b[1] for b in stream(dataset, count)] for count in (0, workers))
    assert len(here) == 7
    np.testing.assert_array_equal(there, here)
