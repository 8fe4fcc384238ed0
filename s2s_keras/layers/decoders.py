"""The decoders by name, and what each takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from s2s_keras.architecture import WITH_ATTENTION
from s2s_keras.layers.bahdanau import BahdanauDecoder
from s2s_keras.layers.cho import ChoDecoder
from s2s_keras.layers.decoder import Decoder
from s2s_keras.layers.luong import LuongDecoder
from s2s_keras.layers.sutskever import SutskeverDecoder

__all__ = ["DECODERS", "decoder_options"]

DECODERS: dict[str, type[Decoder]] = {
    "bahdanau": BahdanauDecoder,
    "cho": ChoDecoder,
    "luong": LuongDecoder,
    "sutskever": SutskeverDecoder,
}
"""Name in a recipe -> decoder."""


def decoder_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments that one decoder takes and another does not.

    Args:
        options: the settings of a model, as `check_architecture` has found them; `None` leaves a
            decoder's default.
    """
    chosen: dict[str, Any] = {}
    if options["decoder"] in WITH_ATTENTION:
        default = {"bahdanau": "additive", "luong": "general"}[options["decoder"]]
        chosen = {"score": options["score"] or default, "window": options["attention_window"]}
        if chosen["score"] in ("additive", "concat"):
            chosen["attention_units"] = options["attention_units"] or options["units"]
    if options["deep_output"] is not None:
        chosen["deep_output"] = options["deep_output"]
    if options["input_feeding"]:
        chosen["input_feeding"] = True
    return chosen
