"""The decoders by name."""

from __future__ import annotations

from s2s_keras.layers.bahdanau import BahdanauDecoder
from s2s_keras.layers.cho import ChoDecoder
from s2s_keras.layers.decoder import Decoder
from s2s_keras.layers.luong import LuongDecoder
from s2s_keras.layers.sutskever import SutskeverDecoder

__all__ = ["DECODERS"]

DECODERS: dict[str, type[Decoder]] = {
    "bahdanau": BahdanauDecoder,
    "cho": ChoDecoder,
    "luong": LuongDecoder,
    "sutskever": SutskeverDecoder,
}
"""Name in a recipe -> decoder."""
