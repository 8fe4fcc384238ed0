from collections import Counter

import pytest
from wordfreq import zipf_frequency

from s2s_keras.data import Pair, build_dataset, misspellings


def fits(pair):
    return max(map(len, pair)) <= 9


@pytest.fixture(scope="module")
def dataset():
    return build_dataset("misspellings", dev_fraction=0.2, fits=fits)


def identities(pairs):
    return Counter(pair.target for pair in pairs if pair.source == pair.target)


def test_no_target_stands_in_both_parts(dataset):
    train, dev = ({pair.target.lower() for pair in part} for part in (dataset.train, dataset.dev))
    assert not train & dev
    assert len(dev) / len(train | dev) == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("part", ["train", "dev"])
def test_each_part_holds_misspellings_and_their_correct_words(dataset, part):
    pairs = getattr(dataset, part)
    misspelled = [pair for pair in pairs if pair.source != pair.target]
    typed = {pair.source for pair in dataset.train + dataset.dev if pair.source != pair.target}
    assert len(misspelled) > 1000
    assert set(identities(pairs)) == {pair.target for pair in misspelled} - typed


def test_no_source_has_two_targets(dataset):
    pairs = set(dataset.train + dataset.dev)
    assert len({pair.source for pair in pairs}) == len(pairs)
    assert not any("," in pair.target for pair in pairs)


def test_a_word_that_is_also_a_misspelling_is_not_its_own_target(monkeypatch):
    pairs = [Pair("ehte", "thee"), Pair("thee", "three")]
    listed = [(typed, [word]) for typed, word in pairs] + [("teh", ["the", "tech", ""])]
    monkeypatch.setattr("s2s_keras.data.misspellings.read_codespell", lambda: iter(listed))
    train, _ = misspellings.build(dev_fraction=0.0)
    assert set(train) == {*pairs, Pair("three", "three")}


def test_frequent_words_are_repeated_more_often_in_train_and_never_in_dev(dataset):
    counts = identities(dataset.train)
    by_frequency = sorted(counts, key=lambda word: zipf_frequency(word, "en"))
    repeats = [counts[word] for word in by_frequency]
    assert repeats == sorted(repeats)
    assert repeats[0] == 1
    assert repeats[-1] >= 5
    assert set(identities(dataset.dev).values()) == {1}


def test_only_pairs_that_fit_are_built(dataset):
    assert max(len(text) for pair in dataset.train + dataset.dev for text in pair) == 9


def test_build_is_deterministic(dataset):
    assert build_dataset("misspellings", dev_fraction=0.2, fits=fits) == dataset


def test_limits_may_differ_for_the_two_sides():
    train, dev = misspellings.build(0.2, lambda pair: len(pair.source) <= 6)
    assert max(len(pair.source) for pair in train + dev) == 6
    assert max(len(pair.target) for pair in train + dev) > 6


def test_licence_names_both_sources(dataset):
    assert "codespell" in dataset.licence
    assert "wordfreq" in dataset.licence
    assert dataset.licence.count("CC BY-SA") == 2
