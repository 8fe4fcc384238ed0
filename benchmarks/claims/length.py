"""Attention keeps long sources from becoming worse (Bahdanau et al. 2015, figure 2).

    python -m benchmarks.claims.length --out build/claims

Lists of numbers in English words are translated into French, by a model with attention
(`bahdanau`) and by one without (`sutskever`, with a bidirectional encoder and at least as many
parameters), each trained on short and on long lists with the same number of target tokens. The
quality of the decoded dev outputs is drawn over the length of the source. For the models trained on
long lists, quality at the median training length is set against quality at twice the median:
returns 1 where it falls with attention by more than a third of what it falls without.

With `--multi30k FOLDER` also BLEU by source length on captions, English to French, without a limit.

Budget: 12 trainings, about 20 minutes on two cores; 6 more with Multi30k, about 30 minutes.
"""

from __future__ import annotations

import argparse
import statistics
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
from benchmarks.claims.quality import (
    bleu,
    by_length,
    ends_of_fall,
    exact_match,
    over_seeds,
    summary,
    token_accuracy,
)
from s2s_keras.cli.console import stdout

__all__ = ["LARGEST_FALL_RATIO", "fall_figures", "holds", "main"]

LARGEST_FALL_RATIO = 1 / 3
"""The largest fall with attention, as a share of the fall without."""

