"""A step function flows in, and the best outputs flow out. NumPy only, for every runtime."""

from s2s_keras.decoding.beam import beam_search
from s2s_keras.decoding.between import ResumableSession
from s2s_keras.decoding.correction import (
    Candidate,
    CorrectionSettings,
    Judgement,
    WordCorrector,
)
from s2s_keras.decoding.edits import Edit, apply_edits, find_edits
from s2s_keras.decoding.hypothesis import Hypothesis
from s2s_keras.decoding.prediction import Prediction
from s2s_keras.decoding.predictor import Predictor
from s2s_keras.decoding.rows import greedy_search, sample
from s2s_keras.decoding.session import Session, StepOutput
from s2s_keras.decoding.settings import DecodingSettings, LengthPenalty

__all__ = [
    "Candidate",
    "CorrectionSettings",
    "DecodingSettings",
    "Edit",
    "Hypothesis",
    "Judgement",
    "LengthPenalty",
    "Prediction",
    "Predictor",
    "ResumableSession",
    "Session",
    "StepOutput",
    "WordCorrector",
    "apply_edits",
    "beam_search",
    "find_edits",
    "greedy_search",
    "sample",
]
