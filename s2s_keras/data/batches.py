"""Pairs -> token ids -> batches of similar length, padded on the right, as a `grain` data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grain
import numpy as np
from numpy.typing import NDArray

from s2s_keras.data.pairs import Pair
from s2s_keras.text import EOS_ID, Tokenizer, pad_ids

__all__ = ["encode_pairs", "make_dataset", "pad_batch", "stream"]

Ids = NDArray[np.int32]
Example = tuple[Ids, Ids]
Batch = tuple[dict[str, Ids], Ids]


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


def pad_batch(examples: Sequence[Example], length: int) -> Batch:
    """Makes what `model.fit` takes of B examples.

    Returns:
        `({"source_ids": int32 (B, length), "target_ids": int32 (B, length)}, target_ids)`.
    """
    target_ids = pad_ids([target for _, target in examples], length)
    source_ids = pad_ids([source for source, _ in examples], length)
    return {"source_ids": source_ids, "target_ids": target_ids}, target_ids


def make_dataset(
    examples: Sequence[Example],
    batch_size: int,
    bucket_lengths: Sequence[int],
    seed: int | None = None,
) -> Any:
    """Returns the batches of one epoch; `.repeat(n)` shuffles each epoch anew.

    An example goes to the shortest bucket that holds both its sides, and every batch of a bucket
    is padded to that bucket's length, so that a compiled model sees few shapes. The data set is
    indexed by step: the same seed gives the same batch at the same step, and `dataset[n:]` goes on
    after n steps.

    An epoch starts with one batch of the longest bucket and one of the shortest. Memory then
    peaks at once instead of in mid-training, and Keras, which infers which dimensions vary from
    the first two batches, sees that the length does.

    Args:
        examples: what `encode_pairs` returned.
        batch_size: examples in a batch.
        bucket_lengths: lengths in tokens; the longest holds every example.
        seed: shuffles where given; `None` keeps the order, for evaluation.

    Returns:
        A `grain.MapDataset` of `pad_batch` results, for `model.fit`.

    Raises:
        ValueError: an example is longer than the longest bucket, or there is none.
    """
    if not examples:
        raise ValueError("`examples` must not be empty.")
    lengths = sorted(set(bucket_lengths))
    buckets: list[list[Example]] = [[] for _ in lengths]
    for source, target in examples:
        longest = max(len(source), len(target))
        if longest > lengths[-1]:
            raise ValueError(
                f"Examples must hold at most {lengths[-1]} tokens a side. Received: {longest}."
            )
        buckets[int(np.searchsorted(lengths, longest))].append((source, target))
    parts = [
        _batches_of_bucket(bucket, batch_size, length, seed)
        for bucket, length in zip(buckets, lengths, strict=True)
        if bucket
    ]
    if len(parts) == 1:
        return parts[0]
    first = [parts[-1][:1], parts[0][:1]]
    rest = [part[1:] for part in (parts[0], parts[-1]) if len(part) > 1] + parts[1:-1]
    if not rest:
        return grain.MapDataset.concatenate(first)
    others = grain.MapDataset.concatenate(rest)
    if seed is not None:
        others = others.seed(seed).shuffle()
    return grain.MapDataset.concatenate([*first, others])


def stream(dataset: Any) -> Any:
    """Returns a data set as an iterator that prepares a few batches ahead, in one thread.

    Left to itself, grain prepares 500 batches in 16 threads, which on a few cores takes the time
    that the training needs.

    Args:
        dataset: what `make_dataset` returned, repeated or sliced.

    Returns:
        A `grain.IterDataset`, for `model.fit`.
    """
    return dataset.to_iter_dataset(grain.ReadOptions(num_threads=1, prefetch_buffer_size=8))


def _batches_of_bucket(
    examples: Sequence[Example], batch_size: int, length: int, seed: int | None
) -> Any:
    dataset = grain.MapDataset.source(examples)
    if seed is not None:
        dataset = dataset.seed(seed + length).shuffle()
    return dataset.batch(
        batch_size, drop_remainder=False, batch_fn=lambda rows: pad_batch(rows, length)
    )
