"""A recipe flows in, and a run folder with a trained model flows out.

Here stand the loss, the metrics and the schedule of `compile`; `s2s_keras.training.run` trains a
recipe.
"""

from s2s_keras.training.fake_quantization import (
    QuantizationAware,
    fake_quantize,
    quantized_weights,
)
from s2s_keras.training.metrics import (
    ExactMatch,
    MaskedCrossentropy,
    NegativeLogLikelihood,
    TokenAccuracy,
)
from s2s_keras.training.schedules import InverseSqrtDecay

__all__ = [
    "ExactMatch",
    "InverseSqrtDecay",
    "MaskedCrossentropy",
    "NegativeLogLikelihood",
    "QuantizationAware",
    "TokenAccuracy",
    "fake_quantize",
    "quantized_weights",
]
