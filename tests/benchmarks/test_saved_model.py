from collections.abc import Callable, Sequence
from typing import Any

import pytest

from benchmarks import saved_model as benchmark_module
from benchmarks.saved_model import make_texts, measure


def test_ratio_is_that_of_the_rounds_after_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    order: list[str] = []

    def contestant(name: str, *seconds: float) -> Callable[[Sequence[str]], Any]:
        left = iter(seconds)

        def decode(texts: Sequence[str]) -> None:
            nonlocal now
            order.append(name)
            now += next(left)

        return decode

    monkeypatch.setattr(benchmark_module.time, "perf_counter", lambda: now)
    contestants = {
        "ours": contestant("ours", 100.0, 1.0, 2.0, 4.0),
        "other": contestant("other", 1.0, 2.0, 8.0, 12.0),
    }
    assert measure(contestants, ["a", "b"], 3) == {
        "batch_size": 2,
        "ours": 1.0,
        "other": 0.2,
        "ratio": 3.0,
        "smallest": 2.0,
        "largest": 4.0,
    }
    assert order == ["ours", "other"] * 4


def test_texts_have_a_half_to_all_of_the_words() -> None:
    assert {len(text.split()) for text in make_texts(50, 5, 200)} == {3, 4, 5}
