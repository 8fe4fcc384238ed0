"""Pretrained embeddings: a file of words and numbers -> the rows of an embedding layer.

Two text formats are read, plain or gzip: word2vec's and fastText's, whose first line is
`count width`, and GloVe's, which has no such line. Each other line is a token and E numbers,
separated by one space. A first line of two whole numbers is always taken for `count width`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from s2s_keras.data.lines import read_lines
from s2s_keras.errors import DataError
from s2s_keras.text import Tokenizer, normalize
from s2s_keras.text.tokenizer import SPECIAL_TOKENS

__all__ = ["check_embeddings", "embedding_matrix", "read_embeddings"]


def read_embeddings(
    path: str | Path, wanted: Container[str], width: int
) -> dict[str, NDArray[np.float32]]:
    """Reads the embeddings of some tokens, and keeps no others in memory.

    Tokens are compared in normalisation form C. Of a token that stands twice the first line
    counts: the files are ordered by frequency. The numbers of other tokens are counted, not read;
    `check_embeddings` reads all.

    Args:
        path: the file; a name that ends in `.gz` is decompressed.
        wanted: tokens in form C.
        width: E, numbers a token, at least 1.

    Returns:
        float32 (E,) for each token that the file holds.

    Raises:
        DataError: the file is missing, unreadable or empty, a line is not valid UTF-8 or does not
            hold a token and E numbers, a number of a wanted token cannot be read or is not finite,
            or the first line announces another width or count; names the file and the line.
    """
    found: dict[str, NDArray[np.float32]] = {}
    for line, token, numbers in _split_lines(Path(path), width):
        token = normalize(token)
        if token in wanted and token not in found:
            found[token] = _parse(numbers, path, line)
    return found


def check_embeddings(path: str | Path, width: int) -> int:
    """Reads a whole file of embeddings, keeps nothing, and returns how many lines of them it has.

    Args:
        path: the file; a name that ends in `.gz` is decompressed.
        width: E, numbers a token, at least 1.

    Raises:
        DataError: see `read_embeddings`; a number of any token.
    """
    count = 0
    for line, _, numbers in _split_lines(Path(path), width):
        _parse(numbers, path, line)
        count += 1
    return count


def embedding_matrix(
    path: str | Path, tokenizer: Tokenizer, initial: NDArray[np.float32]
) -> tuple[NDArray[np.float32], float]:
    """Makes the rows of an embedding layer, those that a file holds from the file.

    A token is looked up without its mark of a space, as it is and then in lower case. Tokens that
    the file does not hold, and the special ones, keep their row of `initial`.

    Args:
        path: the file; see the module.
        tokenizer: has V tokens.
        initial: float (V, E), the layer's first weights.

    Returns:
        The matrix, float32 (V, E), and the share of the vocabulary found, 0 to 1, special tokens
        apart; 0 where there is none.

    Raises:
        DataError: see `read_embeddings`.
        ValueError: `initial` does not have V rows.
    """
    if initial.ndim != 2 or len(initial) != len(tokenizer):
        raise ValueError(
            f"`initial` must have the shape ({len(tokenizer)}, E), a row for each token. "
            f"Received: {initial.shape}."
        )
    first = len(SPECIAL_TOKENS)
    words = [tokenizer.join([token]) for token in tokenizer.tokens[first:]]
    spellings = [(word, normalize(word.lower())) for word in words]
    wanted = {spelling for both in spellings for spelling in both}
    found = read_embeddings(path, wanted, initial.shape[1])
    matrix = np.array(initial, np.float32)
    hits = 0
    for row, (word, lower) in enumerate(spellings, first):
        vector = found.get(word, found.get(lower))
        if vector is not None:
            matrix[row] = vector
            hits += 1
    return matrix, hits / max(1, len(words))


def _split_lines(path: Path, width: int) -> Iterator[tuple[int, str, str]]:
    """Yields line number, token and E numbers as text; checks widths and the announced count."""
    announced: int | None = None
    count = 0
    for line, text in read_lines(path):
        if line == 1 and (header := _parse_header(text)):
            announced, given = header
            if given != width:
                raise DataError(_wrong_width(width, given), path, line)
            continue
        token, numbers = _split(text, width, path, line)
        count += 1
        yield line, token, numbers
    if announced not in (None, count):
        raise DataError(
            f"the first line announces {announced} embeddings; the file holds {count}. It was cut "
            "off, or lines were added: correct the number, or fetch the file again.",
            path,
            1,
        )
    if not count:
        raise DataError("the file is empty; expected lines of a token and its numbers.", path)


def _split(text: str, width: int, path: Path, line: int) -> tuple[str, str]:
    """Returns the token and its numbers, as text."""
    text = text.rstrip(" ")
    token, _, numbers = text.partition(" ")
    received = numbers.count(" ") + 1 if numbers else 0
    if received > width:
        # A token may hold spaces itself (GloVe 840B has some), but not end with a number.
        token, *parts = text.rsplit(" ", width)
        if not _is_number(token.rpartition(" ")[2]):
            return token, " ".join(parts)
    if received != width:
        raise DataError(_wrong_width(width, received), path, line)
    if not token:
        raise DataError("the line has no token before its numbers.", path, line)
    return token, numbers


def _parse_header(text: str) -> tuple[int, int] | None:
    """Returns count and width of word2vec's first line, or `None` where it is none."""
    header = re.fullmatch(r"([0-9]{1,18}) +([0-9]{1,18}) *", text)
    return (int(header[1]), int(header[2])) if header else None


def _parse(numbers: str, path: str | Path, line: int) -> NDArray[np.float32]:
    fields = numbers.split(" ")
    try:
        with np.errstate(over="ignore"):  # becomes infinite, and is refused below
            vector = np.array([float(field) for field in fields], np.float32)
    except ValueError as error:
        wrong = next(field for field in fields if not _is_number(field))
        raise DataError(f"{wrong!r} is not a number.", path, line) from error
    if not np.isfinite(vector).all():
        wrong = fields[int(np.argmin(np.isfinite(vector)))]
        raise DataError(f"numbers must be finite in float32. Received: {wrong}.", path, line)
    return vector


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _wrong_width(expected: int, received: int) -> str:
    return (
        f"each token must have {expected} numbers, the width of the embedding. "
        f"Received: {received}. Use a file of that width, or set the width to the file's."
    )
