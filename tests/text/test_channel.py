import math
from itertools import product

import numpy as np
import pytest
from rapidfuzz.distance import OSA

from s2s_keras.data import Pair
from s2s_keras.data.noise import learn_channel
from s2s_keras.text.channel import ALPHABET, TABLES, ChannelModel

PAIRS = [
    *[Pair("recieve", "receive")] * 60,
    *[Pair("definately", "definitely")] * 40,
    *[Pair("untill", "until")] * 30,
    *[Pair("occured", "occurred")] * 30,
]


def of_equal_slips(nats):
    return ChannelModel(np.full((4, len(ALPHABET), len(ALPHABET)), nats, np.float32))


def best_alignment(channel, typed, word):
    """Tries every alignment, from the left, by recursion."""

    def code(character):
        return ALPHABET.index(character) if character in ALPHABET[:-1] else len(ALPHABET) - 1

    def table(name, one, other):
        return float(channel.tables[TABLES.index(name), code(one), code(other)])

    def best(i, j):
        if i == j == 0:
            return 0.0
        before = "\n" + word
        options = []
        if i:
            options.append(best(i - 1, j) + table("omissions", before[i - 1], word[i - 1]))
        if j:
            options.append(best(i, j - 1) + table("insertions", before[i], typed[j - 1]))
        if i and j:
            is_same = word[i - 1] == typed[j - 1]
            slip = 0.0 if is_same else table("substitutions", word[i - 1], typed[j - 1])
            options.append(best(i - 1, j - 1) + slip)
        if i > 1 and j > 1 and word[i - 2 : i] == typed[j - 2 : j][::-1]:
            slip = table("transpositions", word[i - 2], word[i - 1])
            options.append(best(i - 2, j - 2) + slip)
        return max(options)

    return best(len(word), len(typed))


def test_slips_that_were_seen_are_likelier_in_their_place():
    channel = learn_channel(PAIRS)
    assert channel.log_prob("until", "until") == 0.0
    assert channel.log_prob("beleive", "believe") == channel.log_prob("beleive", "believe")
    assert channel.log_prob("peice", "piece") < 0
    assert channel.log_prob("decieve", "deceive") > channel.log_prob("deceiev", "deceive")
    assert channel.log_prob("tilll", "till") > channel.log_prob("tillk", "till")
    assert channel.log_prob("fred", "frred") > channel.log_prob("red", "fred")
    assert channel.log_prob("finately", "finitely") > channel.log_prob("finotely", "finitely")


def test_a_character_too_many_is_no_likelier_before_a_word_than_seen():
    channel = learn_channel(PAIRS)
    assert channel.log_prob("xuntil", "until") == pytest.approx(
        math.log(50 * 1e-5 / (160 + 50)), abs=1e-4
    )


def test_without_misspellings_all_slips_are_as_rare():
    channel = learn_channel([])
    tables = np.delete(channel.tables, ALPHABET.index(" "), axis=2)
    assert np.ptp(tables) < 1e-5 and tables.max() < -9
    assert channel.log_prob("ab", "a b") == pytest.approx(math.log(2.5e-3), abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_log_prob_is_that_of_the_best_alignment(seed):
    tables = -np.random.default_rng(seed).uniform(0.5, 9.0, (4, len(ALPHABET), len(ALPHABET)))
    channel = ChannelModel(tables.astype(np.float32))
    words = ["", "a", "ab", "ba", "abc", "bac", "caab", "\u00e9b"]
    for typed, word in product(words, repeat=2):
        expected = best_alignment(channel, typed, word)
        assert channel.log_prob(typed, word) == pytest.approx(expected, abs=1e-4), (typed, word)


def test_equal_slips_count_edits():
    channel = of_equal_slips(-1.0)
    for typed, word in (("kitten", "sitting"), ("abcd", "badc"), ("", "abc"), ("ca", "abc")):
        assert channel.log_prob(typed, word) == -OSA.distance(typed, word)


def test_metadata_give_the_tables_back():
    channel = learn_channel(PAIRS)
    again = ChannelModel.from_metadata({"channel": channel.as_metadata()})
    assert np.abs(again.tables - channel.tables).max() <= 0.031
    taken = ChannelModel(channel.tables, {"form": ["from"], "their": ["there", "they're"]}, -2.5)
    again = ChannelModel.from_metadata({"channel": taken.as_metadata()})
    assert (again.confusions, again.confusion_log_prob) == (taken.confusions, -2.5)


@pytest.mark.parametrize(
    "change",
    [
        {"alphabet": "abc"},
        {"tables": "!"},
        {"tables": "AAAA"},
        {"step_nats": "much"},
        {"step_nats": -1.0},
        {"confusions": ["form"]},
        {"confusions": {"form": "from"}},
        {"confusions": {"form": [1]}},
        {"confusion_log_prob": 0.5},
        {"confusion_log_prob": -math.inf},
        {"confusion_log_prob": None},
    ],
)
def test_metadata_that_are_no_tables_are_refused(change):
    described = {**of_equal_slips(-1.0).as_metadata(), **change}
    with pytest.raises(ValueError, match="`channel` must hold the tables of slips"):
        ChannelModel.from_metadata({"channel": described})
    with pytest.raises(ValueError, match="`channel` must hold"):
        ChannelModel.from_metadata({"channel": None})
