"""A trained model flows in, and a file for the device or a SavedModel flows out, proved equal.

Installed as `s2s_keras.export`; needs TensorFlow.
"""

from s2s_keras.export.compare import Candidate, Comparison, compare, export_candidate
from s2s_keras.export.parity import Parity, check_parity
from s2s_keras.export.quantization import QUANTIZATIONS, QuantizationRecipe
from s2s_keras.export.saved_model import SavedModelReport, export_saved_model
from s2s_keras.export.servable_parity import ServableParity, check_servable_parity
from s2s_keras.export.tflite import ExportReport, export_tflite

__all__ = [
    "QUANTIZATIONS",
    "Candidate",
    "Comparison",
    "ExportReport",
    "Parity",
    "QuantizationRecipe",
    "SavedModelReport",
    "ServableParity",
    "check_parity",
    "check_servable_parity",
    "compare",
    "export_candidate",
    "export_saved_model",
    "export_tflite",
]
