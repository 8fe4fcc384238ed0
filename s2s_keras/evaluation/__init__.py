"""Predictions and references flow in; figures and plots flow out. Needs no Keras."""

from s2s_keras.evaluation.alignment import plot_attention
from s2s_keras.evaluation.benchmark_plot import check_plot, plot_benchmark
from s2s_keras.evaluation.metrics import (
    Evaluation,
    WordRates,
    character_error_rate,
    evaluate,
    evaluate_outputs,
    word_rates,
)

__all__ = [
    "Evaluation",
    "WordRates",
    "character_error_rate",
    "check_plot",
    "evaluate",
    "evaluate_outputs",
    "plot_attention",
    "plot_benchmark",
    "word_rates",
]
