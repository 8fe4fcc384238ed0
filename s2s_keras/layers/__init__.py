"""Embedded tokens flow in; memory, context and features of the next token flow out."""

from s2s_keras.layers.attention import MASKED_SCORE, Attention, mask_bias, padding_bias
from s2s_keras.layers.attention_decoder import AttentionDecoder
from s2s_keras.layers.bahdanau import BahdanauDecoder
from s2s_keras.layers.cell import RecurrentCell
from s2s_keras.layers.cells import CELLS
from s2s_keras.layers.cho import ChoDecoder
from s2s_keras.layers.decoder import Decoder, Source
from s2s_keras.layers.decoders import DECODERS
from s2s_keras.layers.encoder import DIRECTIONS, Encoder
from s2s_keras.layers.gru import GRUCell
from s2s_keras.layers.lstm import LSTMCell
from s2s_keras.layers.luong import LuongDecoder
from s2s_keras.layers.maxout import Maxout
from s2s_keras.layers.scheduled_sampling import ScheduledSampling
from s2s_keras.layers.score import (
    SCORES,
    AdditiveScore,
    ConcatScore,
    DotScore,
    GeneralScore,
    ScaledDotScore,
)
from s2s_keras.layers.sutskever import SutskeverDecoder

__all__ = [
    "CELLS",
    "DECODERS",
    "DIRECTIONS",
    "MASKED_SCORE",
    "SCORES",
    "AdditiveScore",
    "Attention",
    "AttentionDecoder",
    "BahdanauDecoder",
    "ChoDecoder",
    "ConcatScore",
    "Decoder",
    "DotScore",
    "Encoder",
    "GRUCell",
    "GeneralScore",
    "LSTMCell",
    "LuongDecoder",
    "Maxout",
    "RecurrentCell",
    "ScaledDotScore",
    "ScheduledSampling",
    "Source",
    "SutskeverDecoder",
    "mask_bias",
    "padding_bias",
]
