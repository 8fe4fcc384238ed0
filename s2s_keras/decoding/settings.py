"""How to decode."""

from __future__ import annotations

import reprlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

__all__ = ["MAX_BEAM_WIDTH", "DecodingSettings", "LengthPenalty"]

LengthPenalty = Literal["power", "gnmt"]
"""What divides a hypothesis's log-probability; see `scoring.length_penalty`."""

LENGTH_PENALTIES = list(get_args(LengthPenalty))
MAX_BEAM_WIDTH = 200
MAX_OUTPUT_LENGTH = 10_000
"""A model that never says `eos` ends all the same, within seconds."""

METADATA_FIELDS = (
    "max_source_length",
    "max_output_length",
    "min_output_length",
    "beam_width",
    "length_penalty",
    "length_penalty_alpha",
    "coverage_penalty_beta",
    "allow_unknown",
    "replace_unknown",
)
"""What a model file keeps; the other fields belong to a call."""


@dataclass(frozen=True)
class DecodingSettings:
    """How to decode; checked when made.

    Args:
        beam_width: K, hypotheses kept a source, 1 to 200; 1 is greedy search.
        length_penalty_alpha: a hypothesis of T tokens scores log p / T^alpha; 0 to 5. 0 prefers
            short outputs, 1 ranks by the mean.
        max_output_length: tokens after which decoding stops without `eos`, 1 to 10,000.
        max_source_length: S, the longest source in tokens, or `None` for any.
        n_best: hypotheses returned a source, 1 to `beam_width`.
        allow_unknown: decodes characters never seen in training as `<unk>` instead of refusing.
        length_penalty: `"power"`, T^alpha, or `"gnmt"`, ((5 + T) / 6)^alpha.
        coverage_penalty_beta: weight of the coverage penalty, which punishes source tokens that no
            output token looked at; at least 0, and 0 is none. Needs a model with attention.
        min_output_length: tokens before `eos`, 0 to `max_output_length` - 1.
        temperature: `None` searches. A positive number draws each of the `beam_width` outputs
            from softmax(log_probs / temperature) instead; 1 is the model's own distribution, and
            less keeps to likelier tokens.
        seed: of the draws, at least 0; the same seed and text give the same outputs.
        replace_unknown: replaces each `<unk>` of an output by the source token with the largest
            attention weight at that step. Needs a model with attention.
        time_limit_ms: milliseconds after which the search of a text, or of texts that are decoded
            together, stops with the best hypotheses so far; a positive number, or `None` for no
            limit. The step under way is finished, and there is always one.
        split_long_sources: decodes a source longer than `max_source_length` in pieces and joins
            their outputs, instead of refusing it; see `split_text`.
        split_sentences: decodes each sentence of a text by itself, and one that is too long in
            pieces, for models that learned from single sentences; see `split_sentences`.

    Raises:
        ValueError: a value lies outside its range.

    Reference:
        Wu et al. 2016, equation 14 (`"gnmt"`, coverage); Luong et al. 2015b and Jean et al. 2015,
        section 3.3 (replacing `<unk>`).
    """

    beam_width: int = 4
    length_penalty_alpha: float = 1.0
    max_output_length: int = 64
    max_source_length: int | None = None
    n_best: int = 1
    allow_unknown: bool = False
    length_penalty: LengthPenalty = "power"
    coverage_penalty_beta: float = 0.0
    min_output_length: int = 0
    temperature: float | None = None
    seed: int = 0
    replace_unknown: bool = False
    time_limit_ms: float | None = None
    split_long_sources: bool = False
    split_sentences: bool = False

    def __post_init__(self) -> None:
        count, natural = "a positive integer", "an integer of at least 0"
        source_length, temperature = self.max_source_length, self.temperature
        time_limit = self.time_limit_ms
        rules = {
            "beam_width": (
                _is_integer(self.beam_width, 1) and self.beam_width <= MAX_BEAM_WIDTH,
                f"an integer from 1 to {MAX_BEAM_WIDTH}",
            ),
            "length_penalty_alpha": (
                _is_number(self.length_penalty_alpha) and 0 <= self.length_penalty_alpha <= 5,
                "a number between 0 and 5",
            ),
            "max_output_length": (
                _is_integer(self.max_output_length, 1)
                and self.max_output_length <= MAX_OUTPUT_LENGTH,
                f"a positive integer, at most {MAX_OUTPUT_LENGTH}",
            ),
            "max_source_length": (source_length is None or _is_integer(source_length, 1), count),
            "n_best": (_is_integer(self.n_best, 1), count),
            "allow_unknown": (isinstance(self.allow_unknown, bool), "true or false"),
            "length_penalty": (
                self.length_penalty in LENGTH_PENALTIES,
                f"one of {LENGTH_PENALTIES}",
            ),
            "coverage_penalty_beta": (
                _is_number(self.coverage_penalty_beta) and self.coverage_penalty_beta >= 0,
                "a number of at least 0",
            ),
            "min_output_length": (_is_integer(self.min_output_length, 0), natural),
            "temperature": (
                temperature is None or (_is_number(temperature) and temperature > 0),
                "a positive number",
            ),
            "seed": (_is_integer(self.seed, 0), natural),
            "replace_unknown": (isinstance(self.replace_unknown, bool), "true or false"),
            "time_limit_ms": (
                time_limit is None or (_is_number(time_limit) and time_limit > 0),
                "a positive number",
            ),
            "split_long_sources": (isinstance(self.split_long_sources, bool), "true or false"),
            "split_sentences": (isinstance(self.split_sentences, bool), "true or false"),
        }
        for name, (holds, rule) in rules.items():
            if not holds:
                received = f"{name}={reprlib.repr(getattr(self, name))}"
                raise ValueError(f"`{name}` must be {rule}. Received: {received}.")
        if self.n_best > self.beam_width:
            raise ValueError(
                "`n_best` must be at most `beam_width`. "
                f"Received: n_best={self.n_best}, beam_width={self.beam_width}."
            )
        if self.min_output_length >= self.max_output_length:
            raise ValueError(
                "`min_output_length` must be less than `max_output_length`, which counts `eos`. "
                f"Received: min_output_length={self.min_output_length}, "
                f"max_output_length={self.max_output_length}."
            )

    @property
    def needs_attention(self) -> bool:
        """Whether a model without attention cannot be decoded so."""
        return self.coverage_penalty_beta > 0 or self.replace_unknown

    def as_metadata(self) -> dict[str, Any]:
        """Returns what `model.json` of a model file keeps."""
        return {name: getattr(self, name) for name in METADATA_FIELDS}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any]) -> DecodingSettings:
        """Builds the settings that a `model.json` holds among other keys.

        Keys that an older file lacks take their defaults.

        Raises:
            ValueError: a value lies outside its range.
        """
        return cls(**{name: metadata[name] for name in METADATA_FIELDS if name in metadata})


def _is_integer(value: object, smallest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= smallest


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) <= sys.float_info.max
