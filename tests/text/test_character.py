import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_keras.text import BOS_ID, EOS_ID, PAD_ID, UNK_ID, CharacterTokenizer, normalize

DECOMPOSED, COMPOSED = "e\u0301", "\u00e9"


def test_encode_gives_ids_by_frequency_then_code_point():
    tokenizer = CharacterTokenizer.learn(["cab", "cc", "ba"])
    assert tokenizer.tokens == ("<pad>", "<bos>", "<eos>", "<unk>", "c", "a", "b")
    assert tokenizer.encode("abc") == [5, 6, 4]
    assert len(tokenizer) == 7


def test_special_ids_are_the_first_four():
    assert (PAD_ID, BOS_ID, EOS_ID, UNK_ID) == (0, 1, 2, 3)


@given(st.lists(st.text()))
@settings(deadline=None, max_examples=30)
def test_decode_of_encode_gives_nfc_where_all_characters_are_known(texts):
    tokenizer = CharacterTokenizer.learn(texts)
    for text in texts:
        assert tokenizer.decode(tokenizer.encode(text)) == normalize(text)
        assert tokenizer.unknown(text) == []


@given(st.text(), st.text())
@settings(deadline=None, max_examples=30)
def test_encode_gives_unknown_exactly_for_unseen_characters(seen, text):
    tokenizer = CharacterTokenizer.learn([seen])
    unseen = [c for c in normalize(text) if c not in normalize(seen)]
    assert tokenizer.encode(text).count(UNK_ID) == len(unseen)
    assert tokenizer.unknown(text) == list(dict.fromkeys(unseen))


@given(st.lists(st.text()).flatmap(lambda texts: st.tuples(st.just(texts), st.permutations(texts))))
@settings(deadline=None, max_examples=30)
def test_learn_does_not_depend_on_the_order_of_the_texts(orders):
    first, second = map(CharacterTokenizer.learn, orders)
    assert first == second
    assert hash(first) == hash(second)


def test_tokenizers_of_other_ids_differ():
    assert CharacterTokenizer("ab") != CharacterTokenizer("ba")


def test_learn_drops_characters_below_min_count():
    tokenizer = CharacterTokenizer.learn(["aab", "ccc"], min_count=2)
    assert tokenizer.tokens[4:] == ("c", "a")
    assert tokenizer.encode("b") == [UNK_ID]


def test_learn_counts_normalized_characters():
    assert CharacterTokenizer.learn([DECOMPOSED]).tokens[4:] == (COMPOSED,)


def test_encode_is_the_same_for_two_spellings_of_a_letter():
    tokenizer = CharacterTokenizer([COMPOSED])
    assert tokenizer.encode(DECOMPOSED) == tokenizer.encode(COMPOSED) == [4]
    assert tokenizer.unknown(DECOMPOSED) == []
    assert tokenizer.pieces(DECOMPOSED) == [COMPOSED]


@given(st.text(st.characters(exclude_categories=())))
@settings(deadline=None, max_examples=30)
def test_join_of_pieces_gives_the_text(text):
    tokenizer = CharacterTokenizer(())
    assert tokenizer.join(tokenizer.pieces(text)) == normalize(text)


def test_describe_shows_the_code_point():
    assert CharacterTokenizer(()).describe("☃") == "'☃' (U+2603)"


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ([], ""),
        ([4, 5], "ab"),
        ([BOS_ID, 4, PAD_ID, 5, PAD_ID], "ab"),
        ([4, EOS_ID, 5], "a"),
        ([4, EOS_ID, 99], "a"),
        ([4, UNK_ID], "a\ufffd"),
    ],
)
def test_decode_of_special_ids(ids, text):
    assert CharacterTokenizer("ab").decode(ids) == text


@pytest.mark.parametrize("wrong", [-1, 6])
def test_decode_of_an_id_outside_the_vocabulary_raises(wrong):
    with pytest.raises(ValueError, match=f"between 0 and 5. Received: {wrong}"):
        CharacterTokenizer("ab").decode([4, wrong])


@pytest.mark.parametrize(
    ("characters", "message"),
    [
        (["a", "bc"], "one code point. Received: 'bc' of length 2"),
        ([""], "Received: '' of length 0"),
        (["<eos>"], "Received: '<eos>'"),
        (["a", "b", "a"], r"distinct. Received twice: \['a'\]"),
    ],
)
def test_characters_that_are_not_distinct_single_ones_raise(characters, message):
    with pytest.raises(ValueError, match=message):
        CharacterTokenizer(characters)


@given(st.sets(st.characters(exclude_categories=())))
@settings(deadline=None, max_examples=30)
def test_definition_and_json_round_trip(characters):
    tokenizer = CharacterTokenizer(sorted(characters))
    text = tokenizer.to_json()
    assert text.isascii()
    assert json.loads(text) == tokenizer.definition()
    assert CharacterTokenizer.from_json(text) == tokenizer
    assert CharacterTokenizer.from_definition(tokenizer.definition()) == tokenizer


def test_definition_names_all_that_a_runtime_needs():
    assert CharacterTokenizer("ab").definition() == {
        "format": 1,
        "kind": "character",
        "normalization": "NFC",
        "special_tokens": ["<pad>", "<bos>", "<eos>", "<unk>"],
        "characters": ["a", "b"],
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", 2),
        ("format", None),
        ("kind", "bpe"),
        ("normalization", "NFD"),
        ("special_tokens", ["<pad>"]),
        ("characters", None),
        ("characters", "ab"),
        ("characters", ["a", 5]),
        ("characters", ["ab"]),
    ],
)
def test_from_definition_with_a_wrong_entry_raises_and_names_it(key, value):
    document = CharacterTokenizer("ab").definition() | {key: value}
    with pytest.raises(ValueError, match=f"`{key}`"):
        CharacterTokenizer.from_definition(document)


@pytest.mark.parametrize("text", ["", "{", "not JSON"])
def test_from_json_with_text_that_is_no_json_raises(text):
    with pytest.raises(ValueError, match="line 1"):
        CharacterTokenizer.from_json(text)


@pytest.mark.parametrize(("text", "kind"), [("[1]", "list"), ("null", "NoneType")])
def test_from_json_with_another_document_raises(text, kind):
    with pytest.raises(ValueError, match=f"must be an object. Received: {kind}"):
        CharacterTokenizer.from_json(text)
