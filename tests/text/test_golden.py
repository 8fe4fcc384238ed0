"""The golden texts hold what is awkward, and their ids never change unseen."""

import hashlib
import json
import unicodedata
from collections import Counter

import pytest

from s2s_keras.text import UNK_ID
from s2s_keras.text.subword import BYTE_PIECES
from tests.text.golden import golden_lines, golden_texts, golden_tokenizer

TEXTS = golden_texts()

DIGESTS = {
    ("subword", False): "4db5690bc12e0db31a9ff57c2172e28e4e74e9e9cb0fa398095349400eed673b",
    ("subword", True): "bfe7be8989c62ee8d472395e11943a0bb6eee97ee5c22255077e8838dc9ff607",
    ("word", False): "b714a28458b8e1f8804ed741445d2a07bf28f4007cfe307f8fa2194b9107a855",
    ("word", True): "add6bfcf7dbf02ef348098631ed1a099e17fb8722e209096a8aa50546c962d87",
    ("character", False): "8d6cf16984874993f93ad3956c79c26bdf297ff526aa3e654a95eead4a0087bf",
    ("character", True): "4e1bed9415f0c6135ad0ecf7a07be5b318b66f3562c5d8b7d650b1b3c6948327",
}
"""SHA-256 of the golden lines, by kind and `lowercase`. Another one is another tokeniser."""


@pytest.mark.parametrize(("kind", "lowercase"), DIGESTS)
def test_ids_are_those_of_all_time(kind: str, lowercase: bool) -> None:
    content = "".join(f"{line}\n" for line in golden_lines(lowercase, kind)).encode("ascii")
    assert hashlib.sha256(content).hexdigest() == DIGESTS[kind, lowercase]


@pytest.mark.parametrize("lowercase", [False, True])
def test_every_text_comes_back(lowercase: bool) -> None:
    tokenizer = golden_tokenizer(lowercase)
    for text in TEXTS:
        ids = tokenizer.encode(text)
        assert tokenizer.decode(ids) == tokenizer.normalize(text)
        assert UNK_ID not in ids


def test_lines_hold_texts_and_ids() -> None:
    tokenizer = golden_tokenizer()
    lines = [json.loads(line) for line in golden_lines()]
    assert [line["text"] for line in lines] == TEXTS
    assert all(line["ids"] == tokenizer.encode(line["text"]) for line in lines[::50])


def test_texts_hold_what_is_awkward() -> None:
    assert len(TEXTS) == len(set(TEXTS)) >= 2000
    held = Counter(c for text in TEXTS for c in set(text))
    sorts = Counter(unicodedata.category(c) for c in held)
    bidirectional = Counter(unicodedata.bidirectional(c) for c in held)
    assert all(chr(code) in held for code in (*range(0x20), *range(0x7F, 0xA0)))
    assert {"Mn", "Mc", "Me", "Cf", "Co", "Cn", "Zl", "Zp", "So", "Sk"} <= set(sorts)
    assert {"R", "AL", "RLE", "PDF", "NSM"} <= set(bidirectional)
    assert {"\u2581", "😀", "\u200d", "\ufe0f", "\uffff", "\U0010ffff", "河", "넓"} <= set(held)
    assert any(len(text) >= 7000 and " " not in text for text in TEXTS)
    assert any(text != unicodedata.normalize("NFC", text) for text in TEXTS)


def test_vocabulary_is_used_and_so_are_bytes() -> None:
    tokenizer = golden_tokenizer()
    used = Counter(piece for text in TEXTS for piece in tokenizer.pieces(text))
    assert sum(piece in used for piece in tokenizer.vocabulary) > len(tokenizer.vocabulary) / 2
    never = {0xC0, 0xC1, *range(0xF5, 0x100)}  # not in UTF-8
    assert {piece for piece in BYTE_PIECES if piece not in used} <= {
        BYTE_PIECES[byte] for byte in range(256) if byte in never or byte < 0x80
    }
