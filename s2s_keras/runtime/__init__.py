"""One `.tflite` file and texts flow in, corrected or translated texts flow out.

Needs NumPy and a TFLite interpreter; imports neither Keras nor TensorFlow.
"""

from s2s_keras.decoding import DecodingSettings, Prediction, Predictor
from s2s_keras.runtime.artifact import Artifact, read_artifact, write_artifact
from s2s_keras.runtime.interpreters import find_interpreter
from s2s_keras.runtime.load import default_settings, load
from s2s_keras.runtime.session import TFLiteSession

__all__ = [
    "Artifact",
    "DecodingSettings",
    "Prediction",
    "Predictor",
    "TFLiteSession",
    "default_settings",
    "find_interpreter",
    "load",
    "read_artifact",
    "write_artifact",
]
