"""Requests flow in, a line each, and how long each decoding took flows out.

What a worker process of any environment shares; it needs the standard library alone. A worker says
in its first line of standard output what it has loaded. After that it decodes once for every line
of standard input, and answers with `ms` and `tokens`. All lines are JSON. The time is taken here,
so that no pipe is measured; nothing runs here while no request is being answered.
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Loaded", "make_source", "serve"]

FIRST_WORD = 4
"""No contestant's special tokens reach that far."""


class Loaded(NamedTuple):
    """A model file, ready to decode.

    Attributes:
        about: what is told of it, ready for JSON.
        decode: decodes the source once; this is timed.
        count: what `decode` returned -> the tokens of the output.
    """

    about: dict[str, Any]
    decode: Callable[[], Any]
    count: Callable[[Any], int]


def make_source(length: int, vocabulary: int) -> list[int]:
    """Returns as many random ids of words, the same for every contestant."""
    draw = random.Random(0)
    return [draw.randrange(FIRST_WORD, vocabulary) for _ in range(length)]


def serve(load: Callable[[], Loaded]) -> None:
    """Loads, says what is loaded, and answers requests until standard input ends.

    Garbage is collected between a decoding and its answer, and never while time is taken.

    Args:
        load: what it writes to standard output goes to standard error: libraries greet there.
    """
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as replies:
        os.dup2(2, 1)
        loaded = load()
        _reply(replies, loaded.about)
        gc.collect()
        gc.freeze()  # the libraries' objects; those of a decoding are soon looked through
        gc.disable()
        for _ in sys.stdin:
            started = time.perf_counter()
            output = loaded.decode()
            elapsed_ms = 1000 * (time.perf_counter() - started)
            tokens = loaded.count(output)
            del output
            gc.collect()
            _reply(replies, {"ms": elapsed_ms, "tokens": tokens})


def _reply(replies: Any, document: dict[str, Any]) -> None:
    replies.write(json.dumps(document) + "\n")
    replies.flush()
