import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_keras.text.words import PROTECTED_KINDS, find_words, with_case_of


def texts_of(text, **options):
    return [word.text for word in find_words(text, **options)]


@pytest.mark.parametrize(
    "text, words",
    [
        ("", []),
        ("  \t\n", []),
        ("Its a teh, cat!", ["Its", "a", "teh", "cat"]),
        (
            "don't don\u2019t rock 'n' roll the '90s",
            ["don't", "don\u2019t", "rock", "n", "roll", "the"],
        ),
        ("a well-known e-mail", ["a", "well", "known", "e", "mail"]),
        ("caf\u00e9 cafe\u0301 na\u00efve", ["caf\u00e9", "cafe\u0301", "na\u00efve"]),
        ("(hello)[world]\u2026\u201cyes\u201d", ["hello", "world", "yes"]),
        ("one\r\ntwo\rthree", ["one", "two", "three"]),
        ("I and/or you", ["I", "and", "or", "you"]),
        ("e.g. this i.e. that p.m.", ["this", "that"]),
        ("don\u00b4t in\u00adform rock`s", ["don\u00b4t", "in\u00adform", "rock`s"]),
        ("a\n```\nfor i in rnage\n```\nb ``x`y teh`` c", ["a", "b", "c"]),
        ("The end. A new one.", ["The", "end", "A", "new", "one"]),
        (
            "\u4f60\u597d \u043f\u0440\u0438\u0432\u0435\u0442",
            ["\u4f60\u597d", "\u043f\u0440\u0438\u0432\u0435\u0442"],
        ),
        ("\U0001f469\u200d\U0001f4bb ok \ud800 x", ["ok", "x"]),
    ],
)
def test_words_of_a_text(text, words):
    assert texts_of(text) == words


@pytest.mark.parametrize(
    "kind, text",
    [
        ("url", "https://exmaple.org/teh"),
        ("url", "www.exmaple"),
        ("url", "exmaple.org"),
        ("url", "x.com"),
        ("url", "t.co/teh"),
        ("code", "mian.c"),
        ("abbreviation", "e.g.a."),
        ("url", "/usr/lcoal"),
        ("url", "src/mian/java"),
        ("email", "jhon@exmaple"),
        ("mention", "@jhon"),
        ("hashtag", "#teh"),
        ("code", "snake_csae"),
        ("code", "mian()"),
        ("code", "x=teh"),
        ("code", "--verbsoe"),
        ("code", "`teh cdoe`"),
        ("number", "3rd"),
        ("number", "teh2"),
        ("capitals", "NASA"),
        ("capitals", "O'BRIEN"),
        ("inner_capitals", "iPhoen"),
        ("inner_capitals", "McDonlad"),
    ],
)
def test_what_is_protected_is_no_word_unless_asked(kind, text):
    sentence = f"see ({text}), please"
    assert texts_of(sentence) == ["see", "please"]
    others = set(PROTECTED_KINDS) - {kind}
    assert len(texts_of(sentence, protected=others)) > 2


@pytest.mark.parametrize("piece", ["word", "w.", "`", "``a", "a/", "a'"])
def test_a_long_run_takes_time_in_proportion(piece):
    def seconds(count):
        start = time.perf_counter()
        find_words(piece * count + ".")
        return time.perf_counter() - start

    seconds(100)
    assert min(seconds(20_000) for _ in range(3)) < 1.0


@given(st.text())
def test_words_are_slices_in_order(text):
    found = find_words(text, ())
    assert all(text[word.start : word.end] == word.text for word in found)
    ends = [0, *(position for word in found for position in (word.start, word.end))]
    assert ends == sorted(ends)


def test_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="must be of .*'url'.* Received: \\['names'\\]"):
        find_words("a", ["names"])


@pytest.mark.parametrize(
    "typed, word, expected",
    [
        ("recieve", "receive", "receive"),
        ("Recieve", "receive", "Receive"),
        ("RECIEVE", "receive", "RECEIVE"),
        ("I", "a", "A"),
        ("londn", "London", "London"),
        ("LONDN", "London", "LONDON"),
        ("Alot", "a lot", "A lot"),
        ("\u00c9tat", "\u00e9tats", "\u00c9tats"),
    ],
)
def test_with_case_of(typed, word, expected):
    assert with_case_of(typed, word) == expected
