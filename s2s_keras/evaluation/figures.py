"""The figures of an evaluation -> what a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from s2s_keras.evaluation.translation_metrics import TITLES

__all__ = ["figures", "interval_text"]


def figures(metrics: Mapping[str, Any], task: str | None) -> dict[str, str]:
    """Returns the figures of an evaluation as a person reads them.

    Args:
        metrics: of `Evaluation.as_dict` or `TranslationEvaluation.as_dict`; or of a training.
        task: what the model is for; fix rate and broken rate mean nothing for a translation.
    """
    if "perplexity" in metrics:
        return {"texts": f"{metrics['pairs']:,}", "perplexity": f"{metrics['perplexity']:.2f}"}

    def percent(key: str) -> str:
        return "none in the data" if metrics[key] is None else f"{metrics[key]:.1%}"

    if task == "translation":
        shown = {
            f"{title} (95 %)": interval_text(metrics[name])
            for name, title in TITLES.items()
            if name in metrics
        }
    else:
        shown = {
            "fix rate (corrupted words restored)": percent("fix_rate"),
            "broken rate (correct words changed)": percent("broken_rate"),
        }
    return {
        "pairs": f"{metrics['pairs']:,} ({metrics['unprocessed']:,} unprocessed)",
        **shown,
        "exact match": percent("exact_match"),
        "character error rate": percent("character_error_rate"),
    }


def interval_text(figure: Mapping[str, float]) -> str:
    """Returns a figure with its interval, such as `34.56 (33.10 to 35.98)`."""
    return f"{figure['score']:.2f} ({figure['low']:.2f} to {figure['high']:.2f})"
