"""Bodies that no server may answer with 200, or stop at."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator

__all__ = ["malformed_bodies"]


def malformed_bodies(count: int, seed: int) -> Iterator[bytes]:
    """Yields bodies of many kinds, the same for the same seed.

    Args:
        count: how many.
        seed: of the draws.
    """
    draws = random.Random(seed)
    for number in range(count):
        yield KINDS[number % len(KINDS)](draws)


def _json(document: object) -> bytes:
    return json.dumps(document).encode()


def _of_wrong_type(draws: random.Random) -> object:
    return draws.choice([None, True, -1, 1.5, 1e308, [], {}, [[]], {"b64": 3}, {"a": "b"}])


def _truncated(draws: random.Random) -> bytes:
    body = _json({"signature_name": "serving_default", "instances": ["abc", "bcd"]})
    return body[: draws.randrange(len(body))]


def _changed(draws: random.Random) -> bytes:
    body = bytearray(b'{"instances": ["abc"]}')
    body[draws.randrange(len(body) - 8)] = draws.choice(b'\x00\xff\xc3"}]{[\\')
    body += draws.choice([b"}", b"]", b"\x00", b",1", b"\xff"])  # surely wrong, whatever it hit
    return bytes(body)


def _nested(draws: random.Random) -> bytes:
    depth = draws.randrange(2, 5_000)
    opening, closing = draws.choice([(b"[", b"]"), (b'{"a":', b"}")])
    return b'{"instances": ' + opening * depth + b"1" + closing * depth + b"}"


def _not_utf8(draws: random.Random) -> bytes:
    return b'{"instances": ["' + bytes(draws.choices(range(128, 192), k=5)) + b'"]}'


def _surrogate(draws: random.Random) -> bytes:
    return b'{"instances": ["a\\ud%x"]}' % draws.randrange(0x800, 0xFFF)


def _number(draws: random.Random) -> bytes:
    number = draws.choice(["1e999", "-" + "9" * 400, "9" * 4_999, "NaN", "-Infinity", "1.0"])
    return f'{{"signature_name": "ids", "instances": [[{number}]]}}'.encode()


def _twice(draws: random.Random) -> bytes:
    key = draws.choice(["instances", "signature_name"])
    return f'{{"{key}": ["a"], "{key}": ["a"], "instances": ["b"]}}'.encode()


KINDS: tuple[Callable[[random.Random], bytes], ...] = (
    lambda draws: draws.randbytes(draws.randrange(200)),
    _truncated,
    _changed,
    _nested,
    _not_utf8,
    _surrogate,
    _number,
    _twice,
    lambda draws: _json(_of_wrong_type(draws)),
    lambda draws: _json({"instances": _of_wrong_type(draws)}),
    lambda draws: _json({"instances": ["abc", _of_wrong_type(draws)]}),
    lambda draws: _json({"inputs": _of_wrong_type(draws)}),
    lambda draws: _json({"inputs": {"texts": _of_wrong_type(draws)}}),
    lambda draws: _json({"inputs": ["abc"], "instances": ["abc"]}),
    lambda draws: _json({"signature_name": _of_wrong_type(draws), "instances": ["abc"]}),
    lambda draws: _json({"signature_name": "x" * draws.randrange(1, 999), "instances": ["abc"]}),
    lambda draws: _json({"signature_name": "ids", "instances": [[1, 2], [draws.random()]]}),
    lambda draws: _json({"signature_name": "ids", "instances": [[2**31 + draws.randrange(9)]]}),
    lambda draws: _json({"instances": [{"b64": "é" * draws.randrange(1, 9)}]}),
    lambda draws: _json({"instances": [{"b64": "gICA"}, "\t\n"]}),
    lambda draws: _json({"instances": ["a" * draws.randrange(100_000, 200_000)]}),
    lambda draws: _json({"instances": ["abc"] * draws.randrange(1_000, 3_000)}),
)
