"""Misspellings -> the probability of each single slip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from s2s_keras.data.noise.error_model import edits_between
from s2s_keras.data.pairs import Pair
from s2s_keras.text.channel import ALPHABET, TABLES, ChannelModel

__all__ = ["learn_channel"]

_SMOOTHING = 50.0
"""Occurrences of a place at which half of what is believed of a slip there comes from elsewhere."""

_RAREST = 1e-5
"""Share of its places at which a slip happens that was never seen."""

_SPACE = 2.5e-3
"""Likewise of a space too few or too many, of which lists of single words know nothing."""


def learn_channel(
    pairs: Iterable[Pair], confusions: Mapping[str, Sequence[str]] | None = None
) -> ChannelModel:
    """Counts the slips of misspellings.

    >>> channel = learn_channel([Pair("recieve", "receive")] * 9 + [Pair("untill", "until")])
    >>> channel.log_prob("beleive", "believe") > channel.log_prob("beliebe", "believe")
    True

    Args:
        pairs: typed and correct words, in lower case; none give slips that are all as rare.
        confusions: of `confusion_sets`; which share of words they befall no list tells.
    """
    size = len(ALPHABET)
    counts = np.zeros((len(TABLES), size, size))
    places, singles = np.zeros((size, size)), np.zeros(size)
    for typed, word in pairs:
        codes = ChannelModel.codes("\n" + word)
        np.add.at(places, (codes[:-1], codes[1:]), 1)
        np.add.at(singles, codes, 1)
        for table, one, other in _slips(typed, word):
            counts[(TABLES.index(table), *ChannelModel.codes(one + other))] += 1
    total = max(1.0, singles.sum())
    omitted, inserted, substituted, exchanged = counts
    of_any = np.full(size, 1.0 / total)
    found = np.stack(
        [
            _log_share(omitted, places, omitted.sum(axis=0) / singles.clip(1.0)),
            _log_share(inserted, singles[:, None], inserted.sum(axis=0) / total),
            _log_share(substituted, singles[:, None], of_any * substituted.sum() / size),
            _log_share(exchanged, places, of_any * exchanged.sum()),
        ]
    )
    found[:2, :, ALPHABET.index(" ")] = np.log(_SPACE)
    return ChannelModel(found.astype(np.float32), confusions)


def _slips(typed: str, word: str) -> Iterator[tuple[str, str, str]]:
    """Yields the slips that make `typed` of `word`: a table, and two characters."""
    for edit in edits_between(word, typed):
        part = word[edit.start : edit.end]
        if len(part) == 2 and edit.typed == part[::-1]:
            yield "transpositions", part[0], part[1]
            continue
        before = word[edit.start - 1] if edit.start else "\n"
        for i in range(max(len(part), len(edit.typed))):
            if i >= len(part):
                yield "insertions", before, edit.typed[i]
            elif i >= len(edit.typed):
                yield "omissions", before, part[i]
            elif part[i] != edit.typed[i]:
                yield "substitutions", part[i], edit.typed[i]
            before = part[i] if i < len(part) else before


def _log_share(
    counts: NDArray[np.float64], places: NDArray[np.float64], elsewhere: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Returns log of counts over places, drawn towards what holds elsewhere."""
    prior = np.clip(elsewhere, _RAREST, 1.0)
    shares: NDArray[np.float64] = np.log(
        np.minimum(1.0, (counts + _SMOOTHING * prior) / (places + _SMOOTHING))
    )
    return shares
