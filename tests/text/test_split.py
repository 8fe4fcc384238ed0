import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_keras.text import (
    CharacterTokenizer,
    SubwordTokenizer,
    WordTokenizer,
    split_sentences,
    split_text,
)

SUBWORDS = SubwordTokenizer([*"▁ab.x", "▁ab", "▁abab", "▁x.", "ab"])
TOKENIZERS = [
    CharacterTokenizer(()),
    CharacterTokenizer((), lowercase=True),
    WordTokenizer(()),
    SUBWORDS,
]
TEXTS = st.text(
    st.sampled_from("ab .,!?;)»\n\t\u3000\u3002\uff0c」é\u0130ß\u0301x") | st.characters(),
    max_size=60,
)


@settings(deadline=None)
@given(TEXTS, st.sampled_from(TOKENIZERS), st.integers(1, 30))
def test_pieces_joined_are_the_text(text, tokenizer, longest):
    assert "".join(split_text(text, tokenizer, longest)) == text


@settings(deadline=None)
@given(TEXTS, st.sampled_from(TOKENIZERS), st.integers(1, 30))
def test_a_piece_is_too_long_only_where_it_is_one_word(text, tokenizer, longest):
    for piece in split_text(text, tokenizer, longest):
        if len(tokenizer.encode(piece.strip())) > longest:
            assert len(piece.split()) == 1


@settings(deadline=None)
@given(TEXTS.filter(str.strip), st.sampled_from(TOKENIZERS), st.integers(1, 30))
def test_no_piece_is_white_space_alone(text, tokenizer, longest):
    assert all(piece.strip() for piece in split_text(text, tokenizer, longest))


@pytest.mark.parametrize(
    ("text", "longest", "pieces"),
    [
        ("ab. cd ef. gh, ij", 12, ["ab. cd ef. ", "gh, ij"]),  # as far as it reaches
        ("ab, cd. ef gh", 12, ["ab, cd. ", "ef gh"]),  # a sentence before a pause
        ("ab, cd ef gh", 10, ["ab, ", "cd ef gh"]),  # a pause before white space
        ("ab cd ef", 6, ["ab cd ", "ef"]),
        ("ab cd\nef gh", 9, ["ab cd\n", "ef gh"]),  # a line ends like a sentence
        ("3.14 a@b.cd, x:y 1,000", 13, ["3.14 a@b.cd, ", "x:y 1,000"]),  # marks within words
        ('"Ab!" (Cd?) ef', 12, ['"Ab!" (Cd?) ', "ef"]),
        (
            "你好\u3002他说\uff1a「好\uff01」再见",
            8,
            ["你好\u3002", "他说\uff1a「好\uff01」", "再见"],
        ),
        ("  ab cd  ", 5, ["  ab cd  "]),  # white space around a piece does not count
        ("ab abcdef cd", 4, ["ab ", "abcdef ", "cd"]),
        ("", 5, []),
    ],
)
def test_a_text_is_split_at_the_best_place_in_reach(text, longest, pieces):
    assert split_text(text, TOKENIZERS[0], longest) == pieces


def test_lengths_are_those_of_the_tokenizer():
    text = "one two, three four five"
    assert split_text(text, WordTokenizer(()), 3) == ["one two, ", "three four five"]


@pytest.mark.parametrize(
    ("text", "longest", "pieces"),
    [
        ("abab abab abab abab", 3, ["abab abab abab ", "abab"]),  # a space is no token of its own
        ("abab\nabab\nabab", 6, ["abab\nabab\n", "abab"]),  # behind a line feed there is none
        ("abab\nabab", 3, ["abab\n", "abab"]),
        ("x. x. x. x. ab", 4, ["x. x. x. x. ", "ab"]),
    ],
)
def test_lengths_in_subwords_are_those_of_the_whole_piece(text, longest, pieces):
    assert split_text(text, SUBWORDS, longest) == pieces


@settings(deadline=None)
@given(TEXTS)
def test_sentences_joined_are_the_text_and_none_is_white_space_alone(text):
    sentences = split_sentences(text)
    assert "".join(sentences) == text
    assert not text.strip() or all(sentence.strip() for sentence in sentences)


@pytest.mark.parametrize(
    "sentences",
    [
        ["One.  ", "Two! ", "Three? ", "Four"],
        ["  One two.\n\n", "Three\n", "four five "],  # lines end sentences
        ["Mr. Smith met Dr. J. Brown. ", "They sat down."],
        ['"Stop!" he said. ', '"Why?" ', "I asked."],
        ["It costs 3.50 in the U.S. store. ", "I have 3. ", "You have 4."],
        ["He came, e.g. by bus... and left. ", "\u00bfY t\u00fa? ", "No."],
        ["\u4f60\u597d\u3002", "\u518d\u89c1\uff01"],
        ["(He left.) ", "We stayed."],
    ],
)
def test_a_text_is_split_into_its_sentences(sentences):
    assert split_sentences("".join(sentences)) == sentences
