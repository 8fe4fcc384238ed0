"""A recipe's values flow in, and out come its sections, validated, one module each."""

from s2s_keras.config.data import DataConfig
from s2s_keras.config.decoding import DecodingConfig, ExportConfig, ShortlistConfig
from s2s_keras.config.model import ModelConfig
from s2s_keras.config.recipe import Recipe
from s2s_keras.config.training import ScheduledSamplingConfig, TrainingConfig
from s2s_keras.config.tune import Dimension, TuneConfig

__all__ = [
    "DataConfig",
    "DecodingConfig",
    "Dimension",
    "ExportConfig",
    "ModelConfig",
    "Recipe",
    "ScheduledSamplingConfig",
    "ShortlistConfig",
    "TrainingConfig",
    "TuneConfig",
]
