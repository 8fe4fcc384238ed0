import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_keras.data import check_embeddings, embedding_matrix, read_embeddings
from s2s_keras.errors import DataError
from s2s_keras.text import CharacterTokenizer, WordTokenizer

GLOVE = b"the 0.5 -1 2e-1\ncat 1 2 3\n. 0 0 1\n"
ROWS = {"the": [0.5, -1, 0.2], "cat": [1, 2, 3], ".": [0, 0, 1]}
NAMES = ["vectors.txt", "vectors.vec.gz"]

tokens = st.text(
    st.characters(codec="utf-8", exclude_characters=" \n\r\ufeff"), min_size=1, max_size=5
)
float32s = st.floats(width=32, allow_nan=False, allow_infinity=False)


def write_bytes(path, content):
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def assert_rows(found, expected):
    assert set(found) == set(expected)
    for token, row in expected.items():
        assert found[token].dtype == np.float32
        np.testing.assert_array_equal(found[token], np.array(row, np.float32))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "content",
    [
        GLOVE,
        b"3 3\n" + GLOVE,
        b"3 3 \n" + GLOVE.replace(b"\n", b" \n"),
        GLOVE.replace(b"\n", b"\r\n")[:-2],
        b"\xef\xbb\xbf3 3\n" + GLOVE,
    ],
    ids=["GloVe", "word2vec", "spaces at the ends", "CRLF, no last line end", "byte order mark"],
)
def test_each_format_gives_the_wanted_rows(tmp_path, name, content):
    path = write_bytes(tmp_path / name, content)
    assert_rows(read_embeddings(path, {"the", "cat", ".", "dog"}, 3), ROWS)
    assert_rows(read_embeddings(str(path), {"cat": 7}, 3), {"cat": ROWS["cat"]})
    assert check_embeddings(path, 3) == 3


@given(st.dictionaries(tokens, st.lists(float32s, min_size=2, max_size=2), min_size=1))
@settings(deadline=None, max_examples=50)
def test_written_rows_are_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("embeddings") / "vectors.txt"
    lines = [f"{token} {a!r} {b!r}\n" for token, (a, b) in rows.items()]
    path.write_bytes("".join([f"{len(rows)} 2\n", *lines]).encode())
    assert check_embeddings(path, 2) == len(rows)
    wanted = {CharacterTokenizer(()).normalize(token) for token in rows}
    found = read_embeddings(path, wanted, 2)
    assert set(found) == wanted
    for token, row in rows.items():
        if CharacterTokenizer(()).normalize(token) == token:
            np.testing.assert_array_equal(found[token], np.array(row, np.float32))


def test_token_may_hold_spaces(tmp_path):
    path = write_bytes(tmp_path / "vectors.txt", b". . . 1 2\nat x@y 3 4\n")
    assert_rows(read_embeddings(path, {". . .", "at x@y"}, 2), {". . .": [1, 2], "at x@y": [3, 4]})


def test_tokens_are_compared_in_form_c(tmp_path):
    path = write_bytes(tmp_path / "vectors.txt", "e\u0301 1 2\n".encode())
    assert_rows(read_embeddings(path, {"é"}, 2), {"é": [1, 2]})


def test_first_line_of_a_token_counts(tmp_path):
    path = write_bytes(tmp_path / "vectors.txt", b"a 1 2\nb 3 4\na 5 6\n")
    assert_rows(read_embeddings(path, {"a"}, 2), {"a": [1, 2]})
    assert check_embeddings(path, 2) == 3


