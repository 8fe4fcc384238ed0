"""Pairs -> records, a chunk at a time, in as many processes as there are."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from s2s_keras.data.batches import Example, encode_pairs, rooms_of
from s2s_keras.data.pairs import Pair, is_held_out
from s2s_keras.data.records import IdsCodec
from s2s_keras.text import Tokenizer

__all__ = ["Encoded", "Encoder", "Excess", "encode_all", "excess_of"]

_CHUNK = 5_000
"""Pairs that a process encodes at a time."""


class Excess(NamedTuple):
    """A side of a pair that has too many tokens: 0 the source, 1 the target."""

    side: int
    message: str


def excess_of(limits: Sequence[int], lengths: Sequence[int]) -> Excess | None:
    """Says which side of a pair has too many tokens, if any.

    Args:
        limits: tokens of the longest source and target.
        lengths: tokens of the pair's.
    """
    sides = zip(("source", "target"), limits, lengths, strict=True)
    for place, (side, limit, length) in enumerate(sides):
        if length > limit:
            rule = f"`data.max_{side}_length` is {limit}."
            return Excess(place, f"the {side} has {length} tokens; {rule}")
    return None


class Encoded(NamedTuple):
    """What became of a chunk of pairs.

    Attributes:
        size: pairs of the chunk.
        records: room and bytes of each training pair.
        tokens: of the targets of these.
        dev: pairs that are held out.
        too_long: place in the chunk of each pair that is too long, and why.
    """

    size: int
    records: list[tuple[tuple[int, int], bytes]]
    tokens: int
    dev: list[Pair]
    too_long: list[tuple[int, Excess]]


class Encoder(NamedTuple):
    """Encodes chunks of pairs, in any process.

    Attributes:
        tokenizers: the source's and the target's.
        codec: example -> record.
        limits: tokens of the longest source and target, `eos` apart.
        bucket_lengths: see `make_dataset`.
        target_bucket_lengths: likewise.
        dev_fraction: share of the sources that is held out; see `split_pairs`.
    """

    tokenizers: tuple[Tokenizer, Tokenizer]
    codec: IdsCodec
    limits: tuple[int, int]
    bucket_lengths: Sequence[int]
    target_bucket_lengths: Sequence[int] | None
    dev_fraction: float

    def __call__(self, pairs: list[Pair]) -> Encoded:
        """Encodes a chunk."""
        kept: list[Example] = []
        dev: list[Pair] = []
        too_long: list[tuple[int, Excess]] = []
        for place, (pair, example) in enumerate(
            zip(pairs, encode_pairs(pairs, *self.tokenizers), strict=True)
        ):
            excess = excess_of(self.limits, [len(example[0]), len(example[1]) - 1])
            if excess is not None:
                too_long.append((place, excess))
            elif is_held_out(pair.source, self.dev_fraction):
                dev.append(pair)
            else:
                kept.append(example)
        if not kept:
            return Encoded(len(pairs), [], 0, dev, too_long)
        lengths = np.array([[len(source), len(target)] for source, target in kept])
        rooms = rooms_of(lengths, self.bucket_lengths, self.target_bucket_lengths).tolist()
        records = map(self.codec.encode, kept)
        return Encoded(
            len(pairs),
            [((room[0], room[1]), record) for room, record in zip(rooms, records, strict=True)],
            int(lengths[:, 1].sum()),
            dev,
            too_long,
        )


def encode_all(encoder: Encoder, pairs: Iterator[Pair], workers: int) -> Iterator[Encoded]:
    """Yields what became of chunks of pairs, in order.

    Args:
        encoder: of chunks.
        pairs: of which a few thousand are held at a time.
        workers: processes; 0 for this one.
    """
    chunks = iter(lambda: list(islice(pairs, _CHUNK)), [])
    if not workers:
        yield from (encoder(chunk) for chunk in chunks)
        return
    # Spawned, because a fork of a process with a framework's threads may hang.
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        waiting: deque[Any] = deque()
        for chunk in chunks:
            waiting.append(pool.apply_async(encoder.__call__, (chunk,)))
            if len(waiting) > 2 * workers:  # what is read ahead takes memory
                yield waiting.popleft().get()
        while waiting:
            yield waiting.popleft().get()
