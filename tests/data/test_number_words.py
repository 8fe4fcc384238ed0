import pytest

from s2s_keras.data import build_dataset, number_words
from s2s_keras.text import WordTokenizer


@pytest.fixture(scope="module")
def parts():
    """A smaller sample of the same make: the real one takes several seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(number_words, "SAMPLES", ((0, 1_000, 1_000), (1_000, 1_000_000, 1_000)))
        return number_words.build(0.25)


def test_pairs_are_one_number_in_both_languages(parts):
    targets = dict(parts[0] + parts[1])
    assert targets["zero"] == "zéro"
    assert targets["seventy-one"] == "soixante et onze"
    assert targets["eighty"] == "quatre-vingts"
    assert targets["two hundred"] == "deux cents"
    assert targets["nine hundred and ninety-nine"] == "neuf cent quatre-vingt-dix-neuf"


def test_no_number_stands_in_both_parts(parts):
    train, dev = parts
    for side in ("source", "target"):
        assert not {getattr(p, side) for p in train} & {getattr(p, side) for p in dev}
    assert len(set(train + dev)) == len(train + dev) == 2000
    assert len(dev) == pytest.approx(0.25 * 1900, abs=80)


def test_numbers_below_a_hundred_are_always_in_train(monkeypatch):
    monkeypatch.setattr(number_words, "SAMPLES", ((0, 200, 200),))
    train, dev = number_words.build(1.0)
    assert len(train) == len(dev) == 100
    assert train[0].source.count(" ") == 0
    assert all("hundred" in pair.source for pair in dev)


def test_every_word_of_dev_is_in_train(parts):
    train, dev = parts
    for side in (0, 1):
        tokenizer = WordTokenizer.learn(pair[side] for pair in train)
        assert not [word for pair in dev for word in tokenizer.unknown(pair[side])]


def test_build_is_deterministic(monkeypatch, parts):
    monkeypatch.setattr(number_words, "SAMPLES", ((0, 1_000, 1_000), (1_000, 1_000_000, 1_000)))
    assert number_words.build(0.25) == parts


def test_sizes_are_what_the_description_says():
    assert sum(count for _, _, count in number_words.SAMPLES) == 30_000
    bounds = [number_words.SAMPLES[0][0], *(below for _, below, _ in number_words.SAMPLES)]
    assert bounds == [low for low, _, _ in number_words.SAMPLES] + [1_000_000]


def test_only_pairs_that_fit_are_built(monkeypatch):
    monkeypatch.setattr(number_words, "SAMPLES", ((0, 1_000, 300),))
    pieces = WordTokenizer(()).pieces
    dataset = build_dataset("number_words", 0.5, lambda pair: len(pieces(pair.target)) <= 4)
    longest = max(len(pieces(pair.target)) for pair in dataset.train + dataset.dev)
    assert longest == 4