BAD = {
    "empty": (b"", None, "the file is empty"),
    "header only": (b"0 2\n", None, "the file is empty"),
    "header of another width": (b"1 3\na 1 2\n", 1, "must have 2 numbers.* Received: 3"),
    "too few": (b"1 2\na 1 2\nb 1\n", 3, "must have 2 numbers.* Received: 1"),
    "too many": (b"a 1 2\nb 1 2 3\n", 2, "must have 2 numbers.* Received: 3"),
    "blank line": (b"a 1 2\n\nb 1 2\n", 2, "must have 2 numbers.* Received: 0"),
    "no token": (b"a 1 2\n 1 2\n", 2, "no token before its numbers"),
    "too few lines": (b"3 2\na 1 2\nb 1 2\n", 1, "announces 3 embeddings; the file holds 2"),
    "too many lines": (b"1 2\na 1 2\nb 1 2\n", 1, "announces 1 embeddings; the file holds 2"),
    "not UTF-8": (b"a 1 2\n\xff 1 2\n", 2, "byte 1 of the line is not valid UTF-8"),
}
BAD_NUMBERS = {
    "no number": (b"a 1 2\nb 1 x\n", 2, "'x' is not a number"),
    "two spaces": (b"a 1 2\nb  1\n", 2, "'' is not a number"),
    "NaN": (b"a 1 2\nb nan 1\n", 2, "must be finite in float32. Received: nan"),
    "infinite": (b"a 1 2\nb 1 -inf\n", 2, "must be finite in float32. Received: -inf"),
    "too large": (b"a 1 2\nb 1 1e39\n", 2, "must be finite in float32. Received: 1e39"),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("content", "line", "message"), (BAD | BAD_NUMBERS).values(), ids=BAD | BAD_NUMBERS
)
def test_malformed_file_names_file_and_line(tmp_path, name, content, line, message):
    path = write_bytes(tmp_path / name, content)
    for read in (check_embeddings, lambda path, width: read_embeddings(path, {"b"}, width)):
        with pytest.raises(DataError, match=message) as caught:
            read(path, 2)
        assert (caught.value.path, caught.value.line) == (path, line)


@pytest.mark.parametrize(("content", "line", "message"), BAD.values(), ids=BAD)
def test_form_of_the_file_is_checked_where_no_token_is_wanted(tmp_path, content, line, message):
    path = write_bytes(tmp_path / "vectors.txt", content)
    with pytest.raises(DataError, match=message):
        read_embeddings(path, (), 2)


def test_missing_and_truncated_files_are_named(tmp_path):
    with pytest.raises(DataError, match="none.txt: cannot be read: No such file"):
        check_embeddings(tmp_path / "none.txt", 2)
    path = write_bytes(tmp_path / "vectors.txt.gz", b"a 1 2\n" * 100)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match=r"vectors.txt.gz: cannot be read: .*ended before"):
        read_embeddings(path, {"a"}, 2)


@pytest.fixture
def vectors(tmp_path):
    content = "the 1 1\nThe 2 2\nparis 3 3\n, 4 4\n<unk> 9 9\né 5 5\n▁ 6 6\n"
    return write_bytes(tmp_path / "vectors.txt", content.encode())


def test_matrix_of_words_takes_rows_without_marker_then_in_lower_case(vectors):
    tokenizer = WordTokenizer(["▁the", "the", "▁The", "▁Paris", ",", "▁▁", "▁dog", "▁É"])
    initial = -np.arange(24, dtype=np.float64).reshape(12, 2)
    before = initial.copy()
    matrix, share = embedding_matrix(vectors, tokenizer, initial)
    assert matrix.dtype == np.float32
    np.testing.assert_array_equal(matrix[:4], before[:4])
    expected = [[1, 1], [1, 1], [2, 2], [3, 3], [4, 4], [6, 6], [-20, -21], [5, 5]]
    np.testing.assert_array_equal(matrix[4:], expected)
    assert share == 7 / 8
    np.testing.assert_array_equal(initial, before)


def test_matrix_of_characters(vectors):
    matrix, share = embedding_matrix(
        vectors, CharacterTokenizer(["É", " ", ","]), np.zeros((7, 2), np.float32)
    )
    np.testing.assert_array_equal(matrix, [[0, 0]] * 4 + [[5, 5], [0, 0], [4, 4]])
    assert share == 2 / 3


def test_matrix_of_an_empty_vocabulary_finds_nothing(vectors):
    matrix, share = embedding_matrix(vectors, WordTokenizer(()), np.ones((4, 2), np.float32))
    np.testing.assert_array_equal(matrix, np.ones((4, 2)))
    assert share == 0


@pytest.mark.parametrize("shape", [(4, 2), (6, 2), (5,)])
def test_matrix_of_another_height_raises(vectors, shape):
    with pytest.raises(ValueError, match=r"shape \(5, E\).* Received: \("):
        embedding_matrix(vectors, WordTokenizer(["▁a"]), np.zeros(shape, np.float32))


def test_matrix_of_another_width_names_the_line(vectors):
    with pytest.raises(DataError, match="vectors.txt:1: each token must have 3 numbers"):
        embedding_matrix(vectors, WordTokenizer(["▁a"]), np.zeros((5, 3), np.float32))
