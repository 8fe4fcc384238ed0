"""Measures whether training on data that is larger than memory costs anything.

    python -m benchmarks.large_data --out build/large_data

It writes many pairs of sentences, and few of the same kind; prepares both with `data prepare`; and
trains the same model on either, in two processes that take turns, slice by slice. It reports what
the preparation takes, the memory of each training, the time to its first batch, and how fast one
is beside the other. The few are soon all in memory, so their training shows what TensorFlow and
the model need by themselves. The first batch waits for data and model, and for what is compiled.

20,000,000 pairs take 1 GB as text and about as much as records, and an hour of two cores.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.progress import track
from rich.table import Table

from s2s_keras.cli.console import stdout
from s2s_keras.files import atomic_path, make_folder, write_text

__all__ = ["LIMITS", "compare", "prepare", "sentences", "write_shards"]

LIMITS = {"peak_mb": 2000.0, "first_batch_seconds": 20.0, "least_speed": 0.95}
"""What the training on many pairs must keep: memory, time to its first batch, and speed as a share
of that on few."""

DEV_PAIRS = 2_000
SHARD_PAIRS = 2_000_000

_QUALITIES = [
    "red",
    "old",
    "small",
    "quiet",
    "tall",
    "clever",
    "lazy",
    "brave",
    "hungry",
    "gentle",
    "young",
    "proud",
]
_WHO = [
    "fox",
    "sailor",
    "farmer",
    "baker",
    "robot",
    "neighbour",
    "teacher",
    "rabbit",
    "king",
    "painter",
    "child",
    "owl",
]
_DOES = [
    "counts",
    "sees",
    "paints",
    "carries",
    "hides",
    "sells",
    "finds",
    "washes",
    "wants",
    "drops",
]
_THINGS = [
    "stones",
    "apples",
    "letters",
    "boats",
    "lamps",
    "tickets",
    "buttons",
    "clocks",
    "chairs",
    "bottles",
]
_WHERE = ["river", "station", "garden", "tower", "bridge", "market", "harbour", "library"]
_HOW_MANY = 10_000

_STRIDE = 1_000_003
"""Coprime to the number of sentences: neighbours of a file have little in common."""


def sentences(start: int, count: int) -> Iterator[tuple[str, str]]:
    """Yields sentences, none twice, and what the order of their parts should become."""
    sizes = [len(_QUALITIES), len(_WHO), len(_DOES), _HOW_MANY, len(_THINGS), len(_WHERE)]
    total = 1
    for size in sizes:
        total *= size
    for i in range(start, start + count):
        number, places = i * _STRIDE % total, []
        for size in sizes:
            number, place = divmod(number, size)
            places.append(place)
        quality, who, does, many, thing, where = places
        subject = f"the {_QUALITIES[quality]} {_WHO[who]}"
        digits = " ".join(str(many))
        things = f"{digits} {_THINGS[thing]}"
        where_it_is = f"near the {_WHERE[where]}"
        yield (
            f"{subject} {_DOES[does]} {things} {where_it_is}",
            f"{where_it_is} {things} {subject} {_DOES[does]}",
        )


def write_shards(folder: Path, pairs: int) -> None:
    """Writes files of pairs and a recipe; files that are there already stay."""
    make_folder(folder)
    starts = range(0, pairs, SHARD_PAIRS)
    parts = [(f"part-{n:03}.tsv", start) for n, start in enumerate(starts)]
    counts = [min(SHARD_PAIRS, pairs - start) for start in starts]
    files = [*zip(parts, counts, strict=True), (("dev.tsv", pairs), DEV_PAIRS)]
    for (name, start), count in track(files, f"writing {pairs:,} pairs"):
        if not (folder / name).exists():
            with atomic_path(folder / name) as path, path.open("w", encoding="utf-8") as file:
                file.writelines(f"{one}\t{other}\n" for one, other in sentences(start, count))
    write_text(folder / "recipe.json", json.dumps(_recipe(folder), indent=1) + "\n")


def _recipe(folder: Path) -> dict[str, Any]:
    return {
        "name": "large-data",
        "task": "translation",
        "data": {
            "train": "part-*.tsv",
            "dev": "dev.tsv",
            "folder": str(folder),
            "tokenizer": "word",
            "max_source_length": 16,
            "max_target_length": 16,
            "bucket_lengths": [12, 14],
        },
        "model": {"embedding_size": 32, "units": 64, "share_embeddings": True},
        "training": {"epochs": 100, "batch_size": 64, "checkpoint_seconds": 3600},
    }


def prepare(folder: Path, workers: int) -> dict[str, Any]:
    """Prepares the pairs of a folder by the command line; returns seconds, and pairs a second."""
    command = [sys.executable, "-m", "s2s_keras", "data", "prepare", str(folder / "recipe.json")]
    command += ["--out", str(folder / "records"), "--workers", str(workers), "--json"]
    started = time.monotonic()
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    seconds = time.monotonic() - started
    recipe = _recipe(folder)
    recipe["data"]["folder"] = str(folder / "records")
    write_text(folder / "prepared.json", json.dumps(recipe, indent=1) + "\n")
    return {
        "pairs": found["pairs"],
        "prepare_seconds": round(seconds, 1),
        "pairs_per_second": round(found["pairs"] / seconds),
    }


def compare(folders: Sequence[Path], steps: int, rounds: int, out: Path) -> list[dict[str, Any]]:
    """Trains on each folder in turns; returns what each training took.

    Args:
        folders: of `prepare`.
        steps: of a slice.
        rounds: slices that count; one more comes before.
        out: for the run folders, which must not be there.
    """
    begun: list[float] = []
    workers: list[Any] = []
    told: list[list[dict[str, Any]]] = []
    for folder in folders:
        command = [sys.executable, "-m", "benchmarks.large_data_worker"]
        command += [str(folder / "prepared.json"), str(out / folder.name), str(steps)]
        begun.append(time.time())
        workers.append(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        told.append([_answer(workers[-1])])
        told[-1][0]["seconds_since_start"] = time.time() - begun[-1]
    for _ in range(1 + rounds):
        for worker, lines in zip(workers, told, strict=True):
            worker.stdin.write("\n")
            worker.stdin.flush()
            lines.append(_answer(worker))
    for worker in workers:
        worker.stdin.close()
        worker.wait()
    return [
        {
            "data_and_model_seconds": round(lines[0]["ready_seconds"], 1),
            "first_batch_seconds": round(lines[0]["seconds"], 1),
            "with_libraries_seconds": round(lines[0]["seconds_since_start"], 1),
            "peak_mb": round(lines[-1]["mb"]),
            "rates": [line["examples"] / line["seconds"] for line in lines[2:]],
        }
        for lines in told
    ]


def _answer(worker: Any) -> dict[str, Any]:
    line = worker.stdout.readline()
    if not line:
        raise RuntimeError(f"The training ended with status {worker.wait()}.")
    answer: dict[str, Any] = json.loads(line)
    return answer


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; returns 1 where a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for data and figures")
    parser.add_argument("--pairs", type=int, default=20_000_000, help="default 20,000,000")
    parser.add_argument("--few", type=int, default=200_000, help="pairs beside them: 200,000")
    parser.add_argument("--workers", type=int, default=2, help="of `data prepare`, default 2")
    parser.add_argument("--steps", type=int, default=200, help="of a slice, default 200")
    parser.add_argument("--rounds", type=int, default=9, help="slices of each, default 9")
    options = parser.parse_args(arguments)
    names = ("few", "many")
    folders = [options.out.absolute() / name for name in names]
    figures: dict[str, Any] = {}
    for folder, pairs in zip(folders, (options.few, options.pairs), strict=True):
        write_shards(folder, pairs)
        figures[folder.name] = prepare(folder, options.workers)
    runs = options.out / f"runs-{time.strftime('%Y%m%d-%H%M%S')}"
    found = compare(folders, options.steps, options.rounds, runs)
    few, many = (run.pop("rates") for run in found)
    for name, run, rates in zip(names, found, (few, many), strict=True):
        figures[name] |= {**run, "examples_per_second": round(statistics.median(rates))}
    ratios = [many_rate / few_rate for few_rate, many_rate in zip(few, many, strict=True)]
    figures["speed"] = {
        "median": round(statistics.median(ratios), 3),
        "smallest": round(min(ratios), 3),
        "largest": round(max(ratios), 3),
    }
    write_text(options.out / "large_data.json", json.dumps(figures, indent=2) + "\n")
    table = Table("", *names, title="training on prepared pairs", title_justify="left")
    for key in figures["many"]:
        table.add_row(key.replace("_", " "), *(f"{figures[name][key]:,}" for name in names))
    stdout.print(table)
    stdout.print(f"many beside few, examples a second: {figures['speed']}")
    missed = [
        key for key in ("peak_mb", "first_batch_seconds") if figures["many"][key] > LIMITS[key]
    ]
    if figures["speed"]["median"] < LIMITS["least_speed"]:
        missed.append("least_speed")
    for key in missed:
        stdout.print(f"MISSED: {key}, the limit is {LIMITS[key]:g}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
