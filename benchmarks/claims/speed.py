"""Models in, and times out that a noisy machine disturbs alike: contestants take turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from s2s_keras.text import BOS_ID

__all__ = ["in_turns", "rates", "ratios", "step_ms"]


def in_turns(
    contestants: Mapping[str, Callable[[], object]], rounds: int
) -> dict[str, list[float]]:
    """Calls all contestants in turns.

    Args:
        contestants: name -> what to time.
        rounds: rounds that count; a first one, which compiles and warms up, does not.

    Returns:
        Name -> seconds of each round.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(1 + rounds):
        for name, call in contestants.items():
            started = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - started)
    return {name: spans[1:] for name, spans in seconds.items()}


def rates(models: Mapping[str, Any], batches: Sequence[Any], rounds: int) -> dict[str, list[float]]:
    """Trains compiled models in turns on the same batches.

    Returns:
        Name -> target tokens a second of each round, `eos` included and padding not.
    """
    tokens = int(sum(np.count_nonzero(target_ids) for _, target_ids in batches))

    def train(model: Any) -> Callable[[], object]:
        return lambda: [model.train_on_batch(*batch) for batch in batches]

    seconds = in_turns({name: train(model) for name, model in models.items()}, rounds)
    return {name: [tokens / span for span in spans] for name, spans in seconds.items()}


def ratios(rates_of: Sequence[float], rates_over: Sequence[float]) -> dict[str, Any]:
    """Returns the median of the rounds' ratios, with the smallest and the largest."""
    found = [a / b for a, b in zip(rates_of, rates_over, strict=True)]
    return {"median": statistics.median(found), "min": min(found), "max": max(found)}


def step_ms(files: Mapping[str, Path], source: str, steps: int, rounds: int) -> dict[str, float]:
    """Times `decode_step` of model files on one thread, in turns.

    Args:
        files: name -> `.tflite` file that holds beam width 1.
        source: what each encodes first.
        steps: steps a round.
        rounds: rounds.

    Returns:
        Name -> median milliseconds a step.
    """
    from s2s_keras.runtime import load

    def decode(path: Path) -> Callable[[], object]:
        predictor = load(path, num_threads=1)
        session, row = predictor.session, np.zeros(1, np.intp)
        session.start(np.asarray([predictor.check(source)], np.int32), 1)
        token = np.full(1, BOS_ID, np.int32)
        return lambda: [session.step(token, row) for _ in range(steps)]

    seconds = in_turns({name: decode(path) for name, path in files.items()}, rounds)
    return {name: 1000 * statistics.median(spans) / steps for name, spans in seconds.items()}
