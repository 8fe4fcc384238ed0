"""Files of sentence pairs, UTF-8, no quoting, plain or gzip.

One file has lines of `source<TAB>target`; two files that are aligned by line have a side each.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from s2s_keras.data.lines import read_lines
from s2s_keras.errors import DataError
from s2s_keras.files import atomic_path

__all__ = ["Pair", "is_held_out", "iterate_pairs", "read_pairs", "split_pairs", "write_pairs"]


class Pair(NamedTuple):
    """A text and what it should become."""

    source: str
    target: str


def read_pairs(path: str | Path, target_path: str | Path | None = None) -> list[Pair]:
    """Reads a file of pairs, or two files that are aligned by line.

    Args:
        path: lines of `source<TAB>target`, or of sources where `target_path` is given; a name that
            ends in `.gz` is decompressed.
        target_path: lines of targets, each that of the source in the same line.

    Raises:
        DataError: a file is missing, unreadable or empty; a line is longer than 100,000 bytes, not
            valid UTF-8, does not hold exactly one TAB (of two files: holds one), or has an empty
            side; of two files one has more lines. Names the file and the line.
    """
    return list(iterate_pairs(path, target_path))


def iterate_pairs(path: str | Path, target_path: str | Path | None = None) -> Iterator[Pair]:
    """Yields what `read_pairs` reads, line by line.

    Args:
        path: see `read_pairs`.
        target_path: likewise.

    Raises:
        DataError: see `read_pairs`; when the line is reached.
    """
    if target_path is not None:
        yield from _iterate_aligned(path, target_path)
        return
    number = 0
    for number, line in read_lines(path):
        yield _parse_line(line, path, number)
    if not number:
        raise DataError("the file is empty; expected lines of `source<TAB>target`.", path)


def _iterate_aligned(source_path: str | Path, target_path: str | Path) -> Iterator[Pair]:
    done = 0
    for numbered in zip_longest(read_lines(source_path), read_lines(target_path)):
        for line, path in zip(numbered, (source_path, target_path), strict=True):
            if line is None:
                raise DataError(
                    "there is no such line, and the other file goes on; files that are aligned by "
                    "line must have equally many. Look for the line from which they do not match.",
                    path,
                    done + 1,
                )
            number, text = line
            _check_side(number, text, path)
        done += 1
        yield Pair(*(text for _, text in numbered))
    if not done:
        raise DataError("the file is empty; expected a text in each line.", source_path)


def _check_side(number: int, text: str, path: str | Path) -> None:
    if "\t" in text:
        raise DataError(
            "a line of files that are aligned must be one text, without a TAB. Received: "
            f"{text[:60]!r}. Give a file of pairs by itself.",
            path,
            number,
        )
    if not text.strip():
        raise DataError(
            "the line is empty; remove it from both files, or complete it.", path, number
        )


def _parse_line(line: str, path: str | Path, number: int) -> Pair:
    columns = line.split("\t")
    if len(columns) != 2:
        raise DataError(
            "a line must be `source<TAB>target` with exactly one TAB. "
            f"Received {len(columns) - 1} TABs: {line[:60]!r}.",
            path,
            number,
        )
    for side, text in zip(("source", "target"), columns, strict=True):
        if not text.strip():
            raise DataError(f"the {side} is empty; remove or complete the line.", path, number)
    return Pair(*columns)


def write_pairs(path: str | Path, pairs: Iterable[Pair]) -> None:
    """Writes pairs in the form that `read_pairs` reads, atomically; `.gz` is compressed.

    Raises:
        ValueError: there is no pair, or a text is empty, holds a TAB or a line break, or begins
            with a byte order mark.
        OSError: the folder is missing or cannot be written.
    """
    pairs = list(pairs)
    if not pairs:
        raise ValueError("At least one pair is needed. Received: none.")
    for pair in pairs:
        for text in pair:
            if not text.strip() or text.startswith("\ufeff") or any(c in text for c in "\t\n\r"):
                raise ValueError(
                    "A text must not be empty, hold a TAB or a line break, or begin with a byte "
                    f"order mark. Received: {text!r}"
                )
    with atomic_path(path) as temporary:
        opener = gzip.open if Path(path).suffix == ".gz" else open
        with opener(temporary, "wt", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{pair.source}\t{pair.target}\n" for pair in pairs)


def split_pairs(
    pairs: Iterable[Pair],
    dev_fraction: float,
    key: Callable[[Pair], str] = lambda pair: pair.source,
) -> tuple[list[Pair], list[Pair]]:
    """Splits pairs into train and dev so that no key stands in both.

    The choice hangs on a hash of the key alone: it stays when pairs are added or reordered.

    Args:
        pairs: the pairs to split.
        dev_fraction: share of the keys that goes to dev, 0 to 1.
        key: what must not stand in both parts; the source unless given.

    Returns:
        The training pairs and the dev pairs, each in their first order.
    """
    train: list[Pair] = []
    dev: list[Pair] = []
    for pair in pairs:
        (dev if is_held_out(key(pair), dev_fraction) else train).append(pair)
    return train, dev


def is_held_out(key: str, dev_fraction: float) -> bool:
    """Whether `split_pairs` puts what has this key into dev."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < dev_fraction * 2**64
