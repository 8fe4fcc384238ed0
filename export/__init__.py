"""A trained model flows in, and the one file for the device flows out, proved equal.

Installed as `s2s_keras.export`; needs TensorFlow.
"""

from s2s_keras.export.compare import Candidate, Comparison, compare, export_candidate
from s2s_keras.export.parity import Parity, check_parity
from s2s_keras.export.quantization import QUANTIZATIONS, QuantizationRecipe
from s2s_keras.export.tflite import ExportReport, export_tflite

__all__ = [
    "QUANTIZATIONS",
    "Candidate",
    "Comparison",
    "ExportReport",
    "Parity",
    "QuantizationRecipe",
    "check_parity",
    "compare",
    "export_candidate",
    "export_tflite",
]
