import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_keras.text import Lexicon

WORDS = {"a": 0.02, "the": 0.05, "then": 0.002, "they": 0.005, "théâtre": 1e-6, "don't": 1e-3}
LEXICON = Lexicon(WORDS)
letters = st.text(st.sampled_from("abé'\U0001f600"), min_size=1, max_size=6)
frequencies = st.dictionaries(letters, st.floats(1e-9, 1.0), min_size=1, max_size=40)


@given(frequencies, letters)
def test_words_are_found_and_no_others(words, other):
    lexicon = Lexicon(words)
    assert len(lexicon) == len(words)
    assert all(word in lexicon for word in words)
    assert (other in lexicon) == (other in words)
    for word, frequency in words.items():
        assert lexicon.log_frequency(word) == pytest.approx(math.log(frequency), abs=0.0501)


@given(frequencies)
def test_children_spell_out_all_words(words):
    lexicon = Lexicon(words)
    found, nodes, prefixes = {}, np.zeros(1, np.intp), [""]
    while len(nodes):
        children, places = lexicon.children(nodes)
        prefixes = [
            prefixes[place] + chr(lexicon.characters[child])
            for child, place in zip(children, places, strict=True)
        ]
        for node, prefix in zip(children, prefixes, strict=True):
            assert lexicon.find(prefix) == node
            behind = [w for w in words if w.startswith(prefix)]
            best = max(lexicon.log_frequency(word) for word in behind)
            assert lexicon.best_log_frequencies[node] == pytest.approx(best)
            if lexicon.is_word[node]:
                found[prefix] = lexicon.word(node)
                assert lexicon.log_frequencies[node] == lexicon.log_frequency(prefix)
        nodes = children
    assert found == {word: word for word in words}


@given(frequencies)
def test_bytes_come_back(words):
    lexicon = Lexicon(words)
    assert Lexicon.from_bytes(lexicon.to_bytes()) == lexicon


def test_lexicons_that_differ_are_not_equal():
    assert Lexicon({"a": 0.5}) != Lexicon({"a": 0.1})
    assert Lexicon({"a": 0.5}) != Lexicon({"b": 0.5})
    assert Lexicon({"a": 0.5}) != "a"


def test_completions_are_the_most_frequent_first():
    assert LEXICON.completions("the", 3) == ["the", "they", "then"]
    assert LEXICON.completions("", 2) == ["the", "a"]
    assert LEXICON.completions("then", 5) == ["then"]
    assert LEXICON.completions("thex", 5) == []
    assert LEXICON.completions("the", 0) == []


def test_prefixes_that_are_no_words_have_no_frequency():
    assert LEXICON.log_frequency("th") is None
    assert "th" not in LEXICON
    assert LEXICON.log_frequencies[LEXICON.find("th")] == -np.inf
    assert LEXICON.find("thx") is None


def test_changed_adds_and_removes_words():
    changed = LEXICON.changed({"zürich": 1e-5, "the": 0.01}, remove=["a", "missing"])
    assert "zürich" in changed and "a" not in changed and len(changed) == len(LEXICON)
    assert changed.log_frequency("the") == pytest.approx(math.log(0.01), abs=0.0501)
    assert changed.log_frequency("then") == LEXICON.log_frequency("then")
    assert "a" in LEXICON


@pytest.mark.parametrize(
    "words, message",
    [
        ({}, "at least one word"),
        ({"": 0.1}, "Received: ''"),
        ({"a\nb": 0.1}, "no line break"),
        ({"x" * 49: 0.1}, "1 to 48 characters"),
        ({"a": 0.0}, "above 0 and at most 1"),
        ({"a": 1.5}, "Received: 1.5 of 'a'"),
        ({"a": math.nan}, "Received: nan"),
    ],
)
def test_impossible_words_are_refused(words, message):
    with pytest.raises(ValueError, match=message):
        Lexicon(words)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "not the bytes of a lexicon"),
        (b"\x01\0\0\0", "not the bytes of a lexicon"),
        (b"\x02\0\0\0\x01\x02one", "2 words must list them. Received: 1"),
        (b"\x02\0\0\0\x01\x02two\none", "in order. Received: 'one' after 'two'"),
        (b"\x02\0\0\0\x01\x02one\none", "distinct"),
        (b"\x01\0\0\0\x01\xff", "not the bytes"),
        (b"\x00\0\0\0", "0 words must list them. Received: 1"),
        (b"\x01\0\0\0\x01", "1 to 48 characters"),
    ],
)
def test_damaged_bytes_are_refused(content, message):
    with pytest.raises(ValueError, match=message):
        Lexicon.from_bytes(content)


def test_words_are_found_by_frequency_and_texts_by_their_words():
    lexicon = Lexicon({"the": 0.05, "cat": 1e-4, "sat": 1e-6})
    assert lexicon.words() == ["cat", "sat", "the"]
    assert lexicon.words(math.log(1e-5)) == ["cat", "the"]
    assert lexicon.knows("the") and lexicon.knows("the cat")
    assert not lexicon.knows("thecat") and not lexicon.knows("the dog")
