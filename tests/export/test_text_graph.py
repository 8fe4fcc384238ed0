import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_keras.errors import MissingDependencyError
from s2s_keras.export.text_graph import GraphTokenizer
from s2s_keras.text import BOS_ID, EOS_ID, PAD_ID, UNK_ID, SubwordTokenizer, pad_ids
from s2s_keras.text.subword import BYTE_PIECES
from tests.text.golden import golden_texts, golden_tokenizer_of

CUT_SMALL, EMPTY = golden_tokenizer_of("subword", lowercase=True), SubwordTokenizer(())
KINDS = ("subword", "word", "character")
ALL = {
    **{kind: golden_tokenizer_of(kind) for kind in KINDS},
    "subword lowercase": CUT_SMALL,
    **{f"{kind} lowercase": golden_tokenizer_of(kind, True) for kind in ("word", "character")},
    "bytes": EMPTY,
}
EVERY = pytest.mark.parametrize("name", ALL)

BYTE = {piece: byte for byte, piece in enumerate(BYTE_PIECES, 4)}
anything = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("▁ \0\nthe river<0x>Σİ\u0301"),
    max_size=30,
)


class Graph(NamedTuple):
    """Functions of one trace each, so that hypothesis runs graphs."""

    cut: Any
    decode: Any
    replace: Any


@cache
def graph_of(name: str) -> Graph:
    texts = tf.TensorSpec([None], tf.string)
    ids, pieces = (tf.TensorSpec([None, None], dtype) for dtype in (tf.int32, tf.string))
    graph = GraphTokenizer(ALL[name])
    specs = [
        (graph.cut, [texts]),
        (lambda i: graph.decode(i), [ids]),
        (graph.decode, [ids, pieces]),
    ]
    return Graph(*(tf.function(f, input_signature=spec, autograph=False) for f, spec in specs))


def padded(rows: list[list[int]]) -> Any:
    return pad_ids(rows, max(map(len, rows), default=0))


def stored(texts: list[str]) -> tf.Tensor:
    return tf.constant([text.encode() for text in texts], tf.string)


@EVERY
def test_golden_texts_have_the_same_ids_and_pieces_and_come_back(name: str) -> None:
    tokenizer, graph = ALL[name], graph_of(name)
    texts = golden_texts()
    assert len(texts) >= 2000
    ids, pieces = graph.cut(stored(texts))
    assert ids.dtype == tf.int32
    expected = [tokenizer.encode(text) for text in texts]
    np.testing.assert_array_equal(ids, padded(expected))
    found = [[piece.decode() for piece in row if piece] for row in pieces.numpy()]
    assert found == [tokenizer.pieces(text) for text in texts]
    back = [text.decode() for text in graph.decode(ids).numpy()]
    assert back == [tokenizer.decode(row) for row in expected]


@EVERY
@given(texts=st.lists(anything, max_size=5))
@settings(deadline=None, max_examples=100)
def test_any_text_has_the_same_ids(name: str, texts: list[str]) -> None:
    expected = padded([ALL[name].encode(text) for text in texts])
    np.testing.assert_array_equal(graph_of(name).cut(stored(texts))[0], expected)


@EVERY
@given(data=st.data())
@settings(deadline=None, max_examples=100)
def test_any_ids_have_the_same_text(name: str, data: st.DataObject) -> None:
    tokenizer = ALL[name]
    some_ids = st.integers(0, len(tokenizer) - 1) | st.integers(
        PAD_ID, min(259, len(tokenizer) - 1)
    )
    rows = data.draw(st.lists(st.lists(some_ids, max_size=12), max_size=4))
    found = [text.decode() for text in graph_of(name).decode(tf.constant(padded(rows))).numpy()]
    assert found == [tokenizer.decode(row) for row in rows]


@pytest.mark.parametrize("source", KINDS)
@pytest.mark.parametrize("target", KINDS)
def test_pieces_of_a_source_take_the_place_of_unknown(source: str, target: str) -> None:
    tokenizer = ALL[target]
    pieces = ALL[source].pieces("zzyzx ▁▁ 河<0x41>")
    known = len(tokenizer) - 1
    row = [known, *[UNK_ID] * len(pieces), EOS_ID, UNK_ID]
    names = [["", *pieces, "", ""]]
    [found] = (
        graph_of(target)
        .replace(tf.constant([row]), tf.constant([[name.encode() for name in names[0]]]))
        .numpy()
    )
    assert found.decode() == tokenizer.join([tokenizer.tokens[known], *pieces])


@pytest.mark.parametrize("name", KINDS)
def test_text_that_is_no_utf8_is_encoded_as_python_reads_it(name: str) -> None:
    rng = np.random.default_rng(0)
    some = np.array([0, 0x20, 0x41, 0x80, 0x96, 0xA0, 0xC3, 0xE2, 0xED, 0xF0, 0xF5, 0xFF], np.uint8)
    contents = [rng.choice(some, size).tobytes() for size in rng.integers(0, 9, 2000)]
    expected = [ALL[name].encode(content.decode(errors="replace")) for content in contents]
    np.testing.assert_array_equal(graph_of(name).cut(tf.constant(contents))[0], padded(expected))


def test_decode_knows_special_tokens_and_bytes() -> None:
    a, two, euro = (
        BYTE["<0x61>"],
        [BYTE["<0xC3>"], BYTE["<0xA9>"]],
        [BYTE["<0xE2>"], BYTE["<0x82>"]],
    )
    rows = [[BOS_ID, a, EOS_ID, a], [*two, PAD_ID, UNK_ID], [*euro, a, EOS_ID], [BYTE["<0x20>"], a]]
    found = [text.decode() for text in graph_of("bytes").decode(padded(rows)).numpy()]
    assert found == ["a", "é\ufffd", "\ufffda", "a"]


READ = """
import sys
import tensorflow as tf
import tensorflow_text
loaded = tf.saved_model.load(sys.argv[1])
ids = loaded.encode(tf.constant(sys.argv[2:]))
print(ids.numpy().tolist())
print(loaded.decode(ids).numpy().tolist())
"""


@pytest.mark.slow
def test_saved_model_holds_the_tokenizer(tmp_path: Path) -> None:
    graph = GraphTokenizer(CUT_SMALL)
    module = tf.Module()
    spec = tf.TensorSpec([None], tf.string), tf.TensorSpec([None, None], tf.int32)
    module.encode = tf.function(graph.encode, input_signature=spec[:1])
    module.decode = tf.function(graph.decode, input_signature=spec[1:])
    tf.saved_model.save(module, str(tmp_path / "saved"))
    texts = ["The RIVER carries ▁", "ΟΔΟΣ 😀"]
    done = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path / "saved"), *texts],
        capture_output=True,
        text=True,
        check=True,
    )
    ids, back = done.stdout.splitlines()
    assert ids == str(padded([CUT_SMALL.encode(text) for text in texts]).tolist())
    assert back == str([CUT_SMALL.normalize(text).encode() for text in texts])


def test_without_tensorflow_text_the_error_names_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow_text", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 's2s-keras\[saved-model\]'"):
        GraphTokenizer(EMPTY)
