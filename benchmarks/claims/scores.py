"""Score functions and input feeding differ in quality, speed and size (Luong et al. 2015).

    python -m benchmarks.claims.scores --out build/claims

Dates in twenty locales become ISO 8601: Bahdanau's decoder with its additive score, and Luong's
with each score function and with a window (local-p), without and with input feeding. Compared are
the quality of greedy outputs, the steps to a token accuracy of 0.9 and 0.99, training speed, sizes
and the time of a decode step on the device runtime. Speeds are measured after the trainings, in one
process and in turns.

Without input feeding nothing of the attention goes back into the cell, so it is computed for the
whole target at once. The same function is also trained with the attention inside the loop, and with
the single step of decoding inside it: the ratio says what the short cut brings.

Budget: 33 trainings, about 17 minutes on two cores, and about 10 minutes for files and speeds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.claims import data, speed
from benchmarks.claims.experiments import Result, run_experiments
from benchmarks.claims.output import (
    parse_options,
    print_table,
    save_plot,
    spread_text,
    write_figures,
)
from benchmarks.claims.quality import over_seeds, steps_to_reach
from s2s_keras.cli.console import quiet_native_logs, stdout
from s2s_keras.data import read_pairs
from s2s_keras.recipe import parse_recipe

__all__ = ["MODELS", "main"]

LUONG_SCORES: dict[str, dict[str, Any]] = {
    "dot": {"score": "dot"},
    "general": {"score": "general"},
    "concat": {"score": "concat", "attention_units": 64},
    "scaled-dot": {"score": "scaled_dot"},
    "local-p": {"score": "general", "attention_window": 4},
}
MODELS: dict[str, dict[str, Any]] = {
    "bahdanau-additive": {"decoder": "bahdanau", "attention_units": 64},
    **{
        f"luong-{name}{suffix}": {"decoder": "luong", "input_feeding": feeding, **options}
        for name, options in LUONG_SCORES.items()
        for suffix, feeding in (("", False), ("-feeding", True))
    },
}
"""What is compared; all share cell, widths and bridge, and the width that `dot` needs."""
QUANTIZATIONS = {"none": "float32", "dynamic_range": "int8"}
LEVELS = (0.9, 0.99)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the script."""
    options = parse_options("scores", __doc__, arguments)
    names = list(MODELS)[:3] if options.quick else list(MODELS)
    sizes = (300, 20) if options.quick else (4_500, 500)
    paths = data.write_builtin("dates", options.folder / "dates", *sizes)
    recipes = {name: _recipe(paths, MODELS[name], options.quick) for name in names}
    results = run_experiments(recipes, options.seeds, options.folder)
    rows = {name: _quality(found) for name, found in results.items()}
    with quiet_native_logs():
        files = _export(results, options.folder / "files")
    source = read_pairs(paths["dev"])[0].source
    rounds = 2 if options.quick else 40
    for name, milliseconds in speed.step_ms(files, source, steps=20, rounds=rounds).items():
        model, kind = name.split(", ")
        rows[model][f"size_bytes_{kind}"] = files[name].stat().st_size
        rows[model][f"step_ms_{kind}"] = milliseconds
    with quiet_native_logs():
        short_cut = _measure_training(recipes, rows, options)
    figures = {"recipes": recipes, "results": rows, "short_cut": short_cut}
    _draw(rows, results, options.docs / "scores.png")
    write_figures("scores", options, figures)
    _print(figures)
    return 0


def _recipe(paths: Mapping[str, str], model: Mapping[str, Any], quick: bool) -> dict[str, Any]:
    return {
        "task": "translation",
        "data": {
            **paths,
            "max_source_length": 40,
            "max_target_length": 10,
            "bucket_lengths": [13, 16, 20, 26],
        },
        "model": {
            "embedding_size": 64,
            "units": 128,
            "encoder_units": 64,
            "dropout": 0.0,
            "share_embeddings": True,
            **model,
        },
        "training": {"epochs": 1 if quick else 6, "batch_size": 64, "learning_rate": 0.004},
        "decoding": {"beam_width": 1, "allow_unknown": True},
    }


def _quality(results: Sequence[Result]) -> dict[str, Any]:
    return {
        "parameters": results[0].parameters,
        **over_seeds(
            results,
            {
                "exact_match": lambda r: r.metrics["exact_match"],
                "character_error_rate": lambda r: r.metrics["character_error_rate"],
            },
        ),
        "steps_to_token_accuracy": {
            str(level): [steps_to_reach(result, level) for result in results] for level in LEVELS
        },
    }


def _export(results: Mapping[str, Sequence[Result]], folder: Path) -> dict[str, Path]:
    """Exports the first seed of each model; what stands in the folder is kept."""
    from s2s_keras.export import export_tflite
    from s2s_keras.training.run import load_run

    files = {}
    for name, found in results.items():
        for quantization, kind in QUANTIZATIONS.items():
            path = files[f"{name}, {kind}"] = folder / f"{name}-{kind}.tflite"
            if path.exists():
                continue
            run = load_run(found[0].folder)
            export_tflite(
                run.model,
                path,
                [row.source for row in found[0].decoded[:20]],
                run.recipe.decoding_settings(),
                quantization=quantization,
                min_same_best=0.0,
            )
    return files


