import math
import tracemalloc
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_keras.text import Lexicon
from s2s_keras.text import lexicon as lexicon_module

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
def test_words_have_their_place_in_order(words):
    lexicon = Lexicon(words)
    assert [lexicon.word(i) for i in range(len(lexicon))] == lexicon.words() == sorted(words)
    for i, word in enumerate(sorted(words)):
        assert lexicon.find(word) == i
        assert lexicon.log_frequencies[i] == lexicon.log_frequency(word)
    assert lexicon.log_frequencies.dtype == np.float32
    assert lexicon.characters == set().union(*words)


@given(frequencies, letters | st.just(""))
def test_completions_are_the_words_that_begin_so(words, prefix):
    lexicon = Lexicon(words)
    expected = sorted(word for word in words if word.startswith(prefix))
    expected.sort(key=lambda word: -lexicon.log_frequency(word))
    assert lexicon.completions(prefix, len(words)) == expected
    assert lexicon.completions(prefix, 2) == expected[:2]


@pytest.mark.parametrize(
    "words, letter_type",
    [
        (["ab", "c"], np.uint8),
        (["aé", "\xff"], np.uint8),
        (["aж"], np.uint16),
        (["\U0001f600", "é"], np.uint32),
    ],
)
def test_letters_take_no_more_than_they_need(words, letter_type):
    found = Lexicon(dict.fromkeys(words, 0.1)).letters()
    assert "".join(map(chr, found)) == "".join(f"{word}\n" for word in sorted(words))
    assert found.dtype == letter_type and not found.flags.writeable


@given(frequencies)
def test_bytes_come_back(words):
    lexicon = Lexicon(words)
    assert Lexicon.from_bytes(lexicon.to_bytes()) == lexicon


def test_words_have_their_usual_spelling():
    words = dict.fromkeys(["i", "i'm", "iphone", "london", "lond", "may", "the"], 0.1)
    lexicon = Lexicon(words, ["London", "iPhone", "I", "I'm"])
    assert lexicon.spellings == ("I", "I'm", "iPhone", "London")
    for word, spelling in {
        "london": "London",
        "i": "I",
        "iphone": "iPhone",
        "lond": "lond",
    }.items():
        assert lexicon.spelled(word) == spelling
    assert lexicon.spelled("in london may i") == "in London may I"
    again = Lexicon.from_bytes(lexicon.to_bytes())
    assert again == lexicon and again.spellings == lexicon.spellings
    assert lexicon != Lexicon(words)
    assert Lexicon(words).to_bytes() == lexicon.to_bytes()[: len(Lexicon(words).to_bytes())]
    changed = lexicon.changed({"rome": 0.1}, ["london"], ["Rome", "iphone", "THE"])
    assert changed.spellings == ("I", "I'm", "Rome", "THE")
    assert changed.changed({}, spellings=["i"]).spelled("i") == "i"


def test_some_words_are_one_in_two_spellings():
    words = dict.fromkeys(["center", "centre", "color", "colour", "the"], 0.1)
    pairs = [("color", "colour"), ("center", "centre")]
    lexicon = Lexicon(words, ["THE"], pairs)
    assert lexicon.variants == sorted(pairs)
    assert lexicon.are_variants("centre", "center") and lexicon.are_variants("color", "colour")
    assert not lexicon.are_variants("center", "colour") and not lexicon.are_variants("the", "the")
    again = Lexicon.from_bytes(lexicon.to_bytes())
    assert again == lexicon != Lexicon(words, ["THE"])
    assert again.variants == lexicon.variants and again.spellings == ("THE",)
    changed = Lexicon(words).changed({"colors": 0.1}, ["colour"], variants=pairs)
    assert changed.variants == [("center", "centre")]
    assert changed.changed({"a": 0.1}).variants == [("center", "centre")]


@pytest.mark.parametrize(
    "variants",
    [
        [("the", "tha")],
        [("then", "the")],
        [("the", "the")],
        [("the", "then")] * 2,
        [("the", "then\tthis")],
        [("", "the")],
    ],
)
def test_what_is_no_pair_of_words_is_refused(variants):
    words = {"the": 0.1, "then": 0.1, "this": 0.1}
    with pytest.raises(ValueError, match="Variants must be pairs of words in order"):
        Lexicon(words, (), variants)
    lines = "".join(f"\n{one}\t{other}" for one, other in variants)
    with pytest.raises(ValueError, match="Variants must be pairs of words in order"):
        Lexicon.from_bytes(Lexicon(words).to_bytes() + lines.encode())


