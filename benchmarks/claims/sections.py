"""A script's figures -> the text and the tables of its section, in Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.claims.output import spread_text

__all__ = [
    "alignment",
    "beam",
    "length",
    "recurrent_against_transformer",
    "reversal",
    "sampling",
    "scores",
]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _over_seeds(figures: Mapping[str, Any], keys: Sequence[str], first: str = "model") -> str:
    rows = [
        [name, *(spread_text(row[key]) for key in keys)] for name, row in figures["results"].items()
    ]
    return _table([first, *(key.replace("_", " ") for key in keys)], rows)


def length(figures: Mapping[str, Any]) -> str:
    """Writes falls, figures over all lengths, and BLEU on captions."""
    median = figures["median_words"]
    rows = []
    for measure, found in figures["falls"].items():
        for kind, label in (("attention", "with attention"), ("fixed", "without")):
            ends = [spread_text(found[kind][key]) for key in ("at_median", "at_twice", "fall")]
            rows.append([measure.replace("_", " "), label, *ends])
    columns = ["quality", "model", f"{median} tokens", f"{2 * median} tokens", "fall"]
    ratio = figures["falls"]["token_accuracy"]["ratio"]
    text = (
        f"Trained on long lists, whose median source has {median} word tokens:\n\n"
        f"{_table(columns, rows)}\n\n"
        + (
            "Token accuracy does not fall without attention."
            if ratio is None
            else f"The fall of token accuracy with attention is {ratio:.2f} of that without; the "
            f"limit is {figures['limit']:.2f}."
        )
        + "\n\nOver dev sources of all lengths:\n\n"
        + _over_seeds(
            figures, ("token_accuracy", "exact_match", "character_error_rate"), "model, lists"
        )
    )
    if "multi30k" in figures:
        found = figures["multi30k"]
        rows = [[kind, spread_text(row, 1)] for kind, row in found["bleu"].items()]
        text += (
            f"\n\nMulti30k, English to French:\n\n{_table(['model', 'BLEU'], rows)}\n\n"
            f"`{found['signature']}`"
        )
    return text


def scores(figures: Mapping[str, Any]) -> str:
    """Writes quality, speed and size of each model, and what the short cut brings."""
    rows = []
    for name, row in figures["results"].items():
        steps = [
            " / ".join("\N{EN DASH}" if n is None else f"{n:,}" for n in found)
            for found in row["steps_to_token_accuracy"].values()
        ]
        speed = f"{row['tokens_per_second']['median']:,.0f}"
        sizes = [f"{row[key]:,}" for key in ("parameters", "size_bytes_float32", "size_bytes_int8")]
        times = [f"{row[key]:.3f}" for key in ("step_ms_float32", "step_ms_int8")]
        rows.append([name, spread_text(row["exact_match"]), *steps, speed, *sizes, *times])
    levels = next(iter(figures["results"].values()))["steps_to_token_accuracy"]
    columns = ["model", "exact match", *(f"steps to token accuracy {level}" for level in levels)]
    columns += ["training, tokens/s", "parameters", "float32 bytes", "int8 bytes"]
    columns += ["float32 step, ms", "int8 step, ms"]
    ratios = "\n".join(
        f"- {form}: {found['median']:.2f} times as fast ({found['min']:.2f} to "
        f"{found['max']:.2f} over the rounds)"
        for form, found in figures["short_cut"]["ratio"].items()
    )
    return (
        f"{_table(columns, rows)}\n\nSteps are those of each seed, a dash where the level was not "
        "reached. Luong's decoder without input feeding, computed for the whole target at once, "
        f"trains against the same function with\n\n{ratios}"
    )


def reversal(figures: Mapping[str, Any]) -> str:
    """Writes quality by reading direction."""
    return _over_seeds(figures, ("token_accuracy", "exact_match", "perplexity"), "decoder, reading")


def sampling(figures: Mapping[str, Any]) -> str:
    """Writes quality, and steps to a level, by schedule."""
    keys = ("exact_match", "token_accuracy", "character_error_rate")
    steps = [
        f"- {name}: "
        + ", ".join("not reached" if n is None else f"{n:,}" for n in row["steps_to_level"])
        for name, row in figures["results"].items()
    ]
    return (
        _over_seeds(figures, keys, "previous tokens in training")
        + f"\n\nOptimiser steps of each seed to a dev exact match of {figures['level']}:\n\n"
        + "\n".join(steps)
    )


def beam(figures: Mapping[str, Any]) -> str:
    """Writes BLEU by beam width, and its range over the grid."""
    kinds = list(figures["by_width"])
    rows = []
    for i, width in enumerate(figures["widths"]):
        cells = [figures["by_width"][kind][i] for kind in kinds]
        bleu = [f"{c['bleu']:.1f} ({c['low']:.1f} to {c['high']:.1f})" for c in cells]
        rows.append([str(width), *bleu, *(f"{cell['length_ratio']:.3f}" for cell in cells)])
    columns = ["beam width", *(f"BLEU, {kind}" for kind in kinds)]
    columns += [f"length ratio, {kind}" for kind in kinds]
    grid = figures["grid"]
    spread = [cell["bleu"] for row in grid["cells"] for cell in row]
    best = max(
        (cell["bleu"], alpha, beta)
        for alpha, row in zip(grid["alphas"], grid["cells"], strict=True)
        for beta, cell in zip(grid["betas"], row, strict=True)
    )
    signature = figures["by_width"][kinds[0]][0]["signature"]
    return (
        f"{figures['captions']} dev captions of Multi30k; in brackets the 95 % interval of a "
        f"bootstrap over them. `{signature}`\n\n{_table(columns, rows)}\n\n"
        f"Over the grid of penalties at beam width {grid['width']}, BLEU lies between "
        f"{min(spread):.1f} and {max(spread):.1f} (median {statistics.median(spread):.1f}), the "
        f"largest at alpha {best[1]} and beta {best[2]}."
    )


def alignment(figures: Mapping[str, Any]) -> str:
    """Writes diagonality and inversions against chance."""
    rows = [
        [name, f"{figures[name]['diagonality']:.3f}", f"{figures[name]['inversions']:.3f}"]
        for name in ("attention", "chance")
    ]
    columns = ["positions", "diagonality", "neighbours inverted (share)"]
    drawn = [
        f"- {name}: *{found['source']}* → *{found['output']}*"
        for name, found in figures["drawn"].items()
    ]
    return (
        f"Over {figures['captions']} dev captions of Multi30k, one model:\n\n"
        f"{_table(columns, rows)}\n\nDrawn are sentences of our own, chosen by rule:\n\n"
        + "\n".join(drawn)
    )


def recurrent_against_transformer(figures: Mapping[str, Any]) -> str:
    """Writes quality, size and times of each file, and how many times as fast the GRU's is."""
    results = figures["results"]
    columns = ["model, weights", "parameters", "bytes", "exact match", "encode, ms", "step, ms"]
    rows = [
        [
            name,
            f"{row['parameters']:,}",
            f"{row['size_bytes']:,}",
            f"{row['exact_match']:.3f}",
            *(f"{row[key]:.3f}" for key in ("encode_ms", "step_ms", "text_ms")),
        ]
        for name, row in results.items()
    ]
    lines = []
    for weights in ("none", "dynamic_range"):
        gru, transformer = results[f"gru, {weights}"], results[f"transformer, {weights}"]
        ratios = [transformer[key] / gru[key] for key in ("step_ms", "text_ms")]
        lines.append(
            f"- `{weights}`: the Transformer's step takes {ratios[0]:.1f} times the GRU's, and a "
            f"whole text, encoding included, {ratios[1]:.1f} times."
        )
    return (
        f"Greedy decoding of {figures['dev_pairs']} dev texts of the data set "
        f"`{figures['dataset']}` with one interpreter on one thread, medians; `none` is float32, "
        f"`dynamic_range` int8:\n\n{_table([*columns, 'text, ms'], rows)}\n\n" + "\n".join(lines)
    )
