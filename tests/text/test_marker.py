import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_keras.text import CharacterTokenizer, SubwordTokenizer
from s2s_keras.text.marker import MARK, WordMarker, marked_word, with_marks

TOKENIZER = with_marks(
    SubwordTokenizer(["▁", "▁the", "▁cat", "s", "▁a", *"theca,["], lowercase=True), "acthe "
)


def marked(left, typed, right, **options):
    return WordMarker(TOKENIZER, **options).mark(left, typed, right)


@pytest.mark.parametrize(
    "left, typed, right, text, pieces",
    [
        ("", "cat", "", "⟦c⟦a⟦t", ["▁", "⟦c", "⟦a", "⟦t"]),
        ("the ", "ca", " cats", "the⟦c⟦a cats", ["▁the", "⟦c", "⟦a", "▁cat", "s"]),
        ("a", "th", ",\n a", "a⟦t⟦h , a", ["▁a", "⟦t", "⟦h", "▁", ",", "▁a"]),
        ("the \n", "", "\r\n", "the⟦", ["▁the", "⟦"]),
        ("", "c?t", "", "⟦c⟦⟦t", ["▁", "⟦c", "⟦", "⟦t"]),
        ("", "A cat", "", "⟦a⟦_⟦c⟦a⟦t", ["▁", "⟦a", "⟦_", "⟦c", "⟦a", "⟦t"]),
        ("⟦a", "a", "⟦h", "[a⟦a [h", ["▁", "[", "a", "⟦a", "▁", "[", "h"]),
    ],
)
def test_a_word_is_spelled_in_marks_between_subwords(left, typed, right, text, pieces):
    assert marked(left, typed, right) == text
    assert TOKENIZER.pieces(text) == pieces
    ids = WordMarker(TOKENIZER).source_ids(left, typed, right)
    assert [TOKENIZER.tokens[i] for i in ids] == pieces


def test_the_nearest_words_are_kept_as_far_as_there_is_room():
    left, right = "a cats the ", " a cats the"
    assert marked(left, "c", right, left_tokens=3, right_tokens=2) == "cats the⟦c a"
    assert marked(left, "c", right, left_tokens=2, right_tokens=3) == "the⟦c a cats"
    assert marked(left, "c", right, left_tokens=0, right_tokens=0) == "⟦c"


@pytest.mark.parametrize("typed, spelled", [("cat", "⟦⟦c⟦a⟦t"), ("", "⟦"), ("c?", "⟦⟦c⟦")])
def test_a_word_that_no_lexicon_has_gets_a_mark_by_itself(typed, spelled):
    source = WordMarker(TOKENIZER).mark("the ", typed, " a", is_known=False)
    assert source == f"the{spelled} a"
    assert TOKENIZER.pieces(source)[1] == "⟦"
    assert marked_word(source) == typed.replace("?", "")


@given(st.text(), st.text(max_size=20), st.text())
def test_any_text_gives_as_many_ids_as_there_is_room_for(left, typed, right):
    marker = WordMarker(TOKENIZER, 3, 2)
    pieces = TOKENIZER.pieces(marker.mark(left, typed, right))
    spelled = [i for i, piece in enumerate(pieces) if piece.startswith(MARK)]
    length = max(1, len(TOKENIZER.normalize(typed)))
    assert spelled == list(range(spelled[0], spelled[0] + length))
    assert spelled[0] <= 3
    assert len(pieces) - spelled[-1] - 1 <= 2


def test_far_context_costs_nothing_and_changes_nothing():
    marker = WordMarker(TOKENIZER)
    near = marker.mark("the the " * 50, "a", " the the" * 50)
    started = time.perf_counter()
    assert marker.mark("the the " * 200_000, "a", " the the" * 200_000) == near
    assert marker.mark("thecat" * 200_000, "a", " " + "thecat" * 200_000) == "⟦a"
    assert time.perf_counter() - started < 1


def test_contexts_must_be_of_subwords():
    with pytest.raises(ValueError, match="must be of subwords. Received: characters"):
        WordMarker(CharacterTokenizer("ab"))


def test_vocabulary_without_marks_is_refused():
    with pytest.raises(ValueError, match="must hold marks"):
        WordMarker(SubwordTokenizer(["▁", "a"]))
