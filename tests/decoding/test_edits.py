import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_keras.decoding.correction import Candidate, Judgement
from s2s_keras.decoding.edits import Edit, apply_edits, find_edits
from s2s_keras.text.words import find_words

WRONG = {
    "teh": ["the", "ten"],
    "alot": ["a lot"],
    "to gether": ["together"],
    "dont": ["don't"],
    "same": ["same"],
    "eht": ["the"],
}


def judgement_of(typed):
    none = (0.0, 0.0, 0.0)
    others = tuple(Candidate(w, math.log(0.6), -1.0, none) for w in WRONG.get(typed.lower(), ()))
    return Judgement(Candidate(typed, -3.0, -3.0, none), False, False, others, bool(others))


def edits_of(text, judge=lambda left, typed, right: judgement_of(typed)):
    return list(find_edits(text, find_words(text), judge, lambda one, two: two == "gether"))


@pytest.mark.parametrize(
    "text, corrected",
    [
        ("", ""),
        ("all is well", "all is well"),
        ("Teh  cat,\r\nteh\tdog\n", "The  cat,\r\nthe\tdog\n"),
        ("Alot of it", "A lot of it"),
        ("to gether, to  gether", "together, to  gether"),
        ("To gether teh", "Together the"),
        ("same", "same"),
        ("teh teh", "the the"),
    ],
)
def test_edits_change_the_errors_and_nothing_else(text, corrected):
    assert apply_edits(text, edits_of(text)) == corrected


def test_an_edit_says_what_and_where():
    assert edits_of("see TEH?") == []  # capitals are protected
    assert edits_of("see Teh cat") == [
        Edit(4, 7, "Teh", "The", pytest.approx(0.6), ("Ten",)),
    ]


def test_the_left_context_is_corrected_and_the_right_one_is_as_typed():
    seen = []

    def judge(left, typed, right):
        seen.append((left, typed, right))
        return judgement_of(typed)

    edits_of("a teh  eht b", judge)
    assert seen == [
        ("", "a", " teh  eht b"),
        ("a ", "teh", "  eht b"),
        ("a the  ", "eht", " b"),
        ("a the  the ", "b", ""),
    ]


def test_who_has_no_opinion_changes_nothing():
    assert edits_of("teh", lambda left, typed, right: None) == []


@given(st.text())
def test_without_errors_any_text_stays_as_it_is(text):
    assert apply_edits(text, edits_of(text, lambda left, typed, right: None)) == text


def test_contexts_stay_short_in_a_long_text():
    def judge(left, typed, right):
        assert len(left) <= 300 and len(right) <= 300
        return judgement_of(typed)

    assert len(edits_of("teh " * 20_000, judge)) == 20_000
