"""Reading the source backwards helps without attention (Sutskever et al. 2014, section 3.3).

    python -m benchmarks.claims.reversal --out build/claims

Lists of numbers in English words are translated into French by an LSTM that reads the source in one
direction, forward or backward, and whose last states are the decoder's first: without attention
(`sutskever`) and with it (`luong`). Compared are greedy outputs and the dev perplexity.

Budget: 12 trainings, about 15 minutes on two cores.
"""

from __future__ import annotations

import math
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
from benchmarks.claims.quality import over_seeds, token_accuracy

__all__ = ["main"]

MODELS: dict[str, dict[str, Any]] = {
    f"{decoder}-{direction}": {"decoder": decoder, "encoder_direction": direction}
    for decoder in ("sutskever", "luong")
    for direction in ("forward", "backward")
}
LABELS = {"sutskever": "without attention", "luong": "with attention"}
LONGEST = 20
"""Word tokens of a source: without attention longer lists are not learned in this budget."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the script."""
    options = parse_options("reversal", __doc__, arguments)
    dev = data.draw_dev_lists(2 if options.quick else 30)
    dev = [pair for pair in dev if data.count_words(pair.source) <= LONGEST]
    train = data.draw_train_lists(dev, 1_500 if options.quick else 200_000, LONGEST)
    paths = data.write_split(options.folder / "lists", train, dev)
    recipes = {name: _recipe(paths, model, options.quick) for name, model in MODELS.items()}
    results = run_experiments(recipes, options.seeds, options.folder)
    figures: dict[str, Any] = {
        "recipes": recipes,
        "results": {
            name: {
                "parameters": found[0].parameters,
                **over_seeds(
                    found,
                    {
                        "token_accuracy": lambda r: token_accuracy(r.decoded),
                        "exact_match": lambda r: r.metrics["exact_match"],
                        "character_error_rate": lambda r: r.metrics["character_error_rate"],
                        "perplexity": lambda r: math.exp(r.history[-1]["val_loss"]),
                    },
                ),
            }
            for name, found in results.items()
        },
    }
    _draw(results, options.docs / "reversal.png")
    write_figures("reversal", options, figures)
    rows = [
        [name, f"{row['parameters']:,}"]
        + [spread_text(row[key]) for key in ("token_accuracy", "exact_match", "perplexity")]
        for name, row in figures["results"].items()
    ]
    columns = ["decoder, reading", "parameters", "token accuracy", "exact match", "perplexity"]
    print_table("Lists of numbers, greedy: mean (smallest-largest seed)", columns, rows)
    return 0


def _recipe(paths: Mapping[str, str], model: Mapping[str, Any], quick: bool) -> dict[str, Any]:
    return {
        "task": "translation",
        "data": {
            **paths,
            "tokenizer": "word",
            "shared_vocabulary": False,
            "max_source_length": LONGEST,
            "max_target_length": 30,
            "bucket_lengths": [8, 12, 16, 20],
        },
        "model": {
            "embedding_size": 64,
            "units": 128,
            "cell": "lstm",
            "bridge": "copy",
            "dropout": 0.0,
            **model,
        },
        "training": {"epochs": 1 if quick else 4, "batch_size": 32, "learning_rate": 0.003},
        "decoding": {"beam_width": 1, "allow_unknown": True},
    }


def _draw(results: Mapping[str, Sequence[Result]], path: Path) -> None:
    def draw(*panels: Any) -> None:
        for axes, (decoder, label) in zip(panels, LABELS.items(), strict=True):
            for direction in ("forward", "backward"):
                found = results[f"{decoder}-{direction}"]
                curves = [[math.exp(row["val_loss"]) for row in result.history] for result in found]
                epochs = [row["epoch"] for row in found[0].history]
                draw_band(axes, epochs, curves, f"reads {direction}", marker="o")
            axes.set_title(label)
            axes.set_xlabel("epoch")
            axes.set_xticks(epochs)
            axes.set_yscale("log")
            axes.set_ylabel("dev perplexity of a token")
            axes.legend()
        limits = [limit for axes in panels for limit in axes.get_ylim()]
        for axes in panels:
            axes.set_ylim(min(limits), max(limits))

    save_plot(path, draw, panels=2)


if __name__ == "__main__":
    sys.exit(main())
