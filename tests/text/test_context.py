import numpy as np
import pytest

from s2s_keras.text import EOS_ID, CharacterTokenizer, SubwordTokenizer, WordContext, with_end
from s2s_keras.text.context import END, goes_on, without_end, word_steps

PIECES = ["▁", *"abcdefghijklmnopqrstuvwxyz'.,", "▁the", "▁cat", "▁sat", "at"]
TOKENIZER = with_end(SubwordTokenizer(PIECES, lowercase=True))


def pieces(ids):
    return [TOKENIZER.tokens[i] for i in ids]


def words_of(text):
    """Returns which word each token of a text is of."""
    return np.cumsum(word_steps(TOKENIZER)[TOKENIZER.encode(text)]).tolist()


def test_each_token_is_of_the_word_that_white_space_ends():
    assert words_of("the bat, sat.") == [1, 2, 2, 2, 2, 3, 3]
    *_, dot, end = words_of("the cat." + END)
    assert dot == 2 and end > 1e5
    steps = word_steps(TOKENIZER)
    assert steps[EOS_ID] == 1 and steps.dtype == np.float32 and len(steps) == len(TOKENIZER)


def test_the_end_lies_behind_all_even_of_a_text_that_has_one_in_it():
    assert TOKENIZER.tokens[WordContext(TOKENIZER).right_ids("a", f" {END} the")[-1]] == END
    assert pieces(WordContext(TOKENIZER).right_ids("a", f" {END} the")) == ["▁the", END]
    assert without_end(f"a{END}b") == "a b"
    assert with_end(TOKENIZER) == TOKENIZER


@pytest.mark.parametrize("tokenizer", [SubwordTokenizer(PIECES), CharacterTokenizer("ab")])
def test_a_vocabulary_without_an_end_is_refused(tokenizer):
    with pytest.raises(ValueError, match="Words are told apart by subwords"):
        WordContext(tokenizer)


def test_the_context_is_that_of_the_sentence():
    context = WordContext(TOKENIZER)
    assert pieces(context.left_ids("A cat sat. The ", "cat")) == ["▁the"]
    assert pieces(context.left_ids("The cat sat.\n", "the")) == []
    assert pieces(context.left_ids("the cat. ", "sat")) == ["▁the", "▁cat", "."]  # goes on
    assert pieces(context.right_ids("the", " cat sat. The cat")) == ["▁cat", "▁sat", ".", END]
    assert pieces(context.right_ids("the", "")) == [END]
    assert pieces(context.right_ids("", " cat")) == ["▁cat", END]


def test_what_is_joined_to_the_word_is_no_right_context_and_goes_before_on_the_left():
    context = WordContext(TOKENIZER)
    assert pieces(context.right_ids("the", ",cat sat")) == ["▁sat", END]
    assert pieces(context.left_ids("the a,", "cat")) == ["▁the", "▁", "a", ","]
    assert pieces(context.word_ids("cat", "the a,")) == ["c", "at"]
    assert pieces(context.word_ids("cat the", "the ")) == ["▁cat", "▁the"]
    assert context.word(TOKENIZER.tokens.index("▁cat"), "the ") == "cat"
    assert context.word(TOKENIZER.tokens.index("▁cat"), "the,") is None
    assert context.word(TOKENIZER.tokens.index("at"), "c") == "at"
    assert (goes_on(""), goes_on("a "), goes_on("a\n"), goes_on("a(")) == (
        False,
        False,
        False,
        True,
    )


def test_long_contexts_keep_what_is_near():
    context = WordContext(TOKENIZER, left_tokens=10, right_tokens=4)
    assert pieces(context.right_ids("a", " the" * 30)) == ["▁the"] * 4 + [END]
    for count in range(40):
        kept = len(context.left_ids("the " * count, "cat"))
        assert kept <= 10 and (count - kept) % 8 == 0  # what was read can be gone on with
    assert len(context.left_ids("the " * 100_000, "cat")) <= 10


def test_apostrophes_and_case_are_those_of_a_lexicon():
    context = WordContext(TOKENIZER)
    assert context.normalize("Cat\u2019s") == "cat's"
    assert pieces(context.left_ids("THE cat\u2019s ", "a")) == ["▁the", "▁cat", "'", "s"]
