"""One `.tflite` file and texts flow in, corrected or translated texts flow out.

Needs NumPy and a TFLite interpreter; imports neither Keras nor TensorFlow.
"""

from s2s_keras.decoding import DecodingSettings, Prediction, Predictor
from s2s_keras.runtime.artifact import Artifact, read_artifact, write_artifact
from s2s_keras.runtime.card import model_card
from s2s_keras.runtime.corrector import Correction, Corrector, Suggestion
from s2s_keras.runtime.interpreters import find_interpreter
from s2s_keras.runtime.load import load
from s2s_keras.runtime.personal_words import PersonalWords
from s2s_keras.runtime.seq2seq_lite import Seq2SeqLite, default_settings
from s2s_keras.runtime.session import TFLiteSession
from s2s_keras.runtime.shipped import shipped_corrector, shipped_languages, shipped_model
from s2s_keras.runtime.translator import Translator

__all__ = [
    "Artifact",
    "Correction",
    "Corrector",
    "DecodingSettings",
    "PersonalWords",
    "Prediction",
    "Predictor",
    "Seq2SeqLite",
    "Suggestion",
    "TFLiteSession",
    "Translator",
    "default_settings",
    "find_interpreter",
    "load",
    "model_card",
    "read_artifact",
    "shipped_corrector",
    "shipped_languages",
    "shipped_model",
    "write_artifact",
]
