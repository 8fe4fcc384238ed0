"""Clean words -> what is typed instead: rates, and what they are drawn from."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import NamedTuple

from s2s_keras.data.noise.error_model import ErrorModel
from s2s_keras.data.noise.keyboard import Keyboard
from s2s_keras.data.noise.slips import SLIPS

__all__ = ["KINDS", "SPACE_KINDS", "Noise", "Typed", "check_rates"]

SPACE_KINDS = ("split", "run_together")
"""A space too many, a space too few."""

KINDS = ("misspelling", "error_model", "confusion", "neighbor", *SLIPS, *SPACE_KINDS)
"""What can happen to a word."""

_TRIES = 4


class Typed(NamedTuple):
    """What was typed for one word or more.

    Attributes:
        text: what was typed; a space in it is one too many.
        meant: what was meant; a space in it is missing in `text`.
        kind: one of `KINDS`, or "clean".
        words: how many words were meant.
    """

    text: str
    meant: str
    kind: str
    words: int = 1


def check_rates(rates: Mapping[str, float]) -> None:
    """Refuses rates that `Noise` does not take.

    Raises:
        ValueError: a kind is unknown, a rate is below 0, or their sum is above 1.
    """
    unknown = sorted(set(rates) - set(KINDS))
    if unknown:
        raise ValueError(f"Rates must be of {list(KINDS)}. Received: {unknown}.")
    if min(rates.values(), default=0.0) < 0 or sum(rates.values()) > 1 + 1e-9:
        raise ValueError(f"Rates must be at least 0 and sum to at most 1. Received: {dict(rates)}.")


class Noise:
    """Mistypes words as people do, at rates that are given.

    Args:
        rates: for some of `KINDS` the share of words to which that happens; they sum to at most 1,
            and what is missing is the share of clean words. Where something cannot happen to a
            word, as no apostrophe can be left out of "the", the error model or a slip takes its
            place, or the word stays clean.
        misspellings: correct word -> how people misspell it, for "misspelling".
        error_model: for "error_model", and in place of a misspelling of a word that has none.
        confusions: word -> words that are written for it, for "confusion".
        neighbors: word -> words that slips make of it, for "neighbor".
        keyboard: for the slips.

    Raises:
        ValueError: see `check_rates`; or what a rate needs is missing.
    """

    def __init__(
        self,
        rates: Mapping[str, float],
        *,
        misspellings: Mapping[str, Sequence[str]] | None = None,
        error_model: ErrorModel | None = None,
        confusions: Mapping[str, Sequence[str]] | None = None,
        neighbors: Mapping[str, Sequence[str]] | None = None,
        keyboard: Keyboard | None = None,
    ) -> None:
        check_rates(rates)
        needs = {
            "misspelling": misspellings,
            "error_model": error_model,
            "confusion": confusions,
            "neighbor": neighbors,
        }
        for kind, given in needs.items():
            if rates.get(kind, 0) > 0 and given is None:
                name = kind if kind == "error_model" else f"{kind}s"
                raise ValueError(f"A rate of {kind!r} needs `{name}`.")
        self._kinds = [kind for kind, rate in rates.items() if rate > 0]
        self._sums = list(accumulate(rates[kind] for kind in self._kinds))
        self._misspellings = misspellings or {}
        self._error_model = error_model
        self._confusions = confusions or {}
        self._neighbors = neighbors or {}
        self._keyboard = keyboard or Keyboard()

    def type_word(self, words: Sequence[str], index: int, rng: Random) -> Typed:
        """Returns what is typed for `words[index]`, of which the next word may be a part.

        Args:
            words: a text's words without punctuation; what stands between two of them is a space.
            index: of the word that is meant.
            rng: of which the result is a function.
        """
        word = words[index]
        place = bisect(self._sums, rng.random())
        if place == len(self._kinds) or not word:
            return Typed(word, word, "clean")
        kind = self._kinds[place]
        if kind == "run_together":
            if index + 1 < len(words):
                meant = f"{word} {words[index + 1]}"
                return Typed(word + words[index + 1], meant, kind, 2)
            return Typed(word, word, "clean")
        typed = self._mistype(word, kind, rng)
        return Typed(typed, word, kind if typed != word else "clean")

    def type_text(self, words: Sequence[str], rng: Random) -> list[Typed]:
        """Returns what is typed for all words, in order."""
        found: list[Typed] = []
        index = 0
        while index < len(words):
            found.append(self.type_word(words, index, rng))
            index += found[-1].words
        return found

    def _mistype(self, word: str, kind: str, rng: Random) -> str:
        """Returns what a kind of error makes of a word; it has no other to fall back to."""
        if kind == "split":
            at = rng.randrange(1, len(word)) if len(word) > 3 else 0
            return f"{word[:at]} {word[at:]}" if at else word
        if kind == "confusion":
            return self._replaced(word, self._confusions, rng) or word
        if kind == "neighbor":
            return self._replaced(word, self._neighbors, rng) or word
        if kind == "misspelling":
            known = self._replaced(word, self._misspellings, rng)
            if known is not None:
                return known
            kind = "error_model"
        for _ in range(_TRIES):
            if kind != "error_model":
                typed = SLIPS[kind](word, rng, self._keyboard)
            elif self._error_model is not None:
                typed = self._error_model.corrupt(word, rng)
            else:
                return word
            if typed and typed != word:
                return typed
        return word

    @staticmethod
    def _replaced(word: str, others: Mapping[str, Sequence[str]], rng: Random) -> str | None:
        """Returns one of what a list has for a word, in its case; `None` where it has nothing."""
        if word in others:
            return rng.choice(others[word])
        lower = word.lower()
        if lower not in others:
            return None
        other = rng.choice(others[lower])
        if word.isupper() and len(word) > 1:
            return other.upper()
        return other[0].upper() + other[1:] if word[0].isupper() else other
