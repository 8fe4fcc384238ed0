"""A process's share of every batch, where several train together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import grain

__all__ = ["Share", "ShareOfBatches"]


class Share(NamedTuple):
    """Which rows of a batch a process takes, and to how many it fills them up.

    The rows that are left over go to the next processes in turn with each batch, so that all have
    read nearly as many when an epoch ends.

    Attributes:
        process: whose share it is, from 0.
        processes: how many take one.
        devices: of each process; all of a batch's devices get the same number of rows.
    """

    process: int = 0
    processes: int = 1
    devices: int = 1

    def rows(self, batch: int, size: int) -> range:
        """Returns the process's rows of a batch.

        Args:
            batch: its index.
            size: its rows.
        """
        least, left_over = divmod(size, self.processes)

        def has_one_more(process: int) -> bool:
            return (process - batch * left_over) % self.processes < left_over

        start = least * self.process + sum(map(has_one_more, range(self.process)))
        return range(start, start + least + has_one_more(self.process))

    def filled(self, size: int) -> int:
        """Returns how many rows the share of a batch of `size` rows has with its filler rows."""
        return -(-size // (self.processes * self.devices)) * self.devices


class ShareOfBatches(grain.MapDataset):
    """A share of the batches of `MapDataset.batch`; no other row is read.

    Args:
        parent: what is batched.
        batch_size: rows of a whole batch; the last of an epoch may have fewer.
        share: which of them are taken.
        batch_fn: the rows, and how many they are to be filled up to -> a batch.
    """

    def __init__(
        self,
        parent: Any,
        batch_size: int,
        share: Share,
        batch_fn: Callable[[list[Any], int], Any],
    ) -> None:
        super().__init__(parent)
        self._batch_size = batch_size
        self._share = share
        self._batch_fn = batch_fn

    def __len__(self) -> int:
        return -(-len(self._parent) // self._batch_size)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self.slice(index)
        index = int(index)  # shuffled ones are unsigned, and have no negative neighbours
        epoch, batch = divmod(index, len(self))
        start = batch * self._batch_size
        size = min(self._batch_size, len(self._parent) - start)
        start += epoch * len(self._parent)
        rows = [self._parent[start + row] for row in self._share.rows(index, size)]
        return self._batch_fn(rows, self._share.filled(size))
