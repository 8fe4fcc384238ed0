"""A text file -> its lines, UTF-8, plain or gzip."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from s2s_keras.errors import DataError

__all__ = ["MAX_LINE_BYTES", "decode_lines", "read_lines"]

MAX_LINE_BYTES = 100_000
"""The longest line that is read: one that is longer is no sentence, or lacks its line ends."""


def read_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yields number, from 1, and text of each line; a name that ends in `.gz` is decompressed.

    Lines end with a line feed, with or without a carriage return; a byte order mark is skipped.

    Raises:
        DataError: the file is missing or unreadable, or a line is not valid UTF-8 or longer than
            `MAX_LINE_BYTES`.
    """
    path = Path(path)
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as file:
            yield from decode_lines(file, path)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"cannot be read: {reason}.", path) from error


def decode_lines(file: io.BufferedIOBase, path: str | Path) -> Iterator[tuple[int, str]]:
    """Does what `read_lines` says with an open file; errors name `path`."""
    read = partial(file.readline, MAX_LINE_BYTES + 1)
    for number, raw in enumerate(iter(read, b""), 1):
        if len(raw) > MAX_LINE_BYTES:
            shown = raw[:40].decode(errors="replace")
            raise DataError(
                f"a line must hold at most {MAX_LINE_BYTES:,} bytes. Received a longer one: "
                f"{shown!r}...",
                path,
                number,
            )
        yield number, _decode(raw, path, number)


def _decode(raw: bytes, path: str | Path, number: int) -> str:
    mark = codecs.BOM_UTF8 if number == 1 and raw.startswith(codecs.BOM_UTF8) else b""
    try:
        return raw[len(mark) :].decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise DataError(
            f"byte {len(mark) + error.start + 1} of the line is not valid UTF-8; "
            "convert the file to UTF-8.",
            path,
            number,
        ) from error
