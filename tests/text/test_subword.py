import builtins
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_keras.errors import MissingDependencyError
from s2s_keras.text import EOS_ID, PAD_ID, UNK_ID, SubwordTokenizer, WordTokenizer, normalize
from s2s_keras.text.subword import BYTE_PIECES, MAX_PIECE_CHARACTERS

ROOT = Path(__file__).parent.parent.parent
SMALL = SubwordTokenizer(["▁", "l", "o", "w", "▁lo", "we", "e", "lowe"])
EMPTY = SubwordTokenizer(())
CORPUS = [
    "The lower the river, the slower the boat.",
    "L'eau de la rivière est basse\u00a0!",
    "La rivière est plus basse que la mer.",
    "Der Fluß fließt langsam; langsamer als das Boot.",
    "река течёт медленно",
    "नदी धीरे बहती है",
    "河は静かに流れる。",
    "12 boats, 120 rowers, 1200 oars",
]
LEARNED = SubwordTokenizer.learn(CORPUS, max_size=150)
LOWER = SubwordTokenizer.learn(CORPUS, max_size=150, lowercase=True)
EVERY = [EMPTY, SMALL, LEARNED, LOWER]

anything = st.text(st.characters(exclude_categories=()), max_size=40)
# The marker, white space of every kind, marks, what looks like a byte, capitals, surrogates.
awkward = st.text(
    "▁ \u00a0\u3000\t\n\0'.-<0xE2>abloweTtriÉé\u0301\u0323\u200dनी河İΣ\ud83d\ude00😀\uffff",
    max_size=30,
)
lookalike = st.lists(
    st.sampled_from(["<0x41>", "<0xE2><0x96><0x81>", "<unk>", "<eos>", "▁", "▁the", " ", "the"])
).map("".join)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("low", ["▁lo", "w"]),
        ("low lower", ["▁lo", "w", "▁lo", "we", "<0x72>"]),
        ("lolowe", ["▁lo", "lowe"]),
        ("llow", ["▁", "l", "l", "o", "w"]),  # `▁lo` and `lowe` do not fit
        ("  o ", ["▁", "▁", "▁", "o", "▁"]),
        ("▁lo", ["▁", "<0xE2>", "<0x96>", "<0x81>", "l", "o"]),
        ("o▁", ["▁", "o", "<0xE2>", "<0x96>", "<0x81>"]),
        ("o\n", ["▁", "o", "<0x0A>"]),
        ("é", ["▁", "<0xC3>", "<0xA9>"]),
        ("e\u0301", ["▁", "<0xC3>", "<0xA9>"]),
        ("\0", ["▁", "<0x00>"]),
        ("😀", ["▁", "<0xF0>", "<0x9F>", "<0x98>", "<0x80>"]),
        ("", []),
        (" ", ["▁", "▁"]),
    ],
)
def test_pieces_of(text, pieces):
    assert SMALL.pieces(text) == pieces


def test_pieces_without_a_vocabulary_are_bytes_of_the_text_and_the_space_before_it():
    assert EMPTY.pieces("a b") == ["<0x20>", "<0x61>", "<0x20>", "<0x62>"]


def test_longest_piece_wins_though_another_cut_has_fewer():
    tokenizer = SubwordTokenizer([*"▁abcd", "▁a", "▁ab", "bcd"])
    assert tokenizer.pieces("abcd") == ["▁ab", "c", "d"]


@given(anything | awkward | lookalike, st.sampled_from(EVERY))
@settings(deadline=None, max_examples=1000)
def test_text_comes_back_exactly(text, tokenizer):
    expected = tokenizer.normalize(text)
    assert tokenizer.join(tokenizer.pieces(text)) == expected
    ids = tokenizer.encode(text)
    assert tokenizer.decode([*ids, EOS_ID, UNK_ID, PAD_ID]) == expected
    assert UNK_ID not in ids
    assert tokenizer.unknown(text) == []


@given(anything | awkward | lookalike)
@settings(deadline=None, max_examples=300)
def test_normalized_text_is_that_of_every_kind_but_for_lone_surrogates(text):
    well_formed = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    assert LEARNED.normalize(text) == normalize(well_formed)
    assert LOWER.normalize(text) == WordTokenizer((), lowercase=True).normalize(well_formed)


