import gc

import pytest

from s2s_keras.runtime.timing import Case, figures, measure


def test_measure_gives_each_case_its_turn_in_each_round() -> None:
    order: list[str] = []
    cases = [
        Case(lambda: order.append("a")),
        Case(lambda: order.append("b"), prepare=lambda: order.append("before b"), calls=2),
        Case(lambda: order.append("c"), every=2),
    ]
    steps: list[int] = []
    measure(cases, rounds=3, warmup_rounds=1, advance=lambda: steps.append(1))
    both = ["a", "before b", "b", "b"]
    assert order == [*both, *both, "c", *both, *both, "c"]
    assert len(steps) == 4 * 3
    # The first round is not counted.
    assert [len(case.samples_ms) for case in cases] == [3, 6, 2]
    assert all(sample >= 0 for case in cases for sample in case.samples_ms)


def test_measure_takes_the_milliseconds_that_a_case_tells() -> None:
    told = iter([9.0, 1.5, 2.5])
    case = Case(lambda: next(told), tells_ms=True)
    measure([case], rounds=2, warmup_rounds=1, advance=lambda: None)
    assert case.samples_ms == [1.5, 2.5]


def test_measure_leaves_the_collector_as_it_was_when_a_case_fails() -> None:
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        measure([Case(lambda: 1 // 0)], rounds=1, warmup_rounds=0, advance=lambda: None)
    assert gc.isenabled()


def test_figures_are_those_of_the_samples() -> None:
    case = Case(lambda: None, samples_ms=[4.0, 1.0, 3.0, 2.0, 5.0])
    found = figures(case)
    assert (found["median_ms"], found["best_ms"], found["to_first"]) == (3.0, 1.0, None)
    assert found["p95_ms"] == pytest.approx(4.8)
    assert found["samples_ms"] == [4.0, 1.0, 3.0, 2.0, 5.0]


def test_figures_ratio_is_taken_call_by_call() -> None:
    """A machine that was busy in one round slowed both down."""
    case = Case(lambda: None, samples_ms=[2.0, 200.0, 4.0])
    reference = Case(lambda: None, samples_ms=[1.0, 100.0, 2.0])
    assert figures(case, reference)["to_first"] == 2.0
