"""Which target tokens a decoder chooses among, given the source's tokens."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2s_keras.text.tokenizer import PAD_ID, SPECIAL_TOKENS

__all__ = ["Shortlist", "common_count"]


class Shortlist:
    """A vocabulary shortlist: N target ids for each source, in place of the whole vocabulary.

    The most frequent quarter of N, special tokens among them, are candidates of every source. To
    them come the best target tokens of each of its tokens, and, up to exactly N, more frequent
    ones: a graph of one shape takes every source, and needs no mask. Where there are more than N,
    each source token keeps its best ones: all first ones go before all second ones.

    Args:
        frequent: int (N,), distinct target ids: the special tokens, then the most frequent first.
        best: int (V_s, K), for each source id its K best target ids, the best first; padded with 0.
        target_size: V_t, the size of the target vocabulary.

    Raises:
        ValueError: N does not lie between the number of special tokens and V_t, `frequent` does
            not begin with them or holds an id twice, or an id does not lie between 0 and V_t - 1.

    Reference:
        Jean et al. 2015, section 3.3 (a candidate list of frequent words and of each source word's
        likeliest ones); the option `--shortlist` of Marian (Junczys-Dowmunt et al. 2018).
    """

    def __init__(
        self, frequent: NDArray[np.integer], best: NDArray[np.integer], target_size: int
    ) -> None:
        special = len(SPECIAL_TOKENS)
        if not special < len(frequent) <= target_size:
            raise ValueError(
                f"A shortlist's size must lie between {special + 1} and the size of the target "
                f"vocabulary, {target_size}. Received: {len(frequent)}."
            )
        for name, ids in (("frequent", frequent), ("best", best)):
            if ids.size and not 0 <= ids.min() <= ids.max() < target_size:
                raise ValueError(
                    f"The ids of `{name}` must lie between 0 and {target_size - 1}. "
                    f"Received: {ids.min()} to {ids.max()}."
                )
        if len(np.unique(frequent)) != len(frequent) or (frequent[:special] >= special).any():
            raise ValueError(
                "The ids of `frequent` must be distinct, those of the special tokens first. "
                f"Received: {frequent[:8].tolist()} and so on."
            )
        stored_type = _stored_type(target_size)
        self._frequent = frequent.astype(np.intp)
        self._best = best.astype(stored_type)
        self._is_common = np.zeros(target_size, np.bool_)
        self._is_common[frequent[: common_count(len(frequent))]] = True

    @property
    def size(self) -> int:
        """N, the candidates of a source."""
        return len(self._frequent)

    @property
    def source_size(self) -> int:
        """V_s, the size of the source vocabulary."""
        return len(self._best)

    @property
    def target_size(self) -> int:
        """V_t, the size of the target vocabulary."""
        return len(self._is_common)

    @property
    def per_token(self) -> int:
        """K, the target tokens that each source token proposes."""
        return int(self._best.shape[1])

    def candidates(self, source_ids: NDArray[np.integer]) -> NDArray[np.int32]:
        """Returns the target ids that a source's output is made of.

        Args:
            source_ids: int (S,), ids of the source vocabulary; padding counts as no token.

        Returns:
            int32 (N,), distinct, ascending.
        """
        rows = self._best[source_ids[source_ids != PAD_ID]].astype(np.intp)
        proposed = rows.T.ravel()  # all first ones, then all second ones
        chosen = self._is_common.copy()
        chosen[proposed] = True
        room = self.size - np.count_nonzero(chosen)
        if room > 0:
            others = self._frequent[~chosen[self._frequent]]
            chosen[others[:room]] = True
        elif room < 0:
            chosen = self._is_common.copy()
            proposed = _distinct(proposed[~chosen[proposed]], self.target_size)
            chosen[proposed[: self.size - common_count(self.size)]] = True
        return np.flatnonzero(chosen).astype(np.int32)

    def to_bytes(self) -> bytes:
        """Returns `frequent` and the rows of `best` as little-endian numbers, 2 or 4 bytes each.

        Two, where the target vocabulary has at most 65,536 tokens.
        """
        frequent = self._frequent.astype(self._best.dtype)
        return frequent.tobytes() + self._best.tobytes()

    @classmethod
    def from_bytes(
        cls, content: bytes, *, size: int, per_token: int, source_size: int, target_size: int
    ) -> Shortlist:
        """Builds the shortlist of what `to_bytes` returned.

        Args:
            content: the bytes.
            size: N.
            per_token: K, at least 1.
            source_size: V_s, the size of the source vocabulary.
            target_size: V_t.

        Raises:
            ValueError: the bytes are not those of such a shortlist.
        """
        if size < 1 or per_token < 1:
            raise ValueError(
                "`size` and `per_token` must be positive integers. "
                f"Received: {size} and {per_token}."
            )
        stored_type = _stored_type(target_size)
        expected = (size + source_size * per_token) * stored_type.itemsize
        if len(content) != expected:
            raise ValueError(
                f"A shortlist of {size} candidates, {per_token} for each of {source_size} source "
                f"tokens, must hold {expected} bytes. Received: {len(content)}."
            )
        ids = np.frombuffer(content, stored_type)
        return cls(ids[:size], ids[size:].reshape(source_size, per_token), target_size)

    def __eq__(self, other: object) -> bool:
        """Two shortlists are equal where they give the same candidates for the same reasons."""
        return (
            isinstance(other, Shortlist)
            and self.target_size == other.target_size
            and np.array_equal(self._frequent, other._frequent)
            and np.array_equal(self._best, other._best)
        )

    __hash__ = None  # type: ignore[assignment]


def common_count(size: int) -> int:
    """Returns how many of N candidates, the most frequent tokens, every source has."""
    return max(len(SPECIAL_TOKENS), size // 4)


def _stored_type(target_size: int) -> np.dtype[Any]:
    return np.dtype("<u2" if target_size <= 2**16 else "<u4")


def _distinct(ids: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Returns each id once, in the order in which they first stand there.

    Args:
        ids: int (n,), 0 to `count` - 1.
        count: of all ids.
    """
    order = np.arange(len(ids))
    first = np.empty(count, np.intp)  # of ids that are not there nobody asks
    first[ids[::-1]] = order[::-1]  # what is written last stays; several times as fast as a sort
    kept: NDArray[np.intp] = ids[first[ids] == order]
    return kept
