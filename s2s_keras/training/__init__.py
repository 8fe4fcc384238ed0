"""A recipe flows in, and a run folder with a trained model flows out.

Here stand the loss and metrics of `compile`; `s2s_keras.training.run` trains a recipe.
"""

from s2s_keras.training.metrics import ExactMatch, MaskedCrossentropy, TokenAccuracy

__all__ = ["ExactMatch", "MaskedCrossentropy", "TokenAccuracy"]
