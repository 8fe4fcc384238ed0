"""Processes that work for another one."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import threading
import weakref
from pathlib import Path
from typing import Any

import cloudpickle
import grain

__all__ = ["HandedOver", "end_with_parent"]


class HandedOver(grain.MapDataset):
    """A data set that travels to another process in a file.

    `multiprocessing` sends what is pickled through a pipe, and where the process dies before it has
    read all of it the sender waits for good (CPython 3.11).

    Args:
        parent: what it has the elements of.
    """

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)

    def __len__(self) -> int:
        return len(self._parent)

    def __getitem__(self, index: Any) -> Any:
        return self._parent[index]

    def __reduce__(self) -> tuple[Any, ...]:
        number, name = tempfile.mkstemp(prefix="s2s-keras-")
        weakref.finalize(self, Path(name).unlink, missing_ok=True)
        with open(number, "wb") as file:
            cloudpickle.dump(self._parent, file)
        return _take, (name,)


def _take(name: str) -> HandedOver:
    """Reads the file of a data set, which is for one process alone, and removes it."""
    path = Path(name)
    content = path.read_bytes()
    path.unlink()
    return HandedOver(cloudpickle.loads(content))


def end_with_parent(*numbers: int) -> None:
    """Ends this process as soon as the one that started it is gone, however that went.

    A process that was killed tells its workers nothing, and they would wait for it for good.

    Args:
        numbers: which worker this is, and of how many; `grain` says so.
    """
    threading.Thread(target=_wait, daemon=True).start()


def _wait() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
