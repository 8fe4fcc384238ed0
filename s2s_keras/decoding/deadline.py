"""When a search has to stop."""

from __future__ import annotations

import math
import time

__all__ = ["Deadline"]


class Deadline:
    """A moment from which on there is no time left.

    Args:
        limit_ms: milliseconds from now, or `None` for no limit.
    """

    def __init__(self, limit_ms: float | None) -> None:
        self._at = math.inf if limit_ms is None else time.perf_counter() + limit_ms / 1000

    def is_over(self) -> bool:
        """Whether the moment has come."""
        return self._at <= time.perf_counter()

    def left_ms(self) -> float | None:
        """Returns the milliseconds that are left, at least 0, or `None` without a limit."""
        if math.isinf(self._at):
            return None
        return max(0.0, 1000 * (self._at - time.perf_counter()))
