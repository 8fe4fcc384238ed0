import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_keras.text import (
    TOKENIZERS,
    UNK_ID,
    CharacterTokenizer,
    SubwordTokenizer,
    Tokenizer,
    WordTokenizer,
    normalize,
)

EACH = pytest.mark.parametrize("kind", [CharacterTokenizer, SubwordTokenizer, WordTokenizer])
COUNTED = pytest.mark.parametrize("kind", [CharacterTokenizer, WordTokenizer])
"""Kinds whose vocabulary is what the data hold."""
anything = st.text(st.characters(exclude_categories=()))


def test_registry_holds_each_kind_by_its_name():
    expected = {
        "character": CharacterTokenizer,
        "subword": SubwordTokenizer,
        "word": WordTokenizer,
    }
    assert expected == TOKENIZERS


@EACH
@given(texts=st.lists(anything), lowercase=st.booleans())
@settings(deadline=None, max_examples=30)
def test_base_class_reads_the_definition_of_every_kind(kind, texts, lowercase):
    tokenizer = kind.learn(texts, lowercase=lowercase)
    read = Tokenizer.from_definition(tokenizer.definition())
    assert type(read) is kind
    assert read == tokenizer == Tokenizer.from_json(tokenizer.to_json())
    assert hash(read) == hash(tokenizer)
    assert [read.encode(text) for text in texts] == [tokenizer.encode(text) for text in texts]


@EACH
@given(seen=st.lists(anything), text=anything, lowercase=st.booleans())
@settings(deadline=None, max_examples=50)
def test_ids_pieces_and_unknown_agree(kind, seen, text, lowercase):
    tokenizer = kind.learn(seen, lowercase=lowercase)
    pieces, ids = tokenizer.pieces(text), tokenizer.encode(text)
    assert len(pieces) == len(ids)
    unknown = [piece for piece, i in zip(pieces, ids, strict=True) if i == UNK_ID]
    assert tokenizer.unknown(text) == list(dict.fromkeys(unknown))
    for piece, i in zip(pieces, ids, strict=True):
        assert tokenizer.tokens[i] == (piece if i != UNK_ID else "<unk>")
    known = kind.learn([text], lowercase=lowercase)
    assert known.decode(known.encode(text)) == known.join(known.pieces(text))


def test_definition_of_an_old_file_loads():
    old = {
        "format": 1,
        "kind": "character",
        "normalization": "NFC",
        "special_tokens": ["<pad>", "<bos>", "<eos>", "<unk>"],
        "characters": ["a", "b"],
    }
    assert Tokenizer.from_definition(old) == CharacterTokenizer("ab")


@pytest.mark.parametrize("kind", ["bpe", None, 5, ["word"]])
def test_unknown_kind_names_the_known_ones(kind):
    document = CharacterTokenizer("ab").definition() | {"kind": kind}
    with pytest.raises(
        ValueError, match=r"`kind` of \['character', 'subword', 'word'\]. Received: "
    ):
        Tokenizer.from_definition(document)


def test_subclass_reads_its_own_kind_only():
    document = CharacterTokenizer("ab").definition()
    with pytest.raises(ValueError, match=r"`kind` of \['word'\]. Received: 'character'"):
        WordTokenizer.from_definition(document)


@pytest.mark.parametrize("value", ["yes", 1, None])
def test_lowercase_that_is_no_boolean_raises(value):
    document = WordTokenizer(["a"]).definition() | {"lowercase": value}
    with pytest.raises(ValueError, match="`lowercase` must be true or false"):
        Tokenizer.from_definition(document)


def test_kinds_and_cases_differ_though_the_entries_are_equal():
    tokenizers = [CharacterTokenizer("ab"), WordTokenizer("ab")]
    tokenizers += [CharacterTokenizer("ab", lowercase=True), WordTokenizer("ab", lowercase=True)]
    tokenizers += [SubwordTokenizer("ab"), SubwordTokenizer("ab", lowercase=True)]
    assert len(set(tokenizers)) == 6


@EACH
def test_lowercase_stands_in_the_definition_only_where_true(kind):
    assert "lowercase" not in kind("ab").definition()
    assert kind("ab", lowercase=True).definition()["lowercase"] is True


@COUNTED
def test_lowercase_gives_capitals_the_ids_of_small_letters(kind):
    tokenizer = kind.learn(["É a"], lowercase=True)
    assert tokenizer.encode("É A") == tokenizer.encode("e\u0301 a")
    assert UNK_ID not in tokenizer.encode("É A")
    assert tokenizer.decode(tokenizer.encode("É A")) == "é a"
    assert kind.learn(["é a"]).encode("É a")[0] == UNK_ID


@given(anything)
@settings(deadline=None, max_examples=100)
def test_normalized_text_stays_as_it_is(text):
    for tokenizer in (CharacterTokenizer(()), CharacterTokenizer((), lowercase=True)):
        once = tokenizer.normalize(text)
        assert tokenizer.normalize(once) == normalize(once) == once


@COUNTED
def test_max_size_keeps_the_most_frequent(kind):
    texts = ["a b c", "a b", "a c", "a"]
    full = kind.learn(texts)
    for size in (1, 2, 99):
        assert kind.learn(texts, max_size=size).tokens == full.tokens[: 4 + size]


@EACH
@pytest.mark.parametrize(("name", "value"), [("max_size", 0), ("max_size", -1), ("min_count", 0)])
def test_sizes_below_one_raise(kind, name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be a positive integer. Received: {value}"):
        kind.learn(["a"], **{name: value})


def test_json_is_ascii():
    tokenizer = WordTokenizer.learn(["né ici"])
    assert tokenizer.to_json().isascii()
    assert json.loads(tokenizer.to_json()) == tokenizer.definition()
