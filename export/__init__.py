"""A trained model flows in, and the one file for the device flows out, proved equal.

Installed as `s2s_keras.export`; needs TensorFlow.
"""

from s2s_keras.export.parity import Parity, check_parity
from s2s_keras.export.quantization import QUANTIZATIONS
from s2s_keras.export.tflite import ExportReport, export_tflite

__all__ = ["QUANTIZATIONS", "ExportReport", "Parity", "check_parity", "export_tflite"]
