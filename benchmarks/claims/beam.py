"""A wider beam helps, and harms where scores are not normalised by length.

    python -m benchmarks.claims.beam --multi30k FOLDER --out build/claims

One English-French model (`translation`) decodes the same dev captions with beams of 1 to 200
hypotheses, ranked by log p and by log p / T (Koehn and Knowles 2017, section 3.6: quality falls in
wide beams, and outputs become shorter); and with a beam of 8 over a grid of length penalty and
coverage penalty (Wu et al. 2016, section 7 and table 2). There is one model, so what is drawn
around a BLEU is the 95 % interval of a bootstrap over the captions. What was decoded is kept, so
that a script that was stopped goes on.

Budget: one training, about 10 minutes on two cores, and about 15 minutes of decoding.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.claims import data
from benchmarks.claims.experiments import Decoded
from benchmarks.claims.output import parse_options, print_table, save_plot, write_figures
from benchmarks.claims.quality import bleu
from benchmarks.claims.translation import Translation, train_translation
from s2s_keras.cli.console import note
from s2s_keras.data import Pair
from s2s_keras.decoding import DecodingSettings, Session, StepOutput
from s2s_keras.files import make_folder, write_text

__all__ = ["LikeliestTokens", "batch_size", "main"]

ROWS = 2000
"""Hypotheses decoded together, of all sources."""
MAX_TOKENS = 45
"""More than any dev reference has."""
WIDTHS = (1, 2, 4, 8, 16, 32, 64, 128, 200)
NORMALISATIONS = {"log p": 0.0, "log p / T": 1.0}
"""What ranks the hypotheses -> `length_penalty_alpha` of the penalty `power`."""
GRID_WIDTH = 8
ALPHAS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
BETAS = (0.0, 0.1, 0.2, 0.4, 0.8)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the script."""
    options = parse_options("beam", __doc__, arguments, multi30k="required")
    translation = train_translation(options)
    dev = data.spread(translation.dev, 10 if options.quick else 250)
    widths = (1, 2, 4) if options.quick else WIDTHS
    alphas, betas = (ALPHAS[::5], BETAS[::4]) if options.quick else (ALPHAS, BETAS)
    by_width = {
        name: [
            _measure(translation, dev, DecodingSettings(beam_width=k, length_penalty_alpha=alpha))
            for k in widths
        ]
        for name, alpha in NORMALISATIONS.items()
    }
    grid = [
        [
            _measure(
                translation,
                dev,
                DecodingSettings(
                    beam_width=GRID_WIDTH,
                    length_penalty="gnmt",
                    length_penalty_alpha=alpha,
                    coverage_penalty_beta=beta,
                ),
            )
            for beta in betas
        ]
        for alpha in alphas
    ]
    figures: dict[str, Any] = {
        "recipes": {"en-fr": translation.recipe},
        "parameters": translation.parameters,
        "captions": len(dev),
        "widths": widths,
        "by_width": by_width,
        "grid": {"width": GRID_WIDTH, "alphas": alphas, "betas": betas, "cells": grid},
    }
    _draw_widths(figures, options.docs / "beam.png")
    _draw_grid(figures["grid"], options.docs / "beam-grid.png")
    write_figures("beam", options, figures)
    _print(figures)
    return 0


