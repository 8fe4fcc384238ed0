"""A training, under way or finished -> a page to look at in a browser."""

from __future__ import annotations

import importlib
import platform
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import yaml

import s2s_keras
from s2s_keras.config import Recipe
from s2s_keras.evaluation import figures
from s2s_keras.evaluation.drawings import HeatMap, draw_heat_map
from s2s_keras.evaluation.page import render_page
from s2s_keras.files import write_text
from s2s_keras.training.curves import curves_svg
from s2s_keras.training.history import History, kept_epoch
from s2s_keras.training.samples import Sample

__all__ = ["REPORT_FILE", "Subject", "write_training_report"]

REPORT_FILE = "report.html"
"""The page, in the run folder."""


@dataclass(frozen=True)
class Subject:
    """What is trained on what.

    Attributes:
        recipe: all of it.
        data: the data's name.
        licence: the data's.
        pairs: for training.
        dev_pairs: to measure by.
        parameters: of the model.
    """

    recipe: Recipe
    data: str
    licence: str
    pairs: int
    dev_pairs: int
    parameters: int


@dataclass(frozen=True)
class _Drawn:
    """A sample, for the page."""

    source: str
    reference: str
    output: str | None
    heat_map: HeatMap | None


def write_training_report(
    folder: Path,
    subject: Subject,
    history: History,
    samples: Sequence[Sample] = (),
    metrics: Mapping[str, Any] | None = None,
) -> None:
    """Writes `report.html`, atomically; it needs no other file and no network.

    Args:
        folder: the run folder.
        subject: what is trained.
        history: of the epochs so far, at least one.
        samples: what the model makes of some dev pairs.
        metrics: the figures of a training that is finished, as `metrics.json` has them.
    """
    from markupsafe import Markup

    recipe = subject.recipe
    kept = kept_epoch(history, recipe.training)
    content = {
        "subject": subject,
        "recipe": recipe,
        "yaml": yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True),
        "facts": _facts(subject, history),
        "figures": {} if metrics is None else figures(metrics, recipe.task),
        "is_finished": metrics is not None,
        "history": history,
        "kept": kept,
        "curves": Markup(curves_svg(history, kept)),
        "samples": [_draw(sample) for sample in samples],
        "looks_ahead": recipe.model.looks_ahead,
        "commands": _commands(folder, recipe, metrics is not None),
    }
    write_text(folder / REPORT_FILE, render_page("report.html", content, __package__ or ""))


def _facts(subject: Subject, history: History) -> dict[str, str]:
    backend = keras.backend.backend()
    return {
        "data": subject.data,
        "licence of the data": subject.licence,
        "training pairs": f"{subject.pairs:,}",
        "dev pairs": f"{subject.dev_pairs:,}",
        "parameters": f"{subject.parameters:,}",
        "optimiser steps": f"{history[-1]['step']:,}",
        "time of training": _duration(history[-1].get("seconds", 0.0)),
        "backend": f"{backend} {importlib.import_module(backend).__version__}",
        "Keras": keras.__version__,
        "s2s-keras": s2s_keras.__version__,
        "Python": platform.python_version(),
    }


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def _commands(folder: Path, recipe: Recipe, is_finished: bool) -> dict[str, str]:
    """Returns what to do next -> the command for it."""
    run = shlex.quote(str(folder))
    if not is_finished:
        recipe_file = shlex.quote(str(folder / "config.json"))
        return {
            "Go on where it was interrupted": (
                f"s2s-keras train {recipe_file} --out {run} --resume"
            )
        }
    commands = {"Export": f"s2s-keras export {run} --out {shlex.quote(recipe.name)}.tflite"}
    if not recipe.model.looks_ahead:
        commands["Measure on other pairs"] = f"s2s-keras evaluate {run} PAIRS.tsv"
        commands["Try"] = f"s2s-keras predict {run} TEXT"
    return commands


def _draw(sample: Sample) -> _Drawn:
    source, reference, prediction = sample
    if prediction is None:
        return _Drawn(source, reference, None, None)
    return _Drawn(source, reference, prediction.text, draw_heat_map(prediction))
