"""The parts of benchmarks/autocorrect that need neither a model nor the other checkers."""

import subprocess
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest

from benchmarks.autocorrect import peers
from benchmarks.autocorrect.compare import ask, compare_texts, compare_words
from benchmarks.autocorrect.dev_sets import confused, respelled
from benchmarks.autocorrect.dev_sets import main as make_dev_sets
from s2s_keras.data import Pair, read_pairs
from s2s_keras.data.noise import confusion_sets
from tests.evaluation.test_correction import Replaces


def test_confused_texts_differ_in_a_word_of_a_set():
    sets = confusion_sets()
    for seed in range(20):
        typed, meant = confused("They're over there, in their house.", Random(seed))
        assert meant == "They're over there, in their house."
        [(one, other)] = [
            (one.strip(",."), other.strip(",."))
            for one, other in zip(typed.split(), meant.split(), strict=True)
            if one != other
        ]
        assert one.lower() in sets[other.lower()]
    assert confused("Dogs bark.", Random(0)) is None


def test_dev_sets_hold_no_training_text(tmp_path):
    (tmp_path / "a.tsv").write_text("Is it over there?\tx\nThe dog ran away.\ty\nIt is there.\n")
    (tmp_path / "train.txt").write_text("The dog ran away.\n")
    options = [tmp_path / "a.tsv", "--without", tmp_path / "train.txt", "--out", tmp_path]
    assert make_dev_sets([*map(str, options)]) == 0
    assert read_pairs(tmp_path / "clean.tsv") == [Pair(*["Is it over there?"] * 2)]
    [pair] = read_pairs(tmp_path / "real_words.tsv")
    assert pair.target == "Is it over there?" != pair.source


def test_respelled_texts_have_the_other_spelling_of_a_word(tmp_path):
    others = {"colour": "color", "color": "colour"}
    assert respelled("The color of a colour.", others) == "The colour of a colour."
    assert respelled("Dogs bark.", others) is None
    (tmp_path / "a.tsv").write_text("What is the color of it?\nThe dog ran away.\n")
    (tmp_path / "lexicon.tsv").write_text("color\t0.1\ncolour\t0.1\ndog\t0.1\n")
    options = [tmp_path / "a.tsv", "--lexicon", tmp_path / "lexicon.tsv", "--out", tmp_path]
    assert make_dev_sets([*map(str, options)]) == 0
    assert read_pairs(tmp_path / "spellings.tsv") == [Pair(*["What is the colour of it?"] * 2)]


def test_checkers_of_words_keep_case_and_leave_capitals():
    asked = []

    def suggest(word):
        asked.append(word)
        return {"teh": ["the", "ten"], "xyz": []}.get(word, [word])

    text = "Teh cat, teh CAT; McTeh xyz caf\u00e9 a"
    assert peers.correct_words(text, suggest) == "The cat, the CAT; McTeh xyz caf\u00e9 a"
    assert asked == ["teh", "cat", "teh", "xyz", "a"]


def test_our_best_at_no_more_broken_words_stands_beside_each_checker():
    pairs = [Pair("teh cat", "the cat"), Pair("a dgo", "a dog")]
    ours = Replaces({"teh": ("the", 0.2), "dgo": ("dog", 0.8), "cat": ("cut", 0.8)})
    answers = {
        "careful": {"texts": ["teh cat", "a dgo"], "seconds": 1.0},
        "bold": {"texts": ["the cut", "a dgo"], "seconds": 1.0},
    }
    found = compare_texts(ours, pairs, answers)
    rows = [(r["fix_rate"], r["broken_rate"], r["ours_at_most_so_broken"]) for r in found["peers"]]
    assert rows == [(0.0, 0.0, 0.5), (0.5, 0.5, 1.0)]
    np.testing.assert_allclose([p["fix_rate"] for p in found["curve"]][::5], [0, 0.5, 0.5, 0.5, 1])


def test_suggestions_count_where_the_meant_word_stands():
    pairs = [Pair("teh", "the"), Pair("dgo", "dog")]
    [row] = compare_words(pairs, {"some": [["The", "ten"], ["do", "dig", "dog"]]})
    assert row == {"name": "some", "first": 0.5, "among_three": 1.0}


def test_a_checker_answers_from_its_own_process():
    found = ask(Path(sys.executable), ["symspell"], ["Teh recieved CAT"], ["recieve"])
    assert found["texts"] == ["The received CAT"]
    assert found["suggestions"][0][0] == "receive"
    with pytest.raises(subprocess.CalledProcessError):
        ask(Path(sys.executable), ["nobody"], [], [])
