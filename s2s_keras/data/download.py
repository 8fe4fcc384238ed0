"""A place on the network -> the bytes of a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import s2s_keras
from s2s_keras.errors import DownloadError

if TYPE_CHECKING:
    from _typeshed import SupportsRead

__all__ = ["MAX_BYTES", "TIMEOUT_S", "download", "read_bounded"]

MAX_BYTES = 256 * 2**20
"""The longest file that is taken, packed or unpacked: what is read is held in memory."""

TIMEOUT_S = 30.0
"""Seconds without an answer, or without another byte, after which a place counts as silent."""

CHUNK_BYTES = 2**16


def download(url: str, report: Callable[[int, int], None] = lambda done, total: None) -> bytes:
    """Returns the file at a place.

    Args:
        url: `https` or `http`; others are not opened.
        report: takes the bytes read so far and those of the whole, which are the same where the
            server does not say how long the file is.

    Raises:
        DownloadError: the place is not reached, refuses, stays silent for `TIMEOUT_S`, or sends
            less than it says or more than `MAX_BYTES`; names the place.
    """
    # Here, because they take longer to import than all else on the device side.
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.parse import urlsplit
    from urllib.request import Request, urlopen

    if urlsplit(url).scheme not in ("http", "https"):
        raise DownloadError(url, "only http and https are opened")
    # Some servers refuse the name that Python's library gives itself.
    request = Request(url, headers={"User-Agent": f"s2s-keras/{s2s_keras.__version__}"})
    chunks: list[bytes] = []
    done = 0
    try:
        with urlopen(request, timeout=TIMEOUT_S) as answer:
            expected = int(answer.headers.get("Content-Length") or 0)
            while chunk := answer.read(CHUNK_BYTES):
                chunks.append(chunk)
                done += len(chunk)
                if max(done, expected) > MAX_BYTES:
                    raise DownloadError(url, f"it is longer than {MAX_BYTES:,} bytes")
                report(done, max(done, expected))
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(error, HTTPError):
            error.close()  # it holds the connection
        reason = getattr(error, "reason", None) or error
        raise DownloadError(url, str(reason) or type(error).__name__) from error
    if done < expected:
        raise DownloadError(url, f"it ended after {done:,} of {expected:,} bytes")
    return b"".join(chunks)


def read_bounded(file: SupportsRead[bytes]) -> bytes | None:
    """Returns what is in a file, or `None` where that is more than `MAX_BYTES`."""
    content = file.read(MAX_BYTES + 1)
    return None if len(content) > MAX_BYTES else content
