import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_keras.text import EOS_ID, UNK_ID, WordTokenizer, normalize

anything = st.text(st.characters(exclude_categories=()), max_size=40)
# What makes trouble: the marker itself, white space of every kind, marks, apostrophes, capitals.
awkward = st.text("▁ \u00a0\u202f\t\n\x1c'\u2019-.ab1_Éé\u0301\u200d\u093fİΣ\ud800<>", max_size=20)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("the cat", ["▁the", "▁cat"]),
        ("  the \t cat\n", ["▁the", "▁cat"]),
        ("don't", ["▁don", "'", "t"]),
        ("L'eau, vite !", ["▁L", "'", "eau", ",", "▁vite", "▁!"]),
        ("twenty-one", ["▁twenty", "-", "one"]),
        ("Straße 12b", ["▁Straße", "▁12b"]),
        ("3.14", ["▁3", ".", "14"]),
        ("(a)", ["▁(", "a", ")"]),
        ("...", ["▁.", ".", "."]),
        ("e\u0301te\u0301", ["▁été"]),
        ("हिन्दी", ["▁हिन्दी"]),
        ("q\u0303a b\U000e0100c", ["▁q\u0303a", "▁b\U000e0100c"]),
        ("a▁b ▁", ["▁a", "▁", "b", "▁▁"]),
        ("<eos>", ["▁<", "eos", ">"]),
        ("", []),
        (" \u3000", []),
    ],
)
def test_pieces_of(text, pieces):
    assert WordTokenizer(()).pieces(text) == pieces


@given(anything | awkward)
@settings(deadline=None, max_examples=500)
def test_join_of_pieces_gives_the_text_up_to_white_space(text):
    tokenizer = WordTokenizer(())
    assert tokenizer.join(tokenizer.pieces(text)) == " ".join(normalize(text).split())


@given(anything | awkward)
@settings(deadline=None, max_examples=200)
def test_every_piece_can_stand_in_a_vocabulary_and_be_decoded(text):
    tokenizer = WordTokenizer.learn([text])
    assert set(tokenizer.tokens[4:]) == set(tokenizer.pieces(text))
    assert tokenizer.unknown(text) == []
    assert tokenizer.decode(tokenizer.encode(text)) == " ".join(normalize(text).split())


def test_first_word_has_the_id_that_it_has_elsewhere():
    tokenizer = WordTokenizer.learn(["one two", "two one"])
    assert tokenizer.tokens[4:] == ("▁one", "▁two")
    assert tokenizer.encode("two one") == [5, 4]


def test_output_that_starts_without_a_space_is_joined_as_it_is():
    tokenizer = WordTokenizer(["eau", "▁la", "▁"])
    assert tokenizer.decode([4, 5, 6, 4, EOS_ID]) == "eau la▁eau"


def test_unknown_word_is_a_replacement_character_between_spaces():
    tokenizer = WordTokenizer(["▁a", "▁c"])
    assert tokenizer.encode("a b c") == [4, UNK_ID, 5]
    assert tokenizer.decode([4, UNK_ID, 5]) == "a \ufffd c"
    assert tokenizer.unknown("a b, b") == ["▁b", ","]


@pytest.mark.parametrize(
    ("piece", "named"), [("▁zebra", "'zebra'"), ("x", "'x' (U+0078)"), ("▁", "'▁' (U+2581)")]
)
def test_describe_shows_no_marker(piece, named):
    assert WordTokenizer(()).describe(piece) == named


def test_definition_names_all_that_a_runtime_needs():
    assert WordTokenizer(["▁a", "b"], lowercase=True).definition() == {
        "format": 1,
        "kind": "word",
        "normalization": "NFC",
        "lowercase": True,
        "special_tokens": ["<pad>", "<bos>", "<eos>", "<unk>"],
        "words": ["▁a", "b"],
    }


@pytest.mark.parametrize("entry", ["", " ", " a", "a ", "a b", "a,", "▁a,", "▁▁a", "<eos>", "▁ "])
def test_entry_that_is_no_piece_raises(entry):
    with pytest.raises(ValueError, match=r"Each entry of `words` must be a word or one other"):
        WordTokenizer(["a", entry])


def test_entry_that_stands_twice_raises():
    with pytest.raises(ValueError, match=r"`words` must be distinct. Received twice: \['▁a'\]"):
        WordTokenizer(["▁a", "a", "▁a"])


@pytest.mark.timeout(20)
def test_long_white_space_is_cut_in_linear_time():
    assert WordTokenizer(()).pieces("a" + " " * 200_000) == ["▁a"]
