"""Scheduled sampling against teacher forcing (Bengio et al. 2015).

    python -m benchmarks.claims.sampling --out build/claims

Numbers in English words become French, with a budget at which teacher forcing is not yet perfect.
In training the decoder sees the true previous tokens, or more and more of its own (linear,
exponential, inverse sigmoid), or its own alone from the first step. Compared are the dev curves
over epochs and the quality of greedy outputs.

Dev exact match is measured under teacher forcing, which gives the same as greedy decoding: as long
as every token is right, both see the same previous tokens.

Budget: 15 trainings, about 10 minutes on two cores.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.claims import data
from benchmarks.claims.experiments import Result, run_experiments
from benchmarks.claims.output import (
    draw_band,
    parse_options,
    print_table,
    save_plot,
    spread_text,
    write_figures,
)
from benchmarks.claims.quality import over_seeds, steps_to_reach, token_accuracy

__all__ = ["main"]

FINAL = 0.5
"""Share of its own tokens that a decaying schedule ends with."""
EPOCHS = 8
TRAIN_PAIRS = 1_500
BATCH_SIZE = 32
LEVEL = 0.5
"""Exact match whose first epoch is reported."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the script."""
    options = parse_options("sampling", __doc__, arguments)
    sizes = (300, 20) if options.quick else (TRAIN_PAIRS, 1_000)
    epochs = 2 if options.quick else EPOCHS
    paths = data.write_builtin("number_words", options.folder / "number_words", *sizes)
    steps = epochs * -(-sizes[0] // BATCH_SIZE)
    recipes = {
        name: _recipe(paths, epochs, schedule) for name, schedule in _schedules(steps).items()
    }
    results = run_experiments(recipes, options.seeds, options.folder)
    figures: dict[str, Any] = {
        "recipes": recipes,
        "level": LEVEL,
        "results": {name: _summarise(found) for name, found in results.items()},
    }
    _draw(results, options.docs / "sampling.png")
    write_figures("sampling", options, figures)
    rows = [
        [name]
        + [
            spread_text(row[key])
            for key in ("exact_match", "token_accuracy", "character_error_rate")
        ]
        for name, row in figures["results"].items()
    ]
    columns = ["previous tokens in training", "exact match", "token accuracy", "CER"]
    print_table("Number words, greedy: mean (smallest-largest seed)", columns, rows)
    return 0


def _schedules(steps: int) -> dict[str, dict[str, Any] | None]:
    """Name -> `training.scheduled_sampling`; the decay takes three quarters of the training."""

    def decay(schedule: str) -> dict[str, Any]:
        return {
            "schedule": schedule,
            "final_sampling_probability": FINAL,
            "decay_steps": max(1, 3 * steps // 4),
        }

    return {
        "teacher-forcing": None,
        "linear": decay("linear"),
        "exponential": decay("exponential"),
        "inverse-sigmoid": decay("inverse_sigmoid"),
        "own-tokens": {"schedule": "constant", "final_sampling_probability": 1.0},
    }


def _recipe(
    paths: Mapping[str, str], epochs: int, schedule: Mapping[str, Any] | None
) -> dict[str, Any]:
    training: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": BATCH_SIZE,
        "learning_rate": 0.002,
    }
    if schedule is not None:
        training["scheduled_sampling"] = dict(schedule)
    return {
        "task": "translation",
        "data": {
            **paths,
            "tokenizer": "word",
            "shared_vocabulary": False,
            "max_source_length": 20,
            "max_target_length": 24,
            "bucket_lengths": [8, 12, 16],
        },
        "model": {"embedding_size": 64, "units": 96, "attention_units": 64, "dropout": 0.0},
        "training": training,
        "decoding": {"beam_width": 1, "allow_unknown": True},
    }


def _summarise(results: Sequence[Result]) -> dict[str, Any]:
    figures = {
        "exact_match": lambda r: r.metrics["exact_match"],
        "token_accuracy": lambda r: token_accuracy(r.decoded),
        "character_error_rate": lambda r: r.metrics["character_error_rate"],
    }
    return {
        **over_seeds(results, figures),
        "steps_to_level": [steps_to_reach(r, LEVEL, "val_exact_match") for r in results],
        "exact_match_by_epoch": [_curve(result, "val_exact_match") for result in results],
    }


def _curve(result: Result, key: str) -> list[float]:
    return [row[key] for row in result.history]


def _draw(results: Mapping[str, Sequence[Result]], path: Path) -> None:
    def draw(exact: Any, loss: Any) -> None:
        for name, found in results.items():
            epochs = _curve(found[0], "epoch")
            draw_band(exact, epochs, [_curve(r, "val_exact_match") for r in found], name)
            draw_band(loss, epochs, [_curve(r, "val_loss") for r in found], name)
        exact.set_ylabel("dev exact match (share)")
        loss.set_ylabel("dev loss (nats a token)")
        loss.set_yscale("log")
        for axes in (exact, loss):
            axes.set_xlabel("epoch")
            axes.set_xticks(epochs)
        exact.legend(fontsize=7)

    save_plot(path, draw, panels=2)


if __name__ == "__main__":
    sys.exit(main())
