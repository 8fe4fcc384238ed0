"""Measures our files beside OpenNMT-tf's own TFLite exports of models of the same sizes.

    python -m benchmarks.device.compare --out build/device

Vocabularies of 8,000 tokens, sources and outputs of 32; embeddings of 128, a BiGRU of 2 x 128, a
GRU of 256; and a Transformer of 6 + 6 layers of 256. Everything goes from ids to ids on one thread
of the processor, the Python around the interpreter included: our search is Python, OpenNMT-tf's
stands in its graph. OpenNMT-tf's files need Flex operators, which are TensorFlow's own: LiteRT, the
small runtimes and even the interpreter inside TensorFlow 2.21 refuse them, so they run on the one
inside the TensorFlow that made them, in an environment of its own.

Each contestant has a process, and only one decodes at any time; they take turns, round by round.
Milliseconds a token are those of a whole call, encoder included, over its output tokens. We are
compared with the faster form, float or dynamic range, of each peer. Files are made where they are
not in the folder yet. The exit status is 1 where the fastest of ours misses a goal.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.claims.output import save_plot
from benchmarks.device.contestants import Contestant, our_contestants, peer_contestants
from benchmarks.device.measuring import compare_contestants, judge
from benchmarks.device.our_worker import INTERPRETER
from benchmarks.device.sizes import SIZES
from benchmarks.device.worker_process import ROOT
from s2s_keras.cli.console import note, progress_bar, stdout
from s2s_keras.files import make_folder, write_text
from s2s_keras.runtime.machine import describe_machine

__all__ = ["draw", "main", "print_tables"]

WIDTH = 160
"""Least characters of a line of a table."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; returns 1 where a goal is missed."""
    options = _parse(arguments)
    folder = make_folder(options.out)
    python = options.opennmt_python.absolute()  # the link in an environment is not resolved
    ours = our_contestants(folder, options.files, SIZES)
    peers = peer_contestants(folder, python, SIZES)
    _make("benchmarks.device.files", Path(sys.executable), folder, ours)
    _make("benchmarks.device.opennmt_files", python, folder, peers)
    with progress_bar("measuring") as report:
        rows = compare_contestants(
            ours, peers, SIZES.length, options.rounds, options.warmup_rounds, report
        )
    document = {
        "machine": describe_machine(INTERPRETER),
        "options": {"rounds": options.rounds, "warmup_rounds": options.warmup_rounds},
        "sizes": asdict(SIZES),
        "contestants": rows,
        "goals": judge(rows),
    }
    print_tables(document)
    if options.json is not None:
        write_text(options.json, json.dumps(document, indent=1) + "\n")
    if options.plot is not None:
        save_plot(options.plot, lambda axes: draw(axes, rows), size=(9, 1 + 0.3 * len(rows)))
    return 0 if all(goal["is_met"] for goal in document["goals"]) else 1


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.device.compare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", type=Path, nargs="*", help="more of our .tflite files to measure")
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    parser.add_argument(
        "--opennmt-python",
        type=Path,
        default=ROOT / ".venv-opennmt/bin/python",
        help="Python of OpenNMT-tf's environment, default .venv-opennmt/bin/python",
    )
    parser.add_argument("--rounds", type=int, default=30, help="rounds, default 30")
    parser.add_argument(
        "--warmup-rounds", type=int, default=2, help="rounds before, not counted, default 2"
    )
    parser.add_argument("--json", type=Path, help="writes everything, each measured time included")
    parser.add_argument("--plot", type=Path, help="draws milliseconds a token")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or options.warmup_rounds < 0:
        parser.error("--rounds must be at least 1, and --warmup-rounds at least 0.")
    for file in options.files:
        if not file.is_file():
            parser.error(f"{file}: there is no such file.")
    if not options.opennmt_python.exists():
        parser.error(f"{options.opennmt_python} is missing: make .venv-opennmt/ready")
    return options


def _make(module: str, python: Path, folder: Path, contestants: Sequence[Contestant]) -> None:
    """Lets a script make what is not there yet, in its environment."""
    if all(contestant.path.exists() for contestant in contestants):
        return
    note(f"{module} makes its files; this takes a minute or two ...")
    command = [str(python), "-m", module, "--out", str(folder.resolve())]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")


def print_tables(document: dict[str, Any]) -> None:
    """Prints the contestants, the fastest first, and the goals."""
    machine, sizes = document["machine"], document["sizes"]
    rows = sorted(document["contestants"], key=lambda row: (row["beam_width"], row["median_ms"]))
    rivals = sorted({name for row in rows for name in row["times_as_fast"]})
    table = Table(
        *("model", "file", "search", "parameters", "MB", "median", "best", "95th %"),
        *(f"times as fast as {rival}" for rival in rivals),
        title=f"milliseconds a token: source {sizes['length']}, output {sizes['length']} tokens; "
        f"one thread of {machine['cpu']}",
        title_justify="left",
    )
    for row in rows:
        parameters = row["parameters"]
        table.add_row(
            row["model"],
            row["form"],
            _search(row["beam_width"]),
            "" if parameters is None else f"{parameters:,}",
            f"{row['size_bytes'] / 1e6:.1f}",
            *(f"{row[key]:.3f}" for key in ("median_ms", "best_ms", "p95_ms")),
            *(f"{times:.2f}" if (times := row["times_as_fast"].get(r)) else "" for r in rivals),
        )
    console = Console(width=max(stdout.width, WIDTH), highlight=False, markup=False)
    console.print(table)
    for runs_on, operators in sorted({(r["runs_on"], bool(r["foreign_operators"])) for r in rows}):
        names = ", ".join(sorted({r["model"] for r in rows if r["runs_on"] == runs_on}))
        needs = "need Flex operators" if operators else "builtin operators only"
        console.print(f"{runs_on}, {needs}: {names}")
    for goal in document["goals"]:
        ours = ", ".join(filter(None, goal["ours"].values()))
        console.print(
            f"{'met' if goal['is_met'] else 'MISSED'}: {goal['times']:g} times as fast as "
            f"{goal['model']}, {_search(goal['beam_width'])}; {ours}: {goal['reached']:.2f}"
        )


def draw(axes: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Draws a bar for each contestant, from the best time to the 95th percentile at its end."""
    ordered = sorted(rows, key=lambda row: (row["beam_width"], row["median_ms"]))
    names = [f"{r['model']}, {r['form']}, {_search(r['beam_width'])}" for r in ordered]
    medians = [row["median_ms"] for row in ordered]
    below = [row["median_ms"] - row["best_ms"] for row in ordered]
    above = [row["p95_ms"] - row["median_ms"] for row in ordered]
    colors = ["tab:blue" if row["times_as_fast"] else "tab:grey" for row in ordered]
    axes.barh(names, medians, xerr=[below, above], color=colors, capsize=2)
    axes.invert_yaxis()
    axes.set_xlabel("ms a token, median; bars: best to 95th percentile")


def _search(beam_width: int) -> str:
    return "greedy" if beam_width == 1 else f"beam {beam_width}"


if __name__ == "__main__":
    sys.exit(main())
