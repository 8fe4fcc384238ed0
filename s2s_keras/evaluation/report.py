"""Evaluations of one translation model or two -> a page to look at in a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s2s_keras.errors import MissingDependencyError
from s2s_keras.evaluation.drawings import HeatMap, draw_bars, draw_heat_map
from s2s_keras.evaluation.page import render_page
from s2s_keras.evaluation.resampling import RESAMPLES, TRIALS, Difference
from s2s_keras.evaluation.translation import TranslationEvaluation
from s2s_keras.evaluation.word_difference import Run, mark_differences
from s2s_keras.files import make_folder, write_text

__all__ = ["LARGEST_TABLE", "check_report", "write_report"]

LARGEST_TABLE = 5_000
"""Sentences in the table; of more, an even sample."""


@dataclass(frozen=True)
class _Output:
    """What one model made of a sentence, for the page."""

    bleu: float
    chrf: float
    runs: list[Run]
    is_taken: bool
    heat_map: HeatMap | None = None


@dataclass(frozen=True)
class _Sentence:
    """A source, what should come out, and what came out of each model."""

    number: int
    source: str
    references: list[list[Run]]
    outputs: list[_Output]

    @property
    def difference(self) -> float:
        """The first model's chrF less the second's."""
        return self.outputs[0].chrf - self.outputs[-1].chrf


def check_report(folder: str | Path) -> None:
    """Checks that a report could be written, before what it shows is decoded; makes the folder.

    Raises:
        MissingDependencyError: Jinja2 is not installed.
        OSError: the folder cannot be made or written.
    """
    try:
        import jinja2  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "A report needs Jinja2: pip install 's2s-keras[evaluate]'."
        ) from error
    make_folder(folder)


def write_report(
    folder: str | Path,
    evaluations: Mapping[str, TranslationEvaluation],
    differences: Mapping[str, Difference] | None = None,
    *,
    title: str = "Translation",
    sentences: int = 20,
) -> Path:
    """Writes `index.html`, which needs no other file and no network.

    It holds the figures with their intervals and signatures, BLEU and chrF by the length of the
    source, the best and the worst sentences by chrF with their alignments, or those in which two
    models differ most, and a table of the sentences to search and sort, at most 5,000 of them.

    Args:
        folder: is made where it is missing.
        evaluations: name -> evaluation, of one model or two, of the same sources.
        differences: of the two, see `compare_translations`.
        title: of the page.
        sentences: how many of the best and of the worst have their alignment drawn.

    Returns:
        The file.

    Raises:
        MissingDependencyError: Jinja2 is not installed.
        ValueError: there is no evaluation, there are more than two, they are not of the same
            sources, or `sentences` is negative.
        OSError: the folder cannot be made or written.
    """
    different = len({evaluation.sources for evaluation in evaluations.values()})
    if not 1 <= len(evaluations) <= 2 or different != 1 or sentences < 0:
        raise ValueError(
            "A report shows one evaluation or two, of the same sources, and no negative number of "
            f"sentences. Received: {len(evaluations)} evaluations, of {different} lists of "
            f"sources, sentences={sentences}."
        )
    check_report(folder)
    path = Path(folder) / "index.html"
    content = _content(evaluations, differences or {}, title, sentences)
    write_text(path, render_page("report.html", content))
    return path


def _content(
    evaluations: Mapping[str, TranslationEvaluation],
    differences: Mapping[str, Difference],
    title: str,
    count: int,
) -> dict[str, Any]:
    models = list(evaluations.values())
    total = len(models[0].sources)
    worst, best = _extremes(models, count)
    step = -(-total // LARGEST_TABLE)
    buckets = {name: found.by_source_length for name, found in evaluations.items()}
    return {
        "title": title,
        "names": list(evaluations),
        "models": models,
        "differences": differences,
        "resamples": RESAMPLES,
        "trials": TRIALS,
        "charts": {name: draw_bars(buckets, name.lower()) for name in ("BLEU", "chrF")},
        "buckets": [list(rows) for rows in zip(*buckets.values(), strict=True)],
        "lowest": [_sentence(models, index, draws=True) for index in worst],
        "highest": [_sentence(models, index, draws=True) for index in best],
        "sentences": [_sentence(models, index) for index in range(0, total, step)],
        "total": total,
    }


def _extremes(models: Sequence[TranslationEvaluation], count: int) -> tuple[list[int], list[int]]:
    """Returns the worst and the best sentences by chrF, none in both.

    Of two models, those in which the second is better than the first, and worse.
    """
    first, *others = ([m["chrf"].sentence_score(i) for i in range(len(m.sources))] for m in models)
    if others:
        margins = [ours - theirs for ours, theirs in zip(first, others[0], strict=True)]
        order = sorted(range(len(margins)), key=margins.__getitem__)
        worst = [index for index in order[:count] if margins[index] < 0]
        best = [index for index in reversed(order[-count:]) if margins[index] > 0]
        return worst, best if count else []
    order = sorted(range(len(first)), key=first.__getitem__)
    worst = order[:count]
    best = [index for index in reversed(order[-count:]) if index not in worst]
    return worst, best if count else []


def _sentence(
    models: Sequence[TranslationEvaluation], index: int, draws: bool = False
) -> _Sentence:
    source = models[0].sources[index]
    outputs, references = [], None
    for model in models:
        runs, marked = mark_differences(model.outputs[index], source.references)
        references = references or marked
        prediction = model.predictions[index]
        drawn = draw_heat_map(prediction) if draws and prediction is not None else None
        outputs.append(
            _Output(
                bleu=model["bleu"].sentence_score(index),
                chrf=model["chrf"].sentence_score(index),
                runs=runs,
                is_taken=prediction is not None,
                heat_map=drawn,
            )
        )
    if len(models) > 1:  # words that one output lacks the other may have
        references = [[Run(reference, False)] for reference in source.references]
    return _Sentence(index + 1, source.source, references or [], outputs)
