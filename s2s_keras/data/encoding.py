"""Pairs, or texts, -> records, a chunk at a time, in as many processes as there are."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from s2s_keras.data.batches import Example, encode_pairs, rooms_of
from s2s_keras.data.pairs import Pair, is_held_out
from s2s_keras.data.records import IdsCodec
from s2s_keras.data.workers import end_with_parent
from s2s_keras.errors import TrainingError
from s2s_keras.text import Tokenizer

__all__ = ["Chunk", "Encoded", "Encoder", "Excess", "encode_all", "excess_of", "read_chunks"]

_CHUNK = 5_000
"""Pairs that a process encodes at a time."""


class Chunk(NamedTuple):
    """What a process encodes at a time.

    Attributes:
        source: number of the source.
        files: that it is read from.
        line: of the first item.
        items: pairs or texts.
    """

    source: int
    files: tuple[Path, ...]
    line: int
    items: Sequence[Any]


def read_chunks(
    sources: Iterable[Iterable[tuple[Path, ...]]], read: Callable[..., Iterator[Any]]
) -> Iterator[Chunk]:
    """Yields what stands in files, a few thousand items at a time, in order.

    Args:
        sources: the shards of each.
        read: the files of a shard -> the items of their lines.
    """
    for place, shards in enumerate(sources):
        for files in shards:
            items = read(*files)
            line = 1
            while chunk := list(islice(items, _CHUNK)):
                yield Chunk(place, files, line, chunk)
                line += len(chunk)


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
    """What became of a chunk.

    Attributes:
        records: room and bytes of each training example.
        tokens: of the targets of these.
        dev: pairs or texts that are held out.
        too_long: place in the chunk of each pair that is too long, and why.
    """

    records: list[tuple[tuple[int, int], bytes]]
    tokens: int
    dev: list[Any]
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

    def __call__(self, pairs: Sequence[Pair]) -> Encoded:
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
            return Encoded([], 0, dev, too_long)
        lengths = np.array([[len(source), len(target)] for source, target in kept])
        rooms = rooms_of(lengths, self.bucket_lengths, self.target_bucket_lengths).tolist()
        records = map(self.codec.encode, kept)
        return Encoded(
            [((room[0], room[1]), record) for room, record in zip(rooms, records, strict=True)],
            int(lengths[:, 1].sum()),
            dev,
            too_long,
        )


def encode_all(
    encode: Callable[[Sequence[Any]], Encoded], chunks: Iterable[Chunk], workers: int
) -> Iterator[tuple[Chunk, Encoded]]:
    """Yields chunks and what became of them, in order.

    Args:
        encode: the items of a chunk -> what becomes of them, in any process.
        chunks: of which a few are held at a time.
        workers: processes; 0 for this one.

    Raises:
        TrainingError: a process died.
    """
    if not workers:
        yield from ((chunk, encode(chunk.items)) for chunk in chunks)
        return
    # Spawned, because a fork of a process with a framework's threads may hang.
    context = multiprocessing.get_context("spawn")
    waiting: deque[tuple[Chunk, Future[Encoded]]] = deque()
    with ProcessPoolExecutor(workers, context, end_with_parent) as pool:
        try:
            for chunk in chunks:
                waiting.append((chunk, pool.submit(encode, chunk.items)))
                if len(waiting) > 2 * workers:  # what is read ahead takes memory
                    chunk, encoded = waiting.popleft()
                    yield chunk, encoded.result()
            for chunk, encoded in waiting:
                yield chunk, encoded.result()
        except BrokenProcessPool as error:
            raise TrainingError(
                "A process that encodes has died, as it does when memory is short. Give fewer "
                f"`--workers`. Received: {workers}."
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)
