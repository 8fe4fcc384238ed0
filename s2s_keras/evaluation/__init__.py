"""Predictions and references flow in; figures, plots and reports flow out. Needs no Keras."""

from s2s_keras.evaluation.alignment import attention_png, plot_attention
from s2s_keras.evaluation.benchmark_plot import check_plot, plot_benchmark
from s2s_keras.evaluation.figures import figures, interval_text
from s2s_keras.evaluation.metrics import (
    Evaluation,
    WordRates,
    character_error_rate,
    evaluate,
    evaluate_outputs,
    word_rates,
)
from s2s_keras.evaluation.references import ReferencedSource, group_references
from s2s_keras.evaluation.report import check_report, write_report
from s2s_keras.evaluation.translation import (
    TranslationEvaluation,
    compare_translations,
    evaluate_translation,
    evaluate_translations,
)
from s2s_keras.evaluation.translation_metrics import (
    NO_TRANSLATION_METRICS,
    TITLES,
    can_measure_translations,
    require_translation_metrics,
)

__all__ = [
    "NO_TRANSLATION_METRICS",
    "TITLES",
    "Evaluation",
    "ReferencedSource",
    "TranslationEvaluation",
    "WordRates",
    "attention_png",
    "can_measure_translations",
    "character_error_rate",
    "check_plot",
    "check_report",
    "compare_translations",
    "evaluate",
    "evaluate_outputs",
    "evaluate_translation",
    "evaluate_translations",
    "figures",
    "group_references",
    "interval_text",
    "plot_attention",
    "plot_benchmark",
    "require_translation_metrics",
    "word_rates",
    "write_report",
]
