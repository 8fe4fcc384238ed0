"""Processes that work for another one."""

from __future__ import annotations

import multiprocessing
import os
import threading

__all__ = ["end_with_parent"]


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
