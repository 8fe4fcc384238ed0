"""How to decode, and to make files: the sections `decoding` and `export`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from s2s_keras.config.base import Count, Flag, Section
from s2s_keras.decoding import LengthPenalty
from s2s_keras.quantization import Quantization

__all__ = ["DecodingConfig", "ExportConfig", "ShortlistConfig"]


class DecodingConfig(Section):
    """How to decode dev texts, and the defaults of the exported file."""

    beam_width: Annotated[int, Field(ge=1, le=200, strict=True)] = 4
    """K: hypotheses kept; 1 is greedy search."""
    length_penalty_alpha: Annotated[float, Field(ge=0, le=5)] = 1.0
    """A hypothesis of T tokens scores log p / T^alpha, or as `length_penalty` says."""
    length_penalty: LengthPenalty = "power"
    """`power`: T^alpha; `gnmt`: ((5 + T) / 6)^alpha."""
    coverage_penalty_beta: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the penalty for source tokens that got no attention; 0 is none."""
    max_output_length: Annotated[int, Field(ge=1, le=4096, strict=True)] | None = None
    """Tokens, `eos` included; where not given, the longest target of the data."""
    min_output_length: Annotated[int, Field(ge=0, strict=True)] = 0
    """Tokens before `eos`; less than the maximum."""
    allow_unknown: Flag = False
    """Decodes characters never seen in training as `<unk>` instead of refusing the text."""
    replace_unknown: Flag = False
    """Replaces each `<unk>` of an output by the source token with the largest attention weight."""


class ShortlistConfig(Section):
    """What restricts the outputs of a source to candidates; see `learn_shortlist`."""

    size: Count
    """N: candidates of a source; at most the target vocabulary, at least what a step returns."""
    per_token: Count = 16
    """K: target tokens that each source token proposes; the most frequent ones fill up."""


class ExportConfig(Section):
    """How to make the file for the device."""

    quantization: Quantization = Quantization.DYNAMIC_RANGE
    """How weights are stored, and what is computed in int8; see `Quantization`."""
    candidates: Count | None = None
    """Likeliest tokens that a decode step returns; where not given, all of a small vocabulary."""
    source_buckets: list[Count] | None = None
    """Source lengths in tokens with graphs of their own; where not given, quarters down to 16."""
    stateful: Flag = False
    """Keeps memory and state inside the interpreter."""
    shortlist: ShortlistConfig | None = None
    """Candidates of a source in place of a large target vocabulary; all of it where not given."""
    parity_texts: Count = 200
    """Dev sources on which the file must agree with the Keras model."""
    min_same_best: Annotated[float, Field(ge=0, le=1)] = 0.9
    """Smallest share of those whose best output must be the same."""
