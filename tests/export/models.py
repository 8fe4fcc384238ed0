"""Models of random weights, in whose search every choice matters."""

from __future__ import annotations

from typing import Any

import keras

from s2s_keras.model import Seq2Seq
from s2s_keras.text import CharacterTokenizer, Tokenizer

__all__ = ["SYSTEMS", "random_model"]

SYSTEMS: dict[str, dict[str, Any]] = {
    "bahdanau": {},
    "luong": {"decoder": "luong", "score": "dot", "encoder_units": 6, "attention_window": 2},
    "luong with input feeding": {
        "decoder": "luong",
        "input_feeding": True,
        "cell": "lstm",
        "encoder_layers": 2,
        "decoder_layers": 2,
    },
    "cho": {"decoder": "cho"},
    "sutskever": {"decoder": "sutskever", "cell": "lstm", "encoder_direction": "backward"},
}
"""What is called by its authors, and what of the options differs between them."""


def random_model(tokenizer: Tokenizer | None = None, **options: Any) -> Seq2Seq:
    """Returns a model whose outputs hang on every token, of eight letters where not told."""
    keras.utils.set_random_seed(5)
    tokenizer = tokenizer or CharacterTokenizer("abcdefgh")
    model = Seq2Seq(tokenizer, tokenizer, **{"embedding_size": 10, "units": 12, **options})
    for weight in model.trainable_weights:
        weight.assign(weight + keras.random.normal(weight.shape, stddev=0.6))
    return model
