from collections import Counter
from random import Random

import pytest

from s2s_keras.data import Pair
from s2s_keras.data.noise import (
    ENGLISH,
    KINDS,
    SLIPS,
    ErrorModel,
    Keyboard,
    Noise,
    Typed,
    confusion_sets,
    find_neighbors,
)
from s2s_keras.text import Lexicon

ERROR_MODEL = ErrorModel([Pair("thier", "their"), Pair("wierd", "weird")])
GIVEN = {
    "misspellings": {"their": ["thier"], "Paris": ["Pariss"]},
    "error_model": ERROR_MODEL,
    "confusions": confusion_sets([("there", "their")]),
    "neighbors": {"their": ["heir"]},
}
WORDS = ["their", "words", "are", "there", "and", "nobody", "knows", "whose"]


def noise_of(**rates):
    return Noise(rates, **GIVEN)


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_happen_at_their_rate(kind):
    noise = noise_of(**{kind: 0.3})
    word = {"apostrophe": "don't"}.get(kind, "their")
    found = Counter(noise.type_word([word, "words"], 0, Random(seed)).kind for seed in range(2000))
    assert set(found) == {kind, "clean"}
    assert 0.2 < found[kind] / 2000 < 0.34


def test_without_rates_all_words_are_clean():
    assert noise_of().type_text(WORDS, Random(0)) == [Typed(w, w, "clean") for w in WORDS]


@pytest.mark.parametrize("seed", range(20))
def test_texts_keep_their_meaning_and_hang_on_the_seed(seed):
    noise = noise_of(**dict.fromkeys(KINDS, 0.9 / len(KINDS)))
    found = noise.type_text(WORDS, Random(seed))
    assert " ".join(typed.meant for typed in found).split() == WORDS
    assert sum(typed.words for typed in found) == len(WORDS)
    assert found == noise.type_text(WORDS, Random(seed))
    for typed in found:
        assert (typed.kind == "clean") == (typed.text == typed.meant)


def test_run_together_takes_the_next_word():
    noise = noise_of(run_together=1.0)
    assert noise.type_word(["a", "lot"], 0, Random(0)) == Typed("alot", "a lot", "run_together", 2)
    assert noise.type_word(["a", "lot"], 1, Random(0)) == Typed("lot", "lot", "clean")


def test_split_puts_a_space_into_a_word():
    typed = noise_of(split=1.0).type_word(["together"], 0, Random(0))
    assert typed.text.replace(" ", "") == typed.meant == "together"
    assert " " in typed.text


def test_listed_words_keep_their_case():
    noise = noise_of(misspelling=1.0)
    found = [noise.type_word([w], 0, Random(0)).text for w in ("their", "Their", "THEIR", "Paris")]
    assert found == ["thier", "Thier", "THIER", "Pariss"]


def test_misspelling_of_an_unlisted_word_comes_from_the_error_model():
    assert noise_of(misspelling=1.0).type_word(["weird"], 0, Random(0)).text == "wierd"


def test_confusions_are_mutual_words_and_no_other():
    found = confusion_sets(ENGLISH)
    assert "there" in found["their"] and "their" in found["there"]
    assert all(word not in others for word, others in found.items())
    assert all(word in found[other] for word, others in found.items() for other in others)
    assert all(len(set(group)) == len(group) > 1 for group in ENGLISH)
    assert noise_of(confusion=1.0).type_word(["their"], 0, Random(0)).text == "there"
    assert noise_of(confusion=1.0).type_word(["whose"], 0, Random(0)).kind == "clean"


def test_neighbors_are_words_that_are_one_slip_away():
    rare = {"thee": 1e-9}
    lexicon = Lexicon({"the": 0.05, "then": 1e-3, "teh": 1e-4, "he": 0.01, "ten": 1e-4, **rare})
    assert find_neighbors(lexicon) == {
        "he": ["the"],
        "teh": ["ten", "the"],
        "ten": ["teh", "then"],
        "the": ["he", "teh", "then"],
        "then": ["ten", "the"],
    }
    assert "thee" in find_neighbors(lexicon, -30.0)["the"]
    assert noise_of(neighbor=1.0).type_word(["Their"], 0, Random(0)).text == "Heir"


def test_the_keyboard_is_the_given_one():
    noise = Noise({"substitution": 1.0}, keyboard=Keyboard("azerty"))
    typed = {noise.type_word(["aq"], 0, Random(seed)).text for seed in range(50)}
    assert typed == {"aa", "az", "as", "aw"}


@pytest.mark.parametrize(
    "rates, message",
    [
        ({"typo": 0.1}, "Received: \\['typo'\\]"),
        ({"split": -0.1}, "at least 0"),
        ({kind: 0.2 for kind in SLIPS}, "at most 1"),
        ({"misspelling": 0.1}, "needs `misspellings`"),
        ({"error_model": 0.1}, "needs `error_model`"),
        ({"confusion": 0.1}, "needs `confusions`"),
        ({"neighbor": 0.1}, "needs `neighbors`"),
    ],
)
def test_impossible_rates_are_refused(rates, message):
    with pytest.raises(ValueError, match=message):
        Noise(rates)
