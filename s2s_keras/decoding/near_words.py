"""How far the prefixes of words lie from what was typed, and what words may come of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2s_keras.text import Lexicon
from s2s_keras.text.channel import ChannelModel

__all__ = ["Ahead", "NearWords", "Rows"]

_REMEMBERED = 4096
"""Typed words whose near words are remembered."""

_START = ord("\n")
"""Stands before a word, as in a channel."""


class Rows(NamedTuple):
    """C prefixes beside a typed word of m characters, as two tables of Levenshtein have them.

    Attributes:
        last: int64 (C,), the code point of each prefix's last character.
        edits: int64 (C, m + 1), the edit distance of the prefix from each beginning of the word.
        edits_before: int64 (C, m + 1), that of the prefix without its last character.
        slips: float64 (C, m + 1), log p(beginning of the word | prefix) of the channel.
        slips_before: float64 (C, m + 1), likewise without the last character.
    """

    last: NDArray[np.int64]
    edits: NDArray[np.int64]
    edits_before: NDArray[np.int64]
    slips: NDArray[np.float64]
    slips_before: NDArray[np.float64]

    def take(self, places: NDArray[np.intp]) -> Rows:
        """Returns the rows of some prefixes."""
        return Rows(
            self.last[places],
            self.edits[places],
            self.edits_before[places],
            self.slips[places],
            self.slips_before[places],
        )


class Ahead(NamedTuple):
    """What near words come to without the model: w log f(word) + v log p(typed | word).

    Attributes:
        nodes: int (N,), behind which near words lie, in order.
        values: float64 (N,), the best of the words behind each.
        best_other: the best of all but the typed word itself; minus infinity without any.
    """

    nodes: NDArray[np.intp]
    values: NDArray[np.float64]
    best_other: float


class NearWords:
    """The words of a lexicon within some edits of what was typed.

    Args:
        lexicon: the words.
        is_taken: bool (N,), nodes of the lexicon that may be looked at.
        frequency_weight: w.
        max_edits: at least 0.
        channel: how people mistype words; without one all slips are free.
        channel_weight: v.

    Reference:
        Oflazer 1996, "Error-tolerant finite-state recognition" (the edit distance that cuts
        branches off).
    """

    def __init__(
        self,
        lexicon: Lexicon,
        is_taken: NDArray[np.bool_],
        frequency_weight: float,
        max_edits: int,
        channel: ChannelModel | None,
        channel_weight: float,
    ) -> None:
        self._lexicon = lexicon
        self._is_taken = is_taken
        self._frequency_weight = frequency_weight
        self._max_edits = max_edits
        self._channel = channel
        self._channel_weight = channel_weight
        self._remembered: dict[str, Ahead] = {}

    def start(self, typed: str) -> Rows:
        """Returns the row of the empty prefix."""
        width = len(typed) + 1
        slips = np.zeros(width)
        if self._channel is not None:
            slips = self._channel.start(self._channel.codes(typed))
        never = np.full((1, width), 2 * width + self._max_edits)
        return Rows(
            last=np.array([_START]),
            edits=np.arange(width)[None],
            edits_before=never,
            slips=slips[None],
            slips_before=np.full((1, width), -np.inf),
        )

    def after(
        self, rows: Rows, characters: NDArray[np.int64], typed: str, completes: bool = False
    ) -> Rows:
        """Returns the rows of prefixes that are a character longer.

        Args:
            rows: of C prefixes.
            characters: int64 (C,), the code points behind them.
            typed: the typed word.
            completes: whether what follows behind all that was typed costs nothing.
        """
        edits = _edits_after(rows, characters, typed, completes)
        slips = np.zeros_like(rows.slips)
        channel = self._channel
        if channel is not None:
            last, codes = (
                channel.codes("".join(map(chr, points))) for points in (rows.last, characters)
            )
            slips = channel.after(
                rows.slips,
                rows.slips_before,
                last,
                codes,
                channel.codes(typed),
                is_free=completes,
            )
        return Rows(characters, edits, rows.edits, slips, rows.slips)

    def look_ahead(self, typed: str) -> Ahead:
        """Returns the best that each prefix may come to, but for the model.

        All near words are looked at: without the model that costs little. What was found for a
        typed word is remembered.

        Args:
            typed: as the lexicon writes words.
        """
        found = self._remembered.get(typed)
        if found is None:
            found = self._look_ahead(typed)
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[typed] = found
        return found

    def _look_ahead(self, typed: str) -> Ahead:
        lexicon, rows, nodes = self._lexicon, self.start(typed), np.zeros(1, np.intp)
        itself, best_other = lexicon.find(typed), -np.inf
        levels: list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]] = []
        while len(nodes):
            children, parents = lexicon.children(nodes)
            kept = np.flatnonzero(self._is_taken[children])
            children, parents = children[kept], parents[kept]
            longer = self.after(
                rows.take(parents), lexicon.characters[children].astype(np.int64), typed
            )
            near = np.flatnonzero(longer.edits.min(axis=1) <= self._max_edits)
            nodes, parents, rows = children[near], parents[near], longer.take(near)
            values = self._frequency_weight * lexicon.log_frequencies[nodes].astype(np.float64)
            values += self._channel_weight * rows.slips[:, -1]
            values[rows.edits[:, -1] > self._max_edits] = -np.inf
            best_other = max(best_other, float(values[nodes != itself].max(initial=-np.inf)))
            levels.append((nodes, parents, values))
        for (_, parents, values), (_, _, above) in zip(levels[:0:-1], levels[-2::-1], strict=True):
            np.maximum.at(above, parents, values)
        found, values = (np.concatenate([level[i] for level in levels]) for i in (0, 2))
        order = np.argsort(found)
        return Ahead(found[order], values[order], best_other)


def _edits_after(
    rows: Rows, characters: NDArray[np.int64], typed: str, completes: bool
) -> NDArray[np.int64]:
    """Returns the edit distances of prefixes that are a character longer, int64 (C, m + 1)."""
    codes = np.array([ord(character) for character in typed], np.int64)
    before = rows.edits
    after = before + 1  # the character was left out
    is_other = characters[:, None] != codes
    np.minimum(after[:, 1:], before[:, :-1] + is_other, out=after[:, 1:])
    if len(codes) > 1:
        is_swapped = (characters[:, None] == codes[:-1]) & (rows.last[:, None] == codes[1:])
        swapped = np.where(is_swapped, rows.edits_before[:, :-2] + 1, after[:, 2:])
        np.minimum(after[:, 2:], swapped, out=after[:, 2:])
    if completes:
        np.minimum(after[:, -1], before[:, -1], out=after[:, -1])
    # A typed character too many: the best on the way to each place.
    places = np.arange(len(codes) + 1)
    return np.minimum.accumulate(after - places, axis=1) + places
