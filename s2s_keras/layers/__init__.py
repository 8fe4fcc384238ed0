"""Embedded tokens flow in; memory, context and features of the next token flow out."""

from s2s_keras.layers.attention import MASKED_SCORE, AdditiveAttention, padding_bias
from s2s_keras.layers.decoder import AttentionDecoder
from s2s_keras.layers.encoder import BidirectionalEncoder
from s2s_keras.layers.gru import GRUCell

__all__ = [
    "MASKED_SCORE",
    "AdditiveAttention",
    "AttentionDecoder",
    "BidirectionalEncoder",
    "GRUCell",
    "padding_bias",
]