@pytest.mark.parametrize("spellings", [["Paris"], ["the"], ["The", "THE"], [""], ["The\n"]])
def test_what_is_no_spelling_of_a_word_is_refused(spellings):
    with pytest.raises(ValueError, match="A spelling must be that of a word, with capitals"):
        Lexicon({"the": 0.1, "then": 0.1}, spellings)
    content = Lexicon({"the": 0.1, "then": 0.1}).to_bytes()
    with pytest.raises(ValueError, match="A spelling must be that of a word"):
        Lexicon.from_bytes("\n".join([content.decode("latin-1"), *spellings]).encode("latin-1"))


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


@pytest.mark.parametrize(
    "other", ["th", "thex", "", "a\nthe", "the\n", "\ud800", "\U0010ffff", "0"]
)
def test_what_is_no_word_has_no_frequency(other):
    assert LEXICON.log_frequency(other) is None
    assert LEXICON.find(other) is None
    assert other not in LEXICON and not LEXICON.knows(other)
    assert LEXICON.completions(f"{other}x", 3) == []


def test_what_is_no_text_is_no_word():
    assert 1 not in LEXICON and b"the" not in LEXICON


def test_changed_adds_and_removes_words():
    changed = LEXICON.changed({"zürich": 1e-5, "the": 0.01}, remove=["a", "missing"])
    assert "zürich" in changed and "a" not in changed and len(changed) == len(LEXICON)
    assert changed.log_frequency("the") == pytest.approx(math.log(0.01), abs=0.0501)
    assert changed.log_frequency("then") == LEXICON.log_frequency("then")
    assert "a" in LEXICON


@given(frequencies, frequencies, st.sets(letters | st.just("\ud800")))
def test_changed_is_what_the_words_would_have_been_built_to(words, add, remove):
    expected = {word: f for word, f in {**words, **add}.items() if word not in remove}
    lexicon = Lexicon(words)
    if expected:
        assert lexicon.changed(add, remove) == Lexicon(expected)
    else:
        with pytest.raises(ValueError, match="at least one word"):
            lexicon.changed(add, remove)
    assert lexicon == Lexicon(words)


@pytest.mark.parametrize("words, message", [({"": 0.1}, "1 to 48"), ({"b": 2.0}, "at most 1")])
def test_changes_to_impossible_words_are_refused(words, message):
    with pytest.raises(ValueError, match=message):
        LEXICON.changed(words)


def test_a_lexicon_takes_little_memory():
    words = ["".join(letters) for letters in product("abcdefghijklmnopqrst", repeat=3)]
    content = Lexicon(dict.fromkeys(words, 0.1)).to_bytes()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        lexicon = Lexicon.from_bytes(content)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(lexicon) == 8000
    assert kept - before < 16 * len(lexicon)  # bytes: 4 of text, 9 of arrays
    assert peak - before < 100 * len(lexicon)


@pytest.mark.parametrize(
    "words, message",
    [
        ({}, "at least one word"),
        ({"": 0.1}, "Received: ''"),
        ({"a\nb": 0.1}, "no line break"),
        ({"x" * 49: 0.1}, "1 to 48 characters"),
        ({"a\udc00": 0.1}, "no half of a surrogate pair"),
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
        (b"\x00\0\0\0", "at least one word. Received none"),
        (b"\x01\0\0\0\x01", "1 to 48 characters"),
        (b"\x03\0\0\0\x01\x01\x01a\n\nb", "1 to 48 characters"),
        (b"\x02\0\0\0\x01\x01a\n" + b"b" * 49, "1 to 48 characters"),
        (b"\x01\0\0\0\x01\xed\xa0\x80", "not the bytes"),
        (b"\xff\xff\xff\xffone", "not the bytes"),
    ],
)
def test_damaged_bytes_are_refused(content, message):
    with pytest.raises(ValueError, match=message):
        Lexicon.from_bytes(content)


@pytest.mark.parametrize("place", [1, 3, 4, 7, 8, 9])
def test_damage_is_found_wherever_it_lies(place, monkeypatch):
    monkeypatch.setattr(lexicon_module, "_AT_ONCE", 4)
    words = [*"abcdefghij"]
    content = Lexicon(dict.fromkeys(words, 0.1)).to_bytes()
    assert Lexicon.from_bytes(content).words() == words
    words[place] = words[place - 1]
    with pytest.raises(ValueError, match=f"Received: '{words[place]}' after '{words[place]}'"):
        Lexicon.from_bytes(content[: 4 + 10] + "\n".join(words).encode())


def test_words_are_found_by_frequency_and_texts_by_their_words():
    lexicon = Lexicon({"the": 0.05, "cat": 1e-4, "sat": 1e-6})
    assert lexicon.words() == ["cat", "sat", "the"]
    assert lexicon.words(math.log(1e-5)) == ["cat", "the"]
    assert lexicon.knows("the") and lexicon.knows("the cat")
    assert not lexicon.knows("thecat") and not lexicon.knows("the dog")
