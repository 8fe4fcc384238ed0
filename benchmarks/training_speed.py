"""Measures how fast we train against the same model written as tutorials write it.

    python -m benchmarks.training_speed --out build/bench

The contestants (see `tutorial_baseline`) train in one process on the same batches, in turns, so
that a noisy machine disturbs all alike. Compilation is timed apart. A round's ratio is our speed
over that of the faster tutorial form in the same round.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from s2s_keras.cli.console import quiet_native_logs, stdout
from s2s_keras.files import make_folder, write_text

__all__ = ["SETTINGS", "Setting", "make_batches", "make_contestants", "measure"]

RATIO_LIMIT = 1.5
"""How many times the faster tutorial form's speed we must reach, at every setting."""

OURS = "s2s-keras"


@dataclass(frozen=True)
class Setting:
    """A size of model and of data.

    Attributes:
        vocabulary: V, ids on both sides.
        embedding_size: E.
        units: H; also the attention's width.
        mean_length: mean tokens a side, `eos` apart; the lengths spread by a quarter of it.
        bucket_lengths: what batches are padded to.
        batch_size: pairs a step.
    """

    vocabulary: int
    embedding_size: int
    units: int
    mean_length: float
    bucket_lengths: tuple[int, ...]
    batch_size: int = 64


SETTINGS = {
    "characters": Setting(48, 64, 128, 25, (28, 40)),
    "words": Setting(4000, 256, 256, 16, (18, 28)),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; returns 1 where the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the figures")
    parser.add_argument("--setting", choices=SETTINGS, nargs="*", default=list(SETTINGS))
    parser.add_argument("--batches", type=int, default=6, help="steps a round, default 6")
    parser.add_argument("--rounds", type=int, default=9, help="rounds, default 9")
    options = parser.parse_args(arguments)
    figures = {}
    for name in options.setting:
        with quiet_native_logs():
            batches = make_batches(SETTINGS[name], options.batches)
            contestants = make_contestants(SETTINGS[name])
            figures[name] = measure(contestants, batches, options.rounds)
        _print(name, figures[name])
    text = json.dumps(figures, indent=2) + "\n"
    write_text(make_folder(options.out) / "training_speed.json", text)
    missed = [name for name, found in figures.items() if found["ratio"]["median"] < RATIO_LIMIT]
    for name in missed:
        stdout.print(f"MISSED: {name}: {figures[name]['ratio']['median']} is below {RATIO_LIMIT}")
    return 1 if missed else 0


def make_batches(setting: Setting, count: int, seed: int = 0) -> list[Any]:
    """Returns `count` batches of random ids to be reversed, whose lengths vary as texts' do."""
    from s2s_keras.data.batches import make_dataset
    from s2s_keras.text import EOS_ID, UNK_ID

    generator = np.random.default_rng(seed)
    size = 4 * count * setting.batch_size
    lengths = generator.normal(setting.mean_length, setting.mean_length / 4, size)
    examples = []
    for length in np.clip(np.rint(lengths).astype(int), 1, setting.bucket_lengths[-1] - 1):
        source = generator.integers(UNK_ID + 1, setting.vocabulary, length).astype(np.int32)
        examples.append((source, np.append(source[::-1], np.int32(EOS_ID))))
    dataset = make_dataset(examples, setting.batch_size, setting.bucket_lengths, seed)
    return [dataset[i] for i in range(count)]


def make_contestants(setting: Setting) -> dict[str, Any]:
    """Returns name -> model; each has `train_on_batch(inputs, target_ids)` and `count_params()`."""
    import keras

    from benchmarks.tutorial_baseline import CellModel, LoopModel, Sizes
    from s2s_keras.model import Seq2Seq
    from s2s_keras.text import UNK_ID, CharacterTokenizer
    from s2s_keras.training import MaskedCrossentropy

    def optimizer() -> Any:
        return keras.optimizers.Adam(1e-3, global_clipnorm=1.0)

    keras.utils.set_random_seed(0)
    sizes = Sizes(setting.vocabulary, setting.embedding_size, setting.units)
    tokenizer = CharacterTokenizer([chr(i) for i in range(UNK_ID + 1, setting.vocabulary)])
    ours = Seq2Seq(
        tokenizer,
        tokenizer,
        embedding_size=setting.embedding_size,
        units=setting.units,
        dropout=0.0,
        tie_output=False,  # the tutorial has an output matrix of its own
    )
    ours.compile(optimizer(), MaskedCrossentropy(), jit_compile=False)
    cell = CellModel(sizes)
    cell.compile(optimizer(), MaskedCrossentropy(), jit_compile=False)
    return {
        OURS: ours,
        "tutorial, loop": LoopModel(sizes, optimizer()),
        "tutorial, RNN cell": cell,
    }


def measure(contestants: dict[str, Any], batches: Sequence[Any], rounds: int) -> dict[str, Any]:
    """Trains all contestants in turns.

    Args:
        contestants: from `make_contestants`, ours first.
        batches: what each trains on, once a round.
        rounds: rounds that count; a first one, which compiles, does not.

    Returns:
        Each contestant's parameters, seconds to compile, target tokens a second (median over the
        rounds), and its loss before and after; the name of the faster form; and the ratio of our
        speed to its: the median over the rounds, the smallest and largest, and that of the best
        rounds of each, which a busy machine disturbs least.
    """
    tokens = int(sum(np.count_nonzero(target_ids) for _, target_ids in batches))
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    losses: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(1 + rounds):
        for name, model in contestants.items():
            started = time.perf_counter()
            found = [float(model.train_on_batch(*batch)) for batch in batches]
            seconds[name].append(time.perf_counter() - started)
            losses[name].append(float(np.mean(found)))
    rates = {name: [tokens / spent for spent in spans[1:]] for name, spans in seconds.items()}
    medians = {name: statistics.median(values) for name, values in rates.items()}
    rival = max((name for name in contestants if name != OURS), key=medians.__getitem__)
    ratios = [a / b for a, b in zip(rates[OURS], rates[rival], strict=True)]
    return {
        "contestants": {
            name: {
                "parameters": model.count_params(),
                "compile_seconds": round(seconds[name][0] - min(seconds[name][1:]), 1),
                "tokens_per_second": round(medians[name]),
                "first_loss": round(losses[name][0], 4),
                "last_loss": round(losses[name][-1], 4),
            }
            for name, model in contestants.items()
        },
        "faster_form": rival,
        "ratio": {
            "median": round(statistics.median(ratios), 2),
            "smallest": round(min(ratios), 2),
            "largest": round(max(ratios), 2),
            "of_best_rounds": round(max(rates[OURS]) / max(rates[rival]), 2),
        },
    }


def _print(setting: str, figures: dict[str, Any]) -> None:
    rows = figures["contestants"]
    columns = [key.replace("_", " ") for key in next(iter(rows.values()))]
    table = Table("model", *columns, title=f"{setting}: training", title_justify="left")
    for name, row in rows.items():
        table.add_row(name, *(f"{value:,}" for value in row.values()))
    stdout.print(table)
    ratio = figures["ratio"]
    stdout.print(
        f"{OURS} trains {ratio['median']} times as fast as {figures['faster_form']} "
        f"({ratio['smallest']} to {ratio['largest']}; best rounds {ratio['of_best_rounds']})"
    )


if __name__ == "__main__":
    sys.exit(main())
