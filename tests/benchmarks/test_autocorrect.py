"""The parts of benchmarks/autocorrect that need neither a model nor the other checkers."""

import subprocess
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest

from benchmarks.autocorrect import peers
from benchmarks.autocorrect.calibrate import Word, best_margins, judged_words
from benchmarks.autocorrect.compare import ask, compare_texts, compare_words
from benchmarks.autocorrect.dev_sets import confused
from benchmarks.autocorrect.dev_sets import main as make_dev_sets
from s2s_keras.data import Pair, read_pairs
from s2s_keras.data.noise import confusion_sets
from s2s_keras.decoding import CorrectionSettings, WordCorrector
from s2s_keras.text import Lexicon
from tests.decoding.words import SOURCES, TARGETS, MeantWords
from tests.evaluation.test_correction import Replaces

LOW = CorrectionSettings(frequency_weight=0.0, known_margin=-9.0, unknown_margin=-9.0)


def test_words_carry_what_changing_them_repairs_and_breaks():
    lexicon = Lexicon({"the": 0.05, "then": 1e-3, "ten": 1e-4})
    words = WordCorrector(SOURCES, TARGETS, lexicon, LOW)
    session = MeantWords({"teh": {"the": 0.6, "ten": 0.3, "teh": 0.1}, "ten": {"the": 0.5}})
    wrong, right = judged_words(words, session, Pair("teh ten", "the ten"))
    assert (wrong.is_known, right.is_known) == (False, True)
    assert [other[2:] for other in wrong.others] == [(1, 0), (0, 0), (0, 0)]
    assert right.others[0][2:] == (0, 1)


def test_margins_repair_most_within_what_may_break():
    def word(is_known, lead, gained, lost):
        return Word(is_known, (0.0, 0.0), [(lead, 0.0, gained, lost)])

    judged = [
        word(False, 5.0, 1, 0),
        word(False, 4.0, 0, 1),
        word(False, 3.0, 1, 0),
        word(True, 2.0, 1, 0),
        word(True, 1.0, 0, 1),
        word(True, 0.0, 1, 0),
    ]
    none = best_margins(judged, (4, 100), 0.0, 0.0)
    assert (none.fix_rate, none.broken_rate) == (0.5, 0.0)
    assert 1.0 < none.known_margin < 2.0 and 4.0 < none.unknown_margin < 5.0
    one = best_margins(judged, (4, 100), 0.0, 0.01)
    assert (one.fix_rate, one.broken_rate) == (0.75, 0.01)
    both = best_margins(judged, (4, 100), 0.0, 0.02)
    assert (both.fix_rate, both.broken_rate) == (1.0, 0.02)
    assert best_margins([], (4, 100), 0.0, 0.02).fix_rate == 0.0


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
