"""A step function flows in, and the best outputs flow out. NumPy only, for every runtime."""

from s2s_keras.decoding.predictor import Prediction, Predictor
from s2s_keras.decoding.search import Hypothesis, beam_search, greedy_search
from s2s_keras.decoding.session import Session, StepOutput
from s2s_keras.decoding.settings import DecodingSettings

__all__ = [
    "DecodingSettings",
    "Hypothesis",
    "Prediction",
    "Predictor",
    "Session",
    "StepOutput",
    "beam_search",
    "greedy_search",
]
