"""The sizes that all contestants share; imported in every environment, and importing nothing."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SIZES", "Sizes"]


@dataclass(frozen=True)
class Sizes:
    """What is measured.

    Attributes:
        length: tokens of a source, and of an output; at least 2.
        beam_width: K of the beam search.
        vocabulary: V of each side, special tokens included.
        embedding: E of each side, for recurrent models.
        encoder_units: width of one direction of the recurrent encoder, which has two.
        units: H, the width of the recurrent decoder, and of the Transformer.
        transformer_layers: layers of the Transformer's encoder, and as many of its decoder.
        transformer_heads: heads of each of its attentions.
        transformer_inner: width of its feed-forward layers.
    """

    length: int = 32
    beam_width: int = 4
    vocabulary: int = 8_000
    embedding: int = 128
    encoder_units: int = 128
    units: int = 256
    transformer_layers: int = 6
    transformer_heads: int = 8
    transformer_inner: int = 1_024


SIZES = Sizes()