@given(anything | awkward, st.sampled_from(EVERY))
@settings(deadline=None, max_examples=300)
def test_each_piece_is_the_longest_that_fits(text, tokenizer):
    text = tokenizer.normalize(text)
    # A text of whole characters, in which those of pieces are told from those of the text.
    rest = [("▁" if c == " " else c, c == "▁") for c in (" " + text if text else "")]
    position, pieces = 0, iter(tokenizer.pieces(text))
    vocabulary = set(tokenizer.vocabulary)
    for piece in pieces:
        fitting = [
            end
            for end in range(position + 1, min(len(rest), position + MAX_PIECE_CHARACTERS) + 1)
            if not any(is_literal for _, is_literal in rest[position:end])
            and "".join(c for c, _ in rest[position:end]) in vocabulary
        ]
        if fitting:
            assert piece == "".join(c for c, _ in rest[position : fitting[-1]])
            position = fitting[-1]
        else:
            character, is_literal = rest[position]
            source = character if is_literal or character != "▁" else " "
            expected = [f"<0x{byte:02X}>" for byte in source.encode()]
            assert [piece, *(next(pieces) for _ in expected[1:])] == expected
            position += 1
    assert position == len(rest)


@given(st.lists(st.sampled_from(range(len(LEARNED)))))
@settings(deadline=None, max_examples=300)
def test_decode_of_any_ids_is_text_that_can_be_stored(ids):
    LEARNED.decode(ids).encode()


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["<0xE2>", "<0x96>"], "\ufffd"),
        (["<0x96>", "o", "<0xC3>", "▁lo"], "\ufffdo\ufffd lo"),
        (["<0xED>", "<0xA0>", "<0x80>"], "\ufffd\ufffd\ufffd"),  # a surrogate
        (["<0xC3>", "<0xA9>"], "é"),
        (["o", "▁"], "o "),
        (["▁", "▁", "o"], " o"),
        (["<0x20>", "o"], "o"),
    ],
)
def test_join_of(pieces, text):
    assert SMALL.join(pieces) == text


def test_ids_are_bytes_and_then_the_vocabulary():
    assert (BYTE_PIECES[0], BYTE_PIECES[-1]) == ("<0x00>", "<0xFF>")
    assert SMALL.tokens[4:260] == BYTE_PIECES
    assert SMALL.tokens[260:] == SMALL.vocabulary == ("▁", "l", "o", "w", "▁lo", "we", "e", "lowe")
    assert SMALL.encode("lowé") == [264, 263, 4 + 0xC3, 4 + 0xA9]
    assert len(SMALL) == 268


def test_definition_names_all_that_a_runtime_needs():
    assert SubwordTokenizer(["▁", "a", "▁a"], lowercase=True).definition() == {
        "format": 1,
        "kind": "subword",
        "normalization": "NFC",
        "lowercase": True,
        "special_tokens": ["<pad>", "<bos>", "<eos>", "<unk>"],
        "fallback": "byte",
        "subwords": ["▁", "a", "▁a"],
    }


@pytest.mark.parametrize("value", [None, "character"])
def test_definition_of_another_fallback_is_refused(value):
    document = SMALL.definition() | {"fallback": value}
    with pytest.raises(ValueError, match=f"have `fallback` 'byte'. Received: {value!r}"):
        SubwordTokenizer.from_definition(document)


@pytest.mark.parametrize(
    "entry",
    ["", " ", "a b", "a▁", "▁▁", "<0x41>", "<eos>", "e\u0301", "\ud800", "a" * 33],
)
def test_entry_that_is_no_piece_raises(entry):
    with pytest.raises(ValueError, match="Each entry of `subwords` must be 1 to 32 characters"):
        SubwordTokenizer(["▁", "a", "e", "\u0301", *"<0x41>eos", entry])


def test_entry_of_a_character_that_is_no_entry_raises():
    with pytest.raises(ValueError, match=r"must be one of them, too. Missing: 'b', '▁'."):
        SubwordTokenizer(["a", "▁ab"])


def test_entry_that_stands_twice_raises():
    with pytest.raises(ValueError, match=r"`subwords` must be distinct. Received twice: \['a'\]"):
        SubwordTokenizer(["a", "b", "a"])


def test_learn_gives_frequent_parts_of_words_a_piece_of_their_own():
    tokenizer = SubwordTokenizer.learn(["slow slower slowest low"] * 5 + ["x"], max_size=20)
    assert {"▁slow", "es"} & set(tokenizer.vocabulary)
    assert tokenizer.pieces("slow")[0].startswith("▁slo")
    assert len(tokenizer.vocabulary) <= 20