MODELS: dict[str, dict[str, Any]] = {
    "attention": {"decoder": "bahdanau", "units": 128, "attention_units": 64},
    "fixed": {"decoder": "sutskever", "units": 168},
}
"""Without attention the layers are wider, so that the model is no smaller."""
SHORT = 20
"""Word tokens of the longest source in the short training set."""
CENTERS = tuple(range(6, data.LONGEST - 1, 4))
MULTI30K_CENTERS = (8, 12, 16, 20, 24)
LABELS = {"attention": "with attention", "fixed": "without"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the script; returns 1 where the limit is missed."""
    options = parse_options("length", __doc__, arguments, multi30k="optional")
    dev = data.draw_dev_lists(2 if options.quick else 16)
    target_words = 2_000 if options.quick else 330_000
    median = 0
    recipes: dict[str, Any] = {}
    for name, longest in (("short", SHORT), ("long", data.LONGEST)):
        train = data.draw_train_lists(dev, target_words, longest)
        median = round(statistics.median(data.count_words(pair.source) for pair in train))
        paths = data.write_split(options.folder / name, train, dev)
        for kind, model in MODELS.items():
            recipes[f"{kind}-{name}"] = _recipe(paths, model, options.quick)
    results = run_experiments(recipes, options.seeds, options.folder)
    falls = fall_figures(results["attention-long"], results["fixed-long"], median)
    figures: dict[str, Any] = {
        "recipes": recipes,
        "median_words": median,
        "centers": CENTERS,
        "results": {name: _by_length(found) for name, found in results.items()},
        "falls": falls,
        "limit": LARGEST_FALL_RATIO,
    }
    _draw(figures, options.docs / "length.png")
    if options.multi30k is not None:
        figures["multi30k"] = _measure_multi30k(options)
    write_figures("length", options, figures)
    _print(figures)
    return 0 if options.quick or holds(falls) else 1


def _recipe(paths: Mapping[str, str], model: Mapping[str, Any], quick: bool) -> dict[str, Any]:
    return {
        "task": "translation",
        "data": {
            **paths,
            "tokenizer": "word",
            "shared_vocabulary": False,
            "max_source_length": data.LONGEST,
            "max_target_length": 60,
            "bucket_lengths": [12, 20, 28, 36, 44, 52],
        },
        "model": {"embedding_size": 64, "dropout": 0.0, **model},
        "training": {
            "epochs": 1 if quick else 3,
            "batch_size": 32,
            "learning_rate": 0.003,
        },
        "decoding": {"beam_width": 1, "allow_unknown": True},
    }


def fall_figures(
    attention: Sequence[Result], fixed: Sequence[Result], median: int
) -> dict[str, Any]:
    """Returns how far quality falls from the median length to twice the median.

    Args:
        attention: results with attention, one for each seed.
        fixed: likewise without.
        median: of the training sources, in word tokens.

    Returns:
        For token accuracy and exact match, by kind of model, `at_median`, `at_twice` and `fall`,
        each over the seeds, and `ratio`, the mean fall with attention over the mean fall without;
        `None` where quality does not fall without.
    """
    figures: dict[str, Any] = {}
    for name, measure in (("token_accuracy", token_accuracy), ("exact_match", exact_match)):
        rows: dict[str, Any] = {}
        for kind, results in (("attention", attention), ("fixed", fixed)):
            ends = [ends_of_fall(result.decoded, median, measure) for result in results]
            rows[kind] = {
                "at_median": summary([high for high, _ in ends]),
                "at_twice": summary([low for _, low in ends]),
                "fall": summary([high - low for high, low in ends]),
            }
        without = rows["fixed"]["fall"]["mean"]
        rows["ratio"] = rows["attention"]["fall"]["mean"] / without if without > 0 else None
        figures[name] = rows
    return figures


def holds(falls: Mapping[str, Any]) -> bool:
    """Whether the limit holds, with a model that is no worse at the median length already."""
    row = falls["token_accuracy"]
    at_median = [row[kind]["at_median"]["mean"] for kind in ("attention", "fixed")]
    return (
        row["ratio"] is not None
        and row["ratio"] <= LARGEST_FALL_RATIO
        and at_median[0] >= at_median[1]
    )


def _by_length(results: Sequence[Result]) -> dict[str, Any]:
    def curves(measure: Any) -> list[list[float | None]]:
        return [by_length(result.decoded, CENTERS, measure) for result in results]

    figures = {
        "token_accuracy": lambda r: token_accuracy(r.decoded),
        "exact_match": lambda r: r.metrics["exact_match"],
        "character_error_rate": lambda r: r.metrics["character_error_rate"],
    }
    return {
        "parameters": results[0].parameters,
        **over_seeds(results, figures),
        "token_accuracy_by_length": curves(token_accuracy),
        "exact_match_by_length": curves(exact_match),
    }


def _draw(figures: Mapping[str, Any], path: Path) -> None:
    def draw(*panels: Any) -> None:
        for axes, key in zip(panels, ("token_accuracy", "exact_match"), strict=True):
            for number, kind in enumerate(MODELS):
                for name, line in (("long", "-"), ("short", "--")):
                    curves = figures["results"][f"{kind}-{name}"][f"{key}_by_length"]
                    label = f"{LABELS[kind]}, trained on {name} lists"
                    style = {"linestyle": line, "color": f"C{number}"}
                    draw_band(axes, CENTERS, curves, label, **style)
            for times in (1, 2):
                axes.axvline(times * figures["median_words"], color="gray", linestyle=":")
            axes.set_xlabel("source length (word tokens)")
            axes.set_ylabel(f"{key.replace('_', ' ')} (share)")
            axes.set_ylim(0, 1.02)
        panels[0].legend(fontsize=7)
        for times, label in ((1, "median"), (2, "twice")):
            panels[1].annotate(label, (times * figures["median_words"], 0.02), fontsize=8)

    save_plot(path, draw, panels=2)


def _measure_multi30k(options: argparse.Namespace) -> dict[str, Any]:
    """Trains both models on captions, and measures BLEU by source length."""
    train = data.read_multi30k(options.multi30k, "train", "fr", longest=40)
    dev = data.read_multi30k(options.multi30k, "val", "fr")
    if options.quick:
        train, dev = train[:500], data.spread(dev, 50)
    folder = options.folder / "multi30k"
    base = _recipe(data.write_split(folder, train, dev), {}, options.quick)
    base["data"] |= {"min_count": 4, "max_source_length": 40, "max_target_length": 40}
    base["data"]["bucket_lengths"] = [12, 16, 20, 28]
    recipes = {
        kind: {**base, "model": {**base["model"], **model, "dropout": 0.2}}
        for kind, model in MODELS.items()
    }
    results = run_experiments(recipes, options.seeds, folder)
    curves = {
        kind: [by_length(r.decoded, MULTI30K_CENTERS, lambda x: bleu(x)["bleu"]) for r in found]
        for kind, found in results.items()
    }

    def draw(axes: Any) -> None:
        for kind in MODELS:
            draw_band(axes, MULTI30K_CENTERS, curves[kind], LABELS[kind])
        axes.set_xlabel("source length (word tokens)")
        axes.set_ylabel("BLEU (0 to 100)")
        axes.legend()

    save_plot(options.docs / "length-multi30k.png", draw)
    return {
        "recipes": recipes,
        "signature": bleu(results["attention"][0].decoded)["signature"],
        "centers": MULTI30K_CENTERS,
        "bleu_by_length": curves,
        "bleu": {
            kind: summary([bleu(result.decoded)["bleu"] for result in found])
            for kind, found in results.items()
        },
    }


def _print(figures: Mapping[str, Any]) -> None:
    rows = [
        [name, f"{row['parameters']:,}"]
        + [spread_text(row[key]) for key in ("token_accuracy", "exact_match")]
        for name, row in figures["results"].items()
    ]
    columns = ["model, training lists", "parameters", "token accuracy", "exact match"]
    print_table("Lists of numbers, all dev lengths: mean (smallest-largest seed)", columns, rows)
    for key, row in figures["falls"].items():
        ratio = "undefined" if row["ratio"] is None else f"{row['ratio']:.2f}"
        stdout.print(
            f"{key}, from {figures['median_words']} to {2 * figures['median_words']} tokens: falls "
            f"by {row['attention']['fall']['mean']:.3f} with attention and "
            f"{row['fixed']['fall']['mean']:.3f} without, ratio {ratio}"
        )
    verdict = "holds" if holds(figures["falls"]) else "MISSED"
    stdout.print(f"{verdict}: the ratio of token accuracy must be at most {figures['limit']:.2f}")
    for kind, row in figures.get("multi30k", {}).get("bleu", {}).items():
        stdout.print(f"Multi30k, {LABELS[kind]}: BLEU {spread_text(row, 1)}")


if __name__ == "__main__":
    sys.exit(main())
