"""Pairs -> token ids -> batches of similar length, padded on the right, as a `grain` data set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple, Protocol, runtime_checkable

import grain
import numpy as np
from absl import flags
from numpy.typing import NDArray

from s2s_keras.data.pairs import Pair
from s2s_keras.data.shares import Share, ShareOfBatches
from s2s_keras.data.workers import HandedOver, end_with_parent
from s2s_keras.text import EOS_ID, Tokenizer, pad_ids

__all__ = [
    "Bucket",
    "Example",
    "Examples",
    "ListedExamples",
    "by_length",
    "encode_pairs",
    "make_dataset",
    "pad_batch",
    "rooms_of",
    "stream",
]

Ids = NDArray[np.int32]
Example = tuple[Ids, Ids]
Batch = tuple[dict[str, Ids], Ids]

BATCHES_AHEAD = 8
"""Batches that are prepared before they are asked for, by each who prepares some."""

_DRAWS = 4
"""How often an example is drawn that is too long for its bucket, before it comes as it is."""


class Bucket(NamedTuple):
    """Examples that are padded to the same lengths.

    Attributes:
        room: tokens of the longest source and of the longest target.
        items: what there is of each example, by index; a `grain` data source.
        draw: item, random numbers -> example. Without random numbers it comes as it is, which fits
            into its room.
        share: how many examples an epoch draws, at least 1; each once where not given.
    """

    room: tuple[int, int]
    items: Any
    draw: Callable[[Any, np.random.Generator | None], Example]
    share: int | None = None


@runtime_checkable
class Examples(Protocol):
    """Examples that come out otherwise at each draw; a list of them does not."""

    @property
    def target_tokens(self) -> int:
        """The tokens of all targets, `eos` included."""

    def buckets(
        self, bucket_lengths: Sequence[int], target_bucket_lengths: Sequence[int] | None
    ) -> list[Bucket]:
        """Returns all examples, each in the bucket that it gets once and for all.

        Several buckets may have the same room, and one batch then holds examples of all of them.

        Args:
            bucket_lengths: see `make_dataset`.
            target_bucket_lengths: likewise.

        Raises:
            ValueError: an example is longer than the longest bucket, or there is none.
        """


class ListedExamples:
    """Examples that are always the same.

    Args:
        examples: what `encode_pairs` returned.
    """

    def __init__(self, examples: Sequence[Example]) -> None:
        self._examples = examples

    @property
    def target_tokens(self) -> int:
        """The tokens of all targets."""
        return sum(len(target) for _, target in self._examples)

    def buckets(
        self, bucket_lengths: Sequence[int], target_bucket_lengths: Sequence[int] | None
    ) -> list[Bucket]:
        """Returns the examples in buckets; see `Examples`."""
        lengths = np.array([[len(source), len(target)] for source, target in self._examples])
        return by_length(lengths, self._draw, bucket_lengths, target_bucket_lengths)

    def _draw(self, index: int, rng: np.random.Generator | None) -> Example:
        return self._examples[index]


def by_length(
    lengths: NDArray[np.integer],
    draw: Callable[[int, np.random.Generator | None], Example],
    bucket_lengths: Sequence[int],
    target_bucket_lengths: Sequence[int] | None,
) -> list[Bucket]:
    """Lays examples that are in memory out in buckets; their items are their indices.

    Args:
        lengths: int (N, 2): the tokens of source and target that each example gets room for.
        draw: index, random numbers -> example.
        bucket_lengths: see `make_dataset`.
        target_bucket_lengths: likewise.

    Raises:
        ValueError: see `Examples`.
    """
    if not len(lengths):
        raise ValueError("`examples` must not be empty.")
    rooms = rooms_of(lengths, bucket_lengths, target_bucket_lengths)
    return [
        Bucket(tuple(room.tolist()), np.flatnonzero((rooms == room).all(axis=1)), draw)
        for room in np.unique(rooms, axis=0)
    ]


def rooms_of(
    lengths: NDArray[np.integer],
    bucket_lengths: Sequence[int],
    target_bucket_lengths: Sequence[int] | None,
) -> NDArray[np.integer]:
    """Returns the lengths that examples are padded to, int (N, 2).

    Args:
        lengths: of their sources and targets, int (N, 2), N at least 1.
        bucket_lengths: see `make_dataset`.
        target_bucket_lengths: likewise.

    Raises:
        ValueError: an example is longer than the longest bucket.
    """
    if target_bucket_lengths is None:
        room = _rounded_up(lengths.max(axis=1), bucket_lengths)
        return np.stack([room, room], axis=1)
    lengths_of_both = (bucket_lengths, target_bucket_lengths)
    sides = zip(lengths.T, lengths_of_both, strict=True)
    return np.stack([_rounded_up(side, buckets) for side, buckets in sides], axis=1)


def encode_pairs(
    pairs: Sequence[Pair],
    source_tokenizer: Tokenizer,
    target_tokenizer: Tokenizer,
) -> list[Example]:
    """Returns `(source_ids (S,), target_ids (T,))` for each pair; targets end with `eos`."""
    return [
        (
            np.asarray(source_tokenizer.encode(pair.source), np.int32),
            np.asarray([*target_tokenizer.encode(pair.target), EOS_ID], np.int32),
        )
        for pair in pairs
    ]


def pad_batch(
    examples: Sequence[Example],
    length: int,
    target_length: int | None = None,
    rows: int | None = None,
) -> Batch:
    """Makes what `model.fit` takes of examples.

    Args:
        examples: sources and targets.
        length: S, to which sources are padded.
        target_length: T; S where not given.
        rows: B; as many as there are examples where not given. Rows behind them are padding alone,
            which no loss and no metric counts.

    Returns:
        `({"source_ids": int32 (B, S), "target_ids": int32 (B, T)}, target_ids)`.
    """
    nothing = np.zeros(0, np.int32)
    examples = [*examples, *[(nothing, nothing)] * ((rows or 0) - len(examples))]
    target_ids = pad_ids([target for _, target in examples], target_length or length)
    source_ids = pad_ids([source for source, _ in examples], length)
    return {"source_ids": source_ids, "target_ids": target_ids}, target_ids


def make_dataset(
    examples: Sequence[Example] | Examples,
    batch_size: int,
    bucket_lengths: Sequence[int],
    seed: int | None = None,
    target_bucket_lengths: Sequence[int] | None = None,
    batch_tokens: int | None = None,
    share: Share | None = None,
) -> Any:
    """Returns the batches of one epoch; `.repeat(n)` shuffles and draws each epoch anew.

    An example goes to the shortest bucket that holds both its sides, and every batch of a bucket
    is padded to that bucket's length, so that a compiled model sees few shapes. The data set is
    indexed by step: the same seed gives the same batch at the same step, and `dataset[n:]` goes on
    after n steps.

    An epoch starts with one batch of the longest bucket and one of the shortest. Memory then
    peaks at once instead of in mid-training, and Keras, which infers which dimensions vary from
    the first two batches, sees that the length does.

    Args:
        examples: what `encode_pairs` returned, or `Examples`.
        batch_size: examples in a batch.
        bucket_lengths: lengths in tokens; the longest holds every example.
        seed: shuffles and draws where given; `None` keeps the order, for evaluation, and takes
            examples as they are.
        target_bucket_lengths: lengths for targets, where they have buckets of their own: each
            batch is then of one for sources and one for targets.
        batch_tokens: the most tokens of a batch's longer side, padding included; it replaces
            `batch_size` where given, and batches of short examples hold more of them.
        share: the rows of every batch that are wanted; all where not given.

    Returns:
        A `grain.MapDataset` of `pad_batch` results, for `model.fit`.

    Raises:
        ValueError: an example is longer than the longest bucket, or there is none.
    """
    if not isinstance(examples, Examples):
        examples = ListedExamples(examples)
    buckets = sorted(
        examples.buckets(bucket_lengths, target_bucket_lengths), key=lambda bucket: bucket.room
    )
    rooms = {room: list(same) for room, same in groupby(buckets, lambda bucket: bucket.room)}
    parts = [
        _batches_of_room(same, _size_of_batch(batch_size, batch_tokens, max(room)), seed, share)
        for room, same in rooms.items()
    ]
    if len(parts) == 1:
        return parts[0]
    longest, other = _peeked(np.array(list(rooms)))
    first = [parts[longest][:1], parts[other][:1]]
    rest = [
        part[1:] if i in (longest, other) else part
        for i, part in enumerate(parts)
        if i not in (longest, other) or len(part) > 1
    ]
    if not rest:
        return grain.MapDataset.concatenate(first)
    others = grain.MapDataset.concatenate(rest)
    if seed is not None:
        others = others.seed(seed).shuffle()
    return grain.MapDataset.concatenate([*first, others])


def stream(dataset: Any, workers: int = 0) -> Any:
    """Returns a data set as an iterator that prepares a few batches ahead.

    Left to itself, grain prepares 500 batches in 16 threads, which on a few cores takes the time
    that the training needs.

    Args:
        dataset: what `make_dataset` returned, repeated or sliced.
        workers: processes that prepare batches, in order; 0 for a thread of this one. A program
            that has some must be one that can be imported, as `multiprocessing` asks for.

    Returns:
        A `grain.IterDataset`, for `model.fit`.
    """
    source = HandedOver(dataset) if workers else dataset
    batches = source.to_iter_dataset(
        grain.ReadOptions(num_threads=1, prefetch_buffer_size=BATCHES_AHEAD)
    )
    if not workers:
        return batches
    if not flags.FLAGS.is_parsed():  # grain reads its own, of which the command line has none
        flags.FLAGS.mark_as_parsed()
    return batches.mp_prefetch(
        grain.MultiprocessingOptions(num_workers=workers, per_worker_buffer_size=BATCHES_AHEAD),
        worker_init_fn=end_with_parent,
    )


def _size_of_batch(batch_size: int, batch_tokens: int | None, length: int) -> int:
    return batch_size if batch_tokens is None else max(1, batch_tokens // length)


def _rounded_up(lengths: NDArray[np.integer], bucket_lengths: Sequence[int]) -> NDArray[np.integer]:
    """Returns for each length the shortest bucket that holds it."""
    buckets = np.unique(bucket_lengths)
    longest = lengths.max()
    if longest > buckets[-1]:
        raise ValueError(
            f"Examples must hold at most {buckets[-1]} tokens a side. Received: {longest}."
        )
    return buckets[np.searchsorted(buckets, lengths)]


def _peeked(rooms: NDArray[np.integer]) -> tuple[int, int]:
    """Returns the buckets of the first two batches: the longest, and one that differs from it.

    They differ on each side that varies at all; where the longest has no such other, two that do.

    Args:
        rooms: int (M, 2), distinct and in order, at least two.
    """
    varies = np.ptp(rooms, axis=0) > 0
    for longest in range(len(rooms) - 1, -1, -1):
        for other in range(len(rooms)):
            if ((rooms[longest] != rooms[other]) | ~varies).all():
                return longest, other
    raise AssertionError("of buckets on a line two always differ")


def _batches_of_room(
    buckets: Sequence[Bucket], batch_size: int, seed: int | None, share: Share | None
) -> Any:
    """Returns the batches of all buckets of one room, padded to its lengths."""
    room = buckets[0].room
    dataset = grain.MapDataset.concatenate(
        [_drawers(bucket, place, seed) for place, bucket in enumerate(buckets)]
    )
    if seed is None:
        dataset = dataset.map(lambda draw: draw(None))
    else:
        dataset = dataset.seed(seed + room[0]).shuffle().random_map(partial(_draw_within, room))
    if share is not None:
        return ShareOfBatches(
            dataset, batch_size, share, lambda rows, filled: pad_batch(rows, *room, filled)
        )
    return dataset.batch(
        batch_size, drop_remainder=False, batch_fn=lambda rows: pad_batch(rows, *room)
    )


def _drawers(bucket: Bucket, place: int, seed: int | None) -> Any:
    """Returns what draws each example of an epoch: random numbers -> example."""
    dataset = grain.MapDataset.source(bucket.items)
    if seed is not None and bucket.share is not None:
        dataset = _Rounds(dataset.shuffle(seed=seed + place), bucket.share)
    return dataset.map(lambda item: partial(bucket.draw, item))


def _draw_within(
    room: tuple[int, int],
    draw: Callable[[np.random.Generator | None], Example],
    rng: np.random.Generator,
) -> Example:
    for _ in range(_DRAWS):
        source, target = draw(rng)
        if len(source) <= room[0] and len(target) <= room[1]:
            return source, target
    return draw(None)


class _Rounds(grain.MapDataset):
    """Goes round and round through a data set, a share of it an epoch.

    Epoch e has the items from e times the share, counted on from the end to the beginning. So an
    epoch has no item more than once oftener than another, and neither have several epochs together.

    Args:
        parent: in an order that is the same in each round.
        share: items of an epoch; it may be more than there are.
    """

    def __init__(self, parent: Any, share: int) -> None:
        super().__init__(parent)
        self._share = share

    def __len__(self) -> int:
        return self._share

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self.slice(index)
        return self._parent[index % len(self._parent)]
