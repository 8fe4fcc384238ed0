"""Contestants flow in, and milliseconds a token, with how many times faster we are, flow out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

from benchmarks.device.contestants import MODEL_NAMES, Contestant
from benchmarks.device.worker_process import WorkerProcess
from s2s_keras.runtime.graph import foreign_operators
from s2s_keras.runtime.timing import Case, figures, measure

__all__ = ["GOALS", "Goal", "compare_contestants", "judge"]

CALLS = 3
"""Calls in a row in a round: the first finds the caches cold."""


class Goal(NamedTuple):
    """How many times faster a token than a peer we want to be, with the same search.

    Attributes:
        model: the peer, in the faster of its forms.
        beam_width: 1 is greedy search.
        times: our speed over its.
    """

    model: str
    beam_width: int
    times: float


GOALS = [
    Goal(MODEL_NAMES["gru"], 1, 6.0),
    Goal(MODEL_NAMES["transformer"], 1, 20.0),
    Goal(MODEL_NAMES["gru"], 4, 5.0),
]


def compare_contestants(
    ours: Sequence[Contestant],
    peers: Sequence[Contestant],
    tokens: int,
    rounds: int,
    warmup_rounds: int,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> list[dict[str, Any]]:
    """Measures contestants in turn, round by round, each in a process of its own.

    Only one decodes at any time. A ratio is taken call by call, so that what else the machine does
    slows both sides down.

    Args:
        ours: our files.
        peers: what they are compared with.
        tokens: of every output.
        rounds: rounds that count, at least 1.
        warmup_rounds: rounds before, which do not count.
        report: called with the number of cases done and of all.

    Returns:
        One entry a contestant: `model`, `form`, `beam_width`, `path`, `size_bytes`,
        `foreign_operators`, what its worker says of it, the keys of `timing.figures` in
        milliseconds a token, and `times_as_fast`: for ours, peer's model -> the median of the
        peer's time over ours, with the same beam width, in the faster form of that peer.

    Raises:
        WorkerError: a worker fails, or an output has another number of tokens.
    """
    with ExitStack() as stack:
        workers = [
            stack.enter_context(WorkerProcess(contestant.command, tokens))
            for contestant in (*ours, *peers)
        ]
        cases = [Case(worker.token_ms, calls=CALLS, tells_ms=True) for worker in workers]
        total = len(cases) * (rounds + warmup_rounds)
        done = itertools.count(1)
        measure(cases, rounds, warmup_rounds, lambda: report(next(done), total))
    rows = [
        _row(contestant, worker.about, case)
        for contestant, worker, case in zip((*ours, *peers), workers, cases, strict=True)
    ]
    rivals = list(zip(rows[len(ours) :], cases[len(ours) :], strict=True))
    for row, case in zip(rows[: len(ours)], cases, strict=False):
        row["times_as_fast"] = _times_as_fast(row["beam_width"], case, rivals)
    return rows


def judge(rows: Sequence[dict[str, Any]], goals: Sequence[Goal] = GOALS) -> list[dict[str, Any]]:
    """Holds the fastest of ours against each goal: with the whole vocabulary, and with a shortlist.

    Args:
        rows: what `compare_contestants` returned.
        goals: of these, those whose peer is there with that beam width are judged.

    Returns:
        Up to two entries a goal: its fields, `ours`, the model and form, `reached`, and `is_met`.
    """
    verdicts = []
    for goal, shortlisted in itertools.product(goals, (False, True)):
        found = [
            (row["times_as_fast"][goal.model], row)
            for row in rows
            if row["beam_width"] == goal.beam_width
            and goal.model in row["times_as_fast"]
            and (row["form"] == "shortlist") == shortlisted
        ]
        if found:
            reached, row = max(found, key=lambda pair: pair[0])
            names = {"ours": {"model": row["model"], "form": row["form"]}}
            is_met = reached >= goal.times
            verdicts.append({**goal._asdict(), **names, "reached": reached, "is_met": is_met})
    return verdicts


def _row(contestant: Contestant, about: dict[str, Any], case: Case) -> dict[str, Any]:
    found = figures(case)
    del found["to_first"]
    return {
        "model": contestant.model,
        "form": contestant.form,
        "beam_width": contestant.beam_width,
        "path": str(contestant.path),
        "size_bytes": contestant.path.stat().st_size,
        "foreign_operators": foreign_operators(contestant.path.read_bytes()),
        **about,
        **found,
        "times_as_fast": {},
    }


def _times_as_fast(
    beam_width: int, case: Case, rivals: Sequence[tuple[dict[str, Any], Case]]
) -> dict[str, float]:
    """Returns peer's model -> its time over ours."""
    by_model: dict[str, list[tuple[float, Case]]] = {}
    for row, rival in rivals:
        if row["beam_width"] == beam_width:
            by_model.setdefault(row["model"], []).append((row["median_ms"], rival))
    return {
        model: figures(min(forms, key=lambda form: form[0])[1], case)["to_first"]
        for model, forms in by_model.items()
    }
