"""Clean words flow in, and what people type for them flows out.

A draw hangs on its random numbers alone.
"""

from s2s_keras.data.noise.channel import learn_channel
from s2s_keras.data.noise.confusions import ENGLISH, confusion_sets
from s2s_keras.data.noise.error_model import Edit, ErrorModel, edits_between
from s2s_keras.data.noise.keyboard import LAYOUTS, Keyboard
from s2s_keras.data.noise.neighbors import find_neighbors
from s2s_keras.data.noise.noise import KINDS, SPACE_KINDS, Noise, Typed, check_rates
from s2s_keras.data.noise.slips import PHONETIC, SLIPS, Slip

__all__ = [
    "ENGLISH",
    "KINDS",
    "LAYOUTS",
    "PHONETIC",
    "SLIPS",
    "SPACE_KINDS",
    "Edit",
    "ErrorModel",
    "Keyboard",
    "Noise",
    "Slip",
    "Typed",
    "check_rates",
    "confusion_sets",
    "edits_between",
    "find_neighbors",
    "learn_channel",
]