def batch_size(beam_width: int) -> int:
    """Returns the sources that are decoded together, so that their rows stay near `ROWS`."""
    return max(1, ROWS // beam_width)


class LikeliestTokens:
    """Passes only the likeliest tokens of a session's steps on.

    Of one row a beam of K hypotheses takes K tokens at most, so the search finds the same, without
    sorting the whole vocabulary.

    Args:
        session: the model.
        count: tokens a step, at least the beam width.
    """

    def __init__(self, session: Session, count: int) -> None:
        self._session = session
        self._count = count

    def start(self, source_ids: NDArray[np.int32], beam_width: int) -> None:
        """Encodes; see `Session.start`."""
        self._session.start(source_ids, beam_width)

    def step(self, tokens: NDArray[np.int32], parents: NDArray[np.intp]) -> StepOutput:
        """Takes a step; see `Session.step`."""
        output = self._session.step(tokens, parents)
        count = min(self._count, output.log_probs.shape[1])
        best = np.argpartition(output.log_probs, -count, axis=1)[:, -count:]
        return StepOutput(
            np.take_along_axis(output.log_probs, best, axis=1),
            np.take_along_axis(output.token_ids, best, axis=1),
            output.attention,
        )


def _measure(
    translation: Translation, dev: Sequence[Pair], settings: DecodingSettings
) -> dict[str, Any]:
    """Returns `bleu` of the captions decoded in one way, and the mean log p of the outputs."""
    settings = DecodingSettings(
        **{**settings.as_metadata(), "allow_unknown": True, "max_output_length": MAX_TOKENS}
    )
    found = _decode(translation, [pair.source for pair in dev], settings)
    rows = [Decoded(*pair, text) for pair, (text, _) in zip(dev, found, strict=True)]
    log_prob = sum(log_prob for _, log_prob in found) / len(found)
    return {**bleu(rows, bootstrap=1000), "mean_log_prob": log_prob}


def _decode(
    translation: Translation, texts: Sequence[str], settings: DecodingSettings
) -> list[tuple[str, float]]:
    """Decodes, or reads what was decoded before."""
    width, penalty = settings.beam_width, settings.length_penalty
    alpha, beta = settings.length_penalty_alpha, settings.coverage_penalty_beta
    name = f"width-{width}-{penalty}-{alpha}-coverage-{beta}-{len(texts)}.json"
    path = make_folder(translation.folder / "decoded") / name
    if not path.exists():
        from s2s_keras.keras_session import make_predictor

        predictor = make_predictor(translation.model, settings)
        predictor.session = LikeliestTokens(predictor.session, width)
        found = predictor.predict(texts, batch_size(width))
        best = [(predictions[0].text, predictions[0].log_prob) for predictions in found]
        write_text(path, json.dumps(best, ensure_ascii=False))
        note(f"decoded with beam width {width}, {penalty} {alpha}, coverage {beta}")
    return [(text, log_prob) for text, log_prob in json.loads(path.read_text(encoding="utf-8"))]


def _draw_widths(figures: Mapping[str, Any], path: Path) -> None:
    widths = figures["widths"]

    def draw(quality: Any, length: Any) -> None:
        for name, cells in figures["by_width"].items():
            (line,) = quality.plot(widths, _column(cells, "bleu"), marker="o", label=name)
            low, high = _column(cells, "low"), _column(cells, "high")
            quality.fill_between(widths, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
            length.plot(widths, _column(cells, "length_ratio"), marker="o", label=name)
        length.axhline(1.0, color="gray", linestyle=":")
        quality.set_ylabel("BLEU (0 to 100), 95 % interval")
        length.set_ylabel("output tokens a reference token")
        for axes in (quality, length):
            axes.set_xscale("log", base=2)
            axes.set_xticks(widths, [str(width) for width in widths], fontsize=8)
            axes.set_xlabel("beam width (hypotheses)")
            axes.legend(title="ranked by")

    save_plot(path, draw, panels=2)


def _draw_grid(grid: Mapping[str, Any], path: Path) -> None:
    scores = [_column(row, "bleu") for row in grid["cells"]]

    def draw(axes: Any) -> None:
        image = axes.imshow(scores, origin="lower", aspect="auto", cmap="viridis")
        middle = (max(map(max, scores)) + min(map(min, scores))) / 2
        for y, row in enumerate(scores):
            for x, value in enumerate(row):
                color = "white" if value < middle else "black"
                axes.text(x, y, f"{value:.1f}", ha="center", va="center", color=color, fontsize=8)
        axes.set_xticks(range(len(grid["betas"])), map(str, grid["betas"]))
        axes.set_yticks(range(len(grid["alphas"])), map(str, grid["alphas"]))
        axes.set_xlabel("coverage penalty beta")
        axes.set_ylabel("length penalty alpha (gnmt)")
        axes.figure.colorbar(image, label=f"BLEU (0 to 100), beam width {grid['width']}")
        axes.grid(False)

    save_plot(path, draw)


def _column(cells: Iterable[Mapping[str, Any]], key: str) -> list[float]:
    return [cell[key] for cell in cells]


def _print(figures: Mapping[str, Any]) -> None:
    rows = [
        [
            str(width),
            name,
            f"{cell['bleu']:.1f} ({cell['low']:.1f}-{cell['high']:.1f})",
            f"{cell['length_ratio']:.3f}",
            f"{cell['mean_log_prob']:.2f}",
        ]
        for name, cells in figures["by_width"].items()
        for width, cell in zip(figures["widths"], cells, strict=True)
    ]
    columns = ["beam width", "ranked by", "BLEU (95 % interval)", "length ratio", "mean log p"]
    print_table(f"Multi30k, English to French, {figures['captions']} captions", columns, rows)
    grid = figures["grid"]
    rows = [
        [str(alpha), *(f"{cell['bleu']:.1f}" for cell in cells)]
        for alpha, cells in zip(grid["alphas"], grid["cells"], strict=True)
    ]
    columns = ["alpha", *(f"beta {beta}" for beta in grid["betas"])]
    print_table(f"BLEU with beam width {grid['width']} and penalties of gnmt", columns, rows)


if __name__ == "__main__":
    sys.exit(main())
