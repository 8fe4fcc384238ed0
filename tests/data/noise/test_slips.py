from random import Random

import pytest

from s2s_keras.data.noise import SLIPS, Keyboard
from s2s_keras.data.noise.slips import PHONETIC

KEYBOARD = Keyboard()
WORDS = ["beautiful", "knife", "tomorrow", "don't", "Paris", "I", "of", "élan", "x-ray", "42"]


def drawn(kind, word, count=400):
    rng = Random(3)
    return {SLIPS[kind](word, rng, KEYBOARD) for _ in range(count)}


@pytest.mark.parametrize("kind", SLIPS)
@pytest.mark.parametrize("word", WORDS)
def test_a_slip_hangs_on_its_seed_and_never_loses_the_word(kind, word):
    draws = [SLIPS[kind](word, Random(seed), KEYBOARD) for seed in range(50)]
    assert draws == [SLIPS[kind](word, Random(seed), KEYBOARD) for seed in range(50)]
    assert all(draws)


@pytest.mark.parametrize(
    "kind, word, expected",
    [
        ("omission", "cats", {"cts", "cas", "cat"}),
        ("transposition", "cats", {"ctas", "cast"}),
        ("doubling", "cab", {"ccab", "caab", "cabb"}),
        ("apostrophe", "don't", {"dont", "do'nt"}),
        ("apostrophe", "cars", {"car's"}),
        ("case", "Paris", {"paris"}),
        ("case", "paris", {"Paris", "PAris"}),
        ("substitution", "to", {"ti", "tp", "tk", "tl"}),
        ("first_letter", "to", {"ot", "ro", "yo", "fo", "go"}),
        ("insertion", "p", {"po", "pl"}),
    ],
)
def test_slips_of_short_words_are_those(kind, word, expected):
    assert drawn(kind, word) - {word} == expected


def test_doubling_also_types_a_double_letter_once():
    assert "tomorow" in drawn("doubling", "tomorrow")


def test_phonetic_slips_replace_one_sound_by_one_that_is_alike():
    found = drawn("phonetic", "phone")
    assert {"fone", "phown"} & found == {"fone"}
    assert "phone" not in found
    assert all(len(set(sounds)) == len(sounds) > 1 for sounds in PHONETIC)


def test_the_first_letter_is_left_to_its_own_kind():
    for kind in ("omission", "substitution", "transposition"):
        assert {typed[0] for typed in drawn(kind, "quick")} == {"q"}
    assert {typed[0] for typed in drawn("first_letter", "quick")} > {"u", "w"}
