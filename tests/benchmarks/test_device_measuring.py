"""Contestants are compared with the faster form of a peer, and the fastest of ours is judged."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.device.compare import draw, print_tables
from benchmarks.device.contestants import Contestant
from benchmarks.device.measuring import Goal, compare_contestants, judge

SLEEPER = """
import sys, time
from benchmarks.device.worker import Loaded, serve

about = {"runs_on": "sleep", "parameters": None}
serve(lambda: Loaded(about, lambda: time.sleep(float(sys.argv[1])), lambda output: 2))
"""


def sleeper(model: str, form: str, beam_width: int, path: Path, seconds: float) -> Contestant:
    return Contestant(model, form, beam_width, path, [sys.executable, "-c", SLEEPER, str(seconds)])


def row(model: str, beam_width: int, **times_as_fast: float) -> dict[str, Any]:
    return {
        "model": model,
        "form": "plain",
        "beam_width": beam_width,
        "times_as_fast": times_as_fast,
    }


def test_peers_are_compared_in_their_faster_form_and_with_the_same_search(tiny_file: Path) -> None:
    ours = [sleeper("ours", "plain", width, tiny_file, 0.05) for width in (1, 4)]
    peers = [
        sleeper("peer", "float", 1, tiny_file, 0.5),
        sleeper("peer", "dynamic range", 1, tiny_file, 0.25),
    ]
    steps: list[tuple[int, int]] = []
    greedy, beam, *others = compare_contestants(
        ours, peers, 2, 2, 0, lambda *step: steps.append(step)
    )
    assert greedy["times_as_fast"] == {"peer": pytest.approx(5, rel=0.5)}
    assert beam["times_as_fast"] == {}  # no peer decodes with a beam
    assert [other["times_as_fast"] for other in others] == [{}, {}]
    assert 25 <= greedy["best_ms"] <= greedy["median_ms"] < others[1]["best_ms"]
    assert len(greedy["samples_ms"]) == 2 * 3
    assert greedy["size_bytes"] == tiny_file.stat().st_size
    assert greedy["foreign_operators"] == []
    assert steps[-1] == (4 * 2, 4 * 2)


def test_fastest_of_ours_is_held_against_each_goal() -> None:
    rows = [row("slow", 1, gru=2.0, deep=9.0), row("fast", 1, gru=6.0, deep=8.0), row("slow", 4)]
    goals = [Goal("gru", 1, 6.0), Goal("deep", 1, 10.0), Goal("gru", 4, 5.0)]
    assert judge(rows, goals) == [
        {
            "model": "gru",
            "beam_width": 1,
            "times": 6.0,
            "ours": {"model": "fast", "form": "plain"},
            "reached": 6.0,
            "is_met": True,
        },
        {
            "model": "deep",
            "beam_width": 1,
            "times": 10.0,
            "ours": {"model": "slow", "form": "plain"},
            "reached": 9.0,
            "is_met": False,
        },
    ]


def test_tables_and_plot_show_every_contestant(capsys: pytest.CaptureFixture[str]) -> None:
    from matplotlib.figure import Figure

    times = {"median_ms": 0.5, "best_ms": 0.4, "p95_ms": 0.75}
    ours: dict[str, Any] = {
        **row("ours", 1, peer=6.25),
        **times,
        "parameters": 4_000_000,
        "size_bytes": 4_200_000,
        "runs_on": "one runtime",
        "foreign_operators": [],
    }
    peer = {
        **ours,
        **row("peer", 1),
        "median_ms": 3.125,
        "p95_ms": 4.0,
        "parameters": None,
        "runs_on": "another",
        "foreign_operators": ["FlexTensorListStack"],
    }
    document = {
        "machine": {"cpu": "a processor"},
        "sizes": {"length": 32},
        "contestants": [peer, ours],
        "goals": judge([ours], [Goal("peer", 1, 6.0), Goal("peer", 1, 7.0)]),
    }
    print_tables(document)
    printed = capsys.readouterr().out
    assert "one thread of a processor" in printed
    assert printed.index("4,000,000") < printed.index("3.125")  # the fastest first
    assert "another, need Flex operators: peer" in printed
    assert "one runtime, builtin operators only: ours" in printed
    assert "met: 6 times as fast as peer, greedy; ours, plain: 6.25" in printed
    assert "MISSED: 7 times as fast as peer, greedy; ours, plain: 6.25" in printed
    axes = Figure().subplots()
    draw(axes, document["contestants"])
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["ours, plain, greedy", "peer, plain, greedy"]
    assert [bar.get_width() for bar in axes.patches] == [0.5, 3.125]