@given(st.lists(anything | awkward, max_size=6), st.integers(1, 60), st.booleans())
@settings(deadline=None, max_examples=60)
def test_learned_pieces_lie_within_words_and_need_no_bytes(texts, size, lowercase):
    tokenizer = SubwordTokenizer.learn(texts, max_size=size, lowercase=lowercase)
    assert len(tokenizer.vocabulary) <= size
    words = WordTokenizer((), lowercase)
    found = {piece for text in texts for piece in words.pieces(tokenizer.normalize(text))}
    for piece in tokenizer.vocabulary:
        assert len(piece) == 1 or any(piece in word for word in found)
    full = SubwordTokenizer.learn(texts, max_size=1000, lowercase=lowercase)
    for text in texts:
        if "▁" not in text:
            assert not set(full.pieces(text)) & set(BYTE_PIECES)
        assert full.decode(full.encode(text)) == full.normalize(text)


def test_learn_orders_pieces_by_how_often_they_are_cut():
    texts = ["b a", "a c", "a"]
    tokenizer = SubwordTokenizer.learn(texts, max_size=7)
    assert tokenizer.vocabulary == ("▁a", "▁b", "▁c", "a", "b", "c", "▁")


def test_learn_leaves_rare_characters_to_bytes():
    tokenizer = SubwordTokenizer.learn(["aa aé", "aa"], min_count=2)
    assert tokenizer.pieces("aé")[-2:] == ["<0xC3>", "<0xA9>"]
    assert SubwordTokenizer.learn(["a b a"], max_size=1).vocabulary == ("▁",)


LEARN = """
import sys, random
from s2s_keras.text import SubwordTokenizer
texts = [" ".join(f"{a}{b}{c}" for c in "xyz") for a in "abcdefg" for b in ("ö", "st", "ing", "er")]
random.shuffle(texts)
print(SubwordTokenizer.learn(texts, max_size=60).to_json())
"""


def test_learn_does_not_depend_on_order_hashes_or_threads():
    found = {
        subprocess.run(
            [sys.executable, "-c", LEARN],
            env={**os.environ, "PYTHONHASHSEED": str(seed), "RAYON_NUM_THREADS": str(seed)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (1, 2, 3)
    }
    [text] = found
    assert len(json.loads(text)["subwords"]) == 60


def test_learn_without_its_library_names_the_command(monkeypatch):
    def refuse(name, *arguments, **options):
        if name == "tokenizers":
            raise ModuleNotFoundError(name=name)
        return find(name, *arguments, **options)

    find = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingDependencyError, match=r"tokenizers: pip install 's2s-keras\[train"):
        SubwordTokenizer.learn(["a"])


def test_a_sentence_is_cut_in_far_less_than_a_millisecond():
    text = " ".join(CORPUS[:2]) + " slowest rowers of rivers in boats"
    seconds = []
    for _ in range(100):
        started = time.perf_counter()
        LEARNED.encode(text)
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 4e-4


@pytest.mark.timeout(20)
def test_a_very_long_word_is_cut_in_linear_time():
    word = "lo" * 100_000
    assert "".join(SMALL.pieces(word)) == "▁" + word


@given(st.text(), st.floats(0, 1), st.randoms(use_true_random=False))
def test_samples_decode_to_the_same_text(text, dropout, rng):
    ids = LOWER.sample(text, dropout, rng.random)
    assert LOWER.decode(ids) == LOWER.normalize(text)


def test_samples_lie_between_the_longest_match_and_single_characters():
    tokenizer = SubwordTokenizer(["▁low", "▁lo", "▁", "l", "o", "w", "e", "r", "er"])
    assert tokenizer.sample("lower low", 0.0, lambda: 0.0) == tokenizer.encode("lower low")
    single = tokenizer.sample("lower", 1.0, lambda: 0.999)
    assert [tokenizer.tokens[i] for i in single] == ["▁", *"lower"]
    draws = iter([0.1, 0.9, 0.9])  # passes over "▁low", then takes what matches
    ids = tokenizer.sample("lower", 0.5, lambda: next(draws))
    assert [tokenizer.tokens[i] for i in ids] == ["▁lo", "w", "er"]
