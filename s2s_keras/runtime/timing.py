"""Calls flow in, and how long they took flows out: measured in turn, round by round."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["CALLS_IN_A_ROW", "Case", "figures", "measure"]

CALLS_IN_A_ROW = 5
"""Calls of what is short in a round; the first may find the caches cold."""


@dataclass
class Case:
    """Something to time.

    Attributes:
        call: what is timed.
        prepare: what comes before, untimed, once a round.
        calls: calls in a row in a round, each timed by itself.
        every: runs in the first round that counts, and in each so many-th after it.
        tells_ms: the call returns the milliseconds itself, as it does where the work is done, and
            timed, in another process.
        samples_ms: what was measured, in the order of time.
    """

    call: Callable[[], Any]
    prepare: Callable[[], Any] | None = None
    calls: int = 1
    every: int = 1
    tells_ms: bool = False
    samples_ms: list[float] = field(default_factory=list)


def measure(
    cases: Sequence[Case], rounds: int, warmup_rounds: int, advance: Callable[[], None]
) -> None:
    """Runs every case once a round, so that all of them share what else the machine does.

    Args:
        cases: what to time; their `samples_ms` are filled.
        rounds: rounds that count, at least 1.
        warmup_rounds: rounds before, which do not count.
        advance: called after each case of each round.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        for number in range(-warmup_rounds, rounds):
            for case in cases:
                if number % case.every == 0:
                    samples = _run(case)
                    case.samples_ms += samples if number >= 0 else []
                advance()
            gc.collect()
    finally:
        if collecting:
            gc.enable()


def figures(case: Case, reference: Case | None = None) -> dict[str, Any]:
    """Returns what is told of a case.

    Args:
        case: measured.
        reference: what it is compared with, from the same rounds.

    Returns:
        `median_ms`, `best_ms`, `p95_ms`, the 95th percentile, `samples_ms`, and `to_first`, the
        median of what a call took divided by what the same call of the reference took; `None`
        without a reference.
    """
    samples = np.array(case.samples_ms)
    return {
        "median_ms": float(np.median(samples)),
        "best_ms": float(samples.min()),
        "p95_ms": float(np.percentile(samples, 95)),
        "to_first": float(np.median(samples / reference.samples_ms)) if reference else None,
        "samples_ms": case.samples_ms,
    }


def _run(case: Case) -> list[float]:
    if case.prepare is not None:
        case.prepare()
    samples = []
    for _ in range(case.calls):
        started = time.perf_counter()
        told = case.call()
        elapsed = 1000 * (time.perf_counter() - started)
        samples.append(told if case.tells_ms else elapsed)
    return samples
