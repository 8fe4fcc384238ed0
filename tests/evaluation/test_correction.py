import json
import math
from typing import NamedTuple

import pytest

from s2s_keras.data import Pair
from s2s_keras.evaluation.correction import DIALS, error_kind, evaluate_corrector
from s2s_keras.evaluation.correction_plot import plot_curve

LEXICON = {"the", "then", "their", "there", "cat", "sat", "a", "don't", "receive"}


class Text(NamedTuple):
    text: str


class Replaces:
    """A corrector that replaces words, each from its own position of the dial on."""

    def __init__(self, table, suggestions=None):
        self.table = table
        self.suggestions = suggestions or {}

    def correct(self, text, aggressiveness=None):
        dial = 0.5 if aggressiveness is None else aggressiveness
        words = []
        for word in text.split(" "):
            other, needed = self.table.get(word, (word, 0.0))
            words.append(other if dial >= needed else word)
        return Text(" ".join(words))

    def suggest(self, word, left, right, k):
        return [Text(word) for word in self.suggestions.get((left, word, right), [])[:k]]


PAIRS = [
    Pair("teh cat sat", "the cat sat"),
    Pair("a cta sat ther .", "a cat sat there ."),
    Pair("the cat sat", "the cat sat"),
]


@pytest.mark.parametrize(
    "typed, meant, kind",
    [
        ("Teh", "teh", "case"),
        ("dont", "don\u2019t", "apostrophe"),
        ("their", "there", "real_word"),
        ("Their", "there", "real_word"),
        ("rhe", "the", "first_letter"),
        ("hte", "the", "first_letter"),
        ("teh", "the", "transposition"),
        ("recive", "receive", "omission"),
        ("receeive", "receive", "insertion"),
        ("reseive", "receive", "substitution"),
        ("reseve", "receive", "two_edits"),
        ("rsve", "receive", "more_edits"),
        ("alot", "a lot", "other"),
        ("to gether", "together", "other"),
    ],
)
def test_an_error_is_of_the_first_kind_that_holds(typed, meant, kind):
    assert error_kind(typed, meant, LEXICON) == kind


def test_rates_are_of_words_and_the_interval_holds_them():
    corrector = Replaces({"teh": ("the", 0.0), "sat": ("sit", 0.0), "ther": ("their", 0.0)})
    found = evaluate_corrector(corrector, PAIRS, LEXICON)
    assert (found.pairs, found.words, found.corrupted) == (3, 11, 3)
    assert found.fix_rate.rate == pytest.approx(1 / 3)
    assert found.broken_rate.rate == pytest.approx(3 / 8)
    assert found.word_accuracy.rate == pytest.approx(6 / 11)
    for rate in (found.fix_rate, found.broken_rate, found.word_accuracy):
        assert 0 <= rate.low <= rate.rate <= rate.high <= 1
    assert found.exact_match == 0.0
    fixed = {kind: tuple(rate) for kind, rate in found.by_kind.items()}
    assert fixed == {"transposition": (2, 0.5), "omission": (1, 0.0)}


def test_the_curve_has_a_point_for_each_position_of_the_dial():
    corrector = Replaces({"teh": ("the", 0.2), "cta": ("cat", 0.8), "sat": ("sit", 0.9)})
    curve = evaluate_corrector(corrector, PAIRS, LEXICON).curve
    assert [point.aggressiveness for point in curve] == list(DIALS)
    assert [round(3 * point.fix_rate) for point in curve] == [0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2]
    assert [round(8 * point.broken_rate) for point in curve] == [0] * 9 + [3, 3]


def test_suggestions_count_by_their_rank_in_the_context():
    suggestions = {
        ("", "teh", " cat sat"): ["the", "ten"],
        ("a ", "cta", " sat ther ."): ["cut", "cat"],
        ("a cta sat ", "ther", " ."): ["their", "then", "they", "there"],
    }
    found = evaluate_corrector(Replaces({}, suggestions), PAIRS, LEXICON).suggestion_accuracy
    assert found == {1: pytest.approx(1 / 3), 3: pytest.approx(2 / 3)}


def test_text_without_errors_has_no_fix_rate():
    found = evaluate_corrector(Replaces({}), PAIRS[2:], LEXICON)
    assert math.isnan(found.fix_rate.rate) and math.isnan(found.suggestion_accuracy[1])
    document = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert document["fix_rate"] is None and document["fix_rate_interval"] == [None, None]
    assert document["broken_rate"] == 0.0
    assert document["curve"][0]["fix_rate"] is None


def test_words_that_were_split_or_joined_are_other_errors():
    pairs = [Pair("the cats at", "the cat sat"), Pair("acat sat", "a cat sat")]
    found = evaluate_corrector(Replaces({}), pairs, LEXICON)
    assert found.by_kind["other"].errors == 2
    assert found.corrupted == 4


def test_the_curve_is_drawn(tmp_path):
    curve = evaluate_corrector(Replaces({"teh": ("the", 0.2)}), PAIRS, LEXICON).curve
    path = tmp_path / "curve.png"
    plot_curve({"ours": curve}, path, {"another": (0.01, 0.5)})
    assert path.read_bytes().startswith(b"\x89PNG")