def _measure_training(
    recipes: Mapping[str, Any], rows: dict[str, Any], options: argparse.Namespace
) -> dict[str, Any]:
    """Adds training speeds to `rows`, and returns what the short cut brings."""
    import keras

    from benchmarks.claims.stepped import FORMS, build_form
    from s2s_keras.data.batches import encode_pairs, make_dataset
    from s2s_keras.model import Seq2Seq
    from s2s_keras.training import MaskedCrossentropy
    from s2s_keras.training.corpus import learn_tokenizers, load_corpus

    parsed = {name: parse_recipe(recipe) for name, recipe in recipes.items()}
    config = next(iter(parsed.values())).data
    corpus = load_corpus(config)
    tokenizers = learn_tokenizers(corpus, config)
    examples = encode_pairs(corpus.train, *tokenizers)
    dataset = make_dataset(examples, 64, config.buckets, seed=0)
    batches = [dataset[i] for i in range(2 if options.quick else 6)]
    models = {name: Seq2Seq(*tokenizers, **r.model.arguments()) for name, r in parsed.items()}
    shared = parse_recipe(_recipe({"train": "", "dev": ""}, {}, False)).model.arguments()
    shared.pop("decoder")
    forms = {form: build_form(form, *tokenizers, **shared) for form in FORMS}
    for model in (*models.values(), *forms.values()):
        optimizer = keras.optimizers.Adam(1e-3, global_clipnorm=1.0)
        model.compile(optimizer, MaskedCrossentropy(), jit_compile=False)
    found = speed.rates({**models, **forms}, batches, rounds=2 if options.quick else 9)
    for name in models:
        rows[name]["tokens_per_second"] = {
            "median": statistics.median(found[name]),
            "values": found[name],
        }
    fast, *slow = FORMS
    return {
        "tokens_per_second": {form: found[form] for form in FORMS},
        "ratio": {form: speed.ratios(found[fast], found[form]) for form in slow},
    }


def _draw(rows: Mapping[str, Any], results: Mapping[str, Sequence[Result]], path: Path) -> None:
    colors = {name.removesuffix("-feeding"): f"C{i}" for i, name in enumerate(list(MODELS)[::2])}
    colors["bahdanau-additive"] = "black"

    def draw(curves: Any, bars: Any) -> None:
        for position, (name, row) in enumerate(rows.items()):
            color = colors.setdefault(name.removesuffix("-feeding"), f"C{position}")
            style = "--" if name.endswith("-feeding") else "-"
            first = results[name][0]
            steps = [e["epoch"] * first.steps / len(first.history) for e in first.history]
            histories = [[e["val_token_accuracy"] for e in r.history] for r in results[name]]
            means = [statistics.fmean(column) for column in zip(*histories, strict=True)]
            curves.plot(steps, means, style, color=color, label=name)
            shade = 0.5 if style == "--" else 1.0
            found = row["exact_match"]
            reach = [[found["mean"] - found["min"]], [found["max"] - found["mean"]]]
            bars.barh(position, found["mean"], xerr=reach, color=color, alpha=shade)
        curves.set_xlabel("optimiser steps")
        curves.set_ylabel("dev token accuracy (share), mean")
        curves.legend(fontsize=6)
        bars.set_yticks(range(len(rows)), list(rows), fontsize=7)
        bars.invert_yaxis()
        bars.set_xlabel("exact match (share), smallest to largest seed")

    save_plot(path, draw, panels=2, size=(5.0, 4.0))


def _print(figures: Mapping[str, Any]) -> None:
    rows = [
        [
            name,
            spread_text(row["exact_match"]),
            *(_steps_text(row["steps_to_token_accuracy"][str(level)]) for level in LEVELS),
            f"{row['tokens_per_second']['median']:,.0f}",
            f"{row['parameters']:,}",
            *(f"{row[f'size_bytes_{kind}']:,}" for kind in QUANTIZATIONS.values()),
            *(f"{row[f'step_ms_{kind}']:.3f}" for kind in QUANTIZATIONS.values()),
        ]
        for name, row in figures["results"].items()
    ]
    columns = ["model", "exact match", *(f"steps to {level}" for level in LEVELS), "tokens/s"]
    columns += ["parameters", "float32 bytes", "int8 bytes", "float32 ms", "int8 ms"]
    print_table("Dates, greedy", columns, rows)
    for form, ratio in figures["short_cut"]["ratio"].items():
        stdout.print(
            f"Luong without input feeding trains {ratio['median']:.2f} times as fast as with "
            f"{form} ({ratio['min']:.2f} to {ratio['max']:.2f})"
        )


def _steps_text(steps: Sequence[int | None]) -> str:
    """Writes the steps of each seed; a dash where the level was not reached."""
    return ", ".join("\N{EN DASH}" if n is None else f"{n:,}" for n in steps)


if __name__ == "__main__":
    sys.exit(main())
