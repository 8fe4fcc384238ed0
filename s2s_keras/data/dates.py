"""The built-in data set `dates`: dates as people write them in many languages -> ISO 8601."""

from __future__ import annotations

import datetime
import random
from collections import Counter
from collections.abc import Callable

from s2s_keras.data.pairs import Pair, split_pairs

__all__ = ["DESCRIPTION", "LICENCE", "LOCALES", "STYLES", "build", "write_date"]

LOCALES = (
    *("en", "en_GB", "fr", "de", "es", "it", "pt", "nl", "sv", "da"),
    *("nb", "fi", "pl", "cs", "ru", "uk", "tr", "hu", "ro", "el"),
)
STYLES = ("full", "long", "medium", "yMMMEd")
"""Lengths and a skeleton of CLDR's formats. All have four digits of the year, and either the
month's name or an order that the text tells; the style `short` has neither."""
FIRST, LAST = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)

DESCRIPTION = (
    f"Each date from {FIRST.year} to {LAST.year}, written once in one of {len(LOCALES)} locales "
    f"and {len(STYLES)} styles of the Unicode CLDR by the PyPI package `babel`, and in ISO 8601."
)
LICENCE = "Unicode CLDR data: Unicode-3.0 (Unicode License v3)"


def build(
    dev_fraction: float, fits: Callable[[Pair], bool] = lambda pair: True
) -> tuple[list[Pair], list[Pair]]:
    """Builds train and dev pairs from 73,049 dates, the same at each call.

    Locale and style of each date are drawn at random. A text that would mean two dates is left
    out, and no date is in both parts.

    Args:
        dev_fraction: share of the dates that goes to dev.
        fits: pairs for which this is false are left out.

    Raises:
        ModuleNotFoundError: `babel` is not installed.
    """
    choose = random.Random(0).choice
    pairs: list[Pair] = []
    for ordinal in range(FIRST.toordinal(), LAST.toordinal() + 1):
        date = datetime.date.fromordinal(ordinal)
        pairs.append(Pair(write_date(date, choose(LOCALES), choose(STYLES)), date.isoformat()))
    meanings = Counter(pair.source for pair in pairs)
    kept = [pair for pair in pairs if meanings[pair.source] == 1 and fits(pair)]
    return split_pairs(kept, dev_fraction, key=lambda pair: pair.target)


def write_date(date: datetime.date, locale: str, style: str) -> str:
    """Writes a date as a person of a locale would, with plain spaces.

    Args:
        date: what to write.
        locale: one of `LOCALES`.
        style: one of `STYLES`.

    Raises:
        ModuleNotFoundError: `babel` is not installed.
    """
    from babel.dates import format_date, format_skeleton

    if style in ("full", "long", "medium"):
        text = format_date(date, style, locale=locale)
    else:
        text = format_skeleton(style, date, locale=locale)
    return " ".join(text.split())  # CLDR has narrow no-break spaces, which no one types
