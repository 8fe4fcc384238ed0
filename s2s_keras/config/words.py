"""How running text becomes pairs of a marked word and what was meant: the section `data.words`."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from s2s_keras.config.base import Positive, Section, Share
from s2s_keras.data.noise import check_rates
from s2s_keras.decoding.correction import CorrectionSettings

__all__ = ["WordsConfig"]


def _checked(rates: dict[str, float]) -> dict[str, float]:
    check_rates(rates)
    return rates


Rates = Annotated[dict[str, Positive], AfterValidator(_checked)]
"""What happens to a word, of `data.noise.KINDS` -> how often; what is missing to 1 is the share of
clean words."""


class WordsConfig(Section):
    """Words of running text, each in its context, mistyped anew in each epoch."""

    lexicon: Path
    """File of the words that a correction is made of: `word<TAB>frequency`, the frequency as a
    share of running text, the words in lower case."""
    misspellings: list[Path] = Field(default=[])
    """Files of pairs: what people typed, and the word that was meant."""
    rates: Rates = Field(
        default={
            "misspelling": 0.2,
            "error_model": 0.15,
            "confusion": 0.06,
            "neighbor": 0.06,
            "omission": 0.035,
            "insertion": 0.03,
            "substitution": 0.05,
            "first_letter": 0.015,
            "doubling": 0.025,
            "transposition": 0.03,
            "phonetic": 0.03,
            "apostrophe": 0.01,
            "split": 0.01,
            "run_together": 0.015,
        }
    )
    """What happens to the marked word, and how often; the others are typed as they were meant.
    `misspelling` takes one of the files, `error_model` makes one up that is like them; `confusion`
    and `neighbor` take another word."""
    context_rates: Rates = Field(
        default={
            "misspelling": 0.03,
            "error_model": 0.02,
            "confusion": 0.01,
            "neighbor": 0.01,
            "omission": 0.01,
            "substitution": 0.01,
        }
    )
    """What happens to each word of its context."""
    keyboard: Literal["qwerty", "qwertz", "azerty"] = "qwerty"
    """The layout on which fingers slip."""
    completion: Share = 0.08
    """Share of the examples in which the word is only begun."""
    left_tokens: Annotated[int, Field(ge=0, le=256, strict=True)] = 10
    """Tokens of the context before the word."""
    right_tokens: Annotated[int, Field(ge=0, le=256, strict=True)] = 8
    """Tokens of the context behind it."""
    model_weight: Annotated[float, Field(ge=0)] = 1.0
    """What the model's log-probability of a word counts."""
    frequency_weight: Annotated[float, Field(ge=0)] = 0.3
    """What its log frequency counts."""
    channel_weight: Annotated[float, Field(ge=0)] = 0.0
    """What the log-probability counts with which people, by the files of misspellings, type what
    was typed for it."""
    known_margin: float = 5.0
    """Nats by which a correction must win over a typed word that is in the lexicon."""
    unknown_margin: float = -4.0
    """Likewise over one that is not."""
    dial_span: Annotated[float, Field(ge=0)] = 4.0
    """Nats by which either end of the dial `aggressiveness` moves both margins."""
    max_edits: Annotated[int, Field(ge=0, le=8, strict=True)] = 2
    """Largest edit distance of a correction."""

    @model_validator(mode="after")
    def _rates_have_what_they_need(self) -> Self:
        wanted = {"misspelling", "error_model"} & {*self.rates, *self.context_rates}
        if wanted and not self.misspellings:
            raise ValueError(
                f"a rate of {' and '.join(sorted(wanted))} needs `data.words.misspellings`; give "
                "some files, or other `rates` and `context_rates`"
            )
        return self

    def settings(self) -> CorrectionSettings:
        """Returns the settings that the exported file is made for."""
        names = {field.name for field in fields(CorrectionSettings)}
        return CorrectionSettings(**self.model_dump(include=names))
