"""How running text is mistyped, and its words corrected: the section `data.words`."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from s2s_keras.config.base import Positive, Section, Share
from s2s_keras.data.noise import SPACE_KINDS, check_rates
from s2s_keras.decoding.correction import CorrectionSettings

__all__ = ["WordsConfig"]


def _checked(rates: dict[str, float]) -> dict[str, float]:
    check_rates(rates)
    if moving := sorted(set(rates) & set(SPACE_KINDS)):
        raise ValueError(f"Words must stay in their places: no rate of {' and '.join(moving)}.")
    return rates


Rates = Annotated[dict[str, Positive], AfterValidator(_checked)]
"""What happens to a word, of `data.noise.KINDS` -> how often; what is missing to 1 is the share of
clean words."""


class WordsConfig(Section):
    """Running text, mistyped anew in each epoch, and when a word of it is changed."""

    lexicon: Path
    """File of the words that a correction is made of: `word<TAB>frequency`, the frequency as a
    share of running text, the words in lower case."""
    misspellings: list[Path] = Field(default=[])
    """Files of pairs: what people typed, and the word that was meant."""
    rates: Rates = Field(
        default={
            "misspelling": 0.03,
            "error_model": 0.02,
            "confusion": 0.01,
            "neighbor": 0.01,
            "omission": 0.01,
            "substitution": 0.01,
        }
    )
    """What happens to each word of a source, and how often; the others are typed as they were
    meant. `misspelling` takes one of the files, `error_model` makes one up that is like them;
    `confusion` and `neighbor` take another word."""
    unfinished: Share = 0.0
    """Share of the texts that end behind one of their words in an epoch, as texts do that are being
    typed: for suggestions where nothing follows yet."""
    keyboard: Literal["qwerty", "qwertz", "azerty"] = "qwerty"
    """The layout on which fingers slip."""
    left_tokens: Annotated[int, Field(ge=0, le=256, strict=True)] = 32
    """Tokens of the context before a word that is corrected."""
    right_tokens: Annotated[int, Field(ge=0, le=256, strict=True)] = 15
    """Tokens of the context behind it."""
    model_weight: Annotated[float, Field(ge=0)] = 0.3
    """What the model's log-probability of a word counts."""
    frequency_weight: Annotated[float, Field(ge=0)] = 0.1
    """What its log frequency counts."""
    channel_weight: Annotated[float, Field(ge=0)] = 0.6
    """What the log-probability counts with which people, by the files of misspellings, type what
    was typed for it."""
    known_margin: float = 0.0
    """Nats by which a correction must win over a typed word that is in the lexicon."""
    unknown_margin: float = 0.0
    """Likewise over one that is not."""
    name_margin: float = 3.0
    """Nats by which more where it has a capital within a sentence: it may be a name."""
    dial_span: Annotated[float, Field(ge=0)] = 1.0
    """Nats by which either end of the dial `aggressiveness` moves both margins."""
    max_edits: Annotated[int, Field(ge=0, le=7, strict=True)] = 2
    """Largest edit distance of a correction."""

    @model_validator(mode="after")
    def _rates_have_what_they_need(self) -> Self:
        wanted = {"misspelling", "error_model"} & set(self.rates)
        if wanted and not self.misspellings:
            raise ValueError(
                f"a rate of {' and '.join(sorted(wanted))} needs `data.words.misspellings`; give "
                "some files, or other `rates`"
            )
        return self

    def settings(self) -> CorrectionSettings:
        """Returns the settings that the exported file is made for."""
        names = {field.name for field in fields(CorrectionSettings)}
        return CorrectionSettings(**self.model_dump(include=names))
