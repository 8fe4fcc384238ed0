import numpy as np
import pytest

from s2s_keras.data import Pair
from s2s_keras.data.batches import encode_pairs, make_dataset
from s2s_keras.data.sampled_pairs import SampledPairs
from s2s_keras.text import EOS_ID, SubwordTokenizer

TOKENIZER = SubwordTokenizer(["▁low", "er", "▁lo", "▁", "l", "o", "w", "e", "r", "▁new", "n"])
PAIRS = [Pair("lower", "newer"), Pair("low", "new low lower"), Pair("", "new")]


@pytest.fixture
def sampled():
    return SampledPairs(PAIRS, TOKENIZER, TOKENIZER, 0.4, longest=30)


def test_draws_are_other_cuts_of_the_same_texts(sampled):
    rng = np.random.default_rng(0)
    for index, pair in enumerate(PAIRS):
        draws = [sampled.draw(index, rng) for _ in range(40)]
        for source, target in draws:
            assert TOKENIZER.decode(source) == pair.source
            assert TOKENIZER.decode(target) == pair.target
            assert target[-1] == EOS_ID and source.dtype == target.dtype == np.int32
        assert len({tuple(target) for _, target in draws}) > 1


def test_without_random_numbers_the_longest_match_comes(sampled):
    for index, expected in enumerate(encode_pairs(PAIRS, TOKENIZER, TOKENIZER)):
        for side, ids in zip(sampled.draw(index, None), expected, strict=True):
            np.testing.assert_array_equal(side, ids)


def test_room_holds_the_longest_match_and_most_draws():
    sampled = SampledPairs(PAIRS * 50, TOKENIZER, TOKENIZER, 0.2, longest=30)
    lengths = sampled.lengths()
    plain = np.array([[len(s), len(t)] for s, t in encode_pairs(PAIRS * 50, TOKENIZER, TOKENIZER)])
    assert (lengths >= plain).all()
    rng = np.random.default_rng(1)
    fits = [
        len(sampled.draw(i, rng)[1]) <= target for i, (_, target) in enumerate(lengths.tolist())
    ]
    assert 0.7 < np.mean(fits) < 1
    np.testing.assert_array_equal(lengths, sampled.lengths())


def test_epochs_hold_other_cuts(sampled):
    dataset = make_dataset(sampled, 3, [30], seed=0).repeat(6)
    assert len({batch[1].tobytes() for batch in dataset}) > 1
    assert all({TOKENIZER.decode(t) for t in b[1]} == {p.target for p in PAIRS} for b in dataset)


def test_no_example_gets_more_room_than_the_longest():
    longest = max(len(target) for _, target in encode_pairs(PAIRS, TOKENIZER, TOKENIZER))
    assert SampledPairs(PAIRS, TOKENIZER, TOKENIZER, 0.9, 30).lengths().max() > longest
    sampled = SampledPairs(PAIRS, TOKENIZER, TOKENIZER, 0.9, longest)
    assert sampled.lengths().max() == longest
    for inputs, targets in make_dataset(sampled, 2, [longest], seed=0).repeat(20):
        assert inputs["source_ids"].shape[1] == targets.shape[1] == longest
