"""Pairs of token ids -> the target tokens that each source token is likely to become."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from s2s_keras.text import BOS_ID, EOS_ID, PAD_ID, UNK_ID, Shortlist
from s2s_keras.text.shortlist import common_count
from s2s_keras.text.tokenizer import SPECIAL_TOKENS

__all__ = ["learn_shortlist"]

Ids = NDArray[np.integer]

EM_ITERATIONS = 5
"""Rounds of expectation and maximisation; later ones hardly change which tokens are the best."""

MAX_LINKS = 20_000_000
"""Pairs of a source and a target token of one sentence pair, about 40 bytes each, to learn from:
100,000 sentence pairs of 14 tokens. Of more, as many are taken, evenly spread."""

PAIRS_AT_ONCE = 2_000
"""Sentence pairs that are looked at together."""

LEAST_PROBABILITY = 1e-4
"""A target token that is less likely than this is not proposed."""


def learn_shortlist(
    pairs: Sequence[tuple[Ids, Ids]],
    *,
    source_size: int,
    target_size: int,
    size: int,
    per_token: int = 16,
    iterations: int = EM_ITERATIONS,
) -> Shortlist:
    """Learns which target tokens each source token may become from pairs of sentences.

    The table t(y | x) is that of IBM model 1: a target token is made by one of the source's tokens
    or by an empty one, each as likely to be asked,

        count(x, y) = sum over pairs and their y of t(y | x) / sum over x' of t(y | x')
        t(y | x) = count(x, y) / sum over y' of count(x, y')

    from a uniform start. What all sources share, the most frequent targets, no token proposes.

    Args:
        pairs: `(source_ids (S,), target_ids (T,))`, as `encode_pairs` makes them.
        source_size: V_s, the size of the source vocabulary.
        target_size: V_t, the size of the target vocabulary.
        size: N, the candidates of a source: more than the special tokens, at most V_t.
        per_token: K, the target tokens that each source token proposes, at least 1.
        iterations: rounds of expectation and maximisation, at least 1.

    Raises:
        ValueError: an argument lies outside its range, there is no pair, or an id lies outside its
            vocabulary.

    Reference:
        Brown et al. 1993, section 4.1 (model 1).
    """
    for name, value in (("per_token", per_token), ("iterations", iterations)):
        if value < 1:
            raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}.")
    if len(SPECIAL_TOKENS) >= size or size > target_size:
        raise ValueError(
            f"`size` must lie between {len(SPECIAL_TOKENS) + 1} and the size of the target "
            f"vocabulary, {target_size}. Received: size={size}."
        )
    if not pairs:
        raise ValueError("At least one pair is needed. Received: none.")
    _check_ids(pairs, source_size, target_size)
    keys, probabilities = _translation_table(pairs, target_size, iterations)
    frequent = _most_frequent(pairs, target_size, size)
    proposable = ~np.isin(keys % target_size, frequent[: common_count(size)])
    proposable &= probabilities >= LEAST_PROBABILITY
    best = _best_targets(
        keys[proposable], probabilities[proposable], source_size, target_size, per_token
    )
    return Shortlist(frequent, best, target_size)


def _check_ids(pairs: Sequence[tuple[Ids, Ids]], source_size: int, target_size: int) -> None:
    for side, (name, count) in enumerate((("source", source_size), ("target", target_size))):
        least = min(int(pair[side].min()) for pair in pairs if len(pair[side]))
        most = max(int(pair[side].max()) for pair in pairs if len(pair[side]))
        if not 0 <= least <= most < count:
            raise ValueError(
                f"The {name} ids must lie between 0 and {count - 1}. Received: {least} to {most}."
            )


def _translation_table(
    pairs: Sequence[tuple[Ids, Ids]], target_size: int, iterations: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Returns x * V_t + y, ascending, for all x and y that occur together, and t(y | x)."""
    links = [_links(chunk, target_size) for chunk in _chunks(_spread(pairs))]
    keys = np.sort(np.concatenate([linked for linked, _ in links]))
    keys = keys[np.diff(keys, prepend=-1) > 0]  # several times as fast as `np.unique`
    places = [np.searchsorted(keys, linked).astype(np.int32) for linked, _ in links]
    sources = keys // target_size
    probabilities = np.ones(len(keys))  # the first round only asks that they be equal
    for _ in range(iterations):
        counts = np.zeros(len(keys))
        for at, (_, targets) in zip(places, links, strict=True):
            shares = probabilities[at]
            shares /= np.bincount(targets, shares)[targets]
            counts += np.bincount(at, shares, len(keys))
        probabilities = counts / np.bincount(sources, counts)[sources]
    return keys, probabilities


def _spread(pairs: Sequence[tuple[Ids, Ids]]) -> Sequence[tuple[Ids, Ids]]:
    """Returns all pairs, or as many at even distances as have about `MAX_LINKS`."""
    count = sum((len(source) + 1) * len(target) for source, target in pairs)
    return pairs[:: -(-count // MAX_LINKS)]


def _chunks(pairs: Sequence[tuple[Ids, Ids]]) -> Iterator[Sequence[tuple[Ids, Ids]]]:
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        yield pairs[start : start + PAIRS_AT_ONCE]


def _links(
    pairs: Sequence[tuple[Ids, Ids]], target_size: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Returns what each target token may come from: each token of its source, or the empty one.

    Returns:
        x * V_t + y for each of them, and the target token's place in the targets put together.
    """
    # Begin never stands in a source: it is the empty token.
    sources = np.concatenate([np.append(source, BOS_ID) for source, _ in pairs]).astype(np.int64)
    targets = np.concatenate([target for _, target in pairs])
    source_lengths = np.array([len(source) + 1 for source, _ in pairs])
    target_lengths = np.array([len(target) for _, target in pairs])
    # Of each target token: where its source begins, and how many tokens that has.
    begins = np.repeat(np.cumsum(source_lengths) - source_lengths, target_lengths)
    counts = np.repeat(source_lengths, target_lengths)
    places = np.repeat(np.arange(len(targets), dtype=np.int32), counts)
    offsets = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
    return sources[begins[places] + offsets] * target_size + targets[places], places


def _best_targets(
    keys: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    source_size: int,
    target_size: int,
    per_token: int,
) -> NDArray[np.int64]:
    """Returns int (V_s, K), the likeliest targets of each source token first, padded with 0."""
    sources, targets = np.divmod(keys, target_size)
    order = np.lexsort((-probabilities, sources))
    sources, targets = sources[order], targets[order]
    counts = np.bincount(sources, minlength=source_size)
    ranks = np.arange(len(sources)) - np.repeat(np.cumsum(counts) - counts, counts)
    kept = ranks < per_token
    best = np.full((source_size, per_token), PAD_ID, np.int64)
    best[sources[kept], ranks[kept]] = targets[kept]
    best[[PAD_ID, BOS_ID, EOS_ID]] = PAD_ID  # the empty token proposes nothing
    return best


def _most_frequent(
    pairs: Sequence[tuple[Ids, Ids]], target_size: int, size: int
) -> NDArray[np.int64]:
    """Returns int (N,), the special tokens and the most frequent targets, ties by id."""
    counts = np.bincount(np.concatenate([target for _, target in pairs]), minlength=target_size)
    counts[[PAD_ID, BOS_ID, EOS_ID, UNK_ID]] = counts.max() + 1
    return np.argsort(-counts, kind="stable")[:size]
